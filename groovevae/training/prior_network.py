"""The prior over phrases in training: a recurrent network that learns how the next bar arises from noise.

It works on the posterior means of a frozen encoder, in the coordinates of each genre's own Gaussian. A `Form` says what
a bar repeats; the network decides what is new, by flow matching (Lipman et al. 2023, "Flow Matching for Generative
Modeling": noise is carried to a point along a velocity field that was fitted to straight lines). It draws no phrases:
`generation.phrase_prior` is its twin in NumPy.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx
from jax import Array

from groovevae.bars.constants import ROLES
from groovevae.config import PriorConfig
from groovevae.generation.phrase_prior import LAGS, NUM_KNOWN, NUM_SOURCES, PERIOD
from groovevae.model.phrase_forms import NEW, SILENT
from groovevae.network.flow import NUM_TIMES
from groovevae.network.inputs import NUM_METRES
from groovevae.training.first_weights import normal
from groovevae.training.flow_matching import DRAWS, at_place, on_the_way, velocity_of
from groovevae.training.layers import GRU, Dense

INPUT_NOISE = 0.2  # standard deviation, added to earlier bars in training: drawn bars are not as clean as real ones


class PhraseBatch(NamedTuple):
    """What is known of B phrases of T bars besides their points."""

    plan: Any  # (B, T, 4) int, as in Form
    genre: Any  # (B,) int
    metre: Any  # (B, T) int: row of the metre table
    setting: Any  # (B, 2): minor key, log2 of tempo / 120
    style: Any  # (B, K): mean of the song's bars


class Context(NamedTuple):
    """Inputs of the head: features (..., W), and earlier bars that a new one may resemble, (..., 8, K)."""

    features: Array
    sources: Array


class PriorNetwork(nnx.Module):
    """Reads the bars before, and computes the velocity that carries noise to the next bar's coordinates."""

    def __init__(self, config: PriorConfig, size: int, num_genres: int, *, low_precision: bool, rngs: nnx.Rngs) -> None:
        known = config.input_size
        drawn = normal(0.3)
        self.genre = nnx.Param(drawn(rngs.params(), (num_genres, known)))
        self.metre = nnx.Param(drawn(rngs.params(), (NUM_METRES, known)))
        dense = partial(Dense, low_precision=low_precision, rngs=rngs)
        self.read = dense(NUM_SOURCES * size + NUM_KNOWN, known)
        self.to_gates = dense(known, 3 * config.state_size)
        self.gru = GRU(config.state_size, low_precision=low_precision, rngs=rngs)
        head = config.hidden_size
        self.head = dense(known + config.state_size, head)
        self.head_point = dense(size + 2 * NUM_TIMES, head)
        self.middle = dense(head, head)
        self.out = dense(head, size)
        self.gates = dense(head, NUM_SOURCES)
        self.of_lag = nnx.Param(jnp.full((len(LAGS), size), 0.25, jnp.float32))  # or JAX compiles each step twice
        self.of_style = nnx.Param(jnp.ones(size))
        self.down = nnx.List([dense(size, config.role_rank) for _ in ROLES])
        self.up = nnx.List([dense(config.role_rank, size) for _ in ROLES])

    def known(self, lagged: Array, repeated: Array, batch: PhraseBatch) -> Array:
        """Encode what is known before each bar, (B, T, D).

        `lagged` (B, T, 3, K) are the bars LAGS ago and `repeated` (B, T, 4, K) those that each role repeats, zeros
        where there is none.
        """
        plan = batch.plan
        shape = plan.shape[:2]
        does = jnp.stack([plan == SILENT, plan == NEW, plan > NEW], axis=-1).reshape(*shape, -1)
        bar = jnp.arange(shape[1])
        place = jnp.concatenate([jax.nn.one_hot(bar % PERIOD, PERIOD), (bar == 0)[:, None]], axis=-1)
        parts = [
            lagged.reshape(*shape, -1),
            repeated.reshape(*shape, -1),
            does,
            jnp.broadcast_to(place[None], (*shape, place.shape[-1])),
            jnp.broadcast_to(batch.setting[:, None], (*shape, 2)),
            jnp.broadcast_to(batch.style[:, None], (*shape, batch.style.shape[-1])),
        ]
        played = self.genre[...][batch.genre][:, None] + self.metre[...][batch.metre]
        return jax.nn.gelu(self.read(jnp.concatenate(parts, axis=-1)) + played)

    def context(self, known: Array, lagged: Array, repeated: Array, style: Array, h: Array) -> tuple[Context, Array]:
        """Return the head's inputs at each bar, and the states (B, T, H)."""
        states = self.gru.run(h, self.to_gates(known), jnp.ones(known.shape[:2], bool))
        lagged = lagged * self.of_lag[...][None, None]
        style = style[:, None, None] * self.of_style[...][None, None, None]
        style = jnp.broadcast_to(style, (*known.shape[:2], 1, style.shape[-1]))
        of_role = [
            up(down(repeated[:, :, role])) for role, (down, up) in enumerate(zip(self.down, self.up, strict=True))
        ]
        sources = jnp.concatenate([lagged, jnp.stack(of_role, axis=2), style], axis=2)  # (B, T, 8, K)
        return Context(self.head(jnp.concatenate([known, states], axis=-1)), sources), states

    def residual(self, context: Context, x: Array, time: Array) -> Array:
        """Predict the part of the velocity that x (..., K) alone does not give; `time` (...) is 0 at noise, 1 at a bar.

        The network's outputs have unit variance when its coordinates have, as in Karras et al. 2022, sec. 5.
        """
        hidden = jax.nn.gelu(context.features + self.head_point(at_place(x, time)))
        hidden += jax.nn.gelu(self.middle(hidden))
        gates = jnp.tanh(self.gates(hidden))  # bounded: what a bar adds to the next must not grow from bar to bar
        return self.out(hidden) + (gates[..., None] * context.sources).sum(-2)

    def velocity(self, context: Context, x: Array, time: Array) -> Array:
        """Return the velocity of a point x (..., K) at `time` (...)."""
        return velocity_of(x, time, self.residual(context, x, time))


def flow_loss(network: PriorNetwork, x: Array, batch: PhraseBatch, mask: Array, key: Array) -> Array:
    """Return the mean squared error of the velocity over the bars of x (B, T, K) that `mask` (B, T) keeps."""
    noise_key, time_key, input_key, style_key = jax.random.split(key, 4)
    batch = batch._replace(style=batch.style + INPUT_NOISE * jax.random.normal(style_key, batch.style.shape))
    seen = (x + INPUT_NOISE * jax.random.normal(input_key, x.shape)) * mask[..., None]
    lagged = jnp.stack([jnp.pad(seen, ((0, 0), (lag, 0), (0, 0)))[:, : x.shape[1]] for lag in LAGS], axis=2)
    source = jnp.arange(x.shape[1])[None, :, None] - jnp.maximum(batch.plan, 0)
    source = source.reshape(x.shape[0], -1)  # (B, 4T)
    repeated = jnp.take_along_axis(seen, source[..., None], axis=1).reshape(*x.shape[:2], len(ROLES), -1)
    repeated *= (batch.plan > NEW)[..., None]
    h = jnp.zeros((x.shape[0], network.gru.size))
    context, _ = network.context(network.known(lagged, repeated, batch), lagged, repeated, batch.style, h)
    noise = jax.random.normal(noise_key, (DRAWS, *x.shape))
    time = jax.random.uniform(time_key, (DRAWS, *x.shape[:2]))
    points, wanted = on_the_way(x[None], noise, time)
    context = Context(*(jnp.broadcast_to(part[None], (DRAWS, *part.shape)) for part in context))
    error = ((network.residual(context, points, time) - wanted) ** 2).mean((0, -1))  # (B, T)
    return (error * mask).sum() / mask.sum()
