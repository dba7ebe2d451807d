"""What shows that the parts of a bar belong together: scale, clashes, rhythm against rhythm, lengths, touch.

`features` says where each role plays; this says how the roles fit each other and the metre. Looks at notes alone.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from groovevae.bars import Bars
from groovevae.bars.constants import (
    BASS_LOW,
    CHORD_LOW,
    FIRST_PITCH,
    HOLD,
    LEAD_LOW,
    OFFSET_UNITS,
    ONSET,
    PITCHED,
    ROLES,
    STEPS_PER_BEAT,
)

_SCALE = np.isin(np.arange(12), (0, 2, 4, 5, 7, 9, 11))  # C major and A minor, which every song is moved to
_LINES = {"bass": BASS_LOW, "lead": LEAD_LOW}

Traits = dict[str, np.ndarray]  # name -> (N,), NaN where a bar has nothing to measure it by


def bar_traits(bars: Bars) -> Traits:
    """Every trait of each bar by name. A name begins with the role that it is of, or names two."""
    strikes = {role: _strikes(bars, role) for role in ROLES}  # (N, T)
    classes = {role: _sounding_classes(bars, role) for role in PITCHED}  # (N, T, 12)
    out: Traits = {}
    for column, role in enumerate(ROLES):
        out |= _rhythm(strikes[role], role)
        out |= _touch(bars, strikes[role], role, column - 1)
    for role in PITCHED:
        out |= _pitches(bars, role, strikes[role])
    for one, other in combinations(ROLES, 2):
        out[f"{one} with {other}"] = _together(strikes[one], strikes[other])
    for one, other in combinations(PITCHED, 2):
        out |= _harmony(classes, strikes, one, other)
    held = (bars.chords == HOLD).sum(1) == bars.num_steps[:, None]  # (N, P) sounding all the bar, struck before
    out["chords never released"] = held.sum(1).astype(float)
    return out


def _rhythm(struck: np.ndarray, role: str) -> Traits:
    step = np.arange(struck.shape[1])
    count = struck.sum(1)
    return {
        f"{role} on beats": _ratio(struck[:, step % STEPS_PER_BEAT == 0].sum(1), count),
        f"{role} off eighths": _ratio(struck[:, step % 2 == 1].sum(1), count),
        f"{role} at the start": np.where(count > 0, struck[:, 0].astype(float), np.nan),
    }


def _touch(bars: Bars, struck: np.ndarray, role: str, column: int) -> Traits:
    """Velocity and micro-timing: their mean and spread over what is struck."""
    if role == "drums":
        velocity, offset = (
            bars.drums.max(-1),
            np.take_along_axis(bars.drums_offset, bars.drums.argmax(-1)[..., None], axis=-1)[..., 0],
        )
    else:
        velocity, offset = bars.velocity[..., column], bars.offset[..., column]
    count = struck.sum(1)
    out = {}
    for name, values in (("loud", velocity / 127), ("late", offset / OFFSET_UNITS)):
        mean = _ratio((values * struck).sum(1), count)
        square = _ratio((values.astype(float) ** 2 * struck).sum(1), count)
        out[f"{role} {name}"] = mean
        out[f"{role} {name} spread"] = np.sqrt(np.maximum(square - mean**2, 0))
    return out


def _pitches(bars: Bars, role: str, struck: np.ndarray) -> Traits:
    states = getattr(bars, role)
    if role == "chords":
        onsets, holds = (states == ONSET).sum((1, 2)), (states == HOLD).sum((1, 2))
        classes = np.stack([(states[..., (c - CHORD_LOW) % 12 :: 12] == ONSET).sum((1, 2)) for c in range(12)], axis=1)
    else:
        onsets, holds = struck.sum(1), (states == HOLD).sum(1)
        at = np.where(struck, (states.astype(int) - FIRST_PITCH + _LINES[role]) % 12, -1)
        classes = np.stack([(at == c).sum(1) for c in range(12)], axis=1)
    return {
        f"{role} in scale": _ratio(classes[:, _SCALE].sum(1), onsets),
        f"{role} length": np.where(onsets + holds > 0, (onsets + holds) / np.maximum(onsets, 1), np.nan),
    }


def _harmony(classes: dict[str, np.ndarray], strikes: dict[str, np.ndarray], one: str, other: str) -> Traits:
    """Where either of two roles strikes while both sound: how often they share a pitch class, and how often they clash.

    A clash is a semitone, octaves aside.
    """
    a, b = classes[one], classes[other]
    moment = (strikes[one] | strikes[other]) & a.any(-1) & b.any(-1)  # (N, T)
    shared = (a & b).any(-1)
    clash = (a & (np.roll(b, 1, -1) | np.roll(b, -1, -1))).any(-1)
    count = moment.sum(1)
    return {
        f"{one} in {other}": _ratio((shared & moment).sum(1), count),
        f"{one} against {other}": _ratio((clash & moment).sum(1), count),
    }


def _together(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Share of the strikes of the role with fewer that fall on one of the other, (N,)."""
    return _ratio((one & other).sum(1), np.minimum(one.sum(1), other.sum(1)))


def _strikes(bars: Bars, role: str) -> np.ndarray:
    if role == "drums":
        return np.any(bars.drums > 0, axis=-1)
    states = getattr(bars, role)
    if role == "chords":
        return np.any(states == ONSET, axis=-1)
    return np.asarray(states >= FIRST_PITCH)


def _sounding_classes(bars: Bars, role: str) -> np.ndarray:
    """Which pitch classes a role sounds at each step, (N, T, 12); a note held from the bar before has none."""
    states = getattr(bars, role)
    if role == "chords":
        return np.stack([(states[..., (c - CHORD_LOW) % 12 :: 12] >= HOLD).any(-1) for c in range(12)], axis=-1)
    step = np.arange(states.shape[1])
    since = np.maximum.accumulate(np.where(states == HOLD, 0, step), axis=1)
    token = np.take_along_axis(states, since, axis=1).astype(int)
    pitch_class = np.where(token >= FIRST_PITCH, (token - FIRST_PITCH + _LINES[role]) % 12, -1)
    return pitch_class[..., None] == np.arange(12)


def _ratio(total: np.ndarray, count: np.ndarray) -> np.ndarray:
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
