"""Keeps bytes in a file without a name, and reads them back: what is kept takes disk, and hardly any memory.

The file lies in the cache folder, since a system's folder for temporary files may be memory, and is gone when the
process ends. It is read and not mapped: the pages of a map count as the memory of the process, and a disk that fails
under a map kills it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO

from groovevae.corpus.cache import CACHE_VARIABLE, cache_folder
from groovevae.errors import OutputError

_BUFFER = 2**18  # bytes that wait to be written
_LEAST_ROOM = 16 * 2**20  # bytes that are free where the file is made


class Spool:
    """Bytes on disk, in the order in which they were appended. Several threads may read."""

    def __init__(self) -> None:
        """Open the file. Raises OutputError where none can be made."""
        self._file = _unnamed_file()
        weakref.finalize(self, _close, self._file)
        self._size = self._written = 0  # bytes appended, and bytes of these that are on disk
        self._lock = threading.Lock()

    def append(self, data: bytes) -> int:
        """Append bytes, and return where they begin. Raises OutputError where the disk is full."""
        with self._lock, naming_full_disk():
            start = self._size
            self._file.write(data)
            self._size += len(data)
        return start

    def read(self, start: int, size: int) -> bytes:
        """Return `size` bytes from `start` on. Raises OutputError where the disk is full or fails."""
        return self.read_all([start], [size])[0]

    def read_all(self, starts: Sequence[int], sizes: Sequence[int]) -> list[bytes]:
        """Return the bytes at several places, like `read`."""
        with naming_full_disk():
            if self._written < self._size:
                with self._lock:
                    self._file.flush()
                    self._written = self._size
            return [self._read(start, size) for start, size in zip(starts, sizes, strict=True)]

    def store(self, data: bytes) -> Stored:
        """Append bytes, and return what reads them back."""
        return Stored(self, self.append(data), len(data))

    def _read(self, start: int, size: int) -> bytes:
        if hasattr(os, "pread"):
            return os.pread(self._file.fileno(), size, start)
        with self._lock:  # Windows
            self._file.seek(start)
            data = self._file.read(size)
            self._file.seek(0, os.SEEK_END)
        return data


@dataclass(frozen=True, eq=False, slots=True)
class Stored:
    """Bytes in a spool; equal to all that reads as the same bytes."""

    spool: Spool
    start: int
    size: int

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stored) and self.read() == other.read()

    def __hash__(self) -> int:
        return hash(self.read())

    def read(self) -> bytes:
        """Return the bytes. Raises OutputError where the disk fails."""
        return self.spool.read(self.start, self.size)


def _unnamed_file() -> IO[bytes]:
    """Return a file in the cache folder, or in the system's folder for such files where that has no room for it."""
    folder = cache_folder()
    try:
        if folder.parts[0] == "~":
            raise OSError("there is no home folder")
        folder.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(folder).free < _LEAST_ROOM:
            raise OSError("there is hardly any room")
        return tempfile.TemporaryFile(dir=folder, buffering=_BUFFER)
    except OSError:
        with naming_full_disk():
            return tempfile.TemporaryFile(buffering=_BUFFER)


def _close(file: IO[bytes]) -> None:
    with suppress(OSError):  # what a full disk could not take is not wanted any more
        file.close()


@contextmanager
def naming_full_disk() -> Iterator[None]:
    """Turn what goes wrong into one line that says how to mend it."""
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{cache_folder()}: what was read cannot be kept there ({error.strerror or error}); make room, or "
            f"set {CACHE_VARIABLE} to a folder with more"
        ) from None
