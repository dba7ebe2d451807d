"""Keeps packed songs where parts of them can be read alone: what is asked of every song is read without its bars."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groovevae.bars import Song
from groovevae.corpus.pack import (
    BODY_START,
    SongHead,
    bars_start,
    head_of,
    open_song,
    read_flags,
    read_numbers,
    read_sizes,
    song_in,
)
from groovevae.corpus.spool import Spool, Stored


@dataclass(frozen=True, slots=True)
class KeptSong:
    """A packed song: its head in memory, and the rest there or on disk.

    Reading raises OutputError where the disk fails.
    """

    packed_head: bytes  # a third of the memory of a SongHead
    opened: bytes | Stored  # what `pack.open_song` returns

    @classmethod
    def from_packed(cls, packed: bytes, spool: Spool | None = None) -> KeptSong:
        """Keep a song in a spool, or else in memory. Raises OutputError where the disk is full."""
        opened = open_song(packed)
        return cls(packed[:BODY_START], opened if spool is None else spool.store(opened))

    @property
    def head(self) -> SongHead:
        """What is known of the song without its bars."""
        return head_of(self.packed_head)

    @property
    def flags(self) -> np.ndarray:
        """What is known of each bar, (N,) u1, as `pack.bar_flags` says it."""
        return read_flags(self.head, self.read)

    @property
    def num_distinct(self) -> int:
        """How many `numbers` there are."""
        return self.head.num_distinct

    @property
    def numbers(self) -> np.ndarray:
        """The numbers of the distinct bars with strikes, (D,) u8."""
        return read_numbers(self.head, self.read)

    @property
    def sizes(self) -> np.ndarray:
        """How many bytes each bar takes, (N,) u2."""
        return read_sizes(self.head, self.read)

    @property
    def bars_start(self) -> int:
        """Where in what was opened the bars begin."""
        return bars_start(self.head)

    @property
    def has_bars(self) -> bool:
        """Whether the bars are here too, and not only what is known without them (see `without_bars`)."""
        size = len(self.opened) if isinstance(self.opened, bytes) else self.opened.size
        return size > self.bars_start or not self.head.num_bars

    def without_bars(self) -> bytes:
        """Return what was opened up to the bars: all of a song that another process must have to split and batch it."""
        return self.read(0, self.bars_start)

    def song(self) -> Song:
        """Return the song, unpacked anew: its arrays are the caller's."""
        return song_in(self.head, self.read_all())

    def read_all(self) -> bytes:
        """Return all of what was opened."""
        return self.opened if isinstance(self.opened, bytes) else self.opened.read()

    def read(self, start: int, size: int) -> bytes:
        """Return bytes of what was opened."""
        if isinstance(self.opened, bytes):
            return self.opened[start : start + size]
        return self.opened.spool.read(self.opened.start + start, size)
