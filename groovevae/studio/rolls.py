"""Reads the notes of a finished piece by role, for a piano roll. What it shows is what is in the piece's MIDI file."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from groovevae.bars.constants import DRUMS, ROLES, STEPS_PER_QUARTER, VOICES, VOICES_OF_KEY
from groovevae.bars.render import notes_of_roles
from groovevae.generation.groove import Piece
from groovevae.midi.reading import midi_to_score
from groovevae.midi.score import Score, Track, seconds_at

OTHER = "other"  # tracks of a user's file that the bars do not stand for
SHOWN = (*ROLES, OTHER)
_SLACK = 0.13  # quarter notes: a note of the bars and of the file that are nearer are one
_NO_VOICE = -1

Row = tuple[float, float, int, int, int]  # onset and duration in quarter notes, pitch, velocity, drum voice or -1


@dataclass(frozen=True)
class Roll:
    """The notes of a piece by role, with bar lines and tempos."""

    roles: dict[str, list[Row]]  # of SHOWN, those that play
    instruments: dict[str, list[str]]  # by role, names of General MIDI
    bars: list[tuple[float, str]]  # quarter note and metre of each bar
    tempos: list[tuple[float, float]]  # quarter note, quarter notes per minute
    quarters: float  # length
    seconds: float
    note_roles: tuple[str, ...]  # the role of each note of the file, as `midi.reading` counts them

    def seconds_at(self, quarter: float) -> float:
        """Return the time of a place in quarter notes, in seconds from the start."""
        return float(seconds_at(np.array(self.tempos), np.array(quarter)))


def roll_of(piece: Piece) -> Roll:
    """Return the notes of a piece as its MIDI file has them."""
    score = midi_to_score(piece.midi)
    lead_in = _lead_in(piece, score)
    struck = _roles_of_notes(piece, score, lead_in) if piece.read else [{role} for role in _named(score)]
    tracks = _roles_of_tracks(struck, score)
    role = [
        tracks[track] if tracks[track] in found or not found else min(found, key=ROLES.index)
        for found, track in zip(struck, score.notes["track"].tolist(), strict=True)
    ]
    roles: dict[str, list[Row]] = {name: [] for name in SHOWN}
    for name, note in zip(role, score.notes, strict=True):
        roles[name].append(_row(note, score.tracks[note["track"]]))
    instruments: dict[str, list[str]] = {}
    for name, track in sorted(set(zip(role, score.notes["track"].tolist(), strict=True))):
        instruments.setdefault(name, []).append(_instrument(score.tracks[track]))
    quarters = _length(piece, score, lead_in)
    return Roll(
        roles={name: rows for name, rows in roles.items() if rows},
        instruments={name: list(dict.fromkeys(found)) for name, found in instruments.items()},
        bars=_bars(piece, lead_in),
        tempos=[(float(quarter), round(float(tempo), 3)) for quarter, tempo in score.tempos],
        quarters=quarters,
        seconds=float(score.seconds(np.array([quarters]))[0]),
        note_roles=tuple(role),
    )


def _named(score: Score) -> list[str]:
    """Return the role of each note of a piece that starts from no file: its tracks are named after roles."""
    return [score.tracks[track].name.lower() for track in score.notes["track"].tolist()]


def _lead_in(piece: Piece, score: Score) -> float:
    """Return how many quarter notes of the first bar lie before the file: none where a later bar of it comes first."""
    of_file = piece.song.lead_in
    if not of_file or not piece.read:
        return of_file
    return max((0.0, of_file), key=lambda lead_in: sum(map(bool, _roles_of_notes(piece, score, lead_in))))


def _length(piece: Piece, score: Score, lead_in: float) -> float:
    """Return the length of a piece in quarter notes: its bars, and what sounds on after them.

    Texts may lie far behind: a file that was shortened keeps them.
    """
    sounding = (score.notes["onset"] + score.notes["duration"]).max(initial=0.0)
    return max(float(sounding), int(piece.song.bars.num_steps.sum()) / STEPS_PER_QUARTER - lead_in)


def _roles_of_notes(piece: Piece, score: Score, lead_in: float) -> list[set[str]]:
    """Return for each note the roles that strike it in the piece's bars: none where they do not stand for it.

    Octaves do not count: a bass is written where its instrument reaches.
    """
    known: dict[tuple[bool, int, int], set[str]] = {}
    for role, notes in notes_of_roles(piece.song).items():
        onsets = (notes["onset"] - lead_in).tolist()
        for onset, pitch in zip(onsets, notes["pitch"].tolist(), strict=True):
            known.setdefault((role == ROLES[DRUMS], pitch % 12, round(onset / _SLACK)), set()).add(role)
    is_drum = [track.is_drum for track in score.tracks]
    found = []
    for onset, pitch, track in zip(*(score.notes[name].tolist() for name in ("onset", "pitch", "track")), strict=True):
        place = round(onset / _SLACK)
        near = (known.get((is_drum[track], pitch % 12, place + step), set()) for step in (0, -1, 1))
        found.append(set().union(*near))
    return found


def _roles_of_tracks(roles: list[set[str]], score: Score) -> list[str]:
    """Return the role that each track plays most; OTHER for one of whose notes the bars stand for less than half."""
    counts: list[Counter[str]] = [Counter() for _ in score.tracks]
    totals = Counter(score.notes["track"].tolist())
    for found, track in zip(roles, score.notes["track"].tolist(), strict=True):
        counts[track].update(found)
    most = [max(ROLES, key=lambda role: count[role]) for count in counts]
    return [role if 0 < totals[index] <= 2 * counts[index][role] else OTHER for index, role in enumerate(most)]


def _row(note: np.void, track: Track) -> Row:
    pitch = int(note["pitch"])
    voice = VOICES_OF_KEY.get(pitch, (_NO_VOICE,))[0] if track.is_drum else _NO_VOICE
    assert voice < len(VOICES)
    return round(float(note["onset"]), 4), round(float(note["duration"]), 4), pitch, int(note["velocity"]), voice


def _instrument(track: Track) -> str:
    from pretty_midi import program_to_instrument_name

    return "Drum kit" if track.is_drum else str(program_to_instrument_name(track.program))


def _bars(piece: Piece, lead_in: float) -> list[tuple[float, str]]:
    bars = piece.song.bars
    starts = np.cumsum(bars.num_steps) - bars.num_steps
    return [
        (round(float(start) / STEPS_PER_QUARTER - lead_in, 4), f"{numerator}/{denominator}")
        for start, (numerator, denominator) in zip(starts, bars.metre.tolist(), strict=True)
    ]
