"""Finds the harmony of bars that are to be written from what recurs in their piece. Uses no network."""

from __future__ import annotations

import numpy as np

from groovevae.arranging.lead_sheet import HARMONY_SIZE, beat_chroma, harmony
from groovevae.bars import Bars

NEIGHBOURS = 4  # bars on either side that tell whether two places are alike


def recurring_harmony(known: Bars, gap: slice) -> np.ndarray | None:
    """Return a harmony (M, 144) for the M bars of a gap in a piece (N bars): that of the place most like it.

    Of the gap itself, `known` holds what stays. Each neighbour elsewhere counts by how much more its harmony, beat by
    beat, is like that of the neighbour here than two bars of the piece mostly are, and so does each lead, also of the
    bars themselves. So what is known of more bars counts for more; of equals, the nearest place counts. None where no
    place in the metres of the gap has a harmony.
    """
    found, index = harmony(known), np.arange(len(known))
    is_inside = (index >= gap.start) & (index < gap.stop)
    window = index[max(gap.start - NEIGHBOURS, 0) : gap.stop + NEIGHBOURS]
    measures = [_Likeness(found[:, : HARMONY_SIZE // 2]), _Likeness(beat_chroma(known, "lead").reshape(len(known), -1))]

    def is_place(shift: int) -> bool:
        there = index[gap] + shift
        is_alike = (known.metre[there] == known.metre[gap]).all()
        return bool(is_alike and not is_inside[there].any() and found[there].any())

    def score(shift: int) -> tuple[float, int]:
        here = window[(window + shift >= 0) & (window + shift < len(known))]
        here = here[~is_inside[here + shift]]
        return round(sum(measure.gain(here, here + shift) for measure in measures), 6), -abs(shift)

    places = filter(is_place, range(-gap.start, len(known) - gap.stop + 1))
    best = max(places, key=score, default=None)
    return None if best is None else found[index[gap] + best]


class _Likeness:
    """How much more two bars are alike than two bars of a piece mostly are, as cosines of what they sound, (N, D)."""

    def __init__(self, sounding: np.ndarray) -> None:
        self.bars = sounding / np.maximum(np.linalg.norm(sounding, axis=1)[:, None], 1e-9)
        self.sounds = self.bars.any(1)
        heard = self.bars[self.sounds]
        self.usual = float(np.square(heard.mean(0)).sum()) if len(heard) else 0.0  # the mean cosine of all pairs

    def gain(self, here: np.ndarray, there: np.ndarray) -> float:
        """Return the sum over pairs of bars, of which both sound."""
        both = self.sounds[here] & self.sounds[there]
        alike = (self.bars[here[both]] * self.bars[there[both]]).sum(1)
        return float((alike - self.usual).sum())
