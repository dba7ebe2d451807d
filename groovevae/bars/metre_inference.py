"""Hears from the notes whether music goes in threes, where a file states no metre or one that cannot be meant.

Threes repeat after 3, 6 and 9 quarter notes, fours after 2, 4 and 8 (autocorrelation of accents, as in Brown 1993), and
long and low notes gather on one beat of three. Both must agree: MIDI's default of 4/4 holds in case of doubt.
"""

from __future__ import annotations

import numpy as np

from groovevae.bars.constants import STEPS_PER_QUARTER
from groovevae.bars.downbeats import SHIFTS_PER_QUARTER, downbeat_weights
from groovevae.midi.score import Score

Metre = tuple[int, int]

TRIPLE_MARGIN = 1.1  # how much better three beats must fit than four
LEAST_GATHERED = 1.1  # weight of the first of three beats against their mean, where a file counts beats alone
MIN_THREES = 0.1  # likeness after threes less likeness after fours, where a file states no metre
STATED_THREES = 0.4  # the same, against a 4/4 that the file states: many programs write it unasked
STATED_MARGIN = 1.2  # instead of TRIPLE_MARGIN there
NINE_MARGIN = 0.1  # how much better the bars of 9/8 must repeat than those of 3/4
MIN_QUARTERS = 16.0  # of music: a few bars repeat by chance
MAX_QUARTERS = 2000.0  # of music that is looked at
LOW_PITCH = 52  # notes below it stand on strong beats more often
MAX_ACCENT = 4.0  # of one step
KICKS, SNARES = (35, 36), (37, 38, 39, 40)


def infer_metre(score: Score, *, is_stated: bool) -> Metre | None:
    """Return 3/4, 6/8 or 9/8 where the notes clearly go in one of them, else None.

    `is_stated` tells that the file states 4/4, which takes more evidence than the lack of any metre.
    """
    accents = _accents(score)  # (T, C)
    if len(accents) < MIN_QUARTERS * STEPS_PER_QUARTER:
        return None
    like = {quarters: _likeness(accents, quarters) for quarters in (1, 1.5, 2, 3, 4, 4.5, 6, 8, 9)}
    threes = float(np.mean([like[3], like[6], like[9]]) - np.mean([like[2], like[4], like[8]]))
    if threes <= (STATED_THREES if is_stated else MIN_THREES):
        return None
    if not _fits_threes(score, 0.0, score.end, STATED_MARGIN if is_stated else TRIPLE_MARGIN):
        return None
    if like[4.5] > like[3] + NINE_MARGIN:
        return 9, 8
    return (6, 8) if like[1.5] > (like[1] + like[2]) / 2 else (3, 4)


def metre_of_beats(score: Score, begin: float, end: float) -> Metre:
    """Return the metre of a section in which only beats are counted: 4/4, or 3/4 where that fits clearly better."""
    fits = _fits_threes(score, begin, end, TRIPLE_MARGIN, least=LEAST_GATHERED, otherwise=False)
    return (3, 4) if fits else (4, 4)


def _fits_threes(
    score: Score, begin: float, end: float, margin: float, *, least: float = 1.0, otherwise: bool = True
) -> bool:
    """Return whether weight gathers more on one quarter note of three than of four; `otherwise` for drums alone.

    That one must weigh `least` times as much as all do on average: where all weigh the same, nothing gathers.
    """
    contrast = []
    for quarters in (4, 3):
        whole_bars = max(int((end - begin + 0.5) // quarters), 1)  # the beats of a cut one would weigh more
        weights = downbeat_weights(score, begin, end, quarters * SHIFTS_PER_QUARTER)[:whole_bars]
        of_beat = weights.sum(0)[::SHIFTS_PER_QUARTER]
        if not of_beat.any():
            return otherwise
        contrast.append(float(of_beat.max() / of_beat.mean()))
    in_fours, in_threes = contrast
    return in_threes >= least and in_threes / 3**0.5 > in_fours / 4**0.5 * margin


def _accents(score: Score) -> np.ndarray:
    """Return how strongly low notes, other notes, kick, snare and other drums strike at each sixteenth, (T, 5)."""
    notes = score.notes[score.notes["onset"] < MAX_QUARTERS]
    is_drum = np.array([track.is_drum for track in score.tracks])[notes["track"]]
    low, kick, snare = notes["pitch"] < LOW_PITCH, np.isin(notes["pitch"], KICKS), np.isin(notes["pitch"], SNARES)
    channel = np.where(is_drum, np.where(kick, 2, np.where(snare, 3, 4)), np.where(low, 0, 1))
    step = np.rint(notes["onset"] * STEPS_PER_QUARTER).astype(int)
    weight = np.where(is_drum, 1.0, np.minimum(notes["duration"], 2.0))
    accents = np.zeros((int(step.max(initial=-1)) + 1, 5))
    np.add.at(accents, (step, channel), weight)
    return np.sqrt(np.minimum(accents, MAX_ACCENT))


def _likeness(accents: np.ndarray, quarters: float) -> float:
    """Return how alike accents are to those of so many quarter notes later: the mean correlation of the channels."""
    lag = round(quarters * STEPS_PER_QUARTER)
    centred = accents - accents.mean(0)
    power = (centred**2).sum(0)
    used = power > 1e-9
    products = (centred[lag:] * centred[:-lag]).sum(0)[used] / power[used]
    return float(products.mean()) * len(accents) / (len(accents) - lag) if used.any() else 0.0
