"""Shards: what was read of some files of a corpus, in one file each, so that several machines can share the reading.

A shard's name follows from its files and their stamps: one that exists is what would be made again. It is a zip of
packed songs and their manifest, written whole or not at all, and the same to the last byte wherever it is made. This
module knows nothing of who shares the work.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import socket
import zipfile
from collections import defaultdict
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from groovevae.bars.choices import Choices
from groovevae.corpus.archives import is_archive_name
from groovevae.corpus.cache import cache_folder, reader_version
from groovevae.corpus.entries import Scan
from groovevae.corpus.local_copies import fetched
from groovevae.corpus.places import read_files
from groovevae.corpus.remote import as_path, is_url, names_under, read_bytes_if_there, write_bytes
from groovevae.errors import CorpusError
from groovevae.files import write_file

FILES_PER_SHARD = 512  # at most, on average: a few seconds of reading
_MANIFEST = "manifest.json"
_SUFFIX = ".zip"
_DAMAGE = (zipfile.BadZipFile, KeyError, ValueError, EOFError)


class ShardFile(NamedTuple):
    """A file of a shard: its path within the corpus, its stamp, and how it is to be read, as JSON."""

    name: str
    stamp: str
    choices: str


class Shard(NamedTuple):
    """Files that are read together, where they are, and where what was read is kept: all that a worker has to know."""

    root: str
    url: str  # of the corpus, or of the archive of which `root` is a copy; "": it lies at the root
    shelf: str  # a folder or a URL
    files: tuple[ShardFile, ...]

    @property
    def name(self) -> str:
        """A digest of its files: as long as they stay the same, the shard need not be made again."""
        about = [self.url or self.root, *((file.name, file.stamp) for file in self.files)]
        return hashlib.sha256(json.dumps(about).encode()).hexdigest()[:32]

    @property
    def paths(self) -> set[Path]:
        """The paths of its files, under the root."""
        return {Path(self.root) / file.name for file in self.files}

    @property
    def place(self) -> str:
        """The path or URL of its file."""
        return f"{self.shelf.rstrip('/')}/{self.name}{_SUFFIX}"


def shelf_at(place: str) -> str:
    """Return a place for shards as workers have to know it: a URL, or the whole path of a folder. "": in the cache."""
    return place if is_url(place) else os.path.abspath(place or cache_folder() / "shards")


def shards_of(
    found: Scan, stamps: Mapping[Path, str], choices: Mapping[Path, Choices], shelf: str, *, size: int
) -> list[Shard]:
    """Divide the files of a corpus by a hash of their paths into shards of at most `size` on average.

    Their number is a power of two, so that files that come or go change their own shards alone.
    """
    count = 1 << max(0, (len(stamps) - 1) // size).bit_length()
    parts: dict[int, list[ShardFile]] = defaultdict(list)
    for path, stamp in stamps.items():
        name = path.relative_to(found.root).as_posix()
        parts[_number(name) % count].append(ShardFile(name, stamp, choices[path].to_json()))
    return [Shard(str(found.root), found.url, shelf, tuple(sorted(parts[number]))) for number in sorted(parts)]


def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(os.fsencode(name)).digest()[:8], "big")


def make_shard(shard: Shard, version: str) -> str:
    """Read a shard's files and write it, unless it is there; return its name. It runs where the work is shared to.

    `version` is the reader's where the work is from. Raises CorpusError where this machine has another one, or does
    not see the corpus; OutputError where the shard cannot be written.
    """
    if reader_version() != version:
        raise CorpusError(
            f"{socket.gethostname()} has another version of groovevae than the machine that shares the work out; "
            "install the same on all"
        )
    if read_shard(shard) is None:
        data = shard_bytes(shard, _results_of(shard))
        write_bytes(shard.place, data) if is_url(shard.shelf) else write_file(shard.place, data)
    return shard.name


def _results_of(shard: Shard) -> dict[str, bytes | str]:
    """Return the packed song of each file, or why it has none, by its path within the corpus."""
    root = _root_here(shard)
    choices = {root / file.name: Choices.from_json(file.choices) for file in shard.files}
    with closing(read_files(root, shard.url, choices, jobs=1, some=True)) as answers:
        return {path.relative_to(root).as_posix(): result for path, result in answers}


def _root_here(shard: Shard) -> Path:
    if shard.url:
        return fetched(shard.url).path if is_archive_name(shard.url) else as_path(shard.url)
    root = Path(shard.root)
    if not root.exists():
        raise CorpusError(
            f"{root}: {socket.gethostname()} does not see it; put the corpus where all machines reach it, in a shared "
            "folder or at a URL such as s3://bucket/folder"
        )
    return root


def shard_bytes(shard: Shard, results: Mapping[str, bytes | str]) -> bytes:
    """Pack what was read of a shard's files: a manifest, and the song of each file under its number there."""
    files = [(file.name, file.stamp, _reason(results[file.name])) for file in shard.files]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr(zipfile.ZipInfo(_MANIFEST), json.dumps(files, indent=0))
        for number, file in enumerate(shard.files):
            if isinstance(song := results[file.name], bytes):
                packed.writestr(zipfile.ZipInfo(str(number)), song)
    return buffer.getvalue()


def _reason(result: bytes | str) -> str | None:
    return result if isinstance(result, str) else None


def read_shard(shard: Shard) -> dict[str, bytes | str] | None:
    """Return what was read of each file of a shard, by its path within the corpus.

    None where the shard has not been made, or is damaged. Raises CorpusError where its place cannot be reached.
    """
    data = read_bytes_if_there(shard.place) if is_url(shard.shelf) else _local_bytes(Path(shard.place))
    if data is None:
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            files = enumerate(json.loads(packed.read(_MANIFEST)))
            return {name: packed.read(str(number)) if reason is None else reason for number, (name, _, reason) in files}
    except _DAMAGE:
        return None


def _local_bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CorpusError(f"{path}: {error.strerror}; name another folder for shards") from None


def made_before(shelf: str) -> set[str]:
    """Return the names of the shards that are on a shelf. Raises CorpusError where it cannot be reached."""
    try:
        names = names_under(shelf) if is_url(shelf) else set(os.listdir(shelf))
    except FileNotFoundError:
        return set()
    except OSError as error:
        raise CorpusError(f"{shelf}: {error.strerror}; name another folder for shards") from None
    return {name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX)}
