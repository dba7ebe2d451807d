"""The network's small parts: a product in either precision, a dense layer, a GRU. Knows nothing of music."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx
from jax import Array

from groovevae.training.first_weights import lecun_normal, orthogonal, zeros

_TILE = 16  # rows of each piece of a transposed copy


def _dot(x: Array, w: Array, low_precision: bool) -> Array:
    """Return `x @ w` for x (..., F) and w (F, O), summed in float32; bfloat16 operands when `low_precision`."""
    if low_precision:
        x, w = x.astype(jnp.bfloat16), w.astype(jnp.bfloat16)
    return jax.lax.dot_general(x, w, (((x.ndim - 1,), (0,)), ((), ())), preferred_element_type=jnp.float32)


def _transposed(x: Array, low_precision: bool) -> Array:
    """Return `x.T` for x (R, F), as a copy in memory when `low_precision`.

    XLA's CPU backend runs bfloat16 products fast only as `x @ w` of operands as they lie in memory. It folds a plain
    transpose into the product, with or without a barrier, but not one through three axes.
    """
    if not low_precision:
        return x.T
    rows, columns = x.shape
    x = jnp.pad(x.astype(jnp.bfloat16), ((0, -rows % _TILE), (0, 0)))
    tiles = jax.lax.optimization_barrier(x.reshape(-1, _TILE, columns).transpose(2, 0, 1))
    return tiles.reshape(columns, -1)[:, :rows]


def _rows(x: Array) -> Array:
    return x.reshape(-1, x.shape[-1])  # (..., F) -> (R, F)


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def matmul(x: Array, w: Array, low_precision: bool) -> Array:
    """Return `x @ w` for x (..., F) and w (F, O), summed in float32; bfloat16 operands when `low_precision`."""
    return _dot(x, w, low_precision)


def _matmul_forward(x: Array, w: Array, low_precision: bool) -> tuple[Array, tuple[Array, Array]]:
    kept = x.astype(jnp.bfloat16) if low_precision else x  # the gradient then reads half as many bytes
    return _dot(kept, w, low_precision), (kept, w)


def _matmul_backward(low_precision: bool, saved: tuple[Array, Array], grad: Array) -> tuple[Array, Array]:
    x, w = saved
    grad_w = _dot(_transposed(_rows(x), low_precision), _rows(grad), low_precision)
    return _dot(grad, _transposed(w, low_precision), low_precision), grad_w.astype(w.dtype)


matmul.defvjp(_matmul_forward, _matmul_backward)


class Dense(nnx.Module):
    """A dense layer: `x @ kernel + bias`, float32 out."""

    def __init__(self, in_size: int, out_size: int, *, low_precision: bool, rngs: nnx.Rngs) -> None:
        self.kernel = nnx.Param(lecun_normal()(rngs.params(), (in_size, out_size)))
        self.bias = nnx.Param(zeros(out_size))
        self.low_precision = low_precision

    def __call__(self, x: Array) -> Array:
        """Map (..., in_size) -> (..., out_size)."""
        y = matmul(x, self.kernel[...], self.low_precision)
        return y + jnp.broadcast_to(self.bias[...], y.shape)


class _Gates(NamedTuple):
    """The intermediate values of one GRU step, (B, H) each; `inner` is the reset gate's factor."""

    reset: Array
    keep: Array
    candidate: Array
    inner: Array


def _gru_step(h: Array, gates: Array, kernel: Array, bias: Array, low_precision: bool) -> tuple[Array, _Gates]:
    """Return the next state (B, H) from the state (B, H) and this step's projected input (B, 3H)."""
    recurrent = _dot(h, kernel, low_precision)  # (B, 3H)
    reset_in, keep_in, new_in = jnp.split(gates, 3, axis=-1)
    h_reset, h_keep, h_new = jnp.split(recurrent, 3, axis=-1)
    inner = h_new + jnp.broadcast_to(bias, h.shape)
    reset = jax.nn.sigmoid(reset_in + h_reset)
    keep = jax.nn.sigmoid(keep_in + h_keep)
    candidate = jnp.tanh(new_in + reset * inner)
    return keep * h + (1 - keep) * candidate, _Gates(reset, keep, candidate, inner)


@partial(jax.custom_vjp, nondiff_argnums=(5, 6))
def _gru_run(
    h: Array, gates: Array, mask: Array, kernel: Array, bias: Array, low_precision: bool, reverse: bool
) -> Array:
    return _gru_forward(h, gates, mask, kernel, bias, low_precision, reverse)[0]


Saved = tuple[list[Any], list[Any], Array, Array, Array]  # states and gates before each step, mask, kernel, bias


def _order(num_steps: int, reverse: bool) -> list[int]:
    return list(range(num_steps))[:: -1 if reverse else 1]


def _gru_forward(
    h: Array, gates: Array, mask: Array, kernel: Array, bias: Array, low_precision: bool, reverse: bool
) -> tuple[Array, Saved]:
    num_steps = gates.shape[1]
    before: list[Any] = [None] * num_steps
    states, parts = list(before), list(before)
    for step in _order(num_steps, reverse):  # few steps: unrolled, so that XLA sees them all
        before[step] = h
        after, parts[step] = _gru_step(h, gates[:, step], kernel, bias, low_precision)
        h = jnp.where(mask[:, step, None], after, h)
        states[step] = h
    return jnp.stack(states, axis=1), (before, parts, mask, kernel, bias)


def _gru_backward(low_precision: bool, reverse: bool, saved: Saved, grads: Array) -> tuple[Array | None, ...]:
    """Propagate back through time: the kernel is transposed once, and its gradient is one product over all steps."""
    before, parts, mask, kernel, bias = saved
    num_steps = len(before)
    transposed = _transposed(kernel, low_precision)  # (3H, H)
    to_gates: list[Any] = [None] * num_steps
    to_recurrent = list(to_gates)
    grad_h = jnp.zeros_like(before[0])
    for step in _order(num_steps, not reverse):
        grad_h += grads[:, step]
        reset, keep, candidate, inner = parts[step]
        live = jnp.where(mask[:, step, None], grad_h, 0.0)
        to_keep = live * (before[step] - candidate) * keep * (1 - keep)
        to_candidate = live * (1 - keep) * (1 - candidate**2)
        to_reset = to_candidate * inner * reset * (1 - reset)
        to_gates[step] = jnp.concatenate([to_reset, to_keep, to_candidate], axis=-1)  # (B, 3H)
        to_recurrent[step] = jnp.concatenate([to_reset, to_keep, to_candidate * reset], axis=-1)
        grad_h = grad_h - live + live * keep + _dot(to_recurrent[step], transposed, low_precision)
    rows = jnp.concatenate(to_recurrent)  # (T * B, 3H)
    grad_kernel = _dot(_transposed(jnp.concatenate(before), low_precision), rows, low_precision)
    grad_bias = rows[:, -len(bias) :].sum(0)
    return grad_h, jnp.stack(to_gates, axis=1), None, grad_kernel, grad_bias


_gru_run.defvjp(_gru_forward, _gru_backward)


class GRU(nnx.Module):
    """A gated recurrent unit with the reset gate after the product (Cho et al. 2014, as in cuDNN), one for each step.

    The caller projects its inputs to the three gates (`gates`, 3H wide) for all steps at once, outside the recurrence.
    """

    def __init__(self, size: int, *, low_precision: bool, rngs: nnx.Rngs) -> None:
        self.kernel = nnx.Param(orthogonal()(rngs.params(), (size, 3 * size)))
        self.bias = nnx.Param(zeros(size))
        self.size = size
        self.low_precision = low_precision

    def __call__(self, h: Array, gates: Array) -> Array:
        """Return the next state (B, H) from the state (B, H) and this step's projected input (B, 3H)."""
        return _gru_step(h, gates, self.kernel[...], self.bias[...], self.low_precision)[0]

    def run(self, h: Array, gates: Array, mask: Array, *, reverse: bool = False) -> Array:
        """Return states (B, T, H) over T steps of `gates` (B, T, 3H); where `mask` (B, T) is 0, the state stays."""
        return _gru_run(h, gates, mask, self.kernel[...], self.bias[...], self.low_precision, reverse)
