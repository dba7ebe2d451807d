"""Writes files whole or not at all. Knows nothing of what is in them."""

from __future__ import annotations

import errno
import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from groovevae.errors import OutputError

_IN_USE = (5, 32)  # Windows' ERROR_ACCESS_DENIED and ERROR_SHARING_VIOLATION
_WAITS = (0.05, 0.1, 0.2, 0.4, 0.8)  # seconds: a virus scanner is done by then, a DAW that plays the file is not


def write_file(path: str | Path, *parts: bytes | memoryview) -> None:
    """Write a file of these parts whole or not at all. Raises OutputError, one line, where that cannot be done."""
    path = Path(path)
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".tmp")
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)  # mkstemp makes files that only their owner can read
        _replace(temporary, path)
    except OSError as error:
        raise _not_written(path, error) from None
    finally:
        if temporary:
            Path(temporary).unlink(missing_ok=True)  # still there only where it has not become the file


def _replace(temporary: str, path: Path) -> None:
    """Move a file into place; try again where Windows refuses because, say, a virus scanner has one of them open."""
    for seconds in _WAITS:
        try:
            return os.replace(temporary, path)
        except PermissionError as error:
            if getattr(error, "winerror", None) not in _IN_USE:
                raise
            time.sleep(seconds)
    os.replace(temporary, path)


def check_place(path: str | Path) -> None:
    """Raise OutputError where a file cannot be written to `path`: call it before the work, not after it."""
    path = Path(path)
    folder = next(folder for folder in path.absolute().parents if folder.exists())
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise _not_written(path, error) from None


def _not_written(path: Path, error: OSError) -> OutputError:
    reason = error.strerror
    if isinstance(error, FileExistsError | NotADirectoryError):
        reason = "a folder on the way is a file"
    if getattr(error, "winerror", None) in _IN_USE:
        reason = f"{reason}: another program may have it open"
    return OutputError(f"{path}: cannot be written ({reason}); make room there, or choose another place")


def remove_unfinished(path: str | Path) -> None:
    """Remove what `write_file` left beside `path` when its process was killed. Nobody may be writing there."""
    path = Path(path)
    with suppress(OSError):  # no such folder yet, or none that can be looked into: the write will say so
        for file in path.parent.iterdir():
            if file.name.startswith(f".{path.name[:40]}.") and file.suffix == ".tmp":
                file.unlink()
