"""Measures whether the parts of a bar belong together: scale, clashes, rhythm against rhythm, note lengths, touch.

While `features` says where each role plays, traits say how the roles fit each other and the metre. They use no model.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from groovevae.bars import Bars
from groovevae.bars.constants import (
    MAJOR_SCALE,
    MAX_VELOCITY,
    OFFSET_UNITS,
    PITCHED,
    ROLES,
    STEPS_PER_BEAT,
)
from groovevae.measures.phrases import semitones_apart

_SCALE = np.array(MAJOR_SCALE)

Traits = dict[str, np.ndarray]  # name -> (N,), NaN where a bar has nothing to measure it by


def bar_traits(bars: Bars) -> Traits:
    """Measure every trait of each bar, by name. A name begins with the role that it describes, or names two roles."""
    strikes = {role: bars.strikes(role) for role in ROLES}  # (N, T)
    chroma = {role: bars.chroma(role) for role in PITCHED}  # (N, T, 12)
    out: Traits = {}
    for column, role in enumerate(ROLES):
        out |= _rhythm(strikes[role], role)
        out |= _touch(bars, strikes[role], role, column - 1)
    for role in PITCHED:
        out |= _pitches(bars, role)
    for one, other in combinations(ROLES, 2):
        out[f"{one} with {other}"] = _together(strikes[one], strikes[other])
    for one, other in combinations(PITCHED, 2):
        out |= _harmony(chroma, strikes, one, other)
    held = bars.holds("chords").sum(1) == bars.num_steps[:, None]  # (N, P) struck before the bar, sounding throughout
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
    """Measure the mean and spread of velocity and micro-timing over the notes that are struck."""
    if role == "drums":
        velocity, offset = (
            bars.drums.max(-1),
            np.take_along_axis(bars.drums_offset, bars.drums.argmax(-1)[..., None], axis=-1)[..., 0],
        )
    else:
        velocity, offset = bars.velocity[..., column], bars.offset[..., column]
    count = struck.sum(1)
    out = {}
    for name, values in (("loud", velocity / MAX_VELOCITY), ("late", offset / OFFSET_UNITS)):
        mean = _ratio((values * struck).sum(1), count)
        square = _ratio((values.astype(float) ** 2 * struck).sum(1), count)
        out[f"{role} {name}"] = mean
        out[f"{role} {name} spread"] = np.sqrt(np.maximum(square - mean**2, 0))
    return out


def _pitches(bars: Bars, role: str) -> Traits:
    classes = bars.pitch_classes(role)  # (N, 12)
    sounding = bars.sounding(role)
    onsets, steps = classes.sum(1), sounding.sum(tuple(range(1, sounding.ndim)))
    return {
        f"{role} in scale": _ratio(classes[:, _SCALE].sum(1), onsets),
        f"{role} length": np.where(steps > 0, steps / np.maximum(onsets, 1), np.nan),
    }


def _harmony(chroma: dict[str, np.ndarray], strikes: dict[str, np.ndarray], one: str, other: str) -> Traits:
    """Measure how often two roles share a pitch class, and how often they clash, where either strikes and both sound.

    A clash is a semitone, octaves aside.
    """
    a, b = chroma[one], chroma[other]
    moment = (strikes[one] | strikes[other]) & a.any(-1) & b.any(-1)  # (N, T)
    shared = (a & b).any(-1)
    clash = semitones_apart(a, b)
    count = moment.sum(1)
    return {
        f"{one} in {other}": _ratio((shared & moment).sum(1), count),
        f"{one} against {other}": _ratio((clash & moment).sum(1), count),
    }


def _together(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the share, (N,), of strikes of the less busy role that coincide with a strike of the other."""
    return _ratio((one & other).sum(1), np.minimum(one.sum(1), other.sum(1)))


def _ratio(total: np.ndarray, count: np.ndarray) -> np.ndarray:
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
