"""Songs that are nearly the same music, whatever their files are called and whatever key they are in."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from groovevae.bars import Bars
from groovevae.bars.constants import PITCHED
from groovevae.measures.phrases import grid_digests

ALIKE = 0.8  # of the distinct bars of both songs together
MIN_BARS = 4  # distinct bars with notes: of fewer, sharing all says little
MAX_SONGS = 50  # with one bar that later songs are compared with: else stock patterns make all songs be compared


class NearDuplicate(NamedTuple):
    """A song (by index) and an earlier one that is nearly the same, with the share of their bars that both have."""

    song: int
    of: int
    share: float  # ALIKE to 1


def near_duplicates(songs: Iterable[Bars]) -> list[NearDuplicate]:
    """Every two songs that are nearly the same, in the order of the songs.

    Two songs are by the share of their distinct bars that both have, strike for strike (Jaccard's index).
    Octaves, roles, velocities, lengths and micro-timing do not count; songs are compared in C major or A minor. Of
    more than MAX_SONGS songs with a bar, the later ones are compared with the first alone.
    """
    bars_of = [np.array(list(distinct_bars(bars)), np.uint64) for bars in songs]
    common = _in_several(bars_of)
    found: list[NearDuplicate] = []
    songs_with: dict[int, list[int]] = defaultdict(list)
    for song, own in enumerate(bars_of):
        if len(own) < MIN_BARS:
            continue
        shared: Counter[int] = Counter()
        for bar in own[_among(own, common)].tolist():
            shared.update(songs_with[bar])
            if len(songs_with[bar]) < MAX_SONGS:
                songs_with[bar].append(song)
        shares = {other: count / (len(own) + len(bars_of[other]) - count) for other, count in shared.items()}
        found += [NearDuplicate(song, other, shares[other]) for other in sorted(shares) if shares[other] >= ALIKE]
    return found


def _in_several(bars_of: Sequence[np.ndarray]) -> np.ndarray:
    """The bars that more than one song has, sorted: most bars of a collection are in one alone."""
    bars, counts = np.unique(np.concatenate([np.zeros(0, np.uint64), *bars_of]), return_counts=True)
    return bars[counts > 1]


def _among(bars: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Which bars (N,) are among sorted known ones."""
    place = np.searchsorted(known, bars)
    return np.isin(bars, known[place[place < len(known)]])


def most_alike(pairs: Iterable[NearDuplicate]) -> dict[int, NearDuplicate]:
    """For each song that is nearly an earlier one, the pair with the one it shares most with."""
    best: dict[int, NearDuplicate] = {}
    for pair in pairs:
        if pair.song not in best or pair.share > best[pair.song].share:
            best[pair.song] = pair
    return best


def distinct_bars(bars: Bars) -> set[int]:
    """A number for each distinct bar with a strike: which pitch classes are struck when, by whichever role, and drums.

    Octaves and roles do not count: moved to C, a song may lie an octave off, and be dealt to the roles otherwise.
    """
    struck = np.any([bars.struck_chroma(role) for role in PITCHED], axis=0)  # (N, T, 12)
    grids = {"drums": bars.onsets("drums"), "pitched": struck}
    digests = grid_digests({name: grid.astype(np.uint8) for name, grid in grids.items()})  # (N, 2) uint64
    mixed = (digests[digests.any(1)] * np.array([1, 3], np.uint64)).sum(1, dtype=np.uint64)
    return set(mixed.tolist())
