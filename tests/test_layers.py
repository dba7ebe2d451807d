import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from groovevae.training.layers import GRU, matmul

ROWS, SIZE, STEPS = 21, 16, 5


def normal(seed: int, *shape: int) -> jax.Array:
    return jax.random.normal(jax.random.key(seed), shape)


@pytest.mark.parametrize("low_precision", [False, True])
@pytest.mark.parametrize(
    "shape", [(32, 7), (3, 11, 7)]
)  # rows that fill the transposed copy's tiles, and rows that do not
def test_gradients_of_a_product_are_those_of_plain_jax(shape: tuple[int, ...], low_precision: bool) -> None:
    x, w, weight = normal(0, *shape), normal(1, 7, 9), normal(2, *shape[:-1], 9)
    ours = jax.grad(lambda x, w: (matmul(x, w, low_precision) * weight).sum(), argnums=(0, 1))(x, w)
    plain = jax.grad(lambda x, w: (jnp.matmul(x, w) * weight).sum(), argnums=(0, 1))(x, w)
    for found, expected in zip(ours, plain, strict=True):
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(found, expected, atol=0.15 if low_precision else 1e-5)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("low_precision", [False, True])
def test_gradients_through_time_are_those_of_plain_jax(low_precision: bool, reverse: bool) -> None:
    graph, params = nnx.split(GRU(SIZE, low_precision=low_precision, rngs=nnx.Rngs(0)))
    h, gates, weight = normal(0, ROWS, SIZE), normal(1, ROWS, STEPS, 3 * SIZE), normal(2, ROWS, STEPS, SIZE)
    mask = jax.random.bernoulli(jax.random.key(3), 0.7, (ROWS, STEPS))

    def ours(params: nnx.State, h: jax.Array, gates: jax.Array) -> jax.Array:
        return (nnx.merge(graph, params).run(h, gates, mask, reverse=reverse) * weight).sum()

    def plain(params: nnx.State, h: jax.Array, gates: jax.Array) -> jax.Array:
        gru, total = nnx.merge(graph, params), jnp.zeros(())
        for step in list(range(STEPS))[:: -1 if reverse else 1]:
            h = jnp.where(mask[:, step, None], gru(h, gates[:, step]), h)
            total += (h * weight[:, step]).sum()
        return total

    value, grads = jax.value_and_grad(ours, argnums=(0, 1, 2))(params, h, gates)
    expected, expected_grads = jax.value_and_grad(plain, argnums=(0, 1, 2))(params, h, gates)
    np.testing.assert_allclose(value, expected, rtol=1e-5)
    for found, wanted in zip(jax.tree.leaves(grads), jax.tree.leaves(expected_grads), strict=True):
        np.testing.assert_allclose(found, wanted, atol=0.1 if low_precision else 1e-4)
