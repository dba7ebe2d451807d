"""Finds songs that are nearly the same music, whatever their names and keys. Compares notes alone, never files."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from groovevae.bars import Bars
from groovevae.bars.constants import PITCHED
from groovevae.measures.phrases import grid_digests
from groovevae.progress import Progress, quiet

ALIKE = 0.8  # of the distinct bars of both songs together
MIN_BARS = 4  # distinct bars with notes: two songs that share fewer may do so by chance
MAX_SONGS = 50  # compared for each bar: otherwise stock patterns would have all songs compared


class NearDuplicate(NamedTuple):
    """A song (by index) and an earlier one that is nearly the same, with the share of their bars that both have."""

    song: int
    of: int
    share: float  # ALIKE to 1


def near_duplicates(songs: Sequence[Bars], *, progress: Progress = quiet) -> list[NearDuplicate]:
    """Find every two songs that are nearly the same, in the order of the songs.

    The measure is the share of their distinct bars that both songs have, strike for strike (Jaccard's index).
    Octaves, roles, velocities, lengths and micro-timing do not count; songs are compared in C major or A minor.
    Where more than MAX_SONGS songs have a bar, it counts only towards pairs with one of the first MAX_SONGS.
    """
    bars_of = []
    for done, bars in enumerate(songs):
        progress("looking for near-duplicates", done, len(songs))
        bars_of.append(np.array(list(distinct_bars(bars)), np.uint64))
    return near_duplicates_among(bars_of)


def near_duplicates_among(bars_of: Sequence[np.ndarray]) -> list[NearDuplicate]:
    """Find what `near_duplicates` does among songs of which the `distinct_bars` are given, each (n,) uint64."""
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
    """Return the bars that more than one song has, sorted: most bars of a collection are in one song only."""
    bars = np.concatenate([np.zeros(0, np.uint64), *bars_of])
    bars.sort()
    return np.unique(bars[1:][bars[1:] == bars[:-1]])


def _among(bars: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Tell which bars (N,) are among the known ones, which are sorted."""
    place = np.searchsorted(known, bars)
    return np.isin(bars, known[place[place < len(known)]])


def most_alike(pairs: Iterable[NearDuplicate]) -> dict[int, NearDuplicate]:
    """Choose, for each song that nearly repeats earlier ones, the pair with the one it shares most bars with."""
    best: dict[int, NearDuplicate] = {}
    for pair in pairs:
        if pair.song not in best or pair.share > best[pair.song].share:
            best[pair.song] = pair
    return best


def distinct_bars(bars: Bars) -> set[int]:
    """Return a number for each distinct bar with a strike: it stands for the pitch classes and drums struck, and when.

    Octaves and roles do not count: once moved to C, another copy of a song may lie an octave higher or lower, and its
    notes may have been given other roles.
    """
    struck = np.any([bars.struck_chroma(role) for role in PITCHED], axis=0)  # (N, T, 12)
    grids = {"drums": bars.onsets("drums"), "pitched": struck}
    digests = grid_digests({name: grid.astype(np.uint8) for name, grid in grids.items()})  # (N, 2) uint64
    mixed = (digests[digests.any(1)] * np.array([1, 3], np.uint64)).sum(1, dtype=np.uint64)
    return set(mixed.tolist())
