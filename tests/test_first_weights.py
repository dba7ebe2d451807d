"""First weights: what Flax's own initialisers draw."""

import jax
import numpy as np
import pytest
from flax import nnx

from groovevae.training.first_weights import lecun_normal, normal, orthogonal, zeros


@pytest.mark.parametrize("shape", [(3, 5), (50, 640), (2, 7, 9), (4, 0), (300, 200)])
def test_normal_weights_are_those_of_flax(shape: tuple[int, ...]) -> None:
    key = jax.random.key(3)
    np.testing.assert_array_equal(normal(0.1)(key, shape), nnx.initializers.normal(0.1)(key, shape))


@pytest.mark.parametrize("shape", [(3, 5), (153, 96), (300, 200)])
def test_lecun_weights_are_those_of_flax(shape: tuple[int, ...]) -> None:
    key = jax.random.key(4)
    np.testing.assert_array_equal(lecun_normal()(key, shape), nnx.initializers.lecun_normal()(key, shape))


@pytest.mark.parametrize("shape", [(3, 9), (9, 3), (5, 5), (100, 300)])
def test_orthogonal_weights_are_those_of_flax(shape: tuple[int, ...]) -> None:
    key = jax.random.key(5)
    np.testing.assert_array_equal(orthogonal()(key, shape), nnx.initializers.orthogonal()(key, shape))


def test_shapes_alone_can_be_asked_for() -> None:
    key = jax.random.key(0)
    drawn = jax.eval_shape(lambda: (lecun_normal()(key, (2, 6)), orthogonal()(key, (2, 6)), zeros(3)))
    assert [part.shape for part in drawn] == [(2, 6), (2, 6), (3,)]
    assert {str(part.dtype) for part in drawn} == {"float32"}
