"""Finds where the bars of a score begin: from its metre map, and from the notes where files do not mark a pickup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from groovevae.bars.choices import NO_CHOICES, Choices
from groovevae.bars.constants import MAX_STEPS, STEPS_PER_QUARTER, STEPS_PER_WHOLE
from groovevae.errors import MidiError
from groovevae.midi.score import Score

MAX_BARS = 20_000
DOWNBEAT_WINDOW = 0.06  # quarter notes either side of a bar line
SHIFTS_PER_QUARTER = 4  # bar lines are sought a sixteenth apart
NOTATED_BONUS = 1.3  # weight of notes on the bar lines that the file gives
LONG_MALUS = 0.7  # weight of notes half a bar or more after them: half bars are strong beats, too
CHANGE_COST = 6.0  # in bars of well-supported bar lines: what a shift of the bar lines must gain
PICKUP_COST = 2.0  # the same, at the start of a section
MIN_SUPPORT = 0.6  # share of shifted bars that begin with a note
SHORTEST_CLICK = 0.5  # quarter notes: shorter bars are damage, not a click
CLICK_BARS = 8  # bars of one beat, in a row, that are taken for a click
TRIPLE_MARGIN = 1.1  # how much better three beats must fit than four
MIN_DOWNBEATS = 6  # shifted bars that must begin with a note


@dataclass(frozen=True)
class BarLines:
    """N consecutive bars: where each begins and ends in the file, and how many steps of the grid it has."""

    start: np.ndarray  # (N,) quarter notes; the first may lie before 0, when a score begins with a pickup
    end: np.ndarray  # (N,) quarter notes
    metre: np.ndarray  # (N, 2) numerator, denominator
    num_steps: np.ndarray  # (N,) steps of the grid; 0 where the grid cannot hold the metre
    guesses: tuple[str, ...] = ()  # what is not as the file says, in the user's words

    @cached_property
    def first_step(self) -> np.ndarray:
        """The step of the grid that each bar begins on, (N,)."""
        return np.cumsum(self.num_steps) - self.num_steps

    @cached_property
    def total_steps(self) -> int:
        """Steps of all bars that the grid holds."""
        return int(self.num_steps.sum())

    @cached_property
    def steps_per_quarter(self) -> np.ndarray:
        """Steps of the grid per quarter note of the file, (N,): 4 except in a bar that was rounded to whole steps."""
        return self.num_steps / (self.end - self.start)


def bar_lines(score: Score, choices: Choices = NO_CHOICES) -> BarLines:
    """Return the bars of a score, from its metre map.

    A pickup makes the first bar begin before the file does. Where the notes show that the bar lines of a section lie
    beside those of the metre map (a later movement's pickup, a repeat that begins within the bar), a short bar makes
    up the difference, as it does where a section ends within a bar. A metre that is too long for the grid is read as
    shorter ones in turn: 4/2 as 2/2 and 2/2, 7/4 as 4/4 and 3/4. Raises MidiError for more than MAX_BARS bars.
    """
    score = score.as_written()  # a pedal held over several bars tells nothing of where they begin
    last_onset = float(score.notes["onset"][-1]) if len(score.notes) else 0.0
    num_steps = max(round(score.end * STEPS_PER_QUARTER), int(last_onset * STEPS_PER_QUARTER + 1e-6) + 1)
    edges = np.append(score.metres[:, 0], max(num_steps / STEPS_PER_QUARTER, score.metres[-1, 0]))
    num_bars = float((np.diff(edges) / (4 * score.metres[:, 1] / score.metres[:, 2])).sum())
    if num_bars > MAX_BARS:  # checked before looking at each: a damaged time stamp makes millions
        raise MidiError(f"{num_bars:,.0f} bars; at most {MAX_BARS:,} are read")
    rows: list[np.ndarray] = []  # each (n, 4): start, end, numerator, denominator
    for index, row in enumerate(score.metres.tolist()):
        end, is_last = edges[index + 1], index == len(score.metres) - 1
        begin, numerator, denominator, is_notated = _believed(score, row, end)
        length = 4 * numerator / denominator
        starts = _regular_from(score, begin, end, length, is_last=is_last, is_notated=is_notated)
        if starts[0] > begin:
            starts = [starts[0] - length if index == 0 else begin, *starts]
        for start, stop in zip(starts, [*starts[1:], end], strict=True):
            parts = _bars_of_metre(int(numerator), int(denominator))
            rows.append(_section(start, stop, parts, int(denominator), is_last=is_last and stop == end))
    table = np.concatenate(rows)  # (N, 4)
    steps = STEPS_PER_WHOLE * table[:, 2] / table[:, 3]
    fits = (steps == np.rint(steps)) & (steps <= MAX_STEPS)
    return BarLines(table[:, 0], table[:, 1], table[:, 2:].astype(int), np.where(fits, steps, 0).astype(int))


def _believed(score: Score, row: Sequence[float], end: float) -> tuple[float, float, float, bool]:
    """Return a row of the metre map (begin, numerator, denominator), and whether its bar lines are notated.

    Bars of a single beat for a whole section are a click and no metre (data sets made from audio write 1/4): they are
    read as 4/4, or as 3/4 where that gathers more weight on its bar lines.
    """
    begin, numerator, denominator = row
    length = 4 * numerator / denominator
    if not SHORTEST_CLICK <= length <= 1 or end - begin < CLICK_BARS * length:
        return begin, numerator, denominator, True
    contrast = []
    for quarters in (4, 3):
        of_beat = _downbeat_weights(score, begin, end, quarters * SHIFTS_PER_QUARTER).sum(0)[::SHIFTS_PER_QUARTER]
        contrast.append(of_beat.max() / max(of_beat.mean(), 1e-9) / quarters**0.5)
    return begin, 3.0 if contrast[1] > contrast[0] * TRIPLE_MARGIN else 4.0, 4.0, False


def _bars_of_metre(numerator: int, denominator: int) -> list[int]:
    """Return the numerators that a metre is read with in turn: its own, or those of halves that the grid can hold."""
    if STEPS_PER_WHOLE * numerator <= MAX_STEPS * denominator:
        return [numerator]
    unit = 3 if denominator >= 8 and numerator % 3 == 0 else 1  # dotted beats stay whole
    larger = unit * -(-numerator // (2 * unit))
    return [part for half in (larger, numerator - larger) for part in _bars_of_metre(half, denominator)]


def _section(begin: float, end: float, numerators: list[int], denominator: int, *, is_last: bool) -> np.ndarray:
    """Return the bars (n, 4) from `begin` to `end`: start, end, numerator, denominator."""
    lengths = 4 * np.array(numerators) / denominator
    rounds = int(np.floor((end - begin) / lengths.sum())) + 1
    numerator = np.tile(numerators, rounds)
    stop = begin + np.cumsum(np.tile(lengths, rounds))
    whole = int(np.searchsorted(stop, end + 1e-3))
    rest = end - (stop[whole - 1] if whole else begin)
    if is_last and rest * STEPS_PER_QUARTER >= 0.5:
        whole, rest = whole + 1, 0.0
    stop, numerator = stop[:whole], numerator[:whole]
    rows = np.column_stack([stop - 4 * numerator / denominator, stop, numerator, np.full(whole, denominator)])
    steps = round(rest * STEPS_PER_QUARTER)
    if steps > 0:
        rows = np.vstack([rows, [end - rest, end, *metre_of_steps(steps)]])
    if len(rows) and not is_last:
        rows[-1, 1] = end
    return rows


def metre_of_steps(steps: int) -> tuple[int, int]:
    """Return the metre of a bar of so many sixteenths, with beats as long as they can be."""
    denominator = 16
    while steps % 2 == 0 and denominator > 4:
        steps, denominator = steps // 2, denominator // 2
    return steps, denominator


def _regular_from(
    score: Score, begin: float, end: float, length: float, *, is_last: bool, is_notated: bool
) -> list[float]:
    """Return the times from which bar lines follow regularly, in a section of one metre from `begin` to `end`.

    The first is `begin`, or the end of a pickup; each later one begins a shifted run of bars. The bar lines of a file
    with drums, which a sequencer wrote, are trusted: off-beat genres put their weight beside the bar lines on purpose.
    Where the file does not notate bars but only quarter notes, each of them is as likely to begin a bar.
    """
    num_shifts = round(length * SHIFTS_PER_QUARTER)
    rest = (end - begin) % length
    is_odd = not is_last and 0.1 < rest < length - 0.1
    has_drums = any(track.is_drum for track in score.tracks)
    is_trusted = has_drums and not is_odd and is_notated
    if is_odd and end - begin < length and is_notated:  # a short section is how notation programs write a pickup
        return [end]
    if end <= begin or abs(num_shifts - length * SHIFTS_PER_QUARTER) > 1e-6 or is_trusted:
        return [begin]
    notated = np.zeros(num_shifts, bool)
    notated[[0, round(rest * SHIFTS_PER_QUARTER) % num_shifts if is_odd else 0]] = True
    if not is_notated:
        notated[::SHIFTS_PER_QUARTER] = True
    weight = _downbeat_weights(score, begin, end, num_shifts)  # (K, P)
    if has_drums:
        weight[:, ~notated] = 0.0
    shifts = _best_shifts(weight, notated)
    changes = np.flatnonzero(np.diff(shifts)) + 1
    return [begin + bar * length + shifts[bar] / SHIFTS_PER_QUARTER for bar in (0, *changes)]


def _downbeat_weights(score: Score, begin: float, end: float, num_shifts: int) -> np.ndarray:
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
