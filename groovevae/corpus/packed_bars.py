"""Keeps the bars of a corpus packed in files that the system maps into memory, and unpacks those that are asked for.

Most of a bar is silence: of its 2,064 cells, a mask of those that are not zero and their values are kept, some 350
bytes. What a training run needs in memory then hardly depends on how many bars there are. The files have no names,
lie in the cache folder, and are gone when the process ends.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

import numpy as np

from groovevae.bars import Bars
from groovevae.bars.states import GRIDS
from groovevae.corpus.cache import cache_folder
from groovevae.errors import OutputError

_TEMPLATE = Bars.empty(1)
_SHAPES = {name: grid.shape[1:] for name, grid in _TEMPLATE.grids.items()}
_SIZES = {name: int(np.prod(shape)) for name, shape in _SHAPES.items()}
_CELLS = sum(_SIZES.values())  # bytes of an unpacked bar


class PackedBars:
    """N bars on disk. Indexed like `Bars`, it returns the bars themselves; what all batches ask for is in memory."""

    def __init__(self, parts: Iterable[Bars]) -> None:
        """Pack bars part by part. Raises OutputError where the disk is full."""
        with _unnamed_file() as masks, _unnamed_file() as values:
            kept = [_packed(part, masks, values) for part in parts]
            self._masks, self._values = _mapped(masks), _mapped(values)
        counts, self.metre, self.tempo, self.has_notes, self.num_beats = (
            np.concatenate(column) for column in zip(_about(Bars.empty(0)), *kept, strict=True)
        )
        self._masks = self._masks.reshape(len(counts), -(-_CELLS // 8))
        self._end = np.cumsum(counts, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._end)

    def __getitem__(self, index: slice | np.ndarray) -> Bars:
        """Return the bars that a slice, an array of indices or a mask picks."""
        index = np.arange(len(self))[index]
        filled = np.unpackbits(self._masks[index], axis=1, count=_CELLS).view(bool)  # (B, cells)
        end, count = self._end[index], filled.sum(1)
        place = np.arange(count.sum()) + np.repeat(end - np.cumsum(count), count)
        cells = np.zeros(filled.shape, np.uint8)
        cells[filled] = self._values[place]
        ends = np.cumsum(list(_SIZES.values()))[:-1]
        grids = {
            name: np.ascontiguousarray(part).view(getattr(_TEMPLATE, name).dtype).reshape(len(index), *_SHAPES[name])
            for name, part in zip(GRIDS, np.split(cells, ends, axis=1), strict=True)
        }
        return Bars(**grids, metre=self.metre[index], tempo=self.tempo[index])


def _packed(bars: Bars, masks: IO[bytes], values: IO[bytes]) -> tuple[np.ndarray, ...]:
    """Append bars to the files, and return what is kept of them in memory."""
    grids = (grid.reshape(len(bars), _SIZES[name]) for name, grid in bars.grids.items())
    cells = np.concatenate([grid.view(np.uint8) for grid in grids], axis=1)  # (n, cells)
    filled = cells != 0
    try:
        masks.write(np.packbits(filled, axis=1).tobytes())
        values.write(cells[filled].tobytes())
    except OSError as error:
        raise _no_room(error) from None
    return _about(bars, filled.sum(1))


def _about(bars: Bars, counts: np.ndarray | None = None) -> tuple[np.ndarray, ...]:
    counts = np.zeros(len(bars), int) if counts is None else counts
    return counts.astype(np.int32), bars.metre, bars.tempo, bars.has_notes, bars.num_beats.astype(np.uint8)


def _mapped(file: IO[bytes]) -> np.ndarray:
    """Return the bytes of a file, mapped into memory."""
    try:
        file.flush()
    except OSError as error:
        raise _no_room(error) from None
    return np.memmap(file, np.uint8, "r") if file.tell() else np.zeros(0, np.uint8)


def _unnamed_file() -> IO[bytes]:
    """Return a file for the bars: in the cache folder, since a system's folder for temporary files may be memory."""
    folder: Path | None = cache_folder()
    try:
        cache_folder().mkdir(parents=True, exist_ok=True)
    except OSError:
        folder = None
    try:
        return tempfile.TemporaryFile(dir=folder)
    except OSError as error:
        raise _no_room(error) from None


def _no_room(error: OSError) -> OutputError:
    return OutputError(
        f"{cache_folder()}: no room for the bars to train on ({error.strerror or error}); make some, or set "
        "GROOVEVAE_CACHE to a folder with more"
    )
