"""Reads the lead sheets of OpenEWLD (https://github.com/00sapo/OpenEWLD, MIT) that are free: MusicXML to tunes."""

from __future__ import annotations

import contextlib
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from corpus_making.tunes import MELODY_DTYPE, Tune, chord_name, filled, song_id_of

LAST_YEAR = 1930  # of works that are in the public domain in the United States
TRADITIONAL = "[Traditional]"
NOT_FREE = {"Ave Maria (Caccini)"}  # Vladimir Vavilov, about 1970
SOURCE = "openewld"
LICENCE = "own rendering of a melody first published by 1930 or traditional"
MAX_BARS = 64  # of a tune
METRES = {(4, 4): 1, (2, 2): 1, (2, 4): 2, (3, 4): 1}  # bars that make one of ours

WORKS = """
    select works.title, works.first_performance_date, works.path_leadsheet, group_concat(author, '; ')
    from works left join work_author on works.id = work_author.id group by works.id order by works.title, works.id
"""


def read_tunes(root: Path) -> Iterator[Tune]:
    """Yield one tune of each title that is free and has a metre of two, three or four quarter notes."""
    seen: set[str] = set()
    with sqlite3.connect(root / "OpenEWLD.db") as database:
        works = list(database.execute(WORKS))
    for title, date, path, authors in works:
        song_id = song_id_of(str(title))
        if song_id in seen or not is_free(str(title), date, authors or ""):
            continue
        try:
            tune = read_tune(root / path, song_id, str(title), (authors or "").replace(TRADITIONAL, "Traditional"))
        except Exception as error:  # music21 raises whatever it likes for a sheet that is not as it expects
            print(f"{path}: not used: {type(error).__name__} {error}", file=sys.stderr)
            continue
        seen.add(song_id)
        yield tune


def is_free(title: str, date: str | None, authors: str) -> bool:
    """Say whether a work is traditional or was first performed by 1930."""
    year = str(date or "")[:4]
    dated = year.isdigit() and int(year) <= LAST_YEAR
    return title not in NOT_FREE and (dated or TRADITIONAL in authors)


def read_tune(path: Path, song_id: str, title: str, authors: str) -> Tune:
    """Read one lead sheet, its repeats played where they can be. Raises ValueError where it has no chords or metre."""
    import music21

    part = music21.converter.parse(path).parts[0]
    with contextlib.suppress(music21.repeat.ExpanderException):  # signs that lead nowhere: played once, as written
        part = part.expandRepeats()
    measures = list(part.getElementsByClass("Measure"))
    metres = {
        (signature.numerator, signature.denominator) for signature in part.recurse().getElementsByClass("TimeSignature")
    }
    if len(metres) != 1 or not metres <= METRES.keys():
        raise ValueError(f"metres {sorted(metres)}")
    [metre] = metres
    length = metre[0] * 4 / metre[1]
    pickup = measures[0].duration.quarterLength if measures[0].duration.quarterLength < length else 0
    starts = _starts(measures, length, float(pickup))
    beats = round(length * METRES[metre])
    melody = np.array([note for start, bar in starts for note in _notes(bar, start)], MELODY_DTYPE)
    melody = joined(melody)
    chords = _chords(starts, beats)[:MAX_BARS]
    melody = melody[melody["onset"] < len(chords) * beats]
    return Tune(title, beats, filled(chords), melody, song_id=song_id, authors=authors, source=SOURCE, licence=LICENCE)


def _starts(measures: list[Any], length: float, pickup: float) -> list[tuple[float, Any]]:
    """Return each measure with its place; all but a pickup count as whole bars."""
    first = -pickup if pickup else 0.0
    return [(first if number == 0 else (number - bool(pickup)) * length, bar) for number, bar in enumerate(measures)]


def _notes(bar: Any, start: float) -> Iterator[tuple[float, float, int, int]]:
    for note in bar.recurse().notes:
        if "ChordSymbol" in note.classes or note.duration.isGrace:
            continue
        tied = 0 if note.tie is not None and note.tie.type in ("continue", "stop") else 90
        yield start + float(note.getOffsetInHierarchy(bar)), float(note.quarterLength), note.pitches[-1].midi, tied


def joined(melody: np.ndarray) -> np.ndarray:
    """Return the melody with tied notes, which have the velocity 0, joined to those before; one note at a time."""
    out: list[list[float]] = []
    for onset, duration, pitch, velocity in np.sort(melody, order="onset").tolist():
        if out and velocity == 0 and out[-1][2] == pitch and abs(out[-1][0] + out[-1][1] - onset) < 0.01:
            out[-1][1] += duration
            continue
        if out and out[-1][0] == onset:
            continue
        if out:
            out[-1][1] = min(out[-1][1], onset - out[-1][0])
        out.append([onset, duration, pitch, 90])
    return np.array([tuple(note) for note in out if note[1] > 0.02], MELODY_DTYPE)


def _chords(starts: list[tuple[float, Any]], beats: int) -> list[list[tuple[float, str]]]:
    """Return the chords of each bar of `beats` quarter notes."""
    num_bars = int(starts[-1][0] // beats) + 1
    bars: list[list[tuple[float, str]]] = [[] for _ in range(num_bars)]
    for start, measure in starts:
        for symbol in measure.recurse().getElementsByClass("ChordSymbol"):
            at = max(start + float(symbol.getOffsetInHierarchy(measure)), 0.0)
            root = symbol.root().midi % 12
            name = chord_name([root, *(root + (pitch.midi - root) % 12 for pitch in symbol.pitches)])
            if name and at < num_bars * beats:
                bars[int(at // beats)].append((at % beats + 1.0, name))
    return [sorted(bar) for bar in bars]
