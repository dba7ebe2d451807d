"""Finds the harmony of bars that are to be written from what recurs in their piece. Uses no network."""

from __future__ import annotations

import numpy as np

from groovevae.arranging.lead_sheet import harmony
from groovevae.bars import Bars

NEIGHBOURS = 4  # bars on either side that tell whether two places are alike


def recurring_harmony(bars: Bars, gap: slice) -> np.ndarray | None:
    """Return a harmony (M, 144) for the M bars of a gap: that of the bars elsewhere whose neighbours sound most alike.

    Alike is the mean cosine between the harmonies of neighbours beat by beat; of equals, the nearest counts. None where
    no place with the metres of the gap and a harmony has at least a quarter of its neighbours.
    """
    found = harmony(bars)
    sounds = found[:, : found.shape[1] // 2]  # bass and chords together
    strength = np.linalg.norm(sounds, axis=1)
    alike = sounds / np.maximum(strength, 1e-9)[:, None]
    index, heard = np.arange(len(bars)), strength > 0
    is_free = (index < gap.start) | (index >= gap.stop)
    near = heard & is_free & (index >= gap.start - NEIGHBOURS) & (index < gap.stop + NEIGHBOURS)
    beside, inside = index[near], index[gap]
    best: tuple[float, int] | None = None
    for shift in range(-gap.start, len(bars) - gap.stop + 1):
        there = inside + shift
        is_place = is_free[there].all() and heard[there].any()
        if not is_place or (bars.metre[there] != bars.metre[inside]).any():
            continue
        pairs = [(one, one + shift) for one in beside.tolist() if 0 <= one + shift < len(bars) and is_free[one + shift]]
        if 0 < len(beside) <= 4 * len(pairs):
            own, other = np.transpose(pairs)
            score = float((alike[own] * alike[other]).sum(1).mean()), -abs(shift)
            if best is None or score > (best[0], -abs(best[1])):
                best = score[0], shift
    return None if best is None else found[inside + best[1]]
