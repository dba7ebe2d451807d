"""Whether bars are sound as music, by what can be counted: scale, clashes, silence, polyphony, range, rhythm.

None of these is good when high or low: real bars beside them say what is usual.
"""

from __future__ import annotations

import numpy as np

from groovevae.bars import Bars
from groovevae.bars.constants import BASS_LOW, CHORD_LOW, FIRST_PITCH, HOLD, LEAD_LOW, ONSET
from groovevae.evaluation.content import line_pitches, pitches_sounding
from groovevae.measures.phrases import pitch_classes

_MAJOR = np.array([0, 2, 4, 5, 7, 9, 11])


def soundness(bars: Bars) -> dict[str, np.ndarray]:
    """Each measure of each bar, (N,); NaN where a bar has nothing to measure it by."""
    return {
        "in scale": scale_consistency(bars),
        "clashes": clashes(bars),
        "empty": (~bars.has_notes).astype(float),
        "polyphony": polyphony(bars),
        "pitch range": pitch_range(bars),
        "rhythm entropy": rhythm_entropy(bars),
    }


def scale_consistency(bars: Bars) -> np.ndarray:
    """Share of the notes that are struck within the best of all major and natural minor scales, (N,).

    Mogren 2016 (C-RNN-GAN, sec. 4.1), as in MusPy (Dong et al. 2020).
    """
    classes = pitch_classes(bars)  # (N, 12)
    inside = np.max([classes[:, (_MAJOR + tonic) % 12].sum(1) for tonic in range(12)], axis=0)  # minor: the same notes
    return _ratio(inside, classes.sum(1))


def polyphony(bars: Bars) -> np.ndarray:
    """Pitches that sound at once, mean over the steps at which any does, (N,); as in MusPy.

    A pitch that two roles sound counts once, unlike in `attributes.polyphony`.
    """
    sounding = pitches_sounding(bars) > 0  # (N, T, 128)
    return _ratio(sounding.sum((1, 2)), sounding.any(-1).sum(1))


def clashes(bars: Bars) -> np.ndarray:
    """Share of the steps at which two pitched roles sound where some note of one is a semitone (or a major seventh, or
    an octave more) from one of another, (N,).
    """
    chords = bars.chords >= HOLD
    present = {
        "bass": _one_hot(line_pitches(bars.bass, BASS_LOW)),
        "lead": _one_hot(line_pitches(bars.lead, LEAD_LOW)),
        "chords": np.stack([chords[..., (c - CHORD_LOW) % 12 :: 12].any(-1) for c in range(12)], axis=-1),
    }  # (N, T, 12) pitch classes
    roles = list(present.values())
    pairs = [(roles[0], roles[1]), (roles[0], roles[2]), (roles[1], roles[2])]
    clash = np.any([(one & (np.roll(other, 1, -1) | np.roll(other, -1, -1))).any(-1) for one, other in pairs], axis=0)
    together = np.sum([role.any(-1) for role in roles], axis=0) >= 2  # (N, T)
    return _ratio((clash & together).sum(1), together.sum(1))


def _one_hot(pitch: np.ndarray) -> np.ndarray:
    return (pitch % 12)[..., None] == np.where(pitch < 0, -1, np.arange(12)[:, None, None]).transpose(1, 2, 0)


def pitch_range(bars: Bars) -> np.ndarray:
    """Semitones from the lowest to the highest note that is struck, (N,); as in MusPy."""
    low, high = np.full(len(bars), 999), np.full(len(bars), -1)
    for pitch in _struck(bars):
        low = np.minimum(low, np.where(pitch < 0, 999, pitch).min(1))
        high = np.maximum(high, pitch.max(1))
    return np.where(high >= 0, high - low, np.nan)


def _struck(bars: Bars) -> list[np.ndarray]:
    """The pitches that each role strikes, -1 where it strikes none; (N, ...) each, flat."""
    chords = np.where(bars.chords == ONSET, CHORD_LOW + np.arange(bars.chords.shape[-1]), -1)
    lines = [
        np.where(tokens >= FIRST_PITCH, tokens.astype(int) - FIRST_PITCH + low, -1)
        for tokens, low in ((bars.bass, BASS_LOW), (bars.lead, LEAD_LOW))
    ]
    return [chords.reshape(len(bars), -1), *lines]


def rhythm_entropy(bars: Bars) -> np.ndarray:
    """Entropy in bits of where in the bar its notes and hits fall, over the steps, (N,)."""
    at = (bars.drums > 0).sum(-1) + (bars.bass >= FIRST_PITCH) + (bars.chords == ONSET).sum(-1)
    at = at + (bars.lead >= FIRST_PITCH)  # (N, T)
    total = at.sum(1)
    share = at / np.maximum(total, 1)[:, None]
    bits = -(share * np.log2(np.where(share > 0, share, 1.0))).sum(1)
    return np.where(total > 0, bits, np.nan)


def _ratio(total: np.ndarray, count: np.ndarray) -> np.ndarray:
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
