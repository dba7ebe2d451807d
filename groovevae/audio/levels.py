"""Sets how loud a sound is: one gain for the whole mix, so that its parts keep their balance."""

from __future__ import annotations

import numpy as np

from groovevae.audio.extra import package
from groovevae.audio.synthesis import CHANNELS, RATE

LOUDNESS = -18.0  # LUFS: as loud as most blends can be without their peaks passing PEAK (docs/sound.md)
PEAK = -1.0  # dBFS: players and lossy formats go a little above the samples
_SHORTEST = 0.4  # seconds: the block that loudness is measured in


def decibels(ratio: float) -> float:
    """Return a ratio of amplitudes in decibels; minus infinity for 0."""
    return float(20 * np.log10(ratio)) if ratio > 0 else -np.inf


def ratio(decibels: float) -> float:
    """Return decibels as a ratio of amplitudes."""
    return float(10 ** (decibels / 20))


def peak(sound: np.ndarray) -> float:
    """Return the largest amplitude of a sound (F, 2), 0 for none."""
    return max(float(sound.max(initial=0)), -float(sound.min(initial=0)))


def loudness(sound: np.ndarray) -> float:
    """Return the integrated loudness of a sound (F, 2) in LUFS, by ITU-R BS.1770; minus infinity where it is silent."""
    missing = int(np.ceil(_SHORTEST * RATE)) - len(sound)
    if missing > 0:
        sound = np.concatenate([sound, np.zeros((missing, CHANNELS), sound.dtype)])
    if not sound.any():
        return -np.inf
    return float(package("pyloudnorm").Meter(RATE).integrated_loudness(sound))


def gain(mix: np.ndarray, stems: list[np.ndarray]) -> float:
    """Return the gain that brings a mix to LOUDNESS, or as near as PEAK lets it and its stems."""
    highest = max(peak(sound) for sound in [mix, *stems])
    if highest == 0:
        return 1.0
    limit = ratio(PEAK) / highest
    measured = loudness(mix)
    return min(limit, ratio(LOUDNESS - measured)) if np.isfinite(measured) else limit
