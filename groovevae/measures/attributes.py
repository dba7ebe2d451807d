"""Measures six attributes of bars: density, syncopation, swing, register, polyphony, drum density. NumPy alone.

Each is one number for each bar, NaN where a bar has nothing to measure it by.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from groovevae.bars import Bars
from groovevae.bars.constants import (
    LINES,
    LOWEST_PITCH,
    MAX_STEPS,
    OFFSET_UNITS,
    PITCHED,
    STEPS_PER_BEAT,
    STEPS_PER_QUARTER,
)
from groovevae.bars.states import bar_length, is_compound

LATEST_OFF_BEAT = 0.72  # of a beat: a second note that comes later is a dotted rhythm, not swing
WEAKEST = -4  # metrical weight of an odd sixteenth


class Attribute(NamedTuple):
    """Something that can be measured in a bar: its measure, what more of it means, and its unit."""

    measure: Callable[[Bars], np.ndarray]  # N bars to (N,)
    about: str
    unit: str


def density(bars: Bars) -> np.ndarray:
    """Count the strikes of bass, chords and lead per quarter note, (N,); a chord of any size is one strike.

    This is the note density of jSymbolic (McKay & Fujinaga 2006), but in musical time and independent of polyphony.
    """
    return bars.pitched_strikes().sum((1, 2)) * STEPS_PER_QUARTER / bars.num_steps


def drum_density(bars: Bars) -> np.ndarray:
    """Count the drum hits per quarter note, (N,)."""
    return bars.onsets("drums").sum((1, 2)) * STEPS_PER_QUARTER / bars.num_steps


def polyphony(bars: Bars) -> np.ndarray:
    """Return how many pitched notes sound at once, (N,): the mean over the steps at which any does.

    MusPy's `polyphony` is the same (Dong et al. 2020, MusPy, sec. 4).
    """
    sounding = bars.sounding("chords").sum(-1) + sum(bars.sounding(role) for role in LINES)  # (N, T)
    return _ratio(sounding.sum(1), (sounding > 0).sum(1))


def register(bars: Bars) -> np.ndarray:
    """Return the mean MIDI pitch of the notes struck, (N,), in the normalised key: jSymbolic's mean pitch."""
    total, count = np.zeros(len(bars), int), np.zeros(len(bars), int)
    for role in PITCHED:
        counts = bars.pitch_counts(role)  # (N, P)
        total += counts @ (LOWEST_PITCH[role] + np.arange(counts.shape[1]))
        count += counts.sum(1)
    return _ratio(total, count)


def syncopation(bars: Bars) -> np.ndarray:
    """Return how far notes anticipate the beat they belong to, mean over the strikes of all pitched roles, (N,).

    Longuet-Higgins & Lee 1984 (The rhythmic interpretation of monophonic music): a note followed by a rest or a tie on
    a stronger step syncopates by the difference of their metrical weights. A bar is taken as a loop, as in Fitch &
    Rosenfeld 2007, and the sum is divided by the number of notes, so that density does not count again.
    """
    weights = metrical_weights(bars)  # (N, T)
    struck, inside = bars.pitched_strikes(), bars.inside  # (N, T, 3), (N, T)
    strongest = np.full((len(bars), struck.shape[2]), -np.inf)  # step up to the next note, going backwards
    total = np.zeros((len(bars), struck.shape[2]))
    for number in range(2 * MAX_STEPS - 1, -1, -1):  # twice around: after a bar's last note comes its beginning
        step = number % MAX_STEPS
        here, note, weight = inside[:, step, None], struck[:, step], weights[:, step, None]
        if number < MAX_STEPS:
            gain = np.where(np.isfinite(strongest), np.maximum(strongest - weight, 0.0), 0.0)
            total += gain * note
        strongest = np.where(here, np.where(note, -np.inf, np.maximum(strongest, weight)), strongest)
    return _ratio(total.sum(1), struck.sum((1, 2)))


def metrical_weights(bars: Bars) -> np.ndarray:
    """Return the metrical weight of each step, (N, T): 0 for the first, one less for each division that misses it.

    Bars are divided by two where they can be, else into beats; beats of 3/8, 6/8, 9/8 and 12/8 into threes.
    """
    table = {tuple(metre): _weights_of(*metre) for metre in np.unique(bars.metre, axis=0).tolist()}
    return np.array([table[tuple(metre)] for metre in bars.metre.tolist()]).reshape(-1, MAX_STEPS)


def _weights_of(numerator: int, denominator: int) -> np.ndarray:
    metre = (numerator, denominator)
    num_steps = int(bar_length(metre))
    beat = 6 if is_compound(metre) else min(STEPS_PER_BEAT, num_steps)
    grids = [num_steps]
    if num_steps % (2 * beat) == 0:
        grids.append(num_steps // 2)
    grids += [beat, 2, 1]
    distinct = sorted(set(grids), reverse=True)
    weights = np.full(MAX_STEPS, float(WEAKEST))
    for level in range(len(distinct) - 1, -1, -1):
        weights[: num_steps : distinct[level]] = max(-level, WEAKEST)
    return weights


def swing(bars: Bars) -> np.ndarray:
    """Return where in the beat its second half begins, (N,): 0.5 is straight, 0.667 is triplet swing.

    It is the mean over beats that are struck once in their second half and not on their second sixteenth. Friberg &
    Sundstrom 2002 (Swing ratios and ensemble timing in jazz performance) measure the same as a ratio, s / (1 - s).
    Compound beats, and second notes later than LATEST_OFF_BEAT, do not count.
    """
    struck = np.concatenate([bars.pitched_strikes(), bars.onsets("drums")], axis=2)  # (N, T, 12)
    offset = np.concatenate([bars.offset, bars.drums_offset], axis=2) / OFFSET_UNITS  # (N, T, 12) steps
    of_beat = struck.reshape(len(bars), -1, STEPS_PER_BEAT, struck.shape[2])  # (N, beats, 4, 12)
    late = of_beat[:, :, 2:]
    halves = (late.sum(2) == 1) & ~of_beat[:, :, 1]  # (N, beats, 12)
    place = (np.arange(MAX_STEPS)[:, None] % STEPS_PER_BEAT + offset).reshape(of_beat.shape)[:, :, 2:] / STEPS_PER_BEAT
    where = (place * late).sum(2)  # of the step that is struck
    halves &= (where <= LATEST_OFF_BEAT) & ~bars.is_compound[:, None, None]
    return _ratio((where * halves).sum((1, 2)), halves.sum((1, 2)))


def _ratio(total: np.ndarray, count: np.ndarray) -> np.ndarray:
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


ATTRIBUTES = {
    "density": Attribute(density, "more strikes of bass, chords and lead", "strikes per quarter note"),
    "syncopation": Attribute(syncopation, "notes before the beat instead of on it", "metrical levels per note"),
    "swing": Attribute(swing, "later off-beats", "of a beat"),
    "register": Attribute(register, "higher notes", "semitones"),
    "polyphony": Attribute(polyphony, "more notes at once", "notes"),
    "drum_density": Attribute(drum_density, "more drum hits", "hits per quarter note"),
}


def measure_all(bars: Bars) -> np.ndarray:
    """Measure every attribute of each bar, (N, 6), in the order of ATTRIBUTES."""
    return np.stack([attribute.measure(bars) for attribute in ATTRIBUTES.values()], axis=1)
