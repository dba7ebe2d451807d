"""Turns bars back into notes: the way from a song of bars to a score, the inverse of `grid`. Knows no MIDI files."""

from __future__ import annotations

import numpy as np

from groovevae.bars.constants import (
    CHORD_LOW,
    FIRST_PITCH,
    HOLD,
    LOWEST_PITCH,
    MAX_VELOCITY,
    OFF,
    OFFSET_UNITS,
    ONSET,
    PITCHED,
    STEPS_PER_QUARTER,
)
from groovevae.bars.key import key_name
from groovevae.bars.ranges import within_range
from groovevae.bars.types import Bars, Song
from groovevae.midi.score import NOTE_DTYPE, TICKS_PER_QUARTER, Score, Track

DRUM_LENGTH = 0.5  # steps: a hit has no length of its own
SHORTEST = 0.25  # steps: micro-timing never makes a note shorter than this
TEMPO_CHANGE = 1e-5  # a bar's tempo is written when it differs by this share: 3 ms in five minutes


def song_to_score(song: Song, *, text: str = "", in_range: bool = False) -> Score:
    """Return the notes of a song in its own key: one track for each role that plays, ending on the last bar line.

    This is the inverse of `score_to_song`, micro-timing included; what that could not carry over stays lost. With
    `in_range`, bass notes that the instrument does not reach are moved up by octaves.
    """
    bars, steps = song.bars, _FlatSteps(song.bars)
    parts: list[np.ndarray] = []
    tracks: list[Track] = []
    for role, notes in notes_of_roles(song, in_range=in_range).items():
        notes["track"] = len(tracks)
        parts.append(notes)
        program = 0 if role == "drums" else song.programs[PITCHED.index(role)]
        tracks.append(Track(role.capitalize(), program, is_drum=role == "drums"))
    notes = np.concatenate(parts) if parts else np.empty(0, NOTE_DTYPE)
    notes = notes[np.argsort(notes["onset"], kind="stable")]
    return Score(
        notes=notes[_first_of_its_tick(notes)],
        tracks=tuple(tracks),
        tempos=_changes(steps.bar_start, bars.tempo[:, None], tolerance=TEMPO_CHANGE),
        metres=_changes(steps.bar_start, bars.metre, tolerance=0.0),
        length=steps.total / STEPS_PER_QUARTER,
        key_signature=key_name(song.transpose, song.is_minor),
        text=text,
    )


def notes_of_roles(song: Song, *, in_range: bool = False) -> dict[str, np.ndarray]:
    """Return the notes (M,) NOTE_DTYPE of each role that plays, in the song's own key, in order of time and pitch.

    With `in_range`, bass notes that the instrument does not reach are moved up by octaves.
    """
    steps = _FlatSteps(song.bars)
    found = {"drums": _drum_notes(song.bars, steps, song.kit)}
    found |= {role: _role_notes(song.bars, steps, column, song.transpose) for column, role in enumerate(PITCHED)}
    if in_range:
        found["bass"]["pitch"] = within_range(found["bass"]["pitch"].astype(int), song.programs[0])
    return {role: notes for role, notes in found.items() if len(notes)}


def _first_of_its_tick(notes: np.ndarray) -> np.ndarray:
    """Return the indices of notes, without those that begin on one tick with another of their track and pitch.

    Micro-timing can bring the strikes of two steps together: a file would hold one of them.
    """
    tick = np.rint(notes["onset"] * TICKS_PER_QUARTER)
    places = np.column_stack([notes["track"], notes["pitch"], tick])
    return np.sort(np.unique(places, axis=0, return_index=True)[1])


class _FlatSteps:
    """All steps of N bars in a row, without the padding."""

    def __init__(self, bars: Bars) -> None:
        num_steps = bars.num_steps
        first = np.cumsum(num_steps) - num_steps
        self.total = int(num_steps.sum())
        self.bar = np.repeat(np.arange(len(bars)), num_steps)  # (S,)
        self.step = np.arange(self.total) - np.repeat(first, num_steps)  # (S,)
        self.bar_start = first / STEPS_PER_QUARTER  # (N,) quarter notes

    def __call__(self, array: np.ndarray) -> np.ndarray:
        """Drop the padding of an array: (N, T, ...) -> (S, ...)."""
        return array[self.bar, self.step]


def _notes(onset: np.ndarray, end: np.ndarray, pitch: np.ndarray, velocity: np.ndarray) -> np.ndarray:
    """Make notes from times in steps."""
    notes = np.zeros(len(onset), NOTE_DTYPE)
    notes["onset"] = onset / STEPS_PER_QUARTER
    notes["duration"] = (end - onset) / STEPS_PER_QUARTER
    notes["pitch"], notes["velocity"] = pitch, np.clip(velocity, 1, MAX_VELOCITY)
    return notes


def _drum_notes(bars: Bars, steps: _FlatSteps, kit: tuple[int, ...]) -> np.ndarray:
    velocity, offset = steps(bars.drums), steps(bars.drums_offset)  # (S, 9)
    step, voice = np.nonzero(velocity)
    onset = np.maximum(step + offset[step, voice] / OFFSET_UNITS, 0.0)
    return _notes(onset, onset + DRUM_LENGTH, np.array(kit)[voice], velocity[step, voice])


def _role_notes(bars: Bars, steps: _FlatSteps, column: int, transpose: int) -> np.ndarray:
    role = PITCHED[column]
    states = steps(getattr(bars, role))
    if role == "chords":
        step, end, pitch = _chord_spans(states)
    else:
        step, end, pitch = _line_spans(states, LOWEST_PITCH[role])
    offset = steps(bars.offset)[:, column] / OFFSET_UNITS
    onset = np.maximum(step + offset[step], 0.0)
    stop = np.maximum(end, onset + SHORTEST)
    if role != "chords":  # a line moves on when its next note does
        stop[:-1] = np.where(end[:-1] == step[1:], onset[1:], np.minimum(stop[:-1], onset[1:]))
    pitch = np.clip(pitch - transpose, 0, 127)
    return _notes(onset, stop, pitch, steps(bars.velocity)[step, column])


def _line_spans(tokens: np.ndarray, low: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the step, end and pitch of each note of a line (S,); a hold with nothing before it is a rest."""
    step = np.flatnonzero(tokens >= FIRST_PITCH)
    stops = np.append(np.flatnonzero(tokens != HOLD), len(tokens))
    end = stops[np.searchsorted(stops, step, side="right")]
    return step, end, tokens[step].astype(int) - FIRST_PITCH + low


def _chord_spans(states: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the step, end and pitch of each note of the chords (S, P), in order of pitch."""
    total = len(states)
    padded = np.vstack([states, np.full((1, states.shape[1]), OFF, np.uint8)])  # every pitch is off past the end
    column = padded.T.reshape(-1)
    start = np.flatnonzero(column == ONSET)
    stops = np.flatnonzero(column != HOLD)
    end = stops[np.searchsorted(stops, start, side="right")] if len(start) else start
    pitch, step = np.divmod(start, total + 1)
    return step, end - pitch * (total + 1), pitch + CHORD_LOW


def _changes(at: np.ndarray, values: np.ndarray, *, tolerance: float) -> np.ndarray:
    """Return a row (quarter, value ...) for each bar whose value differs from the last one written."""
    rows, last = [], None
    for quarter, value in zip(at, values.astype(float), strict=True):
        if last is None or (np.abs(value - last) > tolerance * last).any():
            rows.append([quarter, *value])
            last = value
    return np.array(rows)
