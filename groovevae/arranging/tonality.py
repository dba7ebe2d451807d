"""Keeps a tune that comes in within its piece's pitch classes: notes that are strange to it move by a semitone.

A lead that is drawn has three times as many of them as real ones.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from groovevae.bars import Bars
from groovevae.bars.constants import FIRST_PITCH, LEAD_LOW

DIATONIC = np.isin(np.arange(12), (0, 2, 4, 5, 7, 9, 11))  # of C major and A minor, which every song is moved to


def in_tonality(bars: Bars, is_new: np.ndarray) -> Bars:
    """Return bars in which no note of a new lead, (N,) bool, is strange to its piece: outside its key and all else.

    Such a note moves to the neighbour that bass or chords sound there, down if both or none do.
    """
    accompaniment = bars.chroma("bass") | bars.chroma("chords")  # (N, T, 12)
    belongs = DIATONIC | accompaniment.any((0, 1)) | bars.chroma("lead")[~is_new].any((0, 1))
    tokens = bars.lead.astype(int)
    pitch = tokens - FIRST_PITCH + LEAD_LOW
    is_strange = is_new[:, None] & (tokens >= FIRST_PITCH) & ~belongs[pitch % 12]

    def sounds(classes: np.ndarray) -> np.ndarray:
        return np.take_along_axis(accompaniment, classes[..., None] % 12, axis=2)[..., 0]

    goes_up = sounds(pitch + 1) & ~sounds(pitch - 1)
    moved = tokens + np.where(goes_up, 1, -1)  # a lead's lowest and highest notes, C and B, are never strange
    return replace(bars, lead=np.where(is_strange, moved, tokens).astype(bars.lead.dtype))
