"""Latent points to bars: the decoder run freely, each beat fed with the one it has just decided on."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax import Array

from groovevae.bars.constants import (
    FIRST_PITCH,
    HOLD,
    MAX_CHORD_ONSETS,
    OFF,
    OFFSET_UNITS,
    ONSET,
    PITCHED,
    STEPS_PER_BEAT,
)
from groovevae.bars.types import BarBatch, Bars
from groovevae.errors import RequestError
from groovevae.model import MAX_BEATS, BarLogits, Decoder, GrooveVAE, metre_index

CHUNK = 256  # bars decoded or encoded at once


class _Metre(NamedTuple):
    num_steps: Array  # (B,)
    is_compound: Array  # (B,)


def logits_to_beat(
    logits: BarLogits, metre: _Metre, first_step: int, temperature: float | Array, key: Array | None
) -> BarBatch:
    """The states of some steps: the likeliest without a `key`, else drawn at `temperature`; silence past the bar."""
    steps = first_step + jnp.arange(logits.bass.shape[1])[None]
    inside = (steps < metre.num_steps[:, None])[..., None]  # (B, S, 1)
    keys = (None,) * 5 if key is None else jax.random.split(key, 5)
    hits = _draw_bool(logits.drums, temperature, keys[0]) & inside
    onsets = _draw_bool(logits.chord_onset, temperature, keys[1]) & inside
    strength = jnp.where(onsets, logits.chord_onset, -jnp.inf)
    strongest = jax.lax.top_k(strength, MAX_CHORD_ONSETS)[1]  # indices, since strengths may tie
    onsets &= jax.nn.one_hot(strongest, strength.shape[-1], dtype=bool).any(-2)  # one player's hands
    holds = _draw_bool(logits.chord_hold, temperature, keys[2]) & inside & ~onsets
    bass = _draw_token(logits.bass, temperature, keys[3]) * inside[..., 0]
    lead = _draw_token(logits.lead, temperature, keys[4]) * inside[..., 0]
    struck = jnp.stack([bass >= FIRST_PITCH, onsets.any(-1), lead >= FIRST_PITCH], axis=-1)
    return BarBatch(
        drums=_to_velocity(logits.drums_velocity) * hits,
        drums_offset=_to_offset(logits.drums_offset) * hits,
        bass=bass.astype(jnp.uint8),
        chords=(onsets * ONSET + holds * HOLD).astype(jnp.uint8),
        lead=lead.astype(jnp.uint8),
        velocity=_to_velocity(logits.velocity) * struck,
        offset=_to_offset(logits.offset) * struck,
        num_steps=metre.num_steps,
        is_compound=metre.is_compound,
    )


def _draw_bool(logits: Array, temperature: float | Array, key: Array | None) -> Array:
    return logits > 0 if key is None else jax.random.bernoulli(key, jax.nn.sigmoid(logits / temperature))


def _draw_token(logits: Array, temperature: float | Array, key: Array | None) -> Array:
    return logits.argmax(-1) if key is None else jax.random.categorical(key, logits / temperature)


def _to_velocity(mean: Array) -> Array:
    return jnp.clip(jnp.round(mean * 127), 1, 127).astype(jnp.uint8)


def _to_offset(mean: Array) -> Array:
    half_step = OFFSET_UNITS / 2
    return jnp.clip(jnp.round(mean * half_step), -half_step, half_step - 1).astype(jnp.int8)


@partial(jax.jit, static_argnums=(0, 4))
def _decode(
    graph: nnx.GraphDef,
    state: nnx.State,
    z: Array,
    metre: _Metre,
    num_beats: int,
    temperature: Array,
    keys: Array | None,
) -> BarBatch:
    decoder: Decoder = nnx.merge(graph, state)
    plan, h = decoder.plan(z, metre_index(*metre), num_beats)
    beats: list[BarBatch] = []
    for beat in range(num_beats):
        h, logits = decoder.step(h, plan[:, beat], beats[-1] if beats else None)
        if keys is None:
            beats.append(logits_to_beat(logits, metre, beat * STEPS_PER_BEAT, 1.0, None))
            continue
        draw = jax.vmap(partial(_draw_one, first_step=beat * STEPS_PER_BEAT), in_axes=(_BATCHED, 0, None, 0))
        beats.append(draw(logits, metre, temperature, jax.vmap(jax.random.fold_in, (0, None))(keys, beat)))
    grids = (jnp.concatenate(parts, axis=1) for parts in zip(*(beat[:7] for beat in beats), strict=True))
    return BarBatch._make((*grids, *metre))


_BATCHED = BarLogits._make((*(0,) * (len(BarLogits._fields) - 1), None))


def _draw_one(logits: BarLogits, metre: _Metre, temperature: Array, key: Array, *, first_step: int) -> BarBatch:
    """One bar's beat with a key of its own, so that what is drawn does not depend on the batch around it."""
    one = BarLogits._make((*(part[None] for part in logits[:-1]), logits.log_scales))
    beat = logits_to_beat(one, _Metre(metre.num_steps[None], metre.is_compound[None]), first_step, temperature, key)
    return BarBatch(*(part[0] for part in beat))


def decode(model: GrooveVAE, z: np.ndarray, like: Bars, *, temperature: float = 0.0, seed: int = 0) -> Bars:
    """Bars of latent points (N, Z), in the metres and tempos of the N bars of `like`.

    Temperature 0 takes the likeliest state of every step; above, states are drawn, each bar from `seed` and its index.
    Raises RequestError unless there are as many points as bars, of the network's size.
    """
    if np.shape(z) != (len(like), model.config.latent_size):
        raise RequestError(
            f"points of shape {np.shape(z)} for {len(like)} bars of {model.config.latent_size} dimensions"
        )
    graph, state = nnx.split(model.decoder)
    parts = []
    for start in range(0, len(z), CHUNK):
        chunk = like[start : start + CHUNK]
        size = _padded(len(chunk))
        metre = _Metre(*(_pad(part, size) for part in chunk.batch(1)[-2:]))
        points = jnp.asarray(_pad(np.asarray(z[start : start + CHUNK], np.float32), size))
        keys = None
        if temperature > 0:
            keys = jax.vmap(partial(jax.random.fold_in, jax.random.key(seed)))(start + jnp.arange(size))
        out = _decode(graph, state, points, metre, MAX_BEATS, jnp.float32(max(temperature, 1e-3)), keys)
        grids = {name: np.asarray(part)[: len(chunk)] for name, part in zip(BarBatch._fields[:7], out, strict=False)}
        parts.append(dataclasses.replace(chunk, **grids))
    return without_stray_holds(Bars.concatenate(parts)) if parts else like


def without_stray_holds(bars: Bars) -> Bars:
    """The same bars, in which every HOLD goes on with a note: one that follows silence is made silence.

    Bars are taken to follow each other, so a HOLD at step 0 may go on with the bar before.
    """
    bar = np.repeat(np.arange(len(bars)), bars.num_steps)
    step = np.concatenate([np.arange(count) for count in bars.num_steps])
    out = {}
    for role in PITCHED:
        states = getattr(bars, role).copy()
        flat = states[bar, step]  # (S,) or (S, P)
        at = np.arange(len(flat)).reshape(-1, *(1,) * (flat.ndim - 1))
        last = np.maximum.accumulate(np.where(flat == HOLD, 0, at), axis=0)  # the last step that is no hold
        stray = (flat == HOLD) & (np.take_along_axis(flat, last, axis=0) < ONSET)
        states[bar, step] = np.where(stray, OFF, flat)
        out[role] = states
    return dataclasses.replace(bars, **out)


@partial(jax.jit, static_argnums=0)
def _encode(graph: nnx.GraphDef, state: nnx.State, batch: BarBatch) -> tuple[Array, Array]:
    return nnx.merge(graph, state)(batch)


def encode(model: GrooveVAE, bars: Bars) -> tuple[np.ndarray, np.ndarray]:
    """Mean and log-variance (N, Z) of the posterior of each bar."""
    if not len(bars):
        nothing = np.zeros((0, model.config.latent_size), np.float32)
        return nothing, nothing
    graph, state = nnx.split(model.encoder)
    means, logvars = [], []
    for start in range(0, len(bars), CHUNK):
        chunk = bars[start : start + CHUNK]
        size = _padded(len(chunk))
        mean, logvar = _encode(graph, state, BarBatch(*(_pad(part, size) for part in chunk.batch())))
        means.append(np.asarray(mean)[: len(chunk)])
        logvars.append(np.asarray(logvar)[: len(chunk)])
    return np.concatenate(means), np.concatenate(logvars)


def _padded(size: int) -> int:
    """The next power of two up to CHUNK: few sizes, few compilations."""
    return min(CHUNK, 1 << max(size - 1, 7).bit_length())


def _pad(array: np.ndarray, size: int) -> np.ndarray:
    return np.concatenate([array, np.repeat(array[-1:], size - len(array), axis=0)]) if size > len(array) else array
