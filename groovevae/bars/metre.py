"""Where the bars of a piece begin: its metre map made into bar lines, pickups found. Knows nothing of what is played."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groovevae.bars.constants import MAX_STEPS, STEPS_PER_QUARTER
from groovevae.midi import Piece

PICKUP_EVIDENCE = 1.6  # a pickup is believed when its downbeats weigh this many times those without one
MIN_DOWNBEATS = 6  # and fall on at least this many notes
DOWNBEAT_WINDOW = 0.06  # quarter notes either side of a bar line


@dataclass(frozen=True)
class BarLines:
    """N consecutive bars: where each begins and ends in the file, and how many steps of the grid it has."""

    start: np.ndarray  # (N,) quarter notes; the first may lie before 0, when a piece begins with a pickup
    end: np.ndarray  # (N,) quarter notes
    metre: np.ndarray  # (N, 2) numerator, denominator
    num_steps: np.ndarray  # (N,) steps of the grid; 0 where the grid cannot hold the metre

    @property
    def first_step(self) -> np.ndarray:
        """The step of the grid that each bar begins on, (N,)."""
        return np.cumsum(self.num_steps) - self.num_steps

    @property
    def total_steps(self) -> int:
        """Steps of all bars that the grid holds."""
        return int(self.num_steps.sum())

    @property
    def steps_per_quarter(self) -> np.ndarray:
        """Steps of the grid to a quarter note of the file, (N,): 4 but in an odd bar that was rounded to whole steps."""
        return self.num_steps / (self.end - self.start)


def bar_lines(piece: Piece) -> BarLines:
    """The bars of a piece, from its metre map.

    A first section that is not a whole number of bars, or whose weight falls beside the bar lines, begins with a
    pickup: its first bar starts before the file does. A later section's odd end is a bar of its own, of fewer steps.
    A metre that is too long for the grid is read as shorter ones in turn: 4/2 as 2/2 and 2/2, 7/4 as 4/4 and 3/4.
    """
    last = np.ceil(np.rint(piece.end * STEPS_PER_QUARTER)) / STEPS_PER_QUARTER
    edges = np.append(piece.metres[:, 0], max(last, piece.metres[-1, 0]))
    rows: list[np.ndarray] = []  # each (n, 4): start, end, numerator, denominator
    for index, (begin, numerator, denominator) in enumerate(piece.metres):
        end, is_last = edges[index + 1], index == len(piece.metres) - 1
        parts = _bars_of_metre(int(numerator), int(denominator))
        length = 4 * numerator / denominator
        pickup = _pickup(piece, begin, end, length, is_last=is_last) if index == 0 else 0.0
        rows.append(_section(begin - (length - pickup if pickup else 0.0), end, parts, int(denominator), is_last=is_last))
    table = np.concatenate(rows)  # (N, 4)
    steps = 16 * table[:, 2] / table[:, 3]
    fits = (steps == np.rint(steps)) & (steps <= MAX_STEPS)
    return BarLines(table[:, 0], table[:, 1], table[:, 2:].astype(int), np.where(fits, steps, 0).astype(int))


def _bars_of_metre(numerator: int, denominator: int) -> list[int]:
    """The numerators that a metre is read with in turn: its own, or those of halves that the grid can hold."""
    if 16 * numerator <= MAX_STEPS * denominator:
        return [numerator]
    unit = 3 if denominator >= 8 and numerator % 3 == 0 else 1  # dotted beats stay whole
    larger = unit * -(-numerator // (2 * unit))
    return [part for half in (larger, numerator - larger) for part in _bars_of_metre(half, denominator)]


def _section(begin: float, end: float, numerators: list[int], denominator: int, *, is_last: bool) -> np.ndarray:
    """Bars (n, 4) from `begin` to `end`: start, end, numerator, denominator."""
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
    if steps:
        rows = np.vstack([rows, [end - rest, end, *_metre_of_steps(steps)]])
    if len(rows) and not is_last:
        rows[-1, 1] = end
    return rows


def _metre_of_steps(steps: int) -> tuple[int, int]:
    denominator = 16
    while steps % 2 == 0 and denominator > 4:
        steps, denominator = steps // 2, denominator // 2
    return steps, denominator


def _pickup(piece: Piece, begin: float, end: float, length: float, *, is_last: bool) -> float:
    """Quarter notes before the first bar line, 0 where the piece begins on one."""
    rest = (end - begin) % length
    marked = not is_last and 0.1 < rest < length - 0.1
    if not marked and any(track.is_drum for track in piece.tracks):
        return 0.0  # a sequencer's file: off-beat genres put their weight beside the bar lines on purpose
    if marked and end - begin < length:  # a short first section is how notation programs write a pickup
        return rest
    candidates = np.array([rest]) if marked else np.arange(0.5, length - 0.25, 0.5)
    onset, weight = _downbeat_weights(piece, begin, end, length)
    if not len(onset) or not len(candidates):
        return 0.0
    phases = np.append(0.0, candidates)  # (P,)
    beside = (onset[:, None] - begin - phases + length / 2) % length - length / 2  # (N, P)
    on_line = np.abs(beside) < DOWNBEAT_WINDOW
    score = weight @ on_line  # (P,)
    best = int(np.argmax(score))
    needed = 1.0 if marked else PICKUP_EVIDENCE
    believed = score[best] > needed * score[0] and on_line[:, best].sum() >= MIN_DOWNBEATS
    return float(phases[best]) if best and believed else 0.0


def _downbeat_weights(piece: Piece, begin: float, end: float, length: float) -> tuple[np.ndarray, np.ndarray]:
    """Onsets and how strongly each speaks for a bar line: long notes and low notes stand on one."""
    is_drum = np.array([track.is_drum for track in piece.tracks])
    notes = piece.notes[~is_drum[piece.notes["track"]]]
    notes = notes[(notes["onset"] >= begin - 1e-6) & (notes["onset"] < end)]
    return notes["onset"], np.minimum(notes["duration"], length) * np.where(notes["pitch"] < 52, 2.0, 1.0)
