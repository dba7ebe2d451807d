"""Latent points to bars: the decoder run freely, each beat fed with the one it has just decided on."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax import Array

from groovevae.bars.constants import HOLD, OFF, ONSET, PITCHED, ROLES, STEPS_PER_BEAT
from groovevae.bars.types import BarBatch, Bars
from groovevae.beats import Metre, draw_beat, logits_to_beat, map_grids, merge_streams, put_in
from groovevae.errors import RequestError
from groovevae.model import Decoder, GrooveVAE, metre_index

CHUNK = 256  # bars encoded at once
DECODED = 64  # bars decoded at once, always: one compiled program, and no rounding that depends on the batch


class Take(NamedTuple):
    """A run of bars to decode."""

    z: np.ndarray  # (N, Z), or (4, N, Z): the points that drums, bass, chords and lead are each taken from
    like: Bars  # N bars: their metres and tempos, and the notes of the roles in `keep`
    seed: int = 0
    keep: tuple[str, ...] = ()  # roles whose notes come out as they are in `like`
    temperature: float = 0.0


def decode(
    model: GrooveVAE,
    z: np.ndarray,
    like: Bars,
    *,
    temperature: float = 0.0,
    seed: int = 0,
    keep: tuple[str, ...] = (),
) -> Bars:
    """Bars of latent points (N, Z), in the metres and tempos of the N bars of `like`.

    Points (4, N, Z) are those of drums, bass, chords and lead: each role is taken from its own, and all hear the beat
    that they have played together before. Roles in `keep` come out with the notes they have in `like`.
    Temperature 0 takes the likeliest state of every step; above, states are drawn, each bar from `seed` and its index.
    Raises RequestError unless there are as many points as bars, of the network's size.
    """
    return decode_takes(model, [Take(z, like, seed, keep, temperature)])[0]


def decode_takes(model: GrooveVAE, takes: Sequence[Take]) -> list[Bars]:
    """Several runs of bars together, each as `decode` gives it alone. Raises RequestError like it."""
    groups: dict[tuple[int, float], list[int]] = {}
    for number, take in enumerate(takes):
        groups.setdefault((_num_streams(model, take), take.temperature), []).append(number)
    out = [take.like for take in takes]
    for (num_streams, temperature), group in groups.items():
        numbers = [number for number in group if len(takes[number].like)]
        if numbers:
            together = _decode_alike(model, [takes[number] for number in numbers], num_streams, temperature)
            end = 0
            for number in numbers:
                start, end = end, end + len(takes[number].like)
                out[number] = without_stray_holds(together[start:end])
    return out


def _num_streams(model: GrooveVAE, take: Take) -> int:
    shape, bar_shape = np.shape(take.z), (len(take.like), model.config.latent_size)
    if shape not in (bar_shape, (len(ROLES), *bar_shape)):
        raise RequestError(f"points of shape {shape} for {bar_shape[0]} bars of {bar_shape[1]} dimensions")
    return len(ROLES) if len(shape) == 3 else 1


def _decode_alike(model: GrooveVAE, takes: Sequence[Take], num_streams: int, temperature: float) -> Bars:
    """The bars of all takes, one after another; all have as many streams."""
    like = Bars.concatenate([take.like for take in takes])
    z = np.concatenate(
        [np.reshape(np.asarray(take.z, np.float32), (num_streams, len(take.like), -1)) for take in takes], axis=1
    )
    counts = [len(take.like) for take in takes]
    seed = np.repeat(np.array([take.seed for take in takes], np.uint32), counts)
    bar = np.concatenate([np.arange(count) for count in counts])
    is_kept = np.repeat([[role in take.keep for role in ROLES] for take in takes], counts, axis=0)
    graph, state = nnx.split(model.decoder)
    parts = []
    for start in range(0, len(like), DECODED):
        here = slice(start, start + DECODED)
        chunk = like[here]
        slots = _Slots(
            z=_pad(z[:, here].swapaxes(0, 1), DECODED).swapaxes(0, 1),
            given=BarBatch(*(_pad(part, DECODED) for part in chunk.batch())),
            is_kept=_pad(is_kept[here], DECODED),
            seed=_pad(seed[here], DECODED),
            bar=_pad(bar[here], DECODED),
        )
        num_beats = np.int32(chunk.num_beats.max())
        out = _decode(graph, state, slots, num_beats, temperature == 0, np.float32(max(temperature, 1e-3)))
        grids = {name: np.asarray(part)[: len(chunk)] for name, part in zip(BarBatch._fields[:7], out, strict=False)}
        parts.append(dataclasses.replace(chunk, **grids))
    return Bars.concatenate(parts)


class _Slots(NamedTuple):
    """The bars that one call decodes, S streams of points for each."""

    z: np.ndarray  # (S, B, Z)
    given: BarBatch  # (B, 24, ...)
    is_kept: np.ndarray  # (B, 4) roles that are taken from `given`
    seed: np.ndarray  # (B,) uint32
    bar: np.ndarray  # (B,) its number within its take


@partial(jax.jit, static_argnums=(0, 4))
def _decode(
    graph: nnx.GraphDef, state: nnx.State, slots: _Slots, num_beats: Array, greedy: bool, temperature: Array
) -> BarBatch:
    """Beat after beat, all streams together: each hears the one beat before that was put together from all of them."""
    decoder: Decoder = nnx.merge(graph, state)
    num_streams, num_bars, size = slots.z.shape
    z = slots.z.reshape(num_streams * num_bars, size)  # (S * B, Z)
    metre = Metre(slots.given.num_steps, slots.given.is_compound)
    keys = jax.vmap(lambda seed, bar: jax.random.fold_in(jax.random.key(seed), bar))(slots.seed, slots.bar)

    def next_beat(number: Array, carry: tuple[Array, BarBatch, BarBatch]) -> tuple[Array, BarBatch, BarBatch]:
        h, before, out = carry
        first_step = number * STEPS_PER_BEAT
        heard = jnp.tile(decoder.hear(before, number > 0), (num_streams, 1))
        h, logits = decoder.step(h, decoder.plan_beat(z, number), heard)
        logits = merge_streams(logits, num_streams)
        if greedy:
            beat = logits_to_beat(logits, metre, first_step, 1.0, None)
        else:
            beat_keys = jax.vmap(jax.random.fold_in, (0, None))(keys, number)
            beat = draw_beat(logits, metre, first_step, temperature, beat_keys)
        beat = put_in(beat._replace(**metre._asdict()), _beat_of(slots.given, first_step), slots.is_kept)
        write = partial(jax.lax.dynamic_update_slice_in_dim, start_index=first_step, axis=1)
        return h, beat, map_grids(write, out, beat)

    h = decoder.first_state(z, jnp.tile(metre_index(*metre), num_streams))
    silence = map_grids(jnp.zeros_like, slots.given)
    return jax.lax.fori_loop(0, num_beats, next_beat, (h, _beat_of(silence, 0), silence))[2]


def _beat_of(batch: BarBatch, first_step: int | Array) -> BarBatch:
    return map_grids(lambda grid: jax.lax.dynamic_slice_in_dim(grid, first_step, STEPS_PER_BEAT, axis=1), batch)


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
