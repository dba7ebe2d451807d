"""The network's small parts: a product in either precision, a dense layer, a GRU. Knows nothing of music."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
from flax import nnx
from jax import Array

_TILE = 16  # rows of the transposed copy that weight gradients are taken from


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def matmul(x: Array, w: Array, low_precision: bool) -> Array:
    """`x @ w` for x (..., F) and w (F, O), summed in float32; bfloat16 operands when `low_precision`.

    XLA's CPU backend runs bfloat16 products fast only if the left side is contracted over its last axis. The gradient
    of `w` is contracted over the batch, so its left side is transposed through three axes, which XLA cannot undo.
    """
    return _dot(x, w, low_precision)


def _dot(x: Array, w: Array, low_precision: bool) -> Array:
    if low_precision:
        x, w = x.astype(jnp.bfloat16), w.astype(jnp.bfloat16)
    return jax.lax.dot_general(x, w, (((x.ndim - 1,), (0,)), ((), ())), preferred_element_type=jnp.float32)


def _matmul_forward(x: Array, w: Array, low_precision: bool) -> tuple[Array, tuple[Array, Array]]:
    return _dot(x, w, low_precision), (x, w)


def _matmul_backward(low_precision: bool, saved: tuple[Array, Array], grad: Array) -> tuple[Array, Array]:
    x, w = saved
    rows, rows_grad = x.reshape(-1, x.shape[-1]), grad.reshape(-1, grad.shape[-1])
    grad_x = _dot(grad, w.T, low_precision).astype(x.dtype)
    if low_precision and len(rows) % _TILE == 0:
        tiles = rows.astype(jnp.bfloat16).reshape(-1, _TILE, rows.shape[1]).transpose(2, 0, 1)
        transposed = jax.lax.optimization_barrier(tiles).reshape(rows.shape[1], -1)  # (F, rows)
    else:
        transposed = rows.T
    return grad_x, _dot(transposed, rows_grad, low_precision).astype(w.dtype)


matmul.defvjp(_matmul_forward, _matmul_backward)


class Dense(nnx.Module):
    """`x @ kernel + bias`, float32 out."""

    def __init__(self, in_size: int, out_size: int, *, low_precision: bool, rngs: nnx.Rngs) -> None:
        init = nnx.initializers.lecun_normal() if out_size else nnx.initializers.zeros
        self.kernel = nnx.Param(init(rngs.params(), (in_size, out_size)))
        self.bias = nnx.Param(jnp.zeros(out_size))
        self.low_precision = low_precision

    def __call__(self, x: Array) -> Array:
        """(..., in_size) -> (..., out_size)."""
        y = matmul(x, self.kernel[...], self.low_precision)
        return y + jnp.broadcast_to(self.bias[...], y.shape)


class GRU(nnx.Module):
    """A gated recurrent unit with the reset gate after the product (Cho et al. 2014, as in cuDNN): one product a step.

    The caller projects its inputs to the three gates (`gates`, 3H wide) for all steps at once, outside the recurrence.
    """

    def __init__(self, size: int, *, low_precision: bool, rngs: nnx.Rngs) -> None:
        self.kernel = nnx.Param(nnx.initializers.orthogonal()(rngs.params(), (size, 3 * size)))
        self.bias = nnx.Param(jnp.zeros(size))
        self.size = size
        self.low_precision = low_precision

    def __call__(self, h: Array, gates: Array) -> Array:
        """The next state (B, H) from the state (B, H) and this step's projected input (B, 3H)."""
        recurrent = matmul(h, self.kernel[...], self.low_precision)  # (B, 3H)
        reset, update, new = jnp.split(gates, 3, axis=-1)
        h_reset, h_update, h_new = jnp.split(recurrent, 3, axis=-1)
        bias = jnp.broadcast_to(self.bias[...], h.shape)
        candidate = jnp.tanh(new + jax.nn.sigmoid(reset + h_reset) * (h_new + bias))
        keep = jax.nn.sigmoid(update + h_update)
        return keep * h + (1 - keep) * candidate

    def run(self, h: Array, gates: Array, mask: Array, *, reverse: bool = False) -> Array:
        """States (B, T, H) over T steps of `gates` (B, T, 3H); a step whose `mask` (B, T) is 0 passes the state on."""
        states = []
        num_steps = gates.shape[1]
        for step in reversed(range(num_steps)) if reverse else range(num_steps):  # few steps: XLA sees them all
            h = jnp.where(mask[:, step, None], self(h, gates[:, step]), h)
            states.append(h)
        return jnp.stack(states[::-1] if reverse else states, axis=1)
