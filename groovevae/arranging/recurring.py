"""Finds the harmony of bars that are to be written from what recurs in their piece. Uses no network."""

from __future__ import annotations

import numpy as np

from groovevae.arranging.lead_sheet import MAX_BEATS, harmony
from groovevae.bars import Bars
from groovevae.bars.constants import STEPS_PER_BEAT

NEIGHBOURS = 4  # bars on either side that tell whether two places are alike


def recurring_harmony(bars: Bars, gap: slice, given: Bars) -> np.ndarray | None:
    """Return a harmony (M, 144) for the M bars of a gap, of which parts are `given`: that of the place most like it.

    Each neighbour there counts by how much more its harmony, beat by beat, is like that of the neighbour here than two
    bars of the piece mostly are, and so does each lead, also of the bars themselves. So what is known of more bars
    counts for more; of equals, the nearest place counts. None where no place in the metres of the gap has a harmony.
    """
    found = harmony(bars)
    known = Bars.concatenate([bars[: gap.start], given, bars[gap.stop :]])
    index = np.arange(len(bars))
    is_inside = (index >= gap.start) & (index < gap.stop)
    window = index[max(gap.start - NEIGHBOURS, 0) : gap.stop + NEIGHBOURS]
    measures = [
        _Likeness(harmony(known)[:, : MAX_BEATS * 12], found[:, : MAX_BEATS * 12]),
        _Likeness(_lead(known), _lead(bars)),
    ]
    best: tuple[float, int, int] | None = None
    for shift in range(-gap.start, len(bars) - gap.stop + 1):
        there = index[gap] + shift
        is_place = not is_inside[there].any() and found[there].any()
        if not is_place or (bars.metre[there] != bars.metre[gap]).any():
            continue
        here = window[(window + shift >= 0) & (window + shift < len(bars))]
        here = here[~is_inside[here + shift]]
        score = sum(measure.gain(here, here + shift) for measure in measures)
        if best is None or (round(score, 6), -abs(shift)) > best[:2]:
            best = round(score, 6), -abs(shift), shift
    return None if best is None else found[index[gap] + best[2]]


class _Likeness:
    """How much more two bars are alike than two bars of a piece mostly are, as cosines of what they sound, (N, D)."""

    def __init__(self, here: np.ndarray, there: np.ndarray) -> None:
        self.here, self.there = (
            each / np.maximum(np.linalg.norm(each, axis=1)[:, None], 1e-9) for each in (here, there)
        )
        self.sounds_here, self.sounds_there = self.here.any(1), self.there.any(1)
        sounding = self.there[self.sounds_there]
        self.usual = float(np.square(sounding.mean(0)).sum()) if len(sounding) else 0.0  # the mean cosine of all pairs

    def gain(self, here: np.ndarray, there: np.ndarray) -> float:
        """Return the sum over pairs of bars, of which both sound."""
        both = self.sounds_here[here] & self.sounds_there[there]
        alike = (self.here[here[both]] * self.there[there[both]]).sum(1)
        return float((alike - self.usual).sum())


def _lead(bars: Bars) -> np.ndarray:
    """Return how long the lead sounds each pitch class in each beat, (N, 72) float32."""
    sounding = bars.chroma("lead").reshape(len(bars), MAX_BEATS, STEPS_PER_BEAT, 12)
    return sounding.sum(2).astype(np.float32).reshape(len(bars), -1)
