"""Packs songs into compact bytes and back, for worker pipes and the cache. Keeps no files and knows no genres.

What is asked of every song of a collection, such as which of its bars have notes, is worked out here, where workers
read files side by side, and lies before the bars, where it is read without them.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Callable
from dataclasses import fields
from typing import NamedTuple

import numpy as np

from groovevae.bars import Bars, Song
from groovevae.corpus.bar_bytes import in_parts, pack_bars, unpack_bars
from groovevae.corpus.duplicates import bar_numbers

_CHECKSUM = struct.Struct("<I")
_HEAD = struct.Struct("<16s32sIIII")  # the fields of SongHead
BODY_START = _CHECKSUM.size + _HEAD.size  # of a packed song: where the compressed rest begins
_LENGTHS = struct.Struct("<II")
_NOTES = np.uint8(0x80)  # the flag of a bar with notes; the others count its beats
_FLAG, _SIZE, _NUMBER = np.dtype("u1"), np.dtype("<u2"), np.dtype("<u8")

Read = Callable[[int, int], bytes]  # where to begin, how many bytes


class SongHead(NamedTuple):
    """What is known of a packed song without its bars."""

    bars_digest: bytes  # equal for two songs exactly when all their bars are equal
    song_digest: bytes  # equal for two songs exactly when all that is packed of them is equal
    num_bars: int
    num_sounding: int  # bars with notes
    num_distinct: int  # of `bar_numbers`
    header_size: int


def pack_song(song: Song) -> bytes:
    """Pack a song, about 4 KB for 87 bars: a checksum, its head, and the rest compressed (see `open_song`)."""
    data, sizes = pack_bars(song.bars)
    flags = bar_flags(song.bars)
    parts = [bar_numbers(part) for part in in_parts(song.bars)]
    numbers = np.unique(np.concatenate([np.zeros(0, _NUMBER), *parts]))
    header = _header(song)
    counts = (len(sizes), int(flagged_notes(flags).sum()), len(numbers), len(header))
    head = _HEAD.pack(*_digests(song.bars, header), *counts)
    arrays = ((flags, _FLAG), (sizes, _SIZE), (numbers, _NUMBER))
    rest = b"".join(array.astype(dtype).tobytes() for array, dtype in arrays) + header + data
    body = head + zlib.compress(rest, level=1)
    return _CHECKSUM.pack(zlib.crc32(body)) + body


def is_whole(packed: bytes) -> bool:
    """Tell whether the checksum holds: false where a disk or a crash has damaged the bytes."""
    if len(packed) < BODY_START:
        return False
    return _CHECKSUM.unpack_from(packed)[0] == zlib.crc32(memoryview(packed)[_CHECKSUM.size :])


def head_of(packed: bytes) -> SongHead:
    """Return the head of a packed song, of which the first BODY_START bytes are enough."""
    return SongHead._make(_HEAD.unpack_from(packed, _CHECKSUM.size))


def open_song(packed: bytes) -> bytes:
    """Return what follows the head: a flag, and a size, of each bar, `bar_numbers`, the header, and the bars."""
    return zlib.decompress(packed[BODY_START:])


def unpack_song(packed: bytes) -> Song:
    """Return the song that `pack_song` packed; the caller may change its arrays."""
    return song_in(head_of(packed), open_song(packed))


def song_in(head: SongHead, opened: bytes) -> Song:
    """Return the song in opened bytes."""
    sizes = read_sizes(head, lambda start, size: opened[start : start + size])
    start = bars_start(head)
    others = json.loads(opened[start - head.header_size : start])
    others = {name: tuple(value) if isinstance(value, list) else value for name, value in others.items()}
    return Song(bars=unpack_bars(opened[start:], sizes), **others)


def bars_start(head: SongHead) -> int:
    """Return where in opened bytes the bars begin."""
    return _places(head)[-1]


def read_flags(head: SongHead, read: Read) -> np.ndarray:
    """Return the flag of each bar, (N,) u1, from what reads opened bytes."""
    return np.frombuffer(read(0, head.num_bars), _FLAG)


def read_sizes(head: SongHead, read: Read) -> np.ndarray:
    """Return how many bytes each bar takes, (N,) u2."""
    start = _places(head)[0]
    return np.frombuffer(read(start, head.num_bars * _SIZE.itemsize), _SIZE)


def read_numbers(head: SongHead, read: Read) -> np.ndarray:
    """Return the `bar_numbers` of a song, (D,) u8, sorted."""
    start = _places(head)[1]
    return np.frombuffer(read(start, head.num_distinct * _NUMBER.itemsize), _NUMBER)


def _places(head: SongHead) -> tuple[int, int, int]:
    """Return where in opened bytes the sizes, the numbers, and the bars begin."""
    numbers = head.num_bars * (_FLAG.itemsize + _SIZE.itemsize)
    return head.num_bars, numbers, numbers + head.num_distinct * _NUMBER.itemsize + head.header_size


def bar_flags(bars: Bars) -> np.ndarray:
    """Return one number for each bar, (N,) u1, of which `flagged_notes` and `flagged_beats` tell what it says."""
    parts = [np.zeros(0, np.uint8)]
    parts += [part.num_beats.astype(np.uint8) | _NOTES * part.has_notes.astype(np.uint8) for part in in_parts(bars)]
    return np.concatenate(parts)


def flagged_notes(flags: np.ndarray) -> np.ndarray:
    """Tell which bars have notes, (N,) bool."""
    return flags >= _NOTES


def flagged_beats(flags: np.ndarray) -> np.ndarray:
    """Return the beats of each bar, (N,) u1."""
    return flags & ~_NOTES


def _header(song: Song) -> bytes:
    others = {field.name: getattr(song, field.name) for field in fields(Song) if field.name != "bars"}
    return json.dumps(others, default=lambda number: number.item()).encode()  # default: numpy numbers


def _digests(bars: Bars, header: bytes) -> tuple[bytes, bytes]:
    """Return the digests of bars, and of them with all else that is known of a song.

    Runs are resumed by the second. It is that of a song array by array, compressed, behind a checksum.
    """
    arrays = b"".join(_array_to_bytes(getattr(bars, field.name)) for field in fields(Bars))
    body = zlib.compress(_LENGTHS.pack(len(header), len(bars)) + header + arrays, level=1)
    of_bars = hashlib.blake2b(arrays, digest_size=16).digest()
    checksum = _CHECKSUM.pack(zlib.crc32(of_bars + body))
    return of_bars, hashlib.sha256(checksum + of_bars + body).digest()


def _array_to_bytes(array: np.ndarray) -> bytes:
    values = np.ascontiguousarray(array).reshape(-1)
    filled = values != 0
    return np.packbits(filled).tobytes() + values[np.flatnonzero(filled)].tobytes()  # a mask as index is 5 times slower
