"""Finds where in a piece bars that are to be written recur: what they sound like there. Uses no network."""

from __future__ import annotations

import numpy as np

from groovevae.arranging.lead_sheet import HARMONY_SIZE, beat_chroma, harmony
from groovevae.arranging.register import PHRASE
from groovevae.bars import Bars

NEIGHBOURS = 4  # bars on either side that tell whether two places are alike
IN_PHRASE = 0.5  # what it counts that a place lies whole phrases away or begins the piece: half a bar that is the same
# Of a piece that goes on, which has bars on one side only:
HALF_PHRASE = 4  # bars; a piece goes round in no fewer
IN_HALF_PHRASE = 1.0  # what it counts that a place lies whole half phrases away or begins the piece
FAR, FROM_AFAR = 16, 4.0  # so many of the last bars count besides: their mean, as much as that many bars
FEW = 8  # bars that this mean is over at least: a few that are alike say less
ONE_FORM, BEGINS = 12, 3.0  # so few bars in whole half phrases are one form, and begin again unless the end recurs


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
    before, and what went round goes round again. Where no such place has a harmony, the last phrase comes again. All
    are in the metre of the last bar.
    """
    found, in_metre = harmony(bars), (bars.metre == bars.metre[-1]).all(1)
    measures = _likenesses(bars, found)
    other = np.flatnonzero(~in_metre)
    size = min(PHRASE, len(bars) - (int(other[-1]) + 1 if len(other) else 0))
    like = np.arange(len(bars))  # of the piece and what follows
    while len(like) < len(bars) + num_bars:
        alike = np.sum([measure.gains(like[-FAR:], like) for measure in measures], axis=0)
        lags = range(min(HALF_PHRASE, len(like)), len(like) + 1)
        places = {lag: like[_going_round(len(like), lag)] for lag in lags}
        fit = [lag for lag, there in places.items() if in_metre[there].all() and found[there].any()]
        best = max(fit, key=lambda lag: (_score(alike, lag, len(bars)), -lag), default=None)
        like = np.append(like, like[-size:] if best is None else places[best])
    return like[len(bars) : len(bars) + num_bars]


def _going_round(length: int, lag: int) -> np.ndarray:
    """Return the places (PHRASE,) that a phrase after so many bars repeats if it goes on as `lag` bars before."""
    return length - lag + np.arange(PHRASE) % lag


def _score(alike: np.ndarray, lag: int, length: int) -> float:
    """Return how much says that the end of a piece goes on like what was `lag` bars before.

    `alike` says how alike its last bars are to all of them, (F, L); so many of those are the piece's own.
    """
    num_last, num_bars = alike.shape
    own = np.diagonal(alike, num_bars - num_last - lag)  # of the last bars, those that have one so long before
    begins = lag == num_bars
    counts = IN_HALF_PHRASE * (begins or lag % HALF_PHRASE == 0)
    if begins and length <= ONE_FORM and length % HALF_PHRASE == 0:
        counts = BEGINS
    return round(float(counts + own[-NEIGHBOURS:].sum() + FROM_AFAR * own.sum() / max(len(own), FEW)), 6)


def _place(known: Bars, gap: slice, found: np.ndarray) -> np.ndarray | None:
    """Return the bars (M,) of a piece with the harmony `found` (N, 144) that are most like a gap of M bars in it.

    Each neighbour elsewhere counts by how much more its harmony, beat by beat, is like that of the neighbour here than
    two bars of the piece mostly are, and so does each lead, also of the bars themselves. So what is known of more bars
    counts for more. A place at the same point of a phrase counts for a little more, and of equals, the nearest does.
    """
    index = np.arange(len(known))
    is_inside = (index >= gap.start) & (index < gap.stop)
    window = index[max(gap.start - NEIGHBOURS, 0) : gap.stop + NEIGHBOURS]
    measures = _likenesses(known, found)

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


def _likenesses(bars: Bars, found: np.ndarray) -> tuple[_Likeness, _Likeness]:
    """Return the likeness of bars by their harmony, `found` (N, 144), and by their leads."""
    return _Likeness(found[:, : HARMONY_SIZE // 2]), _Likeness(beat_chroma(bars, "lead").reshape(len(bars), -1))


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

    def gains(self, here: np.ndarray, there: np.ndarray) -> np.ndarray:
        """Return it for each of some bars (A,) and each of others (B,), (A, B); 0 where one of them is silent."""
        both = self.sounds[here][:, None] & self.sounds[there]
        return np.asarray(np.where(both, self.bars[here] @ self.bars[there].T - self.usual, 0.0))
