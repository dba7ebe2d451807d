"""Finds where bars begin in a section of one metre, from the notes: pickups, and bar lines that shift midway.

It knows neither the metre map nor the end of a score; `metre` puts the sections together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groovevae.midi.score import Score

DOWNBEAT_WINDOW = 0.06  # quarter notes either side of a bar line
SHIFTS_PER_QUARTER = 4  # bar lines are sought a sixteenth apart
NOTATED_BONUS = 1.3  # weight of notes on the bar lines that the file gives
LONG_MALUS = 0.7  # weight of notes half a bar or more after them: half bars are strong beats, too
CHANGE_COST = 6.0  # in bars of well-supported bar lines: what a shift of the bar lines must gain
PICKUP_COST = 2.0  # the same, at the start of a section
MIN_SUPPORT = 0.6  # share of shifted bars that begin with a note
MIN_DOWNBEATS = 6  # shifted bars that must begin with a note
LOOP_BARS = 16  # bars of the longest file that is taken for a loop
LOOP_GAP = 0.26  # quarter notes from the end of a loop's notes to its last bar line
LOOP_TAIL = 1.0  # quarter notes from the last onset to the end, in a loop; a score ends on a longer note
MIN_NOTATED = 0.3  # share of bars with a note on the bar lines of the file; music that avoids beat one has fewer
MANY_BARS = 32  # a part that enters late, and then plays on the bar lines of the file as well, avoids no beat one
LONG_SECTION = 48  # bars, of several tracks: all of them together avoid beat one only where it is none
DRUMS_CONTRAST = 8.0  # how many times as much weight shifted bar lines must gather, against the word of drums


@dataclass(frozen=True)
class Section:
    """A stretch of one metre, in quarter notes, and how far the bar lines of the file can be believed."""

    begin: float
    end: float
    length: float  # of a bar
    is_first: bool
    is_last: bool
    is_notated: bool  # False: the file counts beats, and says nothing of bars

    @property
    def num_shifts(self) -> int:
        """Places of a bar line within a bar, a sixteenth apart."""
        return round(self.length * SHIFTS_PER_QUARTER)

    @property
    def rest(self) -> float:
        """Quarter notes after the last whole bar."""
        return (self.end - self.begin) % self.length

    @property
    def is_odd(self) -> bool:
        """Whether the next section begins within a bar of this one."""
        return not self.is_last and 0.1 < self.rest < self.length - 0.1


def regular_from(score: Score, section: Section) -> list[float]:
    """Return the times from which bar lines follow regularly in a section, in quarter notes.

    The first is its begin, or the end of a pickup; each later one begins a shifted run of bars. The bar lines of a file
    with drums, which a sequencer wrote, are trusted: off-beat genres put their weight beside the bar lines on purpose.
    So are those of loops. Where the file does not notate bars but only quarter notes, each is as likely to begin a bar.
    """
    begin, length, num_shifts = section.begin, section.length, section.num_shifts
    if section.is_odd and section.end - begin < length and section.is_notated:
        return [section.end]  # a short section is how notation programs write a pickup
    is_uneven = abs(num_shifts - length * SHIFTS_PER_QUARTER) > 1e-6
    if section.end <= begin or is_uneven or not len(score.notes):
        return [begin]
    has_drums = any(track.is_drum for track in score.tracks)
    notated = np.zeros(num_shifts, bool)
    notated[[0, round(section.rest * SHIFTS_PER_QUARTER) % num_shifts if section.is_odd else 0]] = True
    if not section.is_notated:
        notated[::SHIFTS_PER_QUARTER] = True
    weight = downbeat_weights(score, begin, section.end, num_shifts)  # (K, P)
    if has_drums and section.is_notated and not section.is_odd:
        return [begin + _pickup_with_drums(score, section, weight, notated)]
    if has_drums:
        weight[:, ~notated] = 0.0
    shifts = _best_shifts(weight, notated)
    if section.is_notated:
        shifts = (
            _certain_shifts(score, section, weight, np.where(notated[shifts], 0, shifts)) + shifts * notated[shifts]
        )
    changes = np.flatnonzero(np.diff(shifts)) + 1
    return [begin + bar * length + shifts[bar] / SHIFTS_PER_QUARTER for bar in (0, *changes)]


def downbeat_weights(score: Score, begin: float, end: float, num_shifts: int) -> np.ndarray:
    """Weigh the notes that support a bar line in each bar, shifted by so many sixteenths, (bars, shifts).

    Long notes and low notes tend to stand on bar lines, so they weigh more.
    """
    first, last = np.searchsorted(score.notes["onset"], [begin - DOWNBEAT_WINDOW, end - 1e-6])
    notes = score.notes[first:last]
    num_bars = int(np.ceil((end - begin) * SHIFTS_PER_QUARTER / num_shifts - 1e-6))
    place = (notes["onset"] - begin) * SHIFTS_PER_QUARTER
    nearest = np.rint(place).astype(np.int64)
    used = (np.abs(place - nearest) < DOWNBEAT_WINDOW * SHIFTS_PER_QUARTER) & (nearest < num_bars * num_shifts)
    used &= ~np.array([track.is_drum for track in score.tracks])[notes["track"]]
    weight = np.minimum(notes["duration"], num_shifts / SHIFTS_PER_QUARTER) * np.where(notes["pitch"] < 52, 2.0, 1.0)
    return np.bincount(nearest[used], weights=weight[used], minlength=num_bars * num_shifts).reshape(-1, num_shifts)


def line_among(score: Score, section: Section, onset: float) -> float:
    """Return where the first bar line of a section lies in notes that are regular, in quarter notes from its begin.

    It is so many eighths after the first `onset` that long and low notes gather there; at it in case of doubt.
    """
    begin = section.begin + (onset - section.begin) % section.length
    weight = downbeat_weights(score, begin, section.end, section.num_shifts).sum(0)[:: SHIFTS_PER_QUARTER // 2]
    weight[0] *= NOTATED_BONUS
    return (begin - section.begin + int(weight.argmax()) * 0.5) % section.length


def _certain_shifts(score: Score, section: Section, weight: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """Return the shifts of N bars, (N,), without those that music may have that avoids beat one on purpose.

    In a loop the file's own bar lines stay, and elsewhere those on which hardly a note stands: off-beats explain that
    as well. Long sections of several tracks, and later ones, are scores: they avoid no beat one all along.
    """
    if section.is_first and _is_loop(score, section, shifts[-1] / SHIFTS_PER_QUARTER):
        return np.zeros_like(shifts)
    num_bars, num_tracks = len(shifts), len(np.unique(score.notes["track"]))
    if not section.is_first or (num_bars >= LONG_SECTION and num_tracks > 1):
        return shifts
    certain = shifts.copy()
    runs = np.split(np.arange(num_bars), np.flatnonzero(np.diff(shifts)) + 1)
    for run in runs:
        is_met = (weight[run, 0] > 0).mean() >= MIN_NOTATED
        if run[0] == 0:
            pickup = shifts[0] / SHIFTS_PER_QUARTER
            is_met = _begins_with_pickup(score, pickup, is_met=is_met, is_long=num_bars > MANY_BARS)
        if not is_met:
            certain[run] = 0
    return certain


def _begins_with_pickup(score: Score, pickup: float, *, is_met: bool, is_long: bool) -> bool:
    """Return whether a file that does not mark a pickup of so many quarter notes may begin with one all the same.

    A pickup is where the file begins: with its first note, or with a rest and then notes before the first bar line. It
    is told from off-beats by notes on the file's own bar lines (`is_met`), later on. In a long file, the part that has
    the pickup may be missing.
    """
    first_onset = float(score.notes["onset"][0])
    if first_onset <= DOWNBEAT_WINDOW:
        return True
    latest = DOWNBEAT_WINDOW if is_long else -DOWNBEAT_WINDOW
    return is_met and first_onset < pickup + latest


def _is_loop(score: Score, section: Section, shift: float) -> bool:
    """Return whether a short file ends with a bar of its own: cut to repeat, not ended as tunes end.

    Notes go on to the end, or rests do; a tune with a pickup may have a short rest there as well, but its last note
    stands at the beginning of a bar that is shifted by the pickup (`shift`, quarter notes).
    """
    if (
        not section.is_last
        or not _ends_on(section, 0.0)
        or section.end - section.begin > LOOP_BARS * section.length + 1
    ):
        return False
    last_onset, rests = float(score.notes["onset"][-1]), section.end - score.end
    is_final = (last_onset - section.begin - shift + LOOP_GAP) % section.length < section.length / 4 + LOOP_GAP
    return section.end - last_onset < LOOP_TAIL or rests >= section.length or (rests > LOOP_GAP and not is_final)


def _ends_on(section: Section, shift: float) -> bool:
    """Return whether a section ends on a bar line, of those of the file shifted by so many quarter notes."""
    return (section.rest - shift + LOOP_GAP) % section.length < 2 * LOOP_GAP


def _pickup_with_drums(score: Score, section: Section, weight: np.ndarray, notated: np.ndarray) -> float:
    """Return the pickup of a section with drums, in quarter notes: 0, unless all signs agree.

    The file begins with a note and ends where a bar does that the pickup has shifted, and next to nothing but the
    drums stands on the bar lines of the file.
    """
    shift = int(_best_shifts(weight, notated)[0])
    pickup = shift / SHIFTS_PER_QUARTER
    begins = section.is_first and score.notes["onset"][0] <= DOWNBEAT_WINDOW
    ends = section.is_last and _ends_on(section, pickup) and not _ends_on(section, 0.0)
    is_clear = weight[:, shift].sum() > DRUMS_CONTRAST * weight[:, 0].sum()
    return pickup if begins and ends and is_clear else 0.0


def _best_shifts(weight: np.ndarray, notated: np.ndarray) -> np.ndarray:
    """Return the shift of each bar's line, (K,), that gathers most weight with few changes: the Viterbi path."""
    is_long = np.arange(len(notated)) >= len(notated) / 2
    gain = weight * np.where(notated, NOTATED_BONUS, np.where(is_long, LONG_MALUS, 1.0))
    typical = weight.max(axis=1).mean()
    won = np.cumsum(gain - gain[:, :1], axis=0)
    if (won - np.minimum(np.minimum.accumulate(won), 0.0)).max() <= PICKUP_COST * typical:  # no run of bars is worth it
        return np.zeros(len(gain), int)
    total = gain[0] - PICKUP_COST * typical * ~notated
    came_from = np.zeros(gain.shape, int)
    for bar in range(1, len(gain)):
        best = int(total.argmax())
        stays = total >= total[best] - CHANGE_COST * typical
        came_from[bar] = np.where(stays, np.arange(len(total)), best)
        total = np.maximum(total, total[best] - CHANGE_COST * typical) + gain[bar]
    shifts = np.empty(len(gain), int)
    shifts[-1] = total.argmax()
    for bar in range(len(gain) - 1, 0, -1):
        shifts[bar - 1] = came_from[bar, shifts[bar]]
    for shift in set(shifts[~notated[shifts]]):
        begins = weight[shifts == shift, shift] > 0
        if begins.mean() < MIN_SUPPORT or begins.sum() < MIN_DOWNBEATS:
            shifts[shifts == shift] = 0
    return shifts
