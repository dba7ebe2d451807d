"""The degradations of the MIDI Degradation Toolkit, for measurements: notes shifted, added, removed, split and joined.

They follow the published definitions and defaults (McLeod, Owers and Yoshii 2020, "The MIDI Degradation Toolkit:
Symbolic Music Augmentation and Correction", arXiv:2010.00059; github.com/JamesOwers/midi_degradation_toolkit). The
package named mdtk on PyPI is something else. The toolkit changes one note of an excerpt; here a share of all notes.

Times are seconds; each function changes one note in place, or returns False where that note cannot be changed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from groovevae.midi.score import NOTE_DTYPE, Score

PITCHES = (21, 108)  # of a piano
MIN_SHIFT = 0.1  # seconds
MIN_DURATION = 0.05
MAX_GAP = 0.05  # between notes that are joined
MAX_JOINED = 20
ADDED_VELOCITY = 100
TRIES = 10


@dataclass
class Notes:
    """Notes in seconds, one row each, and which of them are still there; `end` is where the last one ends."""

    onset: np.ndarray
    duration: np.ndarray
    pitch: np.ndarray
    velocity: np.ndarray
    track: np.ndarray
    is_there: np.ndarray
    end: float

    def lane(self, note: int) -> np.ndarray:
        """The other notes of the same pitch and track."""
        same = (self.pitch == self.pitch[note]) & (self.track == self.track[note]) & self.is_there
        same[note] = False
        return np.flatnonzero(same)

    def overlaps(self, note: int) -> bool:
        lane = self.lane(note)
        onset, end = self.onset[lane], self.onset[lane] + self.duration[lane]
        return bool(((self.onset[note] < end) & (self.onset[note] + self.duration[note] > onset)).any())

    def add(self, *, like: int, **values: float) -> None:
        for name in ("onset", "duration", "pitch", "velocity", "track", "is_there"):
            column = getattr(self, name)
            setattr(self, name, np.append(column, np.asarray(values.get(name, column[like]), column.dtype)))


Degradation = Callable[[Notes, int, np.random.Generator], bool]


def _tried(notes: Notes, note: int, draw: Callable[[], dict[str, float]]) -> bool:
    """Give a note drawn values, again until it overlaps no other; False, and the note as it was, after TRIES."""
    before = {name: getattr(notes, name)[note] for name in ("onset", "duration", "pitch")}
    for _ in range(TRIES):
        for name, value in (before | draw()).items():
            getattr(notes, name)[note] = value
        if not notes.overlaps(note):
            return True
    for name, value in before.items():
        getattr(notes, name)[note] = value
    return False


def _from_ranges(rng: np.random.Generator, *ranges: tuple[float, float]) -> float:
    """Draw uniformly from the union of ranges; those that end before they begin are empty."""
    sizes = np.array([max(high - low, 0.0) for low, high in ranges])
    low, high = ranges[rng.choice(len(ranges), p=sizes / sizes.sum())]
    return float(rng.uniform(low, high))


def pitch_shift(notes: Notes, note: int, rng: np.random.Generator) -> bool:
    others = np.setdiff1d(np.arange(PITCHES[0], PITCHES[1] + 1), notes.pitch[[note]])
    return _tried(notes, note, lambda: {"pitch": rng.choice(others)})


def time_shift(notes: Notes, note: int, rng: np.random.Generator) -> bool:
    onset, last = notes.onset[note], notes.end - notes.duration[note]
    ranges = (0.0, onset - MIN_SHIFT), (onset + MIN_SHIFT, last)
    if all(high <= low for low, high in ranges):
        return False
    return _tried(notes, note, lambda: {"onset": _from_ranges(rng, *ranges)})


def onset_shift(notes: Notes, note: int, rng: np.random.Generator) -> bool:
    onset, end = notes.onset[note], notes.onset[note] + notes.duration[note]
    ranges = (0.0, onset - MIN_SHIFT), (onset + MIN_SHIFT, end - MIN_DURATION)
    if all(high <= low for low, high in ranges):
        return False

    def draw() -> dict[str, float]:
        moved = _from_ranges(rng, *ranges)
        return {"onset": moved, "duration": end - moved}

    return _tried(notes, note, draw)


def offset_shift(notes: Notes, note: int, rng: np.random.Generator) -> bool:
    duration, longest = notes.duration[note], notes.end - notes.onset[note]
    ranges = (MIN_DURATION, duration - MIN_SHIFT), (max(duration + MIN_SHIFT, MIN_DURATION), longest)
    if all(high <= low for low, high in ranges):
        return False
    return _tried(notes, note, lambda: {"duration": _from_ranges(rng, *ranges)})


def remove_note(notes: Notes, note: int, rng: np.random.Generator) -> bool:
    notes.is_there[note] = False
    return True


def add_note(notes: Notes, note: int, rng: np.random.Generator) -> bool:
    """Add a note to the track of `note`."""
    first = float(notes.onset[notes.is_there].min())
    if notes.end - MIN_DURATION <= first:
        return False
    notes.add(like=note, onset=first, duration=MIN_DURATION, velocity=ADDED_VELOCITY)

    def draw() -> dict[str, float]:
        onset = rng.uniform(first, notes.end - MIN_DURATION)
        pitch = rng.integers(PITCHES[0], PITCHES[1] + 1)
        return {"pitch": pitch, "onset": onset, "duration": rng.uniform(MIN_DURATION, notes.end - onset)}

    added = _tried(notes, len(notes.onset) - 1, draw)
    notes.is_there[-1] = added
    return added


def split_note(notes: Notes, note: int, rng: np.random.Generator) -> bool:
    half = notes.duration[note] / 2
    if half < MIN_DURATION:
        return False
    notes.duration[note] = half
    notes.add(like=note, onset=notes.onset[note] + half)
    return True


def join_notes(notes: Notes, note: int, rng: np.random.Generator) -> bool:
    """Join a note to those after it of the same pitch and track, where the gaps are small."""
    lane = notes.lane(note)
    later = lane[notes.onset[lane] >= notes.onset[note]]
    end, joined = notes.onset[note] + notes.duration[note], 0
    for following in later[np.argsort(notes.onset[later], kind="stable")][: MAX_JOINED - 1]:
        if notes.onset[following] - end > MAX_GAP:
            break
        end, joined = notes.onset[following] + notes.duration[following], joined + 1
        notes.is_there[following] = False
    notes.duration[note] = end - notes.onset[note]
    return joined > 0


FAMILIES: dict[str, tuple[Degradation, ...]] = {
    "pitch": (pitch_shift,),
    "time": (time_shift, onset_shift, offset_shift),
    "notes added and removed": (add_note, remove_note),
    "notes split and joined": (split_note, join_notes),
}


def degrade(score: Score, family: str, *, share: float, seed: int) -> Score:
    """Return a copy of a score in which degradations of one family hit the share (0 to 1) of its notes.

    Each note is hit once at most, by one of the family's degradations, drawn at random; where it cannot be, by another.
    """
    rng = np.random.default_rng([seed, *family.encode()])
    order = rng.permutation(len(score.notes)).tolist()
    notes, wanted, done = _in_seconds(score), round(share * len(order)), 0
    for note in order:
        if done == wanted:
            break
        if notes.is_there[note]:
            ways = FAMILIES[family]
            done += any(ways[way](notes, note, rng) for way in rng.permutation(len(ways)))
    return _in_quarters(score, notes)


def _in_seconds(score: Score) -> Notes:
    notes = score.notes
    onset, end = score.seconds(notes["onset"]), score.seconds(notes["onset"] + notes["duration"])
    columns = (notes[name].astype(int) for name in ("pitch", "velocity", "track"))
    return Notes(onset, end - onset, *columns, np.ones(len(notes), bool), float(end.max()))


def _in_quarters(score: Score, notes: Notes) -> Score:
    quarter = np.append(score.tempos[:, 0], max(score.end, score.tempos[-1, 0]) + 1)
    second = score.seconds(quarter)
    there = np.flatnonzero(notes.is_there)
    onset, end = (np.interp(time, second, quarter) for time in (notes.onset, notes.onset + notes.duration))
    out = np.zeros(len(there), NOTE_DTYPE)
    out["onset"], out["duration"] = onset[there], np.maximum(end - onset, 1e-3)[there]
    for name in ("pitch", "velocity", "track"):
        out[name] = getattr(notes, name)[there]
    ordered = out[np.argsort(out["onset"], kind="stable")]
    return dataclasses.replace(score, notes=ordered, origin=None, written=None)  # of notes that may be gone
