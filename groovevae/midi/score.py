"""Notes in musical time, with tracks, tempo map and metre map: what a MIDI file holds. Reads and writes no files."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

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

ORIGIN_DTYPE = np.dtype(  # where a note is written: indices into the events of one track of the file
    [
        ("on", "i4"),  # the event that begins it
        ("off", "i4"),  # the event that ends it; -1: none
        ("chunk", "u2"),  # the track: an index into MidiFile.tracks
    ]
)


@dataclass(frozen=True)
class Track:
    """One part of a file: its name, General MIDI program (0 to 127), and whether it plays drums."""

    name: str
    program: int
    is_drum: bool
    number: int = field(default=0, compare=False)  # of the part among all parts of its file, from 1; 0: of no file
    chunk: int = field(default=0, compare=False)  # index into MidiFile.tracks
    channels: tuple[int, ...] = field(default=(), compare=False)  # from 0


@dataclass
class Score:
    """Notes in musical time, with the tempo and metre maps: what a MIDI file holds."""

    notes: np.ndarray  # (N,) NOTE_DTYPE, sorted by onset
    tracks: tuple[Track, ...]
    tempos: np.ndarray = field(default_factory=lambda: np.array([[0.0, DEFAULT_TEMPO]]))  # (K, 2) quarter, tempo
    metres: np.ndarray = field(default_factory=lambda: np.array([[0.0, 4, 4]]))  # (M, 3) quarter, 4, 4
    length: float = 0.0  # quarter notes; 0: up to the end of the last note
    has_metre: bool = True  # False: the file states none, and MIDI's default of 4/4 stands in `metres`
    key_signature: str = ""  # "C", "F#m", ...; empty: none is written
    text: str = ""  # written as a text event at the start
    file_name: str = ""  # without folder and ending; "": of no file
    clip_end: float = 0.0  # quarter notes: the end of the longest track of the file; 0: of no file
    origin: np.ndarray | None = None  # (N,) ORIGIN_DTYPE, where each note is written in its file
    written: np.ndarray | None = None  # (N,) quarter notes that each key was held, where a pedal held notes on
    mended: dict[str, int] = field(default_factory=dict)  # what was mended in the file -> how often

    @property
    def end(self) -> float:
        """Where the score ends, in quarter notes."""
        sounding = float((self.notes["onset"] + self.notes["duration"]).max()) if len(self.notes) else 0.0
        return max(self.length, sounding)

    def as_written(self) -> Score:
        """Return the score without what the sustain pedal adds: each note lasts as long as its key was held."""
        if self.written is None:
            return self
        notes = self.notes.copy()
        notes["duration"] = self.written
        return replace(self, notes=notes, written=None)

    def seconds(self, quarters: np.ndarray) -> np.ndarray:
        """Return the time of each position, in seconds from the start; before the start, at the first tempo."""
        return seconds_at(self.tempos, quarters)


def seconds_at(tempos: np.ndarray, quarters: np.ndarray) -> np.ndarray:
    """Return the time of each position by a tempo map (K, 2), as `Score.seconds` does."""
    quarter, seconds_per_quarter = tempos[:, 0], 60 / tempos[:, 1]
    begin = np.append(0.0, np.cumsum(np.diff(quarter) * seconds_per_quarter[:-1]))
    row = np.maximum(np.searchsorted(quarter, quarters, side="right") - 1, 0)
    return begin[row] + (quarters - quarter[row]) * seconds_per_quarter[row]
