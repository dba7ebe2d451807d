"""Finds songs that are nearly the same music, whatever their names and keys. Compares notes alone, never files.

Workers give each distinct bar of a song a number when they read it (`bar_numbers`); songs are compared by these alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from groovevae.bars import Bars
from groovevae.bars.constants import PITCHED
from groovevae.measures.phrases import grid_digests
from groovevae.progress import Progress, quiet

ALIKE = 0.8  # of the distinct bars of both songs together
MIN_BARS = 4  # distinct bars with notes: two songs that share fewer may do so by chance
MAX_SONGS = 50  # compared for each bar: otherwise stock patterns would have all songs compared
_TOGETHER = 2**20  # bars looked up at once
_TOLD = 1000  # songs between two reports: to say so takes longer than to look at one


class NearDuplicate(NamedTuple):
    """A song (by index) and an earlier one that is nearly the same, with the share of their bars that both have."""

    song: int
    of: int
    share: float  # ALIKE to 1


class Numbered(Protocol):
    """A song whose distinct bars have numbers."""

    @property
    def num_distinct(self) -> int:
        """How many numbers there are."""
        ...

    @property
    def numbers(self) -> np.ndarray:
        """As `bar_numbers` returns them."""
        ...


class _Shared(NamedTuple):
    """The bars of songs that several of them have, one after another in the order of the songs."""

    song: np.ndarray  # (M,) int
    bar: np.ndarray  # (M,) int: the same for the same bar
    is_early: np.ndarray  # (M,) bool: whether the song is one of the first MAX_SONGS that have the bar


def pairs_alike(songs: Sequence[Numbered], *, progress: Progress = quiet) -> list[NearDuplicate]:
    """Find every two songs that are nearly the same, in the order of the songs.

    The measure is the share of their distinct bars that both songs have, strike for strike (Jaccard's index).
    Octaves, roles, velocities, lengths and micro-timing do not count; songs are compared in C major or A minor.
    Where more than MAX_SONGS songs have a bar, it counts only towards pairs with one of the first MAX_SONGS.
    """
    sizes = np.array([song.num_distinct for song in songs], np.int64)
    ends = np.cumsum(sizes)
    numbers = np.empty(int(sizes.sum()), np.uint64)
    for done, (song, end, size) in enumerate(zip(songs, ends.tolist(), sizes.tolist(), strict=True)):
        if done % _TOLD == 0:
            progress("looking for near-duplicates", done, len(songs))
        numbers[end - size : end] = song.numbers
    return _compared(_shared(numbers, sizes), sizes, progress)


def near_duplicates(songs: Sequence[Bars], *, progress: Progress = quiet) -> list[NearDuplicate]:
    """Find every two songs that are nearly the same by their bars, as `pairs_alike` does."""
    return pairs_alike([_Numbers(bar_numbers(bars)) for bars in songs], progress=progress)


class _Numbers(NamedTuple):
    numbers: np.ndarray

    @property
    def num_distinct(self) -> int:
        return len(self.numbers)


def _shared(numbers: np.ndarray, sizes: np.ndarray) -> _Shared:
    """Return what songs share of their bars, whose numbers (B,) follow one another, `sizes` of them a song.

    Songs with fewer than MIN_BARS are left out.
    """
    common = _repeated(numbers)
    ends = np.cumsum(sizes)
    songs, bars = [np.zeros(0, np.int32)], [np.zeros(0, np.int32)]
    for start in range(0, len(numbers) if len(common) else 0, _TOGETHER):
        part = numbers[start : start + _TOGETHER]
        place = np.minimum(np.searchsorted(common, part), len(common) - 1)
        found = np.flatnonzero(common[place] == part)
        song = np.searchsorted(ends, found + start, side="right")
        is_long = sizes[song] >= MIN_BARS
        songs.append(song[is_long].astype(np.int32))
        bars.append(place[found[is_long]].astype(np.int32))
    song, bar = np.concatenate(songs), np.concatenate(bars)
    return _Shared(song, bar, _is_early(bar))


def _repeated(numbers: np.ndarray) -> np.ndarray:
    """Return the numbers that are there several times, sorted: most bars of a collection are in one song only."""
    numbers = np.sort(numbers)
    return np.unique(numbers[1:][numbers[1:] == numbers[:-1]])


def _is_early(bar: np.ndarray) -> np.ndarray:
    """Tell which of (M,) are among the first MAX_SONGS of the same bar."""
    order = np.argsort(bar, kind="stable")
    count = np.bincount(bar)
    rank = np.arange(len(bar)) - np.repeat(np.cumsum(count) - count, count)
    is_early = np.zeros(len(bar), bool)
    is_early[order] = rank < MAX_SONGS
    return is_early


def _compared(shared: _Shared, sizes: np.ndarray, progress: Progress) -> list[NearDuplicate]:
    """Compare the songs that share enough of their bars with any others to be nearly the same as one of them."""
    count = np.bincount(shared.song, minlength=len(sizes))
    ends = np.cumsum(count)
    candidates = np.flatnonzero((count > 0) & (count >= ALIKE * sizes - 1e-9))
    found: list[NearDuplicate] = []
    songs_with: dict[int, list[int]] = defaultdict(list)
    for done, song in enumerate(candidates.tolist()):
        if done and done % _TOLD == 0:
            progress("comparing songs that share bars", done, len(candidates))
        own = slice(ends[song] - count[song], ends[song])
        in_both: Counter[int] = Counter()
        for bar, is_early in zip(shared.bar[own].tolist(), shared.is_early[own].tolist(), strict=True):
            in_both.update(songs_with.get(bar, ()))
            if is_early:
                songs_with[bar].append(song)
        size = int(sizes[song])
        shares = {other: both / (size + int(sizes[other]) - both) for other, both in in_both.items()}
        found += [NearDuplicate(song, other, shares[other]) for other in sorted(shares) if shares[other] >= ALIKE]
    return found


def most_alike(pairs: Iterable[NearDuplicate]) -> dict[int, NearDuplicate]:
    """Choose, for each song that nearly repeats earlier ones, the pair with the one it shares most bars with."""
    best: dict[int, NearDuplicate] = {}
    for pair in pairs:
        if pair.song not in best or pair.share > best[pair.song].share:
            best[pair.song] = pair
    return best


def distinct_bars(bars: Bars) -> set[int]:
    """Return a number for each distinct bar with a strike, as `bar_numbers` does."""
    return set(bar_numbers(bars).tolist())


def bar_numbers(bars: Bars) -> np.ndarray:
    """Return a number for each distinct bar with a strike, (D,) u8, sorted: for the pitch classes and drums, and when.

    Octaves and roles do not count: once moved to C, another copy of a song may lie an octave higher or lower, and its
    notes may have been given other roles.
    """
    struck = np.any([bars.struck_chroma(role) for role in PITCHED], axis=0)  # (N, T, 12)
    grids = {"drums": bars.onsets("drums"), "pitched": struck}
    digests = grid_digests({name: grid.astype(np.uint8) for name, grid in grids.items()})  # (N, 2) uint64
    mixed = (digests[digests.any(1)] * np.array([1, 3], np.uint64)).sum(1, dtype=np.uint64)
    return np.unique(mixed)
