"""Turns bars into compact bytes, each bar by itself, and back, so that any of them can be read alone.

Most of a bar is silence: of its 2,070 bytes, those that are not zero are kept, and a mask that says which they are;
most of the mask is zero too, and is kept in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from groovevae.bars import Bars

_TEMPLATE = vars(Bars.empty(1))
_SIZES = [array.nbytes for array in _TEMPLATE.values()]
_CELLS = sum(_SIZES)  # bytes of an unpacked bar
_MASK = -(-_CELLS // 8)  # bytes of the mask of its cells
_TOP = -(-_MASK // 8)  # bytes of the mask of that mask
_TOGETHER = 1024  # bars packed or unpacked at once: a piece of many hours must not take its size in memory again


def pack_bars(bars: Bars) -> tuple[bytes, np.ndarray]:
    """Return the bytes of bars (N), one after another, and how many each takes, (N,) u2."""
    packed = [_pack(part) for part in in_parts(bars)]
    sizes = [np.zeros(0, np.uint16), *(own.astype(np.uint16) for _, own in packed)]
    return b"".join(data for data, _ in packed), np.concatenate(sizes)


def unpack_bars(data: bytes, sizes: np.ndarray) -> Bars:
    """Return the bars whose bytes, `sizes` (N,) of them each, follow one another in `data`."""
    end = np.cumsum(sizes, dtype=np.int64)
    start = end - sizes
    flat = np.frombuffer(data, np.uint8)
    parts = [_unpack(flat, start[at : at + _TOGETHER]) for at in range(0, len(sizes), _TOGETHER)]
    return parts[0] if len(parts) == 1 else Bars.concatenate([Bars.empty(0), *parts])


def in_parts(bars: Bars) -> Iterator[Bars]:
    """Yield bars some at a time."""
    for start in range(0, len(bars), _TOGETHER):
        yield bars[start : start + _TOGETHER]


def _pack(bars: Bars) -> tuple[bytes, np.ndarray]:
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


def _unpack(data: np.ndarray, start: np.ndarray) -> Bars:
    """Return the bars that `_pack` packed, and that begin at `start` (n,) in `data`."""
    place = start[:, None] + np.arange(_TOP)  # (n, top)
    mask, place = _filled(data, data[place], place[:, -1] + 1, _MASK)
    cells, _ = _filled(data, mask, place, _CELLS)
    ends = np.cumsum(_SIZES)[:-1]
    arrays = {
        name: np.ascontiguousarray(part).view(array.dtype).reshape(len(start), *array.shape[1:])
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
