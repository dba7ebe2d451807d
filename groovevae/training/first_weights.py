"""Draws the first weights of networks, the same as Flax's initialisers draw, with fewer functions to compile.

They compile one for each shape, which takes longer than all else before the first step of training, and 2 MB of memory
each for as long as the process lives. Here shapes share a few: a random number depends on its place alone, so that
fewer numbers are the first of more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import jax
import numpy as np
from jax import Array
from jax.core import Tracer
from scipy.linalg import qr
from threadpoolctl import threadpool_limits

Initializer = Callable[[Array, Sequence[int]], Array]  # a key and a shape -> float32

_SIZES = (2**14, 2**21)  # so many numbers are drawn at once: few sizes, and few that nobody asked for
_SPREAD_WITHIN_2 = np.float32(0.87962566103423978)  # standard deviation of a standard normal variable from -2 to 2


def normal(spread: float) -> Initializer:
    """Return what draws from a normal distribution."""
    return lambda key, shape: jax.device_put(_first_of_more(jax.random.normal, key, shape) * np.float32(spread))


def lecun_normal() -> Initializer:
    """Return what draws weights (in, out) that keep the variance of what they multiply (LeCun et al. 1998)."""

    def init(key: Array, shape: Sequence[int]) -> Array:
        spread = np.sqrt(np.float32(1 / shape[0])) / _SPREAD_WITHIN_2
        return jax.device_put(_first_of_more(_within_2, key, shape) * spread)

    return init


def orthogonal() -> Initializer:
    """Return what draws matrices (in, out) with orthonormal rows or columns (Saxe et al. 2013)."""

    def init(key: Array, shape: Sequence[int]) -> Array:
        drawn = _first_of_more(jax.random.normal, key, sorted(shape, reverse=True))
        columns = drawn if isinstance(drawn, Tracer) else _orthonormal(drawn)
        return jax.device_put(columns.T if shape[0] < shape[1] else columns)

    return init


def _orthonormal(drawn: np.ndarray) -> np.ndarray:
    """Return orthonormal columns that span those of a matrix (N, M), of which M are no more than N."""
    with threadpool_limits(1, user_api="blas"):  # several threads would wait for one another where others work
        q, r = qr(drawn, mode="economic", check_finite=False)
    return q * np.sign(np.diagonal(r))


def zeros(size: int) -> Array:
    """Return zeros (size,), without a function to compile as `jnp.zeros` has one."""
    return jax.device_put(np.zeros(size, np.float32))


def _within_2(key: Array, shape: Sequence[int]) -> Array:
    return jax.random.truncated_normal(key, -2, 2, shape)


def _first_of_more(draw: Initializer, key: Array, shape: Sequence[int]) -> Any:
    """Return numbers of a shape, the first of as many as `draw` draws for other shapes too."""
    count = prod(shape)
    drawn = draw(key, (next((size for size in _SIZES if size >= count), count),))
    known = drawn if isinstance(drawn, Tracer) else np.asarray(drawn)  # NumPy compiles nothing
    return known[:count].reshape(shape)
