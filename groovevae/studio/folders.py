"""Keeps folders of MIDI files that were uploaded: of each the genre that its files make, as `groove blend` reads them.

The files themselves are read in processes of their own, and not kept. No name of a request becomes a path.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain, count
from pathlib import PurePosixPath

from groovevae.model.genres import Genre
from groovevae.wording import counted, shown_name

MAX_FOLDERS = 100  # the oldest make room
PREFIX = "folder-"
_ID_DIGITS = 16
_MOST_TOLD = 3  # files that are named, of those that are not used


@dataclass(frozen=True)
class Folder:
    """A folder that was uploaded, under the name that the user knows."""

    id: str
    name: str
    genre: Genre
    num_files: int  # of its MIDI files, those that are used
    unused: tuple[tuple[str, str], ...]  # path in it, and reason, of each that is not

    @property
    def line(self) -> str:
        """What was read of it, for the user."""
        if not self.unused:
            return f"{self.name}: {counted(self.num_files, 'MIDI file')} read"
        told = [f"{shown_name(path)}: {reason}" for path, reason in self.unused[:_MOST_TOLD]]
        if more := len(self.unused) - len(told):
            told.append(f"and {more:,} more")
        total = counted(self.num_files + len(self.unused), "MIDI file")
        return f"{self.name}: {self.num_files:,} of {total} used; not used: {'; '.join(told)}"


class Folders:
    """The folders that were uploaded so far, in memory."""

    def __init__(self) -> None:
        self._folders: OrderedDict[str, Folder] = OrderedDict()

    def add(self, folder: Folder) -> Folder:
        """Keep a folder; the oldest make room."""
        self._folders[folder.id] = folder
        while len(self._folders) > MAX_FOLDERS:
            self._folders.popitem(last=False)
        return folder

    def find(self, folder: str) -> Folder | None:
        """Return the folder of an id, None where it is not here."""
        return self._folders.get(folder)


def words_of(folders: Iterable[Folder]) -> dict[str, Folder]:
    """Return folders by the words that stand for them on the command line, a number in those of one name.

    To the library they are paths, which it must never open: `Sources.know` sees to that.
    """
    found: dict[str, Folder] = {}
    for folder in folders:
        names = chain([folder.name], (f"{folder.name} ({number})" for number in count(2)))
        found[next(f"{name}/" for name in names if f"{name}/" not in found)] = folder
    return found


def folder_id(name: str, files: Mapping[str, bytes]) -> str:
    """Return the id of a folder: the same for the same name, paths and bytes."""
    digest = hashlib.sha256(json.dumps([name, sorted(files)]).encode())
    for path in sorted(files):
        digest.update(hashlib.sha256(files[path]).digest())
    return PREFIX + digest.hexdigest()[:_ID_DIGITS]


def plain_folder_name(name: str) -> str:
    """Return the last part of a folder's name, on one line; "" where nothing of it is left.

    >>> plain_folder_name("../my songs/Bossa/")
    'Bossa'
    """
    last = PurePosixPath(name.replace("\\", "/")).name
    return "" if last == ".." else plain_path(last)


def plain_path(text: str) -> str:
    """Return a path without characters that cannot be shown, or that Windows takes for more than a part of a name."""
    return "".join(sign if sign.isprintable() and sign not in ":\\" else "_" for sign in text)
