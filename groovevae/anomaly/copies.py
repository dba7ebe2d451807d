"""Makes broken copies of songs and measures them, so that a judge can learn what faults do to this kind of music."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from groovevae.anomaly.faults import FAULTS, inject
from groovevae.anomaly.measurements import describe
from groovevae.anomaly.song_statistics import song_values
from groovevae.bars import Bars
from groovevae.network.forward import Network

MOST_COPIED = 100  # songs of a collection, spread evenly over it


@dataclass(frozen=True)
class Copies:
    """Broken copies of songs: the values they are judged by (C, V), which song each copies (C,), and its fault (C,).

    Faults count from 1, in the order of FAULTS.
    """

    values: np.ndarray
    song: np.ndarray
    fault: np.ndarray

    def of(self, songs: np.ndarray) -> Copies:
        """Return the copies of some songs, by their indices (M,), renumbered in that order."""
        place = {int(song): number for number, song in enumerate(songs)}
        kept = np.flatnonzero(np.isin(self.song, songs))
        song = np.array([place[int(song)] for song in self.song[kept]], int)
        return Copies(self.values[kept], song, self.fault[kept])


def copied_songs(count: int) -> np.ndarray:
    """Return the indices of up to MOST_COPIED of so many songs, spread evenly."""
    return np.unique(np.linspace(0, count - 1, min(count, MOST_COPIED)).round().astype(int))


def break_songs(network: Network, songs: Sequence[Bars], numbers: np.ndarray, *, seed: int = 0) -> Copies:
    """Measure a copy of each song (M,) with each fault in all its bars; `numbers` (M,) are the songs' indices.

    A song is mixed with the one before. Faults that leave a song as it is are left out.
    """
    keys: list[tuple[int, int]] = []

    def broken() -> Iterator[Bars]:
        for place, bars in enumerate(songs):
            for fault, name in enumerate(FAULTS, 1):
                copy = inject(bars, name, strength=1.0, other=songs[place - 1], seed=seed + place)
                if copy is not None:
                    keys.append((int(numbers[place]), fault))
                    yield copy

    copies = broken()
    first = next(copies, None)
    if first is None:
        return Copies(np.zeros((0, 0)), np.zeros(0, int), np.zeros(0, int))
    values = song_values(describe(network, chain([first], copies), with_features=False))
    song, fault = np.array(keys, int).T
    return Copies(values, song, fault)
