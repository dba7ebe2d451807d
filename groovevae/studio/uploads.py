"""Keeps what was uploaded under ids that are hashes of what it holds: MIDI files in a private temporary folder.

Of folders of them, it keeps in memory what was made of their files.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
import weakref
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from groovevae.errors import RequestError
from groovevae.midi.suffixes import SUFFIXES
from groovevae.studio.folders import Folders
from groovevae.systems import portable_stem

MAX_BYTES = 32 * 2**20  # of one file
MAX_TOTAL = 512 * 2**20  # of all; the oldest make room
MAX_FILES = 200
PREFIX = "file-"
_LONGEST_NAME = 80
_ID_DIGITS = 16


@dataclass(frozen=True)
class Upload:
    """A file that was uploaded: `path` lies in a folder of its own, under the name that the user knows."""

    id: str
    name: str
    path: Path
    size: int


class Uploads:
    """The files and folders that were uploaded so far. They go when `close` is called, or when this process ends."""

    def __init__(self) -> None:
        self.folders = Folders()
        self._folder = Path(tempfile.mkdtemp(prefix="groove-studio-"))  # for this user alone
        self._remove = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._files: OrderedDict[str, Upload] = OrderedDict()

    def add(self, name: str, data: bytes) -> Upload:
        """Keep a file; the same bytes have the same id. Raises RequestError for one that is too large."""
        if len(data) > MAX_BYTES:
            raise RequestError(f"the file is larger than {MAX_BYTES // 2**20} MiB; send a smaller MIDI file")
        file = PREFIX + hashlib.sha256(data).hexdigest()[:_ID_DIGITS]
        if file not in self._files:
            path = self._folder / file / plain_name(name)
            path.parent.mkdir(mode=0o700, exist_ok=True)
            path.write_bytes(data)
            self._files[file] = Upload(file, path.name, path, len(data))
        self._files.move_to_end(file)
        self._make_room()
        return self._files[file]

    def find(self, file: str) -> Upload | None:
        """Return the file of an id, None where it is not here."""
        return self._files.get(file)

    def without_folder(self, text: str) -> str:
        """Return a text with uploaded files under their names alone: nobody need know where they lie."""
        for upload in self._files.values():
            text = text.replace(str(upload.path), upload.name)
        return text

    def close(self) -> None:
        """Remove all of them."""
        self._files.clear()
        self.folders = Folders()
        self._remove()

    def _make_room(self) -> None:
        while len(self._files) > MAX_FILES or sum(file.size for file in self._files.values()) > MAX_TOTAL:
            _, oldest = self._files.popitem(last=False)
            oldest.path.unlink(missing_ok=True)


def plain_name(name: str) -> str:
    """Return a file's name without folders, of characters that every file system takes, ending as MIDI files do.

    >>> plain_name("../my songs/Tune?.MID")
    'Tune_.mid'
    """
    last = PurePosixPath(name.replace("\\", "/"))
    suffix = last.suffix.lower()
    stem = re.sub(r"[^\w .()+-]+", "_", last.stem if suffix in SUFFIXES else last.name)[:_LONGEST_NAME].strip(" ._")
    return portable_stem(stem or "song") + (suffix if suffix in SUFFIXES else SUFFIXES[0])
