"""Keeps what was read from a corpus, in one SQLite database for each corpus folder. Never reads a MIDI file itself.

A cache may always be lost: a damaged one is replaced, and where none can be written, the work continues without.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sqlite3
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from groovevae.bars.choices import NO_CHOICES, Choices
from groovevae.corpus.pack import is_whole
from groovevae.systems import user_caches

CACHE_VARIABLE = "GROOVEVAE_CACHE"
_COMMIT_SECONDS = 1.0  # after a kill, at most the files of this time are read again
_LOCK_SECONDS = 30.0  # how long another process may keep the database locked
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)  # the last: its tables are not ours
_READER_SOURCES = (
    *("midi/*.py", "bars/*.py", "measures/phrases.py"),
    *("corpus/pack.py", "corpus/bar_bytes.py", "corpus/duplicates.py", "corpus/reader.py"),
)
_TABLE = """
    CREATE TABLE IF NOT EXISTS files (
        path BLOB PRIMARY KEY,  -- within the corpus, in the file system's own encoding
        stamp TEXT NOT NULL,  -- of the file and the reader when it was read
        reason TEXT,  -- why there is no song
        song BLOB  -- as pack_song wrote it
    )
"""
_LISTING = """
    CREATE TABLE IF NOT EXISTS listing (
        stamp TEXT NOT NULL,  -- of the archive
        names BLOB NOT NULL  -- of the files in it, packed
    )
"""

logger = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def reader_version() -> str:
    """Return a digest of the code that turns a file into a packed song: no version number has to be kept by hand."""
    digest = hashlib.sha256()
    for source in reader_sources():
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def reader_sources() -> list[Path]:
    """Return the files of that code."""
    package = Path(__file__).parent.parent
    return sorted(source for pattern in _READER_SOURCES for source in package.glob(pattern))


def cache_folder() -> Path:
    """Return $GROOVEVAE_CACHE, or `groovevae` in the user's cache folder, whose place depends on the system."""
    if folder := os.environ.get(CACHE_VARIABLE):
        return Path(folder)
    return Path(user_caches(os.environ, home=os.path.expanduser("~"))) / "groovevae"


def cache_file(root: Path, url: str = "") -> Path:
    """Return the path of the cache of a corpus folder, or of one that has a URL."""
    name = url.encode() if url else os.fsencode(root.resolve())
    return cache_folder() / f"{hashlib.sha256(name).hexdigest()[:24]}.sqlite"


def file_stamp(path: Path, choices: Choices = NO_CHOICES) -> str:
    """Return a file's size, times, choices and reader version: while they stay the same, it is not read again.

    The time of the last status change gives away a replacement that keeps size and date (cp -p, unzip), or a chmod.
    Empty: no such file.
    """
    try:
        status = path.stat()
    except OSError:
        return ""
    return with_reader(f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}", choices)


def with_reader(mark: str, choices: Choices = NO_CHOICES) -> str:
    """Return the stamp of a file that `mark` tells from its other versions. Empty: `mark` is, and tells nothing."""
    return mark and f"{mark} {reader_version()}{choices.to_json()}"


class Cache:
    """The packed song, or the reason why there is none, of each file of one corpus. A context manager.

    SQLite's journal makes it safe against kills, SQLite's locks against other processes; a failure turns it off with
    a warning.
    """

    def __init__(self, root: Path, url: str = "") -> None:
        self._root = root
        self._file = cache_file(root, url)
        self._database: sqlite3.Connection | None = None
        self._waiting: list[tuple[bytes, str, str | None, bytes | None]] = []
        self._committed = time.monotonic()

    def __enter__(self) -> Cache:
        try:
            self._open()
        except (sqlite3.Error, OSError) as error:
            self._turn_off(error)
        return self

    def __exit__(self, *_: object) -> None:
        self._commit()
        if self._database:
            self._database.close()

    def load(self, stamps: Mapping[Path, str]) -> Iterator[tuple[Path, bytes | str]]:
        """Yield the packed song or reason of each path whose stamp is still the same; forget all other files."""
        if not self._database:
            return
        try:
            yield from self._load(self._database, stamps)
        except sqlite3.Error as error:
            if _is_damage(error):
                self._start_anew()
            else:
                self._turn_off(error)

    def store(self, path: Path, result: bytes | str, *, stamp: str) -> None:
        """Keep the result of reading a file; `stamp` is its `file_stamp` from before it was read."""
        if not self._database or not stamp:
            return
        reason, song = (result, None) if isinstance(result, str) else (None, result)
        self._waiting.append((self._key(path), stamp, reason, song))
        if time.monotonic() - self._committed > _COMMIT_SECONDS:
            self._commit()

    def listing(self, stamp: str) -> list[str] | None:
        """Return the names of the files in an archive, if they were kept and the archive has this stamp still."""
        if not self._database:
            return None
        try:
            row = self._database.execute("SELECT names FROM listing WHERE stamp = ?", (stamp,)).fetchone()
            return row and json.loads(zlib.decompress(row[0]))
        except (sqlite3.Error, zlib.error, ValueError):
            return None

    def keep_listing(self, names: list[str], *, stamp: str) -> None:
        """Keep the names of the files in an archive, in place of earlier ones."""
        if not self._database:
            return
        try:
            with self._database:
                self._database.execute("DELETE FROM listing")
                self._database.execute("INSERT INTO listing VALUES (?, ?)", (stamp, zlib.compress(_json(names))))
        except sqlite3.Error as error:
            self._turn_off(error)

    def _open(self) -> None:
        if self._file.parts[0] == "~":
            raise OSError("there is no home folder")
        self._file.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._connect()
        except sqlite3.Error as error:
            if not _is_damage(error):
                raise
            self._start_anew()

    def _connect(self) -> None:
        self._database = sqlite3.connect(self._file, timeout=_LOCK_SECONDS)
        self._database.execute("PRAGMA synchronous = OFF")  # a power cut may cost the cache, a kill does not
        self._database.execute(_TABLE)
        self._database.execute(_LISTING)

    def _start_anew(self) -> None:
        """Throw the database away and make a new one; where that fails too, turn the cache off."""
        if self._database:
            self._database.close()
        try:
            for file in (self._file, Path(f"{self._file}-journal")):
                file.unlink(missing_ok=True)
            self._connect()
        except (sqlite3.Error, OSError) as error:
            self._turn_off(error)

    def _load(self, database: sqlite3.Connection, stamps: Mapping[Path, str]) -> Iterator[tuple[Path, bytes | str]]:
        wanted = {self._key(path): path for path in stamps}
        gone = []
        for key, stamp, reason, song in database.execute("SELECT path, stamp, reason, song FROM files"):
            path = wanted.get(key)
            if path is None:
                gone.append((key,))
            elif stamp == stamps[path] and (reason is not None or is_whole(song or b"")):
                yield path, song if reason is None else reason
        if gone:
            with database:
                database.executemany("DELETE FROM files WHERE path = ?", gone)

    def _commit(self) -> None:
        if self._database and self._waiting:
            try:
                with self._database:
                    self._database.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", self._waiting)
            except sqlite3.Error as error:
                self._turn_off(error)
        self._waiting = []
        self._committed = time.monotonic()

    def _key(self, path: Path) -> bytes:
        return os.fsencode(path.relative_to(self._root))

    def _turn_off(self, error: Exception) -> None:
        logger.warning("continuing without a cache: %s: %s (set %s to a folder)", self._file, error, CACHE_VARIABLE)
        if self._database:
            with suppress(sqlite3.Error):
                self._database.close()
        self._database = None


def _json(names: list[str]) -> bytes:
    return json.dumps(names).encode()  # in ASCII: odd bytes of names come back as they were


def _is_damage(error: sqlite3.Error) -> bool:
    """Tell whether the database itself is broken, rather than locked, read-only or on a full disk."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF in _DAMAGE
