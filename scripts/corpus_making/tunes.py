"""Tunes: a melody and its chords, whatever they were read from. Reads no files.

A position is in quarter notes from the first whole bar; a pickup lies before 0.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

MELODY_DTYPE = np.dtype([("onset", "f8"), ("duration", "f8"), ("pitch", "u1"), ("velocity", "u1")])

# Semitones above the root of each kind of chord, as MMA spells it: those that fit best are tried first.
KINDS = {
    (0, 4, 7): "",
    (0, 3, 7): "m",
    (0, 4, 7, 10): "7",
    (0, 4, 7, 11): "M7",
    (0, 3, 7, 10): "m7",
    (0, 3, 6): "dim",
    (0, 3, 6, 9): "dim7",
    (0, 3, 6, 10): "m7b5",
    (0, 4, 8): "aug",
    (0, 4, 8, 10): "aug7",
    (0, 4, 7, 9): "6",
    (0, 3, 7, 9): "m6",
    (0, 3, 7, 11): "mM7",
    (0, 5, 7): "sus4",
    (0, 2, 7): "sus2",
    (0, 5, 7, 10): "7sus4",
    (0, 2, 4, 7, 10): "9",
    (0, 2, 3, 7, 10): "m9",
    (0, 2, 4, 7, 11): "M9",
    (0, 1, 4, 7, 10): "7b9",
    (0, 3, 4, 7, 10): "7#9",
    (0, 4, 6, 10): "7b5",
    (0, 2, 4, 7, 9): "6",
    (0, 2, 4, 9, 10): "13",
    (0, 4, 7, 9, 10): "13",
    (0, 7): "5",
}
NOTE_NAMES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
SWUNG = 2 / 3  # of a beat: where an off-beat eighth falls in swing
NEAR = 0.07  # quarter notes: an onset so near to an off-beat is on it


@dataclass(frozen=True)
class Tune:
    """A melody over chords. `chords` has, for each bar, pairs of the beat (from 1) and MMA's name of the chord."""

    title: str
    beats: int  # quarter notes in a bar
    chords: tuple[tuple[tuple[float, str], ...], ...]
    melody: np.ndarray  # (N,) MELODY_DTYPE
    swung: bool = False  # off-beat eighths are written late
    song_id: str = ""
    authors: str = ""
    source: str = ""  # the collection
    licence: str = ""
    attribution: str = ""

    @property
    def is_blues(self) -> bool:
        """Whether its title says that it is a blues."""
        return "blues" in self.title.lower()


def number_of(text: str) -> int:
    """Return a number from 0 that a text alone decides, and that looks drawn at random."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)


def song_id_of(title: str) -> str:
    """Spell a title in letters and digits alone: "Ain't Misbehavin'" is "aint-misbehavin", as a path may be."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", plain.replace("'", "")))


# Ids under which sources have songs that others have under another title.
ALIASES = {
    "bloomf_pd_songs-auld_lang_syne": "auld-lang-syne",
    "bloomf_pd_songs-loch_lomond": "loch-lomond",
    "bloomf_pd_songs-red_river_valley": "red-river-valley",
    "bloomf_pd_songs-when_you_and_i_were_young_maggie": "when-you-and-i-were-young-maggie",
    "liza-all-the-cloudsll-roll-away": "liza",
    "the-world-is-waiting-for-the-sunrise-1919": "the-world-is-waiting-for-the-sunrise",
    "yes-sir-that-s-my-baby": "yes-sir-thats-my-baby",
    "youre-driving-me-crazy-what-did-i-do": "you-re-driving-me-crazy",
}


def with_apostrophes(title: str) -> str:
    """Return a title that a file's name was made from with its apostrophes: "Can T We" is "Can't We"."""
    return re.sub(r"(?<=\w) (T|S|M|D|Ll|Re|Ve)\b", lambda found: f"'{found.group(1).lower()}", title)


def chord_name(pitches: Iterable[int]) -> str | None:
    """Return MMA's name of a chord in root position; a kind that has no name loses its highest colours; None: silence.

    >>> chord_name([50, 53, 57, 60])
    'Dm7'
    """
    sounding = sorted(pitches)
    if not sounding:
        return None
    root = sounding[0] % 12
    above = list(dict.fromkeys((pitch - sounding[0]) % 12 for pitch in sounding))
    while above:
        kind = KINDS.get(tuple(sorted(above)))
        if kind is not None:
            return NOTE_NAMES[root] + kind
        above.pop()
    return NOTE_NAMES[root]


def filled(chords: list[list[tuple[float, str]]]) -> tuple[tuple[tuple[float, str], ...], ...]:
    """Return the bars so that each has a chord on its first beat: a chord lasts until the next.

    Raises ValueError where there is no chord at all.
    """
    first = next((name for bar in chords for _, name in bar), None)
    if first is None:
        raise ValueError("no chords")
    bars, now = [], first
    for bar in chords:
        spelled = [(1.0, now)] if not bar or min(bar)[0] > 1 else []
        for beat, name in sorted(dict(bar).items()):  # of two chords on one beat, the second
            if not spelled or name != spelled[-1][1]:
                spelled.append((beat, name))
        now = spelled[-1][1]
        bars.append(tuple(spelled))
    return tuple(bars)


def is_swung(onsets: np.ndarray) -> bool:
    """Say whether off-beat eighths of a melody lie nearer to two thirds of a beat than to half of one."""
    within = onsets % 1
    late, straight = (np.abs(within - place) < NEAR for place in (SWUNG, 0.5))
    return int(late.sum()) > int(straight.sum())


def with_swing(tune: Tune, *, swung: bool, ratio: float = SWUNG) -> Tune:
    """Return the tune with off-beat eighths at `ratio` of a beat, or half way.

    Only beats in which nothing but an eighth is struck off the beat are changed: triplets and sixteenths stay.
    """
    source, target = (SWUNG if tune.swung else 0.5), (ratio if swung else 0.5)
    melody = tune.melody.copy()
    for edge in ("onset", "end"):
        at = melody["onset"] if edge == "onset" else melody["onset"] + melody["duration"]
        moved = np.where(_is_lone_eighth(tune.melody["onset"], at, source), np.floor(at + 1e-6) + target, at)
        if edge == "onset":
            end = melody["onset"] + melody["duration"]
            melody["onset"] = moved
            melody["duration"] = np.maximum(end - moved, 0.05)
        else:
            melody["duration"] = np.maximum(moved - melody["onset"], 0.05)
    return replace(tune, melody=melody, swung=swung)


def _is_lone_eighth(onsets: np.ndarray, at: np.ndarray, place: float) -> np.ndarray:
    """Say of each position whether it is an off-beat eighth in a beat without other off-beat onsets, (N,) bool."""
    off = onsets[np.abs(onsets - np.rint(onsets)) > NEAR]
    crowded = set(np.floor(off[np.abs(off % 1 - place) > NEAR]).tolist())
    is_there = np.abs((at + 1e-6) % 1 - place) < NEAR
    return is_there & ~np.isin(np.floor(at + 1e-6), list(crowded))
