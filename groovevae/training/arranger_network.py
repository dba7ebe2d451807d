"""The arranger's network in training: it learns the velocity that carries noise to a bar, given what is known of it.

Flow matching (Lipman et al. 2023) on the posterior means of a frozen encoder. `arranging.network` is its twin in NumPy.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx
from jax import Array

from groovevae.arranging.conditions import NUM_KNOWN, NUM_POINTS
from groovevae.arranging.network import NUM_HEADS, normalised
from groovevae.config import ArrangerConfig
from groovevae.network.flow import NUM_TIMES
from groovevae.network.inputs import NUM_METRES
from groovevae.training.first_weights import normal
from groovevae.training.flow_matching import DRAWS, at_place, on_the_way, velocity_of
from groovevae.training.layers import Dense


class ArrangerBatch(NamedTuple):
    """B bars and what is known of them, as `Conditions` gives it."""

    x: Any  # (B, K)
    features: Any  # (B, F)
    genre: Any  # (B, G)
    metre: Any  # (B,) int


class ArrangerFlow(nnx.Module):
    """Reads what is known of bars, and computes the velocity that carries noise to them."""

    def __init__(self, config: ArrangerConfig, size: int, num_genres: int, *, rngs: nnx.Rngs) -> None:
        wide, hidden = config.input_size, config.hidden_size
        drawn = normal(0.3)
        self.genre = nnx.Param(drawn(rngs.params(), (num_genres, wide)))
        self.metre = nnx.Param(drawn(rngs.params(), (NUM_METRES, wide)))
        dense = partial(Dense, low_precision=True, rngs=rngs)
        self.read = dense(NUM_POINTS * size + NUM_KNOWN, wide)
        self.mix = dense(wide, wide)
        self.head = dense(wide, NUM_HEADS * hidden)
        self.point = dense(size + 2 * NUM_TIMES, hidden)
        self.first = dense(hidden, hidden)
        self.second = dense(hidden, hidden)
        self.out = dense(hidden, size)

    def context(self, batch: ArrangerBatch) -> Array:
        """Return what the velocities of bars depend on besides their points, (B, 5H)."""
        of_genre = batch.genre @ self.genre[...]
        hidden = jax.nn.gelu(self.read(batch.features) + of_genre + self.metre[...][batch.metre])
        hidden += jax.nn.gelu(self.mix(normalised(hidden, jnp)))
        return self.head(normalised(hidden, jnp))

    def residual(self, context: Array, x: Array, time: Array) -> Array:
        """Predict the part of the velocity that x (..., K) alone does not give, as `PriorNetwork.residual` does."""
        start, *of_layers = jnp.split(context, NUM_HEADS, axis=-1)
        hidden = start + self.point(at_place(x, time))
        for layer, shift, scale in zip((self.first, self.second), of_layers[:2], of_layers[2:], strict=True):
            hidden += jax.nn.gelu((1 + scale) * layer(normalised(hidden, jnp)) + shift)
        return self.out(normalised(hidden, jnp))

    def velocity(self, context: Array, x: Array, time: Array) -> Array:
        """Return the velocity of points x (..., K) at `time` (...)."""
        return velocity_of(x, time, self.residual(context, x, time))


def arranger_loss(network: ArrangerFlow, batch: ArrangerBatch, key: Array) -> Array:
    """Return the mean squared error of the velocity over the bars of a batch."""
    noise_key, time_key = jax.random.split(key)
    x = jnp.broadcast_to(batch.x, (DRAWS, *batch.x.shape))
    context = network.context(batch)
    noise = jax.random.normal(noise_key, x.shape)
    time = jax.random.uniform(time_key, x.shape[:-1])
    points, wanted = on_the_way(x, noise, time)
    guessed = network.residual(jnp.broadcast_to(context, (DRAWS, *context.shape)), points, time)
    return ((guessed - wanted) ** 2).mean()
