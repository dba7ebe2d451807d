"""Style fit as in Groove2Groove: how alike the pairs of notes in new bars and in a genre's real bars are.

Cifka, Simsekli & Richard 2020 (Groove2Groove, sec. V-B, "style profiles"): for pairs of onsets less than four beats
apart and at most twenty semitones, a histogram of the time and of the interval between them. For drums, the interval is
from voice to voice.
"""

from __future__ import annotations

import numpy as np

from groovevae.bars import Bars
from groovevae.bars.constants import LINES, NUM_VOICES

MAX_STEPS_APART = 16  # four beats
MAX_INTERVAL = 20  # semitones
STYLED = ("drums", "bass", "chords")  # the lead is content


def style_profile(bars: Bars, role: str) -> np.ndarray:
    """Return the histogram, normalised to length 1, of the pairs of notes that a role strikes within each bar, (P,)."""
    if role == "drums":
        return _normalised(_of_drums(bars))
    onsets = bars.onsets(role)
    if role in LINES:
        bar, step = np.nonzero(onsets)
        pitch = bars.pitches(role)[bar, step]
    else:
        bar, step, pitch = np.nonzero(onsets)
    table = np.zeros((MAX_STEPS_APART + 1, 2 * MAX_INTERVAL + 1))
    place = bar * (3 * MAX_STEPS_APART) + step  # bars too far apart for a pair
    for back in range(1, len(place)):
        apart = place[back:] - place[:-back]
        interval = pitch[back:] - pitch[:-back]
        used = (apart <= MAX_STEPS_APART) & (np.abs(interval) <= MAX_INTERVAL)
        if not (apart <= MAX_STEPS_APART).any():
            break
        np.add.at(table, (apart[used], interval[used] + MAX_INTERVAL), 1)
    return _normalised(table)


def style_fit(bars: Bars, like: Bars, role: str) -> float:
    """Return the cosine of the style profiles of two sets of bars, 0 to 1; NaN where a role is silent in either."""
    one, other = style_profile(bars, role), style_profile(like, role)
    return float(one @ other) if one.any() and other.any() else float("nan")


def _of_drums(bars: Bars) -> np.ndarray:
    hits = bars.onsets("drums").astype(np.float32)  # (N, T, 9)
    table = np.zeros((MAX_STEPS_APART + 1, NUM_VOICES, NUM_VOICES))
    for apart in range(MAX_STEPS_APART + 1):
        first, second = hits[:, : hits.shape[1] - apart], hits[:, apart:]
        table[apart] = np.einsum("ntv,ntw->vw", first, second)
    return table


def _normalised(table: np.ndarray) -> np.ndarray:
    flat = np.asarray(table, np.float64).ravel()
    return flat / max(float(np.linalg.norm(flat)), 1e-12)
