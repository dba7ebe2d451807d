"""Renders a tune as a band plays it: MMA's accompaniment, the melody, and a drummer's take where one suits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from corpus_making import charts, hands
from corpus_making.grooves import grooves_of
from corpus_making.styles import Rendered, Style
from corpus_making.takes import BAR, Take, Wanted, choose, fills_for
from corpus_making.tunes import NOTE_NAMES, Tune, with_swing
from groovevae.midi.score import NOTE_DTYPE, Score, Track

BASS = re.compile(r"Bass$|Walk")
NO_TAKE = r"(?!)"  # matches nothing
ROOT = re.compile(r"[A-G]b?")
MAX_CHORD_TRACKS = 3
WITH_HANDS = (3, BAR)  # quarter notes of bars that a take, which has four, can be cut to
ACOUSTIC_BASS, DRUMS = 32, -1  # General MIDI programs, counted from 0; a program of our own


@dataclass(frozen=True)
class Rendering:
    """A rendered file: its score, and how it was made."""

    score: Score
    take: str  # the path of the take; "": none
    groove: str


class Part(NamedTuple):
    """A track's name, its General MIDI program (DRUMS: none), and its notes, NOTE_DTYPE."""

    name: str
    program: int
    notes: np.ndarray


def render(tune: Tune, genre: Rendered, style: Style, takes: Sequence[Take], *, seed: int) -> Rendering:
    """Render a tune in a style. Raises ValueError where MMA cannot play its chords."""
    rng = np.random.default_rng(seed)
    plan = charts.plan_rendering(tune, grooves_of(style.file), rng, seed)
    played = charts.play(charts.chart(plan, tune.beats))
    length = len(plan.chords) * tune.beats
    drums, bass, others = _parted(played, tune.beats, rng)
    wanted = wanted_of(genre, style)
    lead = _lead(with_swing(tune, swung=style.swung), plan.intro * tune.beats)
    take = choose(takes, wanted, in_four(bass["onset"], tune.beats), rng) if tune.beats in WITH_HANDS else None
    tempo = wanted.tempo_of(take) if take else float(rng.integers(style.slowest, style.fastest + 1))
    pitched = [Part("Lead", int(rng.choice(genre.leads)), lead), Part("Bass", _bass_program(genre, rng), bass), *others]
    if take is not None:
        hits = _hands(take, takes, plan, bass, rng, tune.beats)
        drums = _as_notes([(onset, 0.12, key, velocity) for onset, key, velocity in hits.tolist()])
        pitched = _felt(pitched, hits, tune.beats)
        if rng.random() < genre.follows_kick:
            kicked = hands.kick_bass(plan.chords, _roots(plan), hits, rng, beats=tune.beats)
            pitched[1] = pitched[1]._replace(notes=_as_notes(kicked))
    if not plan.ends_by_groove:
        pitched[1:] = [part._replace(notes=_held(part.notes, length, tune.beats)) for part in pitched[1:]]
    parts = [pitched[0], Part("Drums", DRUMS, drums), *pitched[1:]]
    score = _score(parts, length=length, tempo=tempo, beats=tune.beats, title=tune.title)
    return Rendering(score, take.path if take else "", str(plan.grooves[plan.intro]))


def _bass_program(genre: Rendered, rng: np.random.Generator) -> int:
    return int(rng.choice(genre.basses)) if genre.basses else ACOUSTIC_BASS


def _felt(pitched: Sequence[Part], hits: np.ndarray, beats: int) -> list[Part]:
    """Return the parts played together with the drums, the bass with the kick before all."""
    return [
        part._replace(notes=hands.with_feel(part.notes, hits, kicks_first=part.name == "Bass", beats=beats))
        for part in pitched
    ]


def in_four(onsets: np.ndarray, beats: int) -> np.ndarray:
    """Return where in bars of four beats the onsets (N,) of bars of so many lie, as a take of four beats is cut."""
    return onsets // beats * BAR + onsets % beats


def _parted(played: Score, beats: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, list[Part]]:
    """Return the drums, the bass and the other parts of what MMA played; of chords at most three."""
    empty = np.zeros(0, NOTE_DTYPE)
    drums, walks, basses, others = [empty], [empty], [empty], []
    for index, track in enumerate(played.tracks):
        notes = played.notes[played.notes["track"] == index]
        if track.is_drum:
            drums.append(notes)
        elif BASS.match(track.name):
            (walks if track.name.startswith("Walk") else basses).append(notes)
        elif not track.name.startswith("Bass"):  # riffs of low guitars and the like would be a second bass
            others.append(Part(track.name, track.program, notes))
    order = rng.permutation(len(others))[:MAX_CHORD_TRACKS] if len(others) > MAX_CHORD_TRACKS else range(len(others))
    bass = _one_bass(np.concatenate(walks), np.concatenate(basses), beats)
    return np.concatenate(drums), bass, [others[index] for index in sorted(order)]


def _one_bass(walking: np.ndarray, plain: np.ndarray, beats: int) -> np.ndarray:
    """Return one bass: the walking one in each bar of so many beats in which it plays, one note at a time."""
    walks = np.isin(plain["onset"] // beats, walking["onset"] // beats)
    bass = np.concatenate([walking, plain[~walks]])
    bass = np.sort(bass, order=["onset", "pitch"])
    return bass[np.append(True, np.diff(bass["onset"]) > 0.05)] if len(bass) else bass


def wanted_of(genre: Rendered, style: Style) -> Wanted:
    """Return what a style asks of a take; a genre without takes asks for one that there is not."""
    return Wanted(style.takes or genre.takes or NO_TAKE, style.swung, style.slowest, style.fastest)


def _hands(
    take: Take, takes: Sequence[Take], plan: charts.Plan, bass: np.ndarray, rng: np.random.Generator, beats: int
) -> np.ndarray:
    """Return a drummer's hits (N, 3) for the whole rendering, ending with the bass."""
    num_bars = len(plan.chords)
    fills = fills_for(take, takes)
    hits = hands.lay(take, fills, num_bars=num_bars, filled=plan.fills, rng=rng, beats=beats)
    last = bass["onset"][bass["onset"] >= (num_bars - 1) * beats - 0.1]
    at = float(last.max()) if plan.ends_by_groove and len(last) else float((num_bars - 1) * beats)
    hits = hands.ended(hits, at)
    hits[:, 0] = np.maximum(hits[:, 0], 0.0)
    return hits


def _roots(plan: charts.Plan) -> list[list[int]]:
    """Return the pitch class of each chord's root."""
    found = [[ROOT.match(name) for _, name in bar] for bar in plan.chords]
    return [[NOTE_NAMES.index(root.group()) for root in bar if root] for bar in found]


def _lead(tune: Tune, start: float) -> np.ndarray:
    """Return the melody after an introduction; a pickup without one has no room and is left out."""
    notes = np.zeros(len(tune.melody), NOTE_DTYPE)
    for name in tune.melody.dtype.names or ():
        notes[name] = tune.melody[name]
    notes["onset"] += start
    strong = np.isclose(tune.melody["onset"] % 2, 0)
    notes["velocity"] = np.where(strong, 98, 88)
    return notes[notes["onset"] >= 0]


def _as_notes(rows: Sequence[tuple[float, float, float, float]]) -> np.ndarray:
    notes = np.zeros(len(rows), NOTE_DTYPE)
    for index, row in enumerate(rows):
        notes[index] = (*row, 0)
    return notes


def _held(notes: np.ndarray, length: float, beats: int) -> np.ndarray:
    """Return the notes with what is struck first in the last bar held to its end, and nothing struck after it."""
    last = notes["onset"] >= length - beats - 0.1
    if not last.any():
        return notes
    first = notes["onset"][last].min()
    kept = notes[~last | (notes["onset"] < first + 0.2)].copy()
    held = kept["onset"] >= length - beats - 0.1
    kept["duration"][held] = length - kept["onset"][held]
    return kept


def _score(parts: Sequence[Part], *, length: float, tempo: float, beats: int, title: str) -> Score:
    """Return the score of the parts that play, with all notes inside it."""
    inside = [part._replace(notes=_within(part.notes, length)) for part in parts]
    heard = [part for part in inside if len(part.notes)]
    for index, part in enumerate(heard):
        part.notes["track"] = index
    notes = np.sort(np.concatenate([part.notes for part in heard]), order=["onset", "pitch"])
    tracks = tuple(Track(part.name, max(part.program, 0), part.program == DRUMS) for part in heard)
    tempos, metres = np.array([[0.0, tempo]]), np.array([[0.0, beats, 4]])
    return Score(notes, tracks, tempos, metres, length=length, text=title)


def _within(notes: np.ndarray, length: float) -> np.ndarray:
    notes = notes[(notes["onset"] >= 0) & (notes["onset"] < length - 0.01)]
    notes["duration"] = np.minimum(notes["duration"], length - notes["onset"])
    return notes
