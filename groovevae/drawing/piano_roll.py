"""Lays a score out as a piano roll: which note goes where, in which role's colour, between which bar lines.

Knows no format of pictures: x is time in quarter notes, y a row. Pitched notes have a row for each semitone; percussion
has a lane of its own below them, with a row for each key that is struck.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from groovevae.bars.constants import DRUMS, ROLES
from groovevae.bars.grid import Reading
from groovevae.bars.metre import BarLines, bar_lines
from groovevae.bars.roles import assign_roles
from groovevae.midi.score import Score, Track

OTHER = len(ROLES)  # sound effects, which no role plays
LAYERS = (*ROLES, "other")
# Seen well on white and on black alike (a contrast of 3 or more), and told apart without red or green.
COLOURS = {"drums": "#868686", "bass": "#2b7fd4", "chords": "#0f8f68", "lead": "#dd5a2b", "other": "#a266c8"}
_FEWEST_ROWS = 12  # an octave, so that a single note is not as tall as the picture


@dataclass(frozen=True)
class PianoRoll:
    """N notes of a score, placed. Rows count from the bottom of their lane, 0 first."""

    start: np.ndarray  # (N,) quarter notes
    end: np.ndarray  # (N,) quarter notes
    row: np.ndarray  # (N,) row of the drums' lane or of the pitched lane
    layer: np.ndarray  # (N,) index into LAYERS
    low: int  # MIDI pitch of the pitched lane's lowest row
    num_rows: int  # of the pitched lane, 0 where nothing pitched plays
    drum_keys: tuple[int, ...]  # General MIDI percussion key of each row of the drums' lane
    bar_starts: np.ndarray  # (M,) quarter notes; the first may lie before 0
    end_of_score: float  # quarter notes

    @property
    def layers(self) -> list[str]:
        """The layers that have notes, in the order of LAYERS."""
        return [name for index, name in enumerate(LAYERS) if (self.layer == index).any()]


def score_to_roll(score: Score) -> PianoRoll:
    """Return a score as a piano roll. Raises MidiError for too many bars.

    Roles are those that `bars.roles` finds, so a song drawn by `song_to_score` has its own.
    """
    if not score.tracks:  # a silent song
        score = replace(score, tracks=(Track("", 0, is_drum=False),))
    lines = bar_lines(score)
    return _roll(score, lines, _roles(score, lines.start))


def reading_to_roll(reading: Reading) -> PianoRoll:
    """Return a file as it was read as a piano roll: its own notes in the roles and the bars that were found."""
    return _roll(reading.score, reading.lines, reading.notes.in_file_order(reading.notes.role))


def _roll(score: Score, lines: BarLines, role: np.ndarray) -> PianoRoll:
    notes, end = score.notes, max(score.end, float(lines.end[-1]))
    layer = np.where(role < 0, OTHER, role)
    is_drum = layer == DRUMS
    pitch = notes["pitch"].astype(int)
    drum_keys, drum_row = np.unique(pitch[is_drum], return_inverse=True)
    low, num_rows = _span(pitch[~is_drum])
    row = pitch - low
    row[is_drum] = drum_row
    return PianoRoll(
        start=notes["onset"],
        end=notes["onset"] + notes["duration"],
        row=row,
        layer=layer,
        low=low,
        num_rows=num_rows,
        drum_keys=tuple(drum_keys.tolist()),
        bar_starts=lines.start,
        end_of_score=end,
    )


def _roles(score: Score, bar_starts: np.ndarray) -> np.ndarray:
    if not len(score.notes):
        return np.empty(0, int)
    bar = np.maximum(np.searchsorted(bar_starts, score.notes["onset"] + 1e-6, side="right") - 1, 0)
    return assign_roles(score, bar)


def _span(pitch: np.ndarray) -> tuple[int, int]:
    """Return the lowest row's pitch and the number of rows that show pitches, with some room around few of them."""
    if not len(pitch):
        return 60, 0
    low, high = int(pitch.min()), int(pitch.max())
    missing = max(_FEWEST_ROWS - (high - low + 1), 0)
    return low - missing // 2, max(high - low + 1, _FEWEST_ROWS)
