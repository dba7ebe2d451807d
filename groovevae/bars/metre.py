"""Finds where the bars of a score begin: from its metre map, and from the notes where the map is not to be believed.

What was decided without the file, or against it, is told in `BarLines.guesses`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from groovevae.bars.beat_tracking import beside_beats, has_click, off_grid_share
from groovevae.bars.choices import ESTIMATED, NO_CHOICES, Choices
from groovevae.bars.constants import MAX_STEPS, STEPS_PER_QUARTER, STEPS_PER_WHOLE
from groovevae.bars.downbeats import Section, line_among, regular_from
from groovevae.bars.metre_inference import infer_metre, metre_of_beats
from groovevae.bars.metres_on_grid import bars_of_metre, bars_together, in_whole_steps, metre_of_steps
from groovevae.errors import MidiError, RequestError
from groovevae.midi.score import Score

MAX_BARS = 20_000
SHORTEST_CLICK = 0.5  # quarter notes: shorter bars are damage, not a click
SURELY_BESIDE = 0.95  # how closely notes keep their distance to the beats, so that bar lines follow them; 1: exactly
CLICK_BARS = 8  # bars of one beat, in a row, that are taken for a click
MAX_CLIP = 32  # bars of the longest file whose end of track is meant
MAX_REST = 8  # bars of rest at the end of a loop: more is a stray end of track
LINE_WINDOW = 0.02  # quarter notes either side of a bar line where a loop may end
TAIL_WINDOW = 0.125  # quarter notes that a note may be held too long


@dataclass(frozen=True)
class BarLines:
    """N consecutive bars: where each begins and ends in the file, and how many steps of the grid it has."""

    start: np.ndarray  # (N,) quarter notes; the first may lie before 0, when a score begins with a pickup
    end: np.ndarray  # (N,) quarter notes
    metre: np.ndarray  # (N, 2) numerator, denominator
    num_steps: np.ndarray  # (N,) steps of the grid; 0 where the grid cannot hold the metre
    metres: np.ndarray  # (M, 3) the metre map that is believed: quarter, numerator, denominator
    guesses: tuple[str, ...] = ()  # what was decided without the file or against it, for people; empty: nothing

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
    """Return the bars of a score, from its metre map and a person's choices.

    A pickup makes the first bar begin before the file does. Where the notes show for certain that the bar lines of a
    section lie beside those of the metre map (a pickup, a repeat that begins within the bar), a short bar makes up the
    difference, as it does where a section ends within a bar. A metre that is too long for the grid is read as shorter
    ones in turn: 4/2 as 2/2 and 2/2, 7/4 as 4/4 and 3/4. Bars of thirty-seconds are read together: two of 5/32 as one
    of 5/16. A bar begins only for notes, for one that is held through half of it, or for the end of a loop. With
    `choices.beats` ESTIMATED, the score must be `retimed` already.
    Raises MidiError for more than MAX_BARS bars, RequestError for a metre or a pickup that there cannot be.
    """
    score = score.as_written()  # a pedal held over several bars tells nothing of where they begin
    _check(choices)
    sections, guesses = _sections(score, choices)
    choices, beside = _beside_beats(score, [section for section, *_ in sections], choices)
    moves: list[float] = []
    rows: list[np.ndarray] = []  # each (n, 4): start, end, numerator, denominator
    for section, numerator, denominator in sections:
        starts = _starts(score, section, choices.pickup if section.is_first else None)
        moves += _moves(section, starts, choices)
        if starts[0] > section.begin:
            starts = [starts[0] - section.length if section.is_first else section.begin, *starts]
        for start, stop in zip(starts, [*starts[1:], section.end], strict=True):
            is_last = section.is_last and stop == section.end
            whole, of = in_whole_steps(numerator, denominator)
            rows.append(_rows(start, stop, bars_of_metre(whole, of), of, is_last=is_last))
    table = _without_tail(np.concatenate(rows), score, sections[-1][0])  # (N, 4)
    steps = STEPS_PER_WHOLE * table[:, 2] / table[:, 3]
    fits = (steps == np.rint(steps)) & (steps <= MAX_STEPS)
    num_steps = np.where(fits, steps, 0).astype(int)
    guesses += _tell(moves, sections[0][0]) or beside
    metres = np.array([(section.begin, *metre) for section, *metre in sections])
    return BarLines(table[:, 0], table[:, 1], table[:, 2:].astype(int), num_steps, metres, tuple(guesses))


def stated_metres(score: Score) -> np.ndarray:
    """Return the metre map of a file (M, 3), without metres that begin after the music."""
    metres = score.metres
    return metres[(metres[:, 0] < score.as_written().end) | (np.arange(len(metres)) == 0)]


def _check(choices: Choices) -> None:
    if choices.metre is not None and min(choices.metre) < 1:
        raise RequestError(f"no metre {choices.metre[0]}/{choices.metre[1]}; write one like 3/4")
    if choices.pickup is not None and not 0 <= choices.pickup < np.inf:
        raise RequestError(f"pickup {choices.pickup:g} is below 0; give the quarter notes before the first whole bar")


def _sections(score: Score, choices: Choices) -> tuple[list[tuple[Section, int, int]], list[str]]:
    """Return the sections of a score, each with its numerator and denominator, and what was guessed of metre and beat.

    Raises MidiError for more than MAX_BARS bars.
    """
    metres, guesses = _metre_map(score, choices)  # (M, 3)
    end = _music_end(score, metres[-1, 0], 4 * metres[-1, 1] / metres[-1, 2])
    edges = np.append(metres[:, 0], max(end, metres[-1, 0]))
    num_bars = float((np.diff(edges) / (4 * metres[:, 1] / metres[:, 2])).sum())
    if num_bars > MAX_BARS:  # checked before looking at each: a damaged time stamp makes millions
        raise MidiError(f"{num_bars:,.0f} bars; at most {MAX_BARS:,} are read")
    sections = []
    for index, (begin, numerator, denominator) in enumerate(metres.tolist()):
        is_last, is_notated = index == len(metres) - 1, not _counts_beats(metres[index], edges[index + 1])
        if not is_notated:
            numerator, denominator = choices.metre or metre_of_beats(score, begin, edges[index + 1])
            reason = "" if choices.beats == ESTIMATED else ": the file counts beats"
            guesses += [] if choices.metre else [f"metre {numerator}/{denominator} from the notes{reason}"]
        numerator, denominator = int(numerator), int(denominator)
        whole = in_whole_steps(numerator, denominator)
        guesses += bars_together(numerator, denominator, *whole)
        section = Section(begin, edges[index + 1], 4 * whole[0] / whole[1], index == 0, is_last, is_notated)
        sections.append((section, numerator, denominator))
    return sections, list(dict.fromkeys(guesses + _guesses_of_beat(score, choices)))


def _metre_map(score: Score, choices: Choices) -> tuple[np.ndarray, list[str]]:
    """Return the metre map (M, 3) that is to be believed, and what was guessed for it.

    A metre from `choices` stands for all others, except that a short first section stays a pickup, and that beats stay
    beats.
    """
    metres = stated_metres(score)
    lengths = 4 * metres[:, 1] / metres[:, 2]
    has_pickup = len(metres) > 1 and metres[1, 0] < lengths[1]
    if has_pickup and choices.pickup is not None:
        metres = np.vstack([[0.0, *metres[1, 1:]], metres[2:]])
        has_pickup = False
    if _counts_beats(metres[0], metres[1, 0] if len(metres) > 1 else score.end):
        return metres[:1] if choices.metre else metres, []
    if choices.metre is not None:
        begins = metres[: 1 + has_pickup, :1]
        return np.hstack([begins, np.tile(choices.metre, (len(begins), 1))]), []
    is_default = len(metres) == 1 and tuple(metres[0, 1:]) == (4, 4)
    inferred = infer_metre(score, is_stated=score.has_metre) if is_default and has_click(score) else None
    if inferred is None:
        return metres, []
    stated = ", where the file says 4/4" if score.has_metre else ""
    return np.array([[0.0, *inferred]]), [f"metre {inferred[0]}/{inferred[1]} from the notes{stated}"]


def _counts_beats(row: np.ndarray, end: float) -> bool:
    """Return whether a row of the metre map (begin, numerator, denominator) counts beats and says nothing of bars.

    Bars of a single beat for a whole section are a click and no metre: data sets made from audio write 1/4.
    """
    length = 4 * row[1] / row[2]
    is_beat = length == 1 or (row[1] == 1 and SHORTEST_CLICK <= length < 1)
    return bool(is_beat and end - row[0] >= CLICK_BARS * length)


def _guesses_of_beat(score: Score, choices: Choices) -> list[str]:
    """Tell what tempo the beats have that were estimated, or that the notes do not follow those of the file."""
    if choices.beats == ESTIMATED:
        return [f"beats from the notes, about {np.median(score.tempos[:, 1]):.0f} a minute"]
    if not has_click(score):
        share = off_grid_share(score)
        return [f"played without a click? {share:.0%} of notes lie near no sixteenth or triplet; try --beats estimate"]
    return []


def _beside_beats(score: Score, sections: list[Section], choices: Choices) -> tuple[Choices, list[str]]:
    """Move the bar lines of a file whose notes are regular, yet not with its beats, and tell it: it begins at any time.

    Where that is not certain, it is told alone.
    """
    first = sections[0]
    beside, share = beside_beats(score) if choices.pickup is None and first.is_notated else (0.0, 0.0)
    if not beside:
        return choices, []
    onset = float(score.notes["onset"][0])
    told = f"notes lie {abs(beside):.2g} of a beat beside the beats"
    if share < SURELY_BESIDE or len(sections) > 1:
        return choices, [f"{told}; if the first one begins bar 1: --pickup {onset:.3g}"]
    pickup = line_among(score, first, onset)
    return replace(choices, pickup=pickup), [f"{told}, and the bar lines with them, from quarter note {pickup:.3g} on"]


def _starts(score: Score, section: Section, pickup: float | None) -> list[float]:
    """Return the times from which bar lines follow regularly in a section, by a person's `pickup` or the notes."""
    return regular_from(score, section) if pickup is None else [section.begin + pickup % section.length]


def _moves(section: Section, starts: list[float], choices: Choices) -> list[float]:
    """Return where the bar lines of a section were moved away from those that the file notates, in quarter notes."""
    moved = [start for start in starts if start > section.begin]
    if not moved or not section.is_notated or (section.is_first and choices.pickup is not None):
        return []
    beside = abs((moved[0] - section.begin) % section.length - section.rest)
    is_marked = section.is_odd and beside < 1 / STEPS_PER_QUARTER
    return moved[1:] if is_marked else moved


def _tell(moves: list[float], first: Section) -> list[str]:
    """Tell of a pickup that the file does not mark, and from where on bar lines were moved later."""
    told = [f"a pickup of {_quarters(moves[0])}"] if moves and moves[0] < first.length else []
    if later := moves[len(told) :]:
        places = f" in {len(later)} places" if len(later) > 1 else ""
        told.append(f"bar lines moved{places}, from quarter note {later[0]:g} on")
    return told


def _quarters(length: float) -> str:
    return f"{length:g} quarter note" + ("" if length == 1 else "s")


def _music_end(score: Score, begin: float, length: float) -> float:
    """Return where the last bar must reach to, in quarter notes: all notes, on whole steps, and the rests of a loop.

    The last section begins at `begin`, with bars of `length`.
    """
    last_onset = float(score.notes["onset"][-1]) if len(score.notes) else 0.0
    num_steps = max(round(score.end * STEPS_PER_QUARTER), int(last_onset * STEPS_PER_QUARTER + 1e-6) + 1)
    return max(num_steps / STEPS_PER_QUARTER, _loop_end(score, begin, length))


def _loop_end(score: Score, begin: float, length: float) -> float:
    """Return the end of track where it is the end of a loop, in quarter notes; else 0.

    The end of track of a short file that lies on a bar line, at most a few bars after the music, is meant; that of a
    song may lie anywhere.
    """
    nearest = begin + round((score.clip_end - begin) / length) * length
    is_line = length > 1 and abs(score.clip_end - nearest) < LINE_WINDOW  # where a file counts beats, any is one
    is_short = nearest <= MAX_CLIP * length and score.clip_end - score.end <= MAX_REST * length
    return nearest if is_line and is_short else 0.0


def _without_tail(table: np.ndarray, score: Score, last: Section) -> np.ndarray:
    """Return bars (N, 4) without those at the end in which nothing begins and nothing is held for half a bar."""
    start, middle = table[:, 0], table[:, :2].mean(1)
    last_onset = float(score.notes["onset"][-1]) if len(score.notes) else 0.0
    written = max(score.length, _loop_end(score, last.begin, last.length))
    needed = (start <= last_onset + 1e-6) | (middle < score.end - TAIL_WINDOW) | (start < written - TAIL_WINDOW)
    needed[0] = True  # notes may lie before it, where the metre map begins with a sliver of a bar
    return table[: int(np.flatnonzero(needed)[-1]) + 1]


def _rows(begin: float, end: float, numerators: list[int], denominator: int, *, is_last: bool) -> np.ndarray:
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
