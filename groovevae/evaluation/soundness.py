"""Measures whether bars are sound as music by what can be counted: scale, clashes, silence, polyphony, range, rhythm.

No value is good or bad by itself: real bars measured alongside say what is usual.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from groovevae.bars import Bars
from groovevae.bars.constants import MAJOR_SCALE, PITCHED, ROLES
from groovevae.evaluation.content import pitches_sounding
from groovevae.measures.phrases import pitch_classes, semitones_apart

_MAJOR = np.array(MAJOR_SCALE)


def soundness(bars: Bars) -> dict[str, np.ndarray]:
    """Compute each measure for each bar, (N,); NaN where a bar has nothing to measure it by."""
    return {
        "in scale": scale_consistency(bars),
        "clashes": clashes(bars),
        "empty": (~bars.has_notes).astype(float),
        "polyphony": polyphony(bars),
        "pitch range": pitch_range(bars),
        "rhythm entropy": rhythm_entropy(bars),
    }


def scale_consistency(bars: Bars) -> np.ndarray:
    """Return the share of struck notes that lie in the best-fitting major or natural minor scale, (N,).

    Mogren 2016 (C-RNN-GAN, sec. 4.1), as in MusPy (Dong et al. 2020).
    """
    classes = pitch_classes(bars)  # (N, 12)
    inside = np.max([classes[:, (_MAJOR + tonic) % 12].sum(1) for tonic in range(12)], axis=0)  # minor: the same notes
    return _ratio(inside, classes.sum(1))


def polyphony(bars: Bars) -> np.ndarray:
    """Return the number of pitches that sound at once, mean over the steps at which any does, (N,); as in MusPy.

    A pitch that two roles sound counts once, unlike in `attributes.polyphony`.
    """
    sounding = pitches_sounding(bars) > 0  # (N, T, 128)
    return _ratio(sounding.sum((1, 2)), sounding.any(-1).sum(1))


def clashes(bars: Bars) -> np.ndarray:
    """Return how often pitched roles clash, (N,): a share of the steps at which two of them sound.

    Two roles clash where some note of one is a semitone (or a major seventh, or an octave more) from one of the other.
    """
    roles = [bars.chroma(role) for role in PITCHED]  # (N, T, 12) each
    clash = np.any([semitones_apart(one, other) for one, other in combinations(roles, 2)], axis=0)
    together = np.sum([role.any(-1) for role in roles], axis=0) >= 2  # (N, T)
    return _ratio((clash & together).sum(1), together.sum(1))


def pitch_range(bars: Bars) -> np.ndarray:
    """Return the semitones from the lowest to the highest struck note, (N,); as in MusPy."""
    low, high = np.full(len(bars), 999), np.full(len(bars), -1)
    for role in PITCHED:
        pitch = bars.pitches(role).reshape(len(bars), -1)
        low = np.minimum(low, np.where(pitch < 0, 999, pitch).min(1))
        high = np.maximum(high, pitch.max(1))
    return np.where(high >= 0, high - low, np.nan)


def rhythm_entropy(bars: Bars) -> np.ndarray:
    """Return the entropy in bits, (N,), of how a bar's notes and hits are distributed over its steps."""
    onsets = [bars.onsets(role) for role in ROLES]
    at = np.sum([found if found.ndim == 2 else found.sum(-1) for found in onsets], axis=0)  # (N, T)
    total = at.sum(1)
    share = at / np.maximum(total, 1)[:, None]
    bits = -(share * np.log2(np.where(share > 0, share, 1.0))).sum(1)
    return np.where(total > 0, bits, np.nan)


def _ratio(total: np.ndarray, count: np.ndarray) -> np.ndarray:
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
