"""Where the bars of a new piece lie in the file that it is made from, and in the file that is written.

Positions are quarter notes. A piece that has all bars of its file keeps the file's own time, to the tick.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from groovevae.bars import Bars
from groovevae.bars.constants import STEPS_PER_QUARTER
from groovevae.tracks.original import NOWHERE, Original


class Run(NamedTuple):
    """A stretch of the file that is written as it lies."""

    begin: float  # where it begins and ends in the file; infinite: up to the file's own end
    end: float
    at: float  # where it begins in the written file
    first: int  # the piece's bar that it begins with, and how many it has
    num_bars: int

    @property
    def is_leading(self) -> bool:
        """Whether it is the beginning of the file, in the file's own time."""
        return self.begin == 0 == self.at and self.first == 0


@dataclass(frozen=True)
class Timeline:
    """The places of a piece's N bars."""

    bars: np.ndarray  # (N,) the bar of the file's song, NOWHERE for a bar that is added
    start: np.ndarray  # (N,) where each begins in the written file; a pickup bar may begin before 0
    per_step: np.ndarray  # (N,) quarter notes of the written file that a step lasts
    num_steps: np.ndarray  # (N,)
    runs: tuple[Run, ...]

    @property
    def end(self) -> float:
        """Where the last bar ends."""
        return float(self.start[-1] + self.num_steps[-1] * self.per_step[-1])

    @property
    def is_whole(self) -> bool:
        """Whether it is all of the file, in the file's own time, and nothing else."""
        return len(self.runs) == 1 and self.runs[0].is_leading and np.isinf(self.runs[0].end)


def timeline_of(original: Original, bars: np.ndarray, played: Bars) -> Timeline:
    """Return where the bars `played` (N,) lie; `bars` (N,) are those of the original's song, or NOWHERE."""
    lines = original.reading.lines
    row = original.rows[bars]
    is_own = bars != NOWHERE
    per_step = np.where(is_own, 1 / np.where(is_own, lines.steps_per_quarter[row], 1), 1 / STEPS_PER_QUARTER)
    length = played.num_steps * per_step
    start, runs, at = np.empty(len(bars)), [], 0.0
    for first, stop in _stretches(bars, row):
        here, follows = slice(first, stop), np.cumsum(length[first:stop])
        if bars[first] == NOWHERE:
            start[here] = at + follows - length[here]
        else:
            is_leading = first == 0 == bars[0]  # with what comes before its first bar
            begin = 0.0 if is_leading else float(lines.start[row[first]])
            is_all = is_leading and stop == len(original.rows) == len(bars)
            start[here] = at + lines.start[row[here]] - begin
            runs.append(Run(begin, np.inf if is_all else float(lines.end[row[stop - 1]]), at, first, stop - first))
        at = float(start[stop - 1] + length[stop - 1])
    return Timeline(bars, start, per_step, played.num_steps, tuple(runs))


def _stretches(bars: np.ndarray, row: np.ndarray) -> list[tuple[int, int]]:
    """Return (first, stop) of each run of bars that follow each other in the file, or that are all added.

    At the very beginning, bars that the grid cannot hold may lie between.
    """
    follows = (np.diff(bars) == 1) & (bars[1:] != NOWHERE) & (bars[:-1] != NOWHERE)
    is_leading = np.logical_and.accumulate(np.append(bars[:1] == 0, follows))[1:]
    follows &= (np.diff(row) == 1) | is_leading
    follows |= (bars[1:] == NOWHERE) & (bars[:-1] == NOWHERE)
    edges = [0, *(np.flatnonzero(~follows) + 1).tolist(), len(bars)]
    return list(itertools.pairwise(edges))
