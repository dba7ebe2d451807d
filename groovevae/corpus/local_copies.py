"""Keeps copies of archives in the cache folder: fetched from a URL, and unpacked for those who want some files of one.

Several processes may want one at once: the first makes it, and the others wait. A cache may always be lost.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import tempfile
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from groovevae.corpus.archives import Member, member_names, read_members
from groovevae.corpus.cache import CACHE_VARIABLE, cache_folder, file_stamp
from groovevae.corpus.entries import is_tune
from groovevae.corpus.remote import chunks_of, mark_of
from groovevae.corpus.spool import naming_full_disk
from groovevae.errors import CorpusError, OutputError
from groovevae.progress import Progress, quiet

_LOCK_SECONDS = 3600.0  # in which another process fetches or unpacks an archive
_STAMP = "stamp"
_TABLES = (
    "CREATE TABLE IF NOT EXISTS made (stamp TEXT)",
    "CREATE TABLE IF NOT EXISTS files (name BLOB PRIMARY KEY, reason TEXT, data BLOB) WITHOUT ROWID",
)


class Copy(NamedTuple):
    """A copy of an archive, and what tells the version that was copied from others."""

    path: Path
    mark: str


def fetched(url: str, *, progress: Progress = quiet) -> Copy:
    """Return a copy of the archive at a URL, fetched anew only where it has changed.

    Raises CorpusError where it cannot be reached, OutputError where there is no room for it.
    """
    mark = mark_of(url)
    folder = _folder_of(url)
    copy, stamp = folder / url.rstrip("/").rpartition("/")[2], folder / _STAMP
    with _locked(folder / "lock"), naming_full_disk():
        if not (copy.exists() and stamp.exists() and stamp.read_text("utf-8") == mark):
            stamp.unlink(missing_ok=True)
            with tempfile.TemporaryDirectory(dir=folder) as place:
                _fetch(url, Path(place) / "copy", progress)
                os.replace(Path(place) / "copy", copy)
            stamp.write_text(mark, "utf-8")
    return Copy(copy, mark)


def _fetch(url: str, out: Path, progress: Progress) -> None:
    done = 0
    with out.open("wb") as file:
        for chunk, size in chunks_of(url):
            file.write(chunk)
            done += len(chunk)
            progress("fetching the archive", min(done, size), size)


def read_unpacked(archive: Path, wanted: Collection[str]) -> Iterator[Member]:
    """Yield the files of an archive that have these names, in their order, from an unpacked copy of its tunes.

    `read_members` goes through the whole archive for it: that is better where all of them are wanted, once. Raises
    CorpusError where the archive is damaged, OutputError where there is no room for the copy.
    """
    place = _folder_of(str(archive.resolve())) / "unpacked.sqlite"
    stamp = file_stamp(archive)
    with _connected(place) as copy:
        if not _is_made(copy, stamp):
            copy.execute("BEGIN EXCLUSIVE")  # whole or not at all, and by one process
            if not _is_made(copy, stamp):
                _unpack(archive, copy, stamp)
            copy.execute("COMMIT")
        for name in wanted:
            row = copy.execute("SELECT reason, data FROM files WHERE name = ?", (_key(name),)).fetchone()
            if row is None:
                raise CorpusError(f"{archive}: changed while it was read; run the command again")
            yield Member(name, row[1] if row[0] is None else row[0])


def _is_made(copy: sqlite3.Connection, stamp: str) -> bool:
    return copy.execute("SELECT stamp FROM made").fetchone() == (stamp,)


def _unpack(archive: Path, copy: sqlite3.Connection, stamp: str) -> None:
    names = {name for name in member_names(archive) if is_tune(PurePosixPath(name))}
    copy.execute("DELETE FROM made")
    copy.execute("DELETE FROM files")
    for member in read_members(archive, names):
        reason, data = (member.data, None) if isinstance(member.data, str) else (None, member.data)
        copy.execute("INSERT INTO files VALUES (?, ?, ?)", (_key(member.name), reason, data))
    copy.execute("INSERT INTO made VALUES (?)", (stamp,))


def _folder_of(name: str) -> Path:
    folder = cache_folder() / "archives" / hashlib.sha256(os.fsencode(name)).hexdigest()[:24]
    with naming_full_disk():
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _key(name: str) -> bytes:
    return os.fsencode(name)


@contextmanager
def _locked(place: Path) -> Iterator[None]:
    """Keep other processes from doing the same; SQLite's locks work on all systems, and end with their process."""
    with _connected(place) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        yield


@contextmanager
def _connected(place: Path) -> Iterator[sqlite3.Connection]:
    """Open a database. Raises OutputError where it cannot be written."""
    try:
        opened = sqlite3.connect(place, timeout=_LOCK_SECONDS, isolation_level=None, check_same_thread=False)
        with closing(opened) as file:
            file.execute("PRAGMA synchronous = OFF")
            for table in _TABLES:
                file.execute(table)
            yield file
    except sqlite3.Error as error:
        raise OutputError(
            f"{place}: archives cannot be unpacked there ({error}); make room, or set {CACHE_VARIABLE} to a folder "
            "with more"
        ) from None
