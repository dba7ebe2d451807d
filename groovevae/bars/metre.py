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


def bar_lines(piece: Piece) -> BarLines:
    """The bars of a piece, from its metre map.

    A first section that is not a whole number of bars, or whose weight falls beside the bar lines, begins with a
    pickup: its first bar starts before the file does. A later section's odd end is a bar of its own, of fewer steps.
    """
    last = np.ceil(np.rint(piece.end * STEPS_PER_QUARTER)) / STEPS_PER_QUARTER
    edges = np.append(piece.metres[:, 0], max(last, piece.metres[-1, 0]))
    rows: list[np.ndarray] = []  # each (n, 4): start, end, numerator, denominator
    for index, (begin, numerator, denominator) in enumerate(piece.metres):
        end, is_last = edges[index + 1], index == len(piece.metres) - 1
        metre = _splittable(int(numerator), int(denominator))
        length = 4 * metre[0] / metre[1]
        pickup = _pickup(piece, begin, end, length, is_last=is_last) if index == 0 else 0.0
        rows.append(_section(begin - (length - pickup if pickup else 0.0), end, metre, is_last=is_last))
    table = np.concatenate(rows)  # (N, 4)
    steps = 16 * table[:, 2] / table[:, 3]
    fits = (steps == np.rint(steps)) & (steps <= MAX_STEPS)
    return BarLines(table[:, 0], table[:, 1], table[:, 2:].astype(int), np.where(fits, steps, 0).astype(int))


def _splittable(numerator: int, denominator: int) -> tuple[int, int]:
    """The metre itself, or halves of one that is too long for the grid: 4/2 is read as bars of 2/2."""
    while 16 * numerator > MAX_STEPS * denominator and numerator % 2 == 0:
        numerator //= 2
    return numerator, denominator


def _section(begin: float, end: float, metre: tuple[int, int], *, is_last: bool) -> np.ndarray:
    length = 4 * metre[0] / metre[1]
    whole = int(np.floor((end - begin) / length + 1e-3))
    rest = end - begin - whole * length
    if is_last and rest * STEPS_PER_QUARTER >= 0.5:
        whole, rest = whole + 1, 0.0
    starts = begin + length * np.arange(whole)
    rows = np.column_stack([starts, starts + length, np.full(whole, metre[0]), np.full(whole, metre[1])])
    steps = round(rest * STEPS_PER_QUARTER)
    if steps:
        short = _metre_of_steps(steps)
        rows = np.vstack([rows, [begin + whole * length, end, *short]])
    if len(rows):
        rows[-1, 1] = max(end, rows[-1, 1]) if is_last else end
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
