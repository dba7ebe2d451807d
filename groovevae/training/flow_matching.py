"""Fits networks that carry noise to bars by flow matching (Lipman et al. 2023): their inputs, their loss, the loop.

The prior over phrases and the arranger share it; `network.flow` is its counterpart in NumPy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jax import Array

from groovevae.bars import Song
from groovevae.config import ArrangerConfig, PriorConfig
from groovevae.corpus import Songs
from groovevae.corpus.dataset import sounding_flags
from groovevae.network.flow import NUM_TIMES
from groovevae.progress import Progress
from groovevae.training.weights import state_to_arrays

MAX_GENRE_BARS = 8000  # bars that a network is fitted on, for each genre
MAX_BARS = 160_000  # of all genres: 5 KB of memory each
DRAWS = 2  # points on the way from noise to each bar that a training step looks at

Network = TypeVar("Network", bound=nnx.Module)


def spread_at(time: Array) -> Array:
    """Return the standard deviation of points on the way, where noise and bars both have unit variance."""
    return jnp.sqrt(time**2 + (1 - time) ** 2)


def at_place(x: Array, time: Array) -> Array:
    """Return what a network reads of points x (..., K) at `time` (...), (..., K + 2 NUM_TIMES)."""
    angles = time[..., None] * jnp.pi * 2.0 ** (jnp.arange(NUM_TIMES) / 2).reshape((1,) * time.ndim + (-1,))
    return jnp.concatenate([x / spread_at(time)[..., None], jnp.sin(angles), jnp.cos(angles)], axis=-1)


def velocity_of(x: Array, time: Array, residual: Array) -> Array:
    """Return the velocity of points x (..., K) at `time` (...): what they give alone, and a network's residual."""
    spread = spread_at(time)[..., None]
    return (2 * time[..., None] - 1) * x / spread**2 + residual / spread


def on_the_way(x: Array, noise: Array, time: Array) -> tuple[Array, Array]:
    """Return points between noise (..., K) and bars x (..., K) at `time` (...), and the residuals wanted there."""
    points = (1 - time[..., None]) * noise + time[..., None] * x
    return points, ((1 - time[..., None]) * x - time[..., None] * noise) / spread_at(time)[..., None]


def spread_songs(songs: Sequence[Song], song_genres: Sequence[str], *, seed: int) -> tuple[Songs, list[str]]:
    """Choose songs of each genre in a seeded order until they have enough bars together; return them and their genres.

    MAX_GENRE_BARS are enough, or fewer where all genres together would have more than MAX_BARS.
    """
    kept = songs.kept if isinstance(songs, Songs) else songs
    enough = min(MAX_GENRE_BARS, MAX_BARS // max(len(set(song_genres)), 1))
    count = Counter[str]()
    used = []
    for i in np.random.default_rng(seed).permutation(len(songs)).tolist():
        name = song_genres[i]
        if count[name] >= enough:
            continue
        length = len(sounding_flags(kept[i]))
        if length:
            count[name] += length
            used.append(i)
    return Songs([kept[i] for i in used]), [song_genres[i] for i in used]


def fit_flow(
    network: Network,
    loss: Callable[..., Array],
    inputs: Callable[[np.ndarray, np.random.Generator], Sequence[Any]],
    genre: np.ndarray,
    config: PriorConfig | ArrangerConfig,
    *,
    what: str,
    stop: Callable[[], bool],
    progress: Progress,
) -> dict[str, np.ndarray] | None:
    """Fit a network, and return its weights by path; None where `stop` ended it.

    Each step draws bars by their `genre` (N,), the rarer the likelier: `inputs` makes of their indices (B,) what
    `loss` is called with, between the network and a key. `what` names the work for `progress`.
    """
    graph, params = nnx.split(network)
    warmup = min(100, config.steps // 10 + 1)
    schedule = optax.warmup_cosine_decay_schedule(0.0, config.learning_rate, warmup, max(config.steps, warmup + 1))
    optimiser = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(schedule, b2=0.99))
    state = jax.jit(optimiser.init)(params)

    @jax.jit
    def step(params: Any, state: Any, parts: Sequence[Any], key: jax.Array) -> Any:
        _, grads = jax.value_and_grad(lambda p: loss(nnx.merge(graph, p), *parts, key))(params)
        updates, state = optimiser.update(grads, state, params)
        return optax.apply_updates(params, updates), state

    chance = 1.0 / np.sqrt(np.bincount(genre)[genre])
    edges = np.cumsum(chance / chance.sum())
    for number in range(config.steps):
        if stop():
            return None
        progress(what, number, config.steps)
        rng = np.random.default_rng([config.seed, number])
        index = np.minimum(np.searchsorted(edges, rng.random(config.batch_size)), len(edges) - 1)
        key = jax.random.fold_in(jax.random.key(config.seed), number)
        params, state = step(params, state, tuple(inputs(index, rng)), key)
    return state_to_arrays(params)
