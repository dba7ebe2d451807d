"""Lists and reads the MIDI files in tar and zip archives, one after another, without unpacking them to disk.

It hands out bytes, and never parses what is in them.
"""

from __future__ import annotations

import os
import tarfile
import zipfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from groovevae.errors import CorpusError
from groovevae.midi.reading import MAX_FILE_BYTES
from groovevae.progress import Progress, quiet

TAR_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
ZIP_SUFFIX = ".zip"
_SUFFIXES = (*TAR_SUFFIXES, ZIP_SUFFIX)
_DAMAGE = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError)


class Member(NamedTuple):
    """A file in an archive: its name there, and its bytes, or why they cannot be had."""

    name: str
    data: bytes | str


def is_archive_name(name: str) -> bool:
    """Tell whether a path or a URL names an archive by its suffix."""
    return name.lower().endswith(_SUFFIXES)


def is_archive(path: str | Path) -> bool:
    """Tell whether a path names an archive by its suffix, and is a file."""
    return is_archive_name(str(path)) and os.path.isfile(path)


def member_names(archive: Path, *, progress: Progress = quiet) -> list[str]:
    """Return the names of all files in an archive, in its order. Raises CorpusError where it is damaged."""
    return [member.name for member in _members(archive, None, progress)]


def read_members(archive: Path, wanted: Collection[str]) -> Iterator[Member]:
    """Yield the files of an archive that have these names, in its order. Raises CorpusError where it is damaged."""
    left = set(wanted)
    if not left:
        return
    for member in _members(archive, left, quiet):
        left.discard(member.name)  # of two files of one name, the first counts
        yield member
        if not left:
            return


def _members(archive: Path, wanted: Collection[str] | None, progress: Progress) -> Iterator[Member]:
    """Yield files with their bytes, or without `wanted`, all of them without their bytes."""
    members = _zip_members if archive.name.lower().endswith(ZIP_SUFFIX) else _tar_members
    found = 0
    try:
        for member in members(archive, wanted, progress):
            found += 1
            yield member
    except _DAMAGE as error:
        raise CorpusError(
            f"{archive}: cannot be read after its first {found:,} files ({error}); fetch it anew, or unpack what can be"
        ) from None


def _tar_members(archive: Path, wanted: Collection[str] | None, progress: Progress) -> Iterator[Member]:
    size = archive.stat().st_size
    with archive.open("rb") as file, tarfile.open(fileobj=file, mode="r|*") as tar:  # "|": in one pass
        for info in tar:
            tar.members = []  # type: ignore[attr-defined]  # or it would keep all
            name = _plain(info.name)
            if not info.isfile() or (wanted is not None and name not in wanted):
                continue
            progress("listing the archive", min(file.tell(), size), size)
            if wanted is None or info.size > MAX_FILE_BYTES:
                yield Member(name, too_large(info.size))
            else:
                content = tar.extractfile(info)
                yield Member(name, content.read() if content else b"")


def _zip_members(archive: Path, wanted: Collection[str] | None, progress: Progress) -> Iterator[Member]:
    with zipfile.ZipFile(archive) as file:
        for info in file.infolist():
            name = _plain(info.filename)
            if info.is_dir() or (wanted is not None and name not in wanted):
                continue
            if wanted is None or info.file_size > MAX_FILE_BYTES:
                yield Member(name, too_large(info.file_size))
            else:
                yield Member(name, _unzipped(file, info))


def _plain(name: str) -> str:
    """Spell a name without "./" before it."""
    return str(PurePosixPath(name))


def _unzipped(file: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes | str:
    """Return the bytes of one file, of which each has a checksum of its own; or what is wrong with it."""
    try:
        return file.read(info)
    except (zipfile.BadZipFile, zlib.error, EOFError):
        return "damaged in the archive"
    except (RuntimeError, NotImplementedError):
        return "encrypted, or packed in a way that cannot be read"


def too_large(size: int) -> str:
    """Say why a file of so many bytes is not read."""
    return f"{size / 2**20:.0f} MiB; at most {MAX_FILE_BYTES // 2**20} MiB are read"
