"""What logits become: the states of one beat, drawn or the likeliest, each role from its own stream or as given."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from groovevae.bars.constants import (
    BASS,
    CHORDS,
    DRUMS,
    FIRST_PITCH,
    HOLD,
    LEAD,
    MAX_CHORD_ONSETS,
    OFFSET_UNITS,
    ONSET,
    ROLES,
)
from groovevae.bars.types import BarBatch
from groovevae.model import BarLogits

_ROLE_OF_LOGITS = {
    **dict.fromkeys(("drums", "drums_velocity", "drums_offset"), DRUMS),
    "bass": BASS,
    **dict.fromkeys(("chord_onset", "chord_hold"), CHORDS),
    "lead": LEAD,
}
_NUM_GRIDS = len(BarBatch._fields) - 2  # the rest is the metre


class Metre(NamedTuple):
    """The metre of B bars, as in BarBatch."""

    num_steps: Array  # (B,)
    is_compound: Array  # (B,)


def logits_to_beat(
    logits: BarLogits, metre: Metre, first_step: int | Array, temperature: float | Array, key: Array | None
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


def draw_beat(logits: BarLogits, metre: Metre, first_step: int | Array, temperature: Array, keys: Array) -> BarBatch:
    """States drawn with a key a bar, `keys` (B,), so that what is drawn does not depend on the batch around it."""
    one_bar = partial(_draw_one, first_step=first_step)
    return jax.vmap(one_bar, in_axes=(_BATCHED, 0, None, 0))(logits, metre, temperature, keys)


_BATCHED = BarLogits._make((*(0,) * (len(BarLogits._fields) - 1), None))


def _draw_one(logits: BarLogits, metre: Metre, temperature: Array, key: Array, *, first_step: int | Array) -> BarBatch:
    one = BarLogits._make((*(part[None] for part in logits[:-1]), logits.log_scales))
    beat = logits_to_beat(one, Metre(metre.num_steps[None], metre.is_compound[None]), first_step, temperature, key)
    return BarBatch(*(part[0] for part in beat))


def merge_streams(logits: BarLogits, num_streams: int) -> BarLogits:
    """(S * B, ...) -> (B, ...): what each role's own stream says of it. A single stream speaks for all roles."""
    if num_streams == 1:
        return logits
    parts = {
        name: part.reshape(num_streams, -1, *part.shape[1:])  # (S, B, ...)
        for name, part in zip(BarLogits._fields[:-1], logits, strict=False)
    }
    own = {name: parts[name][role] for name, role in _ROLE_OF_LOGITS.items()}
    feel = {
        name: jnp.stack([parts[name][role][..., role - BASS] for role in (BASS, CHORDS, LEAD)], axis=-1)
        for name in ("velocity", "offset")
    }
    return BarLogits(**own, **feel, log_scales=logits.log_scales)


def put_in(beat: BarBatch, given: BarBatch, is_kept: Array) -> BarBatch:
    """The beat with the notes, velocities and micro-timing that are given for the kept roles, (B, 4) bool."""
    of_role = {role: is_kept[:, index, None] for index, role in enumerate(ROLES)}  # (B, 1) each
    drums, chords, pitched = of_role["drums"][..., None], of_role["chords"][..., None], is_kept[:, None, BASS:]
    masks = BarBatch(drums, drums, of_role["bass"], chords, of_role["lead"], pitched, pitched, *beat[_NUM_GRIDS:])
    return map_grids(jnp.where, masks, given, beat)


def map_grids(function: Callable[..., Array], batch: BarBatch, *others: BarBatch) -> BarBatch:
    """The batch with a function applied to each of its grids (and those of `others`); the metre stays."""
    grids = (function(*parts) for parts in zip(*(part[:_NUM_GRIDS] for part in (batch, *others)), strict=True))
    return BarBatch._make((*grids, *batch[_NUM_GRIDS:]))
