"""Finds the bars of a corpus where they lie packed on disk, and unpacks those that are asked for.

The bars of files that were read are where reading has left them; bars from elsewhere are packed into a file of their
own. A training run then needs 22 bytes of memory for each bar.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from groovevae.bars import Bars
from groovevae.corpus.bar_bytes import pack_bars, unpack_bars
from groovevae.corpus.pack import bar_flags, flagged_beats, flagged_notes
from groovevae.corpus.spool import Spool


class Places(NamedTuple):
    """Where n packed bars lie, one after another, and what all batches ask of them."""

    spool: Spool
    start: int  # of the first
    sizes: np.ndarray  # (n,) u2: bytes of each
    flags: np.ndarray  # (n,) u1: as `pack.bar_flags` makes them


class KeptBars(Protocol):
    """N bars that are somewhere, indexed like `Bars`. What all batches ask for is in memory."""

    has_notes: np.ndarray  # (N,) bool
    num_beats: np.ndarray  # (N,) uint8

    def __len__(self) -> int: ...

    def __getitem__(self, index: slice | np.ndarray) -> Bars: ...

    @property
    def nbytes(self) -> int:
        """Bytes that they take on this machine's disk."""
        ...


class PackedBars:
    """N bars on disk. Indexed like `Bars`, it returns the bars themselves; what all batches ask for is in memory."""

    def __init__(self, parts: Iterable[Bars | Places]) -> None:
        """Gather bars part by part, and pack those that are not. Raises OutputError where the disk is full."""
        own = Spool()
        self._spools: list[Spool] = []
        first_of_run, num_bars = [], 0
        starts, sizes, flags = (bytearray() for _ in range(3))  # as they grow, nothing is copied
        for part in parts:
            places = packed_into(own, part) if isinstance(part, Bars) else part
            if not self._spools or places.spool is not self._spools[-1]:
                self._spools.append(places.spool)
                first_of_run.append(num_bars)
            starts += (places.start + np.cumsum(places.sizes, dtype=np.int64) - places.sizes).tobytes()
            sizes += places.sizes.tobytes()
            flags += places.flags.tobytes()
            num_bars += len(places.sizes)
        self._first_of_run = np.array(first_of_run, np.int64)  # index of the first bar in each of `_spools`
        self._start, self._size = np.frombuffer(starts, np.int64), np.frombuffer(sizes, np.uint16)
        of_bars = np.frombuffer(flags, np.uint8)
        self.has_notes, self.num_beats = flagged_notes(of_bars), flagged_beats(of_bars)

    def __len__(self) -> int:
        return len(self._start)

    @property
    def nbytes(self) -> int:
        """Bytes that the bars take on disk."""
        return int(self._size.sum())

    def __getitem__(self, index: slice | np.ndarray) -> Bars:
        """Return the bars that a slice, an array of indices or a mask picks. Raises OutputError for a failing disk."""
        return bars_of(self.packed(np.arange(len(self))[index]))

    def packed(self, index: np.ndarray) -> list[bytes]:
        """Return bars (n,) as they are packed, for `bars_of`. Raises OutputError for a failing disk."""
        start, size = self._start[index], self._size[index]
        run = np.searchsorted(self._first_of_run, index, side="right") - 1
        packed = [b""] * len(index)
        for number in np.unique(run).tolist():
            own = np.flatnonzero(run == number)
            read = self._spools[number].read_all(start[own].tolist(), size[own].tolist())
            for place, data in zip(own.tolist(), read, strict=True):
                packed[place] = data
        return packed


def bars_of(packed: Sequence[bytes]) -> Bars:
    """Return bars that are packed each by itself."""
    return unpack_bars(b"".join(packed), np.array([len(one) for one in packed], np.int64))


def packed_into(spool: Spool, bars: Bars) -> Places:
    """Pack bars into a spool. Raises OutputError where the disk is full."""
    data, sizes = pack_bars(bars)
    return Places(spool, spool.append(data), sizes, bar_flags(bars))
