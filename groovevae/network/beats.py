"""Turns logits into the states of one beat, drawn or the likeliest, and merges streams and given roles into it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from groovevae.bars.batch import BarBatch, Metre
from groovevae.bars.constants import (
    BASS,
    CHORD_SIZE,
    CHORDS,
    DRUMS,
    HOLD,
    LEAD,
    MAX_CHORD_ONSETS,
    MAX_STEPS,
    MAX_VELOCITY,
    NUM_VOICES,
    ONSET,
    ROLES,
    STEPS_PER_BEAT,
)
from groovevae.network.inputs import HALF_STEP
from groovevae.network.lines import NewLeads, draw_bass, draw_lead
from groovevae.network.logits import BarLogits

CLEARLY = 2.0  # logit from which a chord's note sounds even a semitone from a likelier one

# Whose point each pitched role takes its micro-timing from. A lead goes less far than the others, to keep its notes;
# with its own, it would keep its straight eighths over a band that swings.
_IN_TIME_WITH = (BASS, CHORDS, BASS)

_ROLE_OF_LOGITS = {
    **dict.fromkeys(("drums", "drums_velocity", "drums_offset"), DRUMS),
    "bass": BASS,
    **dict.fromkeys(("chord_onset", "chord_hold"), CHORDS),
    "lead": LEAD,
}


class Chances(NamedTuple):
    """Random numbers from [0, 1) that decide what is drawn, one for each state of each step, (B, S, ...)."""

    drums: np.ndarray  # (B, S, 9)
    chord_onset: np.ndarray  # (B, S, 60)
    chord_hold: np.ndarray  # (B, S, 60)
    bass: np.ndarray  # (B, S, 1)
    lead: np.ndarray  # (B, S, 1)

    def steps(self, first: int, count: int) -> Chances:
        """Return the chances of `count` steps from `first` on."""
        return Chances(*(part[:, first : first + count] for part in self))


_LIKELIEST = Chances(*(None,) * 5)  # type: ignore[arg-type]  # nothing is drawn
_CHANCES = (NUM_VOICES, CHORD_SIZE, CHORD_SIZE, 1, 1)


def chances(seeds: np.ndarray, bars: np.ndarray) -> Chances:
    """Draw the chances of whole bars from the seed and number of each, both (B,), whatever else is in the batch."""
    drawn = np.empty((len(seeds), MAX_STEPS, sum(_CHANCES)), np.float32)
    for row, (seed, bar) in enumerate(zip(seeds.tolist(), bars.tolist(), strict=True)):
        np.random.Generator(np.random.Philox(key=[seed, bar])).random(dtype=np.float32, out=drawn[row])
    return Chances(*np.split(drawn, np.cumsum(_CHANCES)[:-1], axis=-1))


def logits_to_beat(
    logits: BarLogits,
    metre: Metre,
    first_step: int,
    temperature: float,
    drawn: Chances | None,
    *,
    kept: tuple[BarBatch, np.ndarray] | None = None,
    leads: NewLeads | None = None,
    harmony: np.ndarray | None = None,
) -> BarBatch:
    """Choose the states of some steps: the likeliest at temperature 0, else by `drawn`; silence past the bar's end.

    Lines are drawn to fit the chords that sound in these steps: given ones where bars keep theirs, (B, 4), else those
    that are drawn. New `leads` are drawn note after note; basses keep to a `harmony` (B, 12).
    """
    steps = first_step + np.arange(logits.bass.shape[1])[None]
    inside = (steps < metre.num_steps[:, None])[..., None]  # (B, S, 1)
    by: Any = _LIKELIEST if drawn is None or temperature == 0 else drawn
    hits = _draw_bool(logits.drums, temperature, by.drums) & inside
    onsets = _draw_bool(logits.chord_onset, temperature, by.chord_onset) & inside
    onsets = _hands(logits.chord_onset, onsets if by is _LIKELIEST else _apart(logits.chord_onset, onsets))
    holds = _draw_bool(logits.chord_hold, temperature, by.chord_hold) & inside & ~onsets
    sounding = _sounding(onsets | holds, kept)
    on_beat = steps % np.where(metre.is_compound, 6, STEPS_PER_BEAT)[:, None] == 0  # (B, S)
    bass = draw_bass(logits.bass, temperature, by.bass, sounding, on_beat, harmony) * inside[..., 0]
    lead = draw_lead(logits.lead, temperature, by.lead, sounding, on_beat, leads) * inside[..., 0]
    beat = BarBatch(
        drums=_to_velocity(logits.drums_velocity) * hits,
        drums_offset=_to_offset(logits.drums_offset) * hits,
        bass=bass.astype(np.uint8),
        chords=(onsets * ONSET + holds * HOLD).astype(np.uint8),
        lead=lead.astype(np.uint8),
        velocity=_to_velocity(logits.velocity),
        offset=_to_offset(logits.offset),
        num_steps=metre.num_steps,
        is_compound=metre.is_compound,
    )
    struck = beat.pitched_strikes()  # without a strike there is no velocity and no micro-timing
    return beat._replace(velocity=beat.velocity * struck, offset=beat.offset * struck)


def _draw_bool(logits: np.ndarray, temperature: float, chance: np.ndarray | None) -> np.ndarray:
    if chance is None:
        return logits > 0
    return chance < 0.5 + 0.5 * np.tanh(logits / np.float32(2 * temperature))  # the logistic function, without overflow


def _sounding(drawn: np.ndarray, kept: tuple[BarBatch, np.ndarray] | None) -> np.ndarray:
    """Return where chords sound, (B, S, 60): as `drawn`, or as given in bars that keep theirs."""
    if kept is None:
        return drawn
    given, is_kept = kept
    return np.where(is_kept[:, CHORDS, None, None], given.chords >= HOLD, drawn)


def _apart(strength: np.ndarray, onsets: np.ndarray) -> np.ndarray:
    """Return the onsets (B, S, 60) without those a semitone from a stronger one, unless they are clearly meant."""
    heard = np.pad(np.where(onsets, strength, -np.inf), [(0, 0), (0, 0), (1, 1)], constant_values=-np.inf)
    beside = np.maximum(heard[..., :-2], heard[..., 2:])
    return np.asarray(onsets & ((strength >= beside) | (strength > CLEARLY)))


def _hands(strength: np.ndarray, onsets: np.ndarray) -> np.ndarray:
    """Return the onsets, only the strongest of them where one player would run out of fingers."""
    onsets = onsets.copy()
    for place in zip(*np.nonzero(onsets.sum(-1) > MAX_CHORD_ONSETS), strict=True):
        order = np.argsort(np.where(onsets[place], -strength[place], np.inf), kind="stable")
        onsets[place][order[MAX_CHORD_ONSETS:]] = False
    return onsets


def _to_velocity(mean: np.ndarray) -> np.ndarray:
    return np.clip(np.round(mean * MAX_VELOCITY), 1, MAX_VELOCITY).astype(np.uint8)


def _to_offset(mean: np.ndarray) -> np.ndarray:
    return np.clip(np.round(mean * HALF_STEP), -HALF_STEP, HALF_STEP - 1).astype(np.int8)


def merge_streams(logits: BarLogits, num_streams: int) -> BarLogits:
    """Take each role's logits from its own stream, (S * B, ...) -> (B, ...). A single stream serves all roles.

    The lead takes its micro-timing from the bass's.
    """
    if num_streams == 1:
        return logits
    parts = {
        name: part.reshape(num_streams, -1, *part.shape[1:])  # (S, B, ...)
        for name, part in zip(BarLogits._fields[:-1], logits, strict=False)
    }
    states = {name: parts[name][role] for name, role in _ROLE_OF_LOGITS.items()}
    streams = {"velocity": (BASS, CHORDS, LEAD), "offset": _IN_TIME_WITH}
    feel = {
        name: np.stack([parts[name][stream][..., column] for column, stream in enumerate(own)], axis=-1)
        for name, own in streams.items()
    }
    return BarLogits(**states, **feel, log_scales=logits.log_scales)


def put_in(beat: BarBatch, given: BarBatch, is_kept: np.ndarray) -> BarBatch:
    """Return the beat with the given notes, velocities and micro-timing in the kept roles, (B, 4) bool."""
    of_role = {role: is_kept[:, index, None] for index, role in enumerate(ROLES)}  # (B, 1) each
    drums, chords, pitched = of_role["drums"][..., None], of_role["chords"][..., None], is_kept[:, None, BASS:]
    masks = BarBatch(drums, drums, of_role["bass"], chords, of_role["lead"], pitched, pitched, *beat.metre)
    return masks.map_grids(np.where, given, beat)


def with_feel(given: BarBatch, logits: BarLogits) -> BarBatch:
    """Return the given notes of one beat with the velocities and micro-timing that the decoder expects of them."""
    hits, struck = given.onsets("drums"), given.pitched_strikes()
    return given._replace(
        drums=_to_velocity(logits.drums_velocity) * hits,
        drums_offset=_to_offset(logits.drums_offset) * hits,
        velocity=_to_velocity(logits.velocity) * struck,
        offset=_to_offset(logits.offset) * struck,
    )
