"""Reads tunes off MIDI files: lead sheets of a melody and block chords, and the lead sheet of any song."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from corpus_making.tunes import MELODY_DTYPE, NOTE_NAMES, Tune, chord_name, filled, is_swung
from groovevae.arranging.lead_sheet import MAX_BEATS, harmony
from groovevae.bars import Song
from groovevae.bars.grid import score_to_song
from groovevae.bars.render import notes_of_roles
from groovevae.midi.reading import load_score
from groovevae.midi.score import Score

MAX_BARS = 72
KEY_AND_FORM = re.compile(r"(_(dfb|firehouse|swing|waltz))?_[a-g][b#]?m?$")  # after a title, in the names of files
TRIADS = {"": (0, 4, 7), "m": (0, 3, 7), "7": (0, 4, 7, 10), "dim": (0, 3, 6)}
RICHNESS = {"": 0.0, "m": 0.0, "7": -0.12, "dim": -0.1}  # in favour of plain triads
OUTSIDE = 0.5  # weight of what a chord does not hold
BASS_IS_ROOT = 0.35  # what it gains where the bass plays its root
LEAD = 0.4  # weight of the melody beside what accompanies it


def read_lead_sheet(path: Path) -> Tune:
    """Read a file of two tracks, Melody and Chords. Raises ValueError where bars are not two to four quarter notes."""
    score = load_score(path)
    beats = _beats(score)
    names = [track.name for track in score.tracks]
    tracks = {name: score.notes[score.notes["track"] == names.index(name)] for name in ("Melody", "Chords")}
    onsets = tracks["Chords"]["onset"]
    start = _first_bar(onsets, beats)
    end = float((onsets + tracks["Chords"]["duration"]).max())  # a melody may be repeated without its chords
    num_bars = min(round((end - start) / beats), MAX_BARS)
    chords: list[list[tuple[float, str]]] = [[] for _ in range(num_bars)]
    for onset in np.unique(tracks["Chords"]["onset"].round(4)):
        struck = tracks["Chords"][np.abs(tracks["Chords"]["onset"] - onset) < 1e-3]
        name = chord_name(struck["pitch"].tolist())
        bar, beat = divmod(round((float(onset) - start) * 2) / 2, beats)
        if name and 0 <= bar < num_bars:
            chords[int(bar)].append((beat + 1, name))
    melody = _line(tracks["Melody"], start, num_bars * beats)
    title = KEY_AND_FORM.sub("", path.stem.removeprefix("neonscribe_")).replace("_", " ").title()
    return Tune(title, beats, filled(chords), melody, swung=is_swung(melody["onset"]))


def read_song(path: Path) -> Tune:
    """Read the melody and the harmony, half bar by half bar, off a song. Raises ValueError as above."""
    score = load_score(path)
    beats = _beats(score)
    song = score_to_song(score)
    bars = song.bars
    if set(bars.num_steps.tolist()) != {beats * 4}:
        raise ValueError("bars of several lengths")
    sounding = np.flatnonzero(bars.role_plays[:, 1:].any(1))
    first, last = int(sounding[0]), min(int(sounding[-1]) + 1, int(sounding[0]) + MAX_BARS)
    whole = first if bars.role_plays[first, 1] or bars.role_plays[first, 2] else first + 1
    names = _chord_names(song)[whole:last]
    lead = notes_of_roles(song)["lead"]
    melody = _line(lead, whole * beats, (last - whole) * beats)
    return Tune(path.stem.removeprefix("bloomf_pd_songs_").replace("_", " ").title(), beats, filled(names), melody)


def _first_bar(onsets: np.ndarray, beats: int) -> float:
    """Return where the first bar line before or at a chord lies, in quarter notes: chords change on bar lines.

    LilyPond writes a pickup without padding, so the bar lines of its files are off by its length.
    """
    phase = int(np.bincount(np.rint(onsets * 2).astype(int) % (2 * beats)).argmax()) / 2
    first = float(onsets.min())
    return phase + (first - phase + 0.01) // beats * beats if first >= phase - 0.01 else phase


def _beats(score: Score) -> int:
    lengths = {4 * int(metre[1]) / int(metre[2]) for metre in score.metres}
    if len(lengths) != 1 or not lengths <= {2.0, 3.0, 4.0}:
        raise ValueError(f"bars of {sorted(lengths)} quarter notes")
    return int(lengths.pop())


def _line(notes: np.ndarray, start: float, length: float) -> np.ndarray:
    """Return a line of one note at a time, moved to begin at `start`, and cut after `length` quarter notes."""
    notes = notes[np.lexsort([-notes["pitch"].astype(int), notes["onset"]])]
    notes = notes[np.append(True, np.diff(notes["onset"]) > 0.02)] if len(notes) else notes
    line = np.zeros(len(notes), MELODY_DTYPE)
    for name in MELODY_DTYPE.names or ():
        line[name] = notes[name]
    line["onset"] -= start
    line["duration"][:-1] = np.minimum(line["duration"][:-1], np.diff(line["onset"]))
    return line[(line["onset"] > -4) & (line["onset"] < length) & (line["duration"] > 0.02)]


def _chord_names(song: Song) -> list[list[tuple[float, str]]]:
    """Return a chord for each half of each bar (for a whole bar of three), in the song's own key."""
    bars = song.bars
    strength = harmony(bars).reshape(len(bars), 2, MAX_BEATS, 12)  # all that accompanies, the bass
    lead = bars.chroma("lead").reshape(len(bars), MAX_BEATS, -1, 12).sum(2)
    lead = lead / np.maximum(lead.max(-1, keepdims=True), 1)
    beats = int(bars.num_beats[0])
    size = beats // 2 if beats % 2 == 0 else beats
    names: list[list[tuple[float, str]]] = []
    for bar in range(len(bars)):
        names.append([])
        for beat in range(0, beats, size):
            part = slice(beat, beat + size)
            heard = strength[bar, 0, part].sum(0) + LEAD * lead[bar, part].sum(0)
            if heard.any():
                names[-1].append((beat + 1.0, _likeliest(heard, strength[bar, 1, part].sum(0), song.transpose)))
    return names


def _likeliest(heard: np.ndarray, bass: np.ndarray, transpose: int) -> str:
    """Return the chord that holds most of what is heard, (12,) each; the song was moved by `transpose`."""
    heard, bass = heard / heard.sum(), bass / max(bass.sum(), 1e-9)
    scores = {}
    for root in range(12):
        for kind, intervals in TRIADS.items():
            inside = [(root + interval) % 12 for interval in intervals]
            share = heard[inside].sum()
            missing = sum(heard[pitch] < 0.02 for pitch in inside) * 0.15
            scores[root, kind] = share - OUTSIDE * (1 - share) - missing + BASS_IS_ROOT * bass[root] + RICHNESS[kind]
    root, kind = max(scores, key=lambda chord: scores[chord])
    return NOTE_NAMES[(root - transpose) % 12] + kind
