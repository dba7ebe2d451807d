"""Hand-played takes of the Groove MIDI Dataset (CC-BY 4.0), dealt to groups so that no take serves songs of two groups.

The data set plays in 4/4 to a click, so a position in quarter notes is one in the bar: its feel is what is left over.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from corpus_making.tunes import number_of
from groovevae.midi.reading import load_score

BAR = 4  # quarter notes
GROUPS = 20  # of songs and takes
PHRASE = 4  # bars
MIN_BARS = 4  # of a take that is looped; most of the data set's short beats are single bars
MAX_STRETCH = 0.2  # as a logarithm: a take is played at most a fifth faster or slower than it was
EARLY = 0.15  # quarter notes: a hit so shortly before a bar line belongs to the bar after it
OFF_BEATS = (0.44, 0.54, 0.72, 0.83)  # of a beat: bounds of its half, of late eighths, and of its last sixteenth
FEW = 8  # late off-beats, which chance may give
KICKS = (35, 36)

# The keys of the electronic kit that General MIDI does not have, and those that mean the same.
TO_GENERAL_MIDI = {22: 42, 26: 46, 40: 38, 58: 43, 52: 49, 55: 49, 57: 49, 59: 51}


@dataclass(frozen=True)
class Take:
    """A performance: hits (N, 3) of quarter note, key and velocity, and where it is from."""

    path: str
    style: str
    tempo: float
    hits: np.ndarray
    num_bars: int
    is_fill: bool

    @property
    def swings(self) -> bool:
        """Whether off-beat eighths come late."""
        return swings(self.hits[:, 0])


def swings(onsets: np.ndarray) -> bool:
    """Say whether more onsets (N,) lie late in a beat than near its half, and than near its last sixteenth."""
    within = onsets[onsets > 0] % 1
    straight, late, sixteenth = np.histogram(within, OFF_BEATS)[0].tolist()
    return late > max(straight, sixteenth, FEW)


def group_of(name: str) -> int:
    """Return the group of a song or take: a number that its name alone decides, from 0."""
    return number_of(name) % GROUPS


def load_takes(root: Path) -> list[Take]:
    """Load the takes that manifest.csv lists, under General MIDI's keys."""
    with (root / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return [take for row in csv.DictReader(file) for take in _loaded(root, row)]


def _loaded(root: Path, row: dict[str, str]) -> Iterator[Take]:
    notes = load_score(root / row["path"]).notes
    keys = [TO_GENERAL_MIDI.get(key, key) for key in notes["pitch"].tolist()]
    hits = np.stack([notes["onset"], np.array(keys, float), notes["velocity"].astype(float)], axis=1)
    is_fill, num_bars = row["beat_or_fill"] == "fill", bars_to_loop(hits[:, 0])
    if len(hits) and (is_fill or num_bars >= MIN_BARS):
        yield Take(row["path"], row["full_style"], float(row["bpm"]), hits, num_bars, is_fill)


def bars_to_loop(onsets: np.ndarray) -> int:
    """Return how many bars of a take can be looped: whole phrases of four bars, without a last bar that breaks off.

    A shorter take is looped as far as it goes.
    """
    per_bar = np.bincount(((onsets + EARLY) // BAR).astype(int).clip(0))
    while len(per_bar) > 1 and per_bar[-1] < np.median(per_bar) / 2:
        per_bar = per_bar[:-1]
    return len(per_bar) - len(per_bar) % PHRASE if len(per_bar) >= PHRASE else len(per_bar)


def dealt(takes: Iterable[Take]) -> dict[int, list[Take]]:
    """Deal takes to groups: those of one style in turn, so that each group gets some of as many styles as can be."""
    of_style: dict[str, list[Take]] = defaultdict(list)
    for take in takes:
        of_style[f"{take.style.split('-')[0]} {take.is_fill}"].append(take)
    groups: dict[int, list[Take]] = defaultdict(list)
    for style, members in sorted(of_style.items()):
        first = group_of(style)
        for number, take in enumerate(sorted(members, key=lambda take: hashlib.sha256(take.path.encode()).digest())):
            groups[(first + number) % GROUPS].append(take)
    return groups


@dataclass(frozen=True)
class Wanted:
    """What a groove asks of a take: styles (a regular expression), swing, and tempos."""

    styles: str
    swung: bool
    slowest: float
    fastest: float

    def tempo_of(self, take: Take) -> float:
        """Return the tempo nearest to the take's own."""
        return float(np.clip(take.tempo, self.slowest, self.fastest))

    def is_met(self, take: Take) -> bool:
        """Say whether a take is of a style, swings or not as wanted, and need not be played much faster or slower."""
        is_near = abs(np.log(self.tempo_of(take) / take.tempo)) <= MAX_STRETCH
        return not take.is_fill and bool(re.match(self.styles, take.style)) and take.swings == self.swung and is_near


def choose(takes: Iterable[Take], wanted: Wanted, bass: np.ndarray, rng: np.random.Generator) -> Take | None:
    """Return the take that suits a groove best, or None where none does.

    Kicks that fall together with the bass (N,), in quarter notes, count, and a near tempo does; so does chance.
    """
    scores = [
        (together(take, bass) - abs(np.log(wanted.tempo_of(take) / take.tempo)) + rng.random(), number, take)
        for number, take in enumerate(takes)
        if wanted.is_met(take)
    ]
    return max(scores)[2] if scores else None


def fills_for(take: Take, takes: Iterable[Take]) -> list[Take]:
    """Return the fills of a take's kind among the others."""
    kind = take.style.split("-")[0]
    return [other for other in takes if other.is_fill and other.style.split("-")[0] == kind]


def together(take: Take, bass: np.ndarray) -> float:
    """Return the share of the take's kicks that fall on a step (a sixteenth of a bar) where the bass often begins."""
    kicks = np.rint(take.hits[np.isin(take.hits[:, 1], KICKS), 0] * 4).astype(int) % 16
    often = np.bincount(np.rint(bass * 4).astype(int) % 16, minlength=16) / max(len(bass), 1)
    return float((often[kicks] > 0.05).mean()) if len(kicks) else 0.0
