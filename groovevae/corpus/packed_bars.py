"""Keeps the bars of a corpus packed on disk, and unpacks those that are asked for.

Most of a bar is silence: of its 2,070 bytes, those that are not zero are kept, and a mask that says which they are;
most of the mask is zero too, and is kept in the same way. A training run then needs 20 bytes of memory for each bar.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np

from groovevae.bars import Bars
from groovevae.corpus.spool import Spool

_TEMPLATE = vars(Bars.empty(1))
_SIZES = [array.nbytes for array in _TEMPLATE.values()]
_CELLS = sum(_SIZES)  # bytes of an unpacked bar
_MASK = -(-_CELLS // 8)  # bytes of the mask of its cells
_TOP = -(-_MASK // 8)  # bytes of the mask of that mask


class KeptBars(Protocol):
    """N bars that are somewhere, indexed like `Bars`. What all batches ask for is in memory."""

    has_notes: np.ndarray  # (N,) bool
    num_beats: np.ndarray  # (N,) uint8

    def __len__(self) -> int: ...

    def __getitem__(self, index: slice | np.ndarray) -> Bars: ...


class PackedBars:
    """N bars on disk. Indexed like `Bars`, it returns the bars themselves; what all batches ask for is in memory."""

    def __init__(self, parts: Iterable[Bars]) -> None:
        """Pack bars part by part. Raises OutputError where the disk is full."""
        self._spool = Spool()
        sizes, has_notes, num_beats = [np.zeros(0, np.int64)], [np.zeros(0, bool)], [np.zeros(0, np.uint8)]
        for part in parts:
            packed, own_sizes = _pack(part)
            self._spool.append(packed)
            sizes.append(own_sizes)
            has_notes.append(part.has_notes)
            num_beats.append(part.num_beats.astype(np.uint8))
        self._end = np.cumsum(np.concatenate(sizes), dtype=np.int64)
        self.has_notes, self.num_beats = np.concatenate(has_notes), np.concatenate(num_beats)

    def __len__(self) -> int:
        return len(self._end)

    @property
    def nbytes(self) -> int:
        """Bytes that the bars take on disk."""
        return int(self._end[-1]) if len(self) else 0

    def __getitem__(self, index: slice | np.ndarray) -> Bars:
        """Return the bars that a slice, an array of indices or a mask picks. Raises OutputError for a failing disk."""
        return unpack_bars(self.packed(index))

    def packed(self, index: slice | np.ndarray) -> list[bytes]:
        """Return the bytes of these bars, of which `unpack_bars` makes bars again."""
        index = np.arange(len(self))[index]
        end = self._end[index]
        start = np.where(index > 0, self._end[index - 1], 0)
        return self._spool.read_all(start.tolist(), (end - start).tolist())


def _pack(bars: Bars) -> tuple[bytes, np.ndarray]:
    """Return the bytes of bars (n), one after another, and how many each takes, (n,)."""
    columns = [
        np.ascontiguousarray(array).reshape(-1).view(np.uint8).reshape(len(bars), size)
        for array, size in zip(vars(bars).values(), _SIZES, strict=True)
    ]
    cells = np.concatenate(columns, axis=1)  # (n, cells)
    mask = np.packbits(cells != 0, axis=1)  # (n, mask)
    top = np.packbits(mask != 0, axis=1)  # (n, top)
    whole = np.concatenate([top, mask, cells], axis=1)
    kept = whole != 0
    kept[:, :_TOP] = True
    return whole[kept].tobytes(), kept.sum(1)


def unpack_bars(packed: Sequence[bytes]) -> Bars:
    """Return the bars that `PackedBars.packed` has handed out, one from each of `packed`."""
    data = np.frombuffer(b"".join(packed), np.uint8)
    sizes = np.array([len(one) for one in packed], np.int64)
    place = (np.cumsum(sizes) - sizes)[:, None] + np.arange(_TOP)  # (n, top)
    mask, place = _filled(data, data[place], place[:, -1] + 1, _MASK)
    cells, _ = _filled(data, mask, place, _CELLS)
    ends = np.cumsum(_SIZES)[:-1]
    arrays = {
        name: np.ascontiguousarray(part).view(array.dtype).reshape(len(packed), *array.shape[1:])
        for (name, array), part in zip(_TEMPLATE.items(), np.split(cells, ends, axis=1), strict=True)
    }
    return Bars(**arrays)


def _filled(data: np.ndarray, mask: np.ndarray, start: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return rows (n, size) with a mask's values, which begin at `start` (n,) in `data`, and where these end, (n,)."""
    filled = np.flatnonzero(np.unpackbits(mask, axis=1, count=size).view(bool))
    count = np.bincount(filled // size, minlength=len(mask))
    place = np.arange(len(filled)) + np.repeat(start - (np.cumsum(count) - count), count)
    rows = np.zeros((len(mask), size), np.uint8)
    rows.reshape(-1)[filled] = data[place]
    return rows, start + count
