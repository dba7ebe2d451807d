"""Notes in musical time, with tracks, tempo map and metre map: what a MIDI file holds. Reads and writes no files."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

TICKS_PER_QUARTER = 480
DRUM_CHANNEL = 9  # counted from 0: channel 10 in every DAW
DEFAULT_TEMPO = 120.0  # quarter notes per minute, where a file sets no tempo
TEMPO_RANGE = (8.0, 1000.0)  # quarter notes per minute; a file with a tempo outside counts as damaged

NOTE_DTYPE = np.dtype(
    [
        ("onset", "f8"),  # quarter notes from the start
        ("duration", "f8"),  # quarter notes, above 0
        ("pitch", "u1"),  # MIDI key, 0 to 127
        ("velocity", "u1"),  # 1 to 127
        ("track", "u2"),  # index into Score.tracks
    ]
)


@dataclass(frozen=True)
class Track:
    """One part of a file: its name, General MIDI program (0 to 127), and whether it plays drums."""

    name: str
    program: int
    is_drum: bool


@dataclass
class Score:
    """Notes in musical time, with the tempo and metre maps: what a MIDI file holds."""

    notes: np.ndarray  # (N,) NOTE_DTYPE, sorted by onset
    tracks: tuple[Track, ...]
    tempos: np.ndarray = field(default_factory=lambda: np.array([[0.0, DEFAULT_TEMPO]]))  # (K, 2) quarter, tempo
    metres: np.ndarray = field(default_factory=lambda: np.array([[0.0, 4, 4]]))  # (M, 3) quarter, 4, 4
    length: float = 0.0  # quarter notes; 0: up to the end of the last note
    clip_end: float = 0.0  # quarter notes of the longest track's end of track; 0 unknown
    has_metre: bool = True  # False: the file states none, and MIDI's default of 4/4 stands in `metres`
    key_signature: str = ""  # "C", "F#m", ...; empty: none is written
    text: str = ""  # written as a text event at the start

    @property
    def end(self) -> float:
        """Where the score ends, in quarter notes."""
        sounding = float((self.notes["onset"] + self.notes["duration"]).max()) if len(self.notes) else 0.0
        return max(self.length, sounding)

    def seconds(self, quarters: np.ndarray) -> np.ndarray:
        """Return the time of each position, in seconds from the start; before the start, at the first tempo."""
        quarter, seconds_per_quarter = self.tempos[:, 0], 60 / self.tempos[:, 1]
        begin = np.append(0.0, np.cumsum(np.diff(quarter) * seconds_per_quarter[:-1]))
        row = np.maximum(np.searchsorted(quarter, quarters, side="right") - 1, 0)
        return begin[row] + (quarters - quarter[row]) * seconds_per_quarter[row]
