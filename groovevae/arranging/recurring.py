"""Finds where in a piece bars that are to be written recur: what they sound like there. Uses no network."""

from __future__ import annotations

import numpy as np

from groovevae.arranging.lead_sheet import HARMONY_SIZE, beat_chroma, harmony
from groovevae.arranging.register import PHRASE
from groovevae.bars import Bars

NEIGHBOURS = 4  # bars on either side that tell whether two places are alike
IN_PHRASE = 0.5  # what it counts that a place lies whole phrases away or begins the piece: half a bar that is the same


def recurring_harmony(known: Bars, gap: slice) -> np.ndarray | None:
    """Return a harmony (M, 144) for the M bars of a gap in a piece (N bars): that of the place most like it.

    Of the gap itself, `known` holds what stays. None where no place in the metres of the gap has a harmony.
    """
    found = harmony(known)
    place = _place(known, gap, found)
    return None if place is None else found[place]


def bars_ahead(bars: Bars, num_bars: int) -> np.ndarray:
    """Return the bars (num_bars,) of a piece, by number, that are most like those to follow its end.

    Each phrase is like what follows where the piece is most like its end: after a verse comes a chorus, if it did
    before. Where no such place has a harmony, the last phrase comes again. All are in the metre of the last bar.
    """
    other = np.flatnonzero((bars.metre != bars.metre[-1]).any(1))
    size = min(PHRASE, len(bars) - (int(other[-1]) + 1 if len(other) else 0))
    numerator, denominator = bars.metre[-1].tolist()
    unknown = Bars.empty(size, metre=(numerator, denominator))
    like = np.arange(len(bars))  # of the piece and what follows
    while len(like) < len(bars) + num_bars:
        known = Bars.concatenate([bars[like], unknown])
        place = _place(known, slice(len(like), len(known)), harmony(known))
        like = np.append(like, like[-size:] if place is None else like[place])
    return like[len(bars) : len(bars) + num_bars]


def _place(known: Bars, gap: slice, found: np.ndarray) -> np.ndarray | None:
    """Return the bars (M,) of a piece with the harmony `found` (N, 144) that are most like a gap of M bars in it.

    Each neighbour elsewhere counts by how much more its harmony, beat by beat, is like that of the neighbour here than
    two bars of the piece mostly are, and so does each lead, also of the bars themselves. So what is known of more bars
    counts for more. A place at the same point of a phrase counts for a little more, and of equals, the nearest does.
    """
    index = np.arange(len(known))
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
        in_phrase = IN_PHRASE * (shift % PHRASE == 0 or shift == -gap.start)
        return round(in_phrase + sum(measure.gain(here, here + shift) for measure in measures), 6), -abs(shift)

    places = filter(is_place, range(-gap.start, len(known) - gap.stop + 1))
    best = max(places, key=score, default=None)
    return None if best is None else index[gap] + best


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
