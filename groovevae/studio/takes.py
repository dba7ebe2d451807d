"""Makes takes: pieces with their notes by role, kept under ids for as long as there is room. Plays nothing."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from groovevae import __version__
from groovevae.bars.choices import NO_CHOICES, Choices
from groovevae.corpus import check_readable, load_genre_of_bytes
from groovevae.generation.groove import Groove, Piece
from groovevae.generation.names import is_midi_path
from groovevae.generation.reading import genre_of_songs
from groovevae.generation.requests import BlendRequest
from groovevae.generation.sources import Sources
from groovevae.midi.writing import with_texts
from groovevae.network.stopping import StoppedError, stop_if_told, stoppable
from groovevae.studio.folders import Folder, folder_id
from groovevae.studio.parsing import (
    UnknownError,
    find_upload,
    to_folder,
    to_folders,
    to_reading,
    to_request,
    to_sample,
)
from groovevae.studio.rolls import Roll, roll_of
from groovevae.studio.uploads import Upload, Uploads
from groovevae.tracks import load_original
from groovevae.tracks.summary import FileRead, file_read

MAX_TAKES = 300
MAX_SOURCES = 8  # sets of files that stay read and encoded
_ID_DIGITS = 16


@dataclass(frozen=True)
class Take:
    """A piece, what asked for it, and its notes."""

    id: str  # the same for the same request, model and version
    piece: Piece
    request: BlendRequest
    command: str
    roll: Roll


class Takes:
    """Makes takes with one model. Several threads may ask at once; one piece is made at a time."""

    def __init__(self, groove: Groove, uploads: Uploads) -> None:
        self.groove, self.uploads = groove, uploads
        self._takes: OrderedDict[str, Take] = OrderedDict()
        self._sources: OrderedDict[tuple[Any, ...], Sources] = OrderedDict()
        self._working = threading.Lock()

    def make(self, fields: Mapping[str, Any], *, is_stopped: Callable[[], bool] = lambda: False) -> list[Take]:
        """Return the takes that the fields of a request ask for; fewer where it is stopped meanwhile.

        Raises RequestError, MidiError, as `Groove.blend` does, and for words that are neither genres nor uploads.
        """
        request = to_request(fields, self.groove.model, self.uploads)
        folders = to_folders(fields.get("targets") or {}, self.groove.model, self.uploads)
        takes = []
        for single in request.singles:
            with self._working:
                if is_stopped():
                    break
                try:
                    with stoppable(is_stopped):
                        takes.append(self._take(single, folders))
                except StoppedError:
                    break
        return takes

    def find(self, take: str) -> Take:
        """Return a take by its id. Raises UnknownError where it is not here."""
        if take not in self._takes:
            raise UnknownError(f"the take {take[:40]} is no longer here; make it once more")
        return self._takes[take]

    def add_file(self, name: str, data: bytes) -> tuple[Upload, FileRead]:
        """Keep a MIDI file, and return what was read of it. Raises MidiError for one that cannot be read."""
        upload = self.uploads.add(name, data)
        return upload, self._read([upload], NO_CHOICES)

    def add_folder(self, body: bytes, *, is_stopped: Callable[[], bool] = lambda: False) -> Folder:
        """Read a folder of MIDI files as a place to go to, and keep what was made of it.

        Raises RequestError, CorpusError where nothing in it can be used, StoppedError.
        """
        name, files = to_folder(body)
        folder = folder_id(name, files)
        known = self.uploads.folders.find(folder)
        if known is not None:
            return known
        with stoppable(is_stopped):
            corpus = load_genre_of_bytes(files, name, f"{name}/", progress=lambda *_: stop_if_told())
            with self._working:
                genre = genre_of_songs(self.groove.model, self.groove.network, f"{name}/", corpus.songs)
        unused = tuple((corpus.path_within(path), reason) for path, reason in corpus.rejected)
        return self.uploads.folders.add(Folder(folder, name, genre, len(corpus.songs), unused))

    def sample(self, fields: Mapping[str, Any]) -> tuple[Upload, FileRead]:
        """Keep a new phrase of a genre as a file to start from. Raises RequestError."""
        request = to_sample(fields, self.groove.model)
        with self._working:
            [piece] = self.groove.sample(request)
        return self.add_file(f"{piece.name}.mid", piece.midi)

    def read_file(self, file: str, fields: Mapping[str, Any]) -> tuple[Upload, FileRead]:
        """Return what is read of an uploaded file with the choices of a JSON object. Raises RequestError, MidiError."""
        upload = find_upload(file, self.uploads)
        together, choices = to_reading(fields, self.uploads)
        return upload, self._read([upload, *together], choices)

    def _read(self, files: Sequence[Upload], choices: Choices) -> FileRead:
        for file in files:
            check_readable(file.path)  # in a process of its own: a file that hangs the reader does so there
        return file_read(load_original(*(str(file.path) for file in files), choices=choices))

    def _take(self, request: BlendRequest, folders: Mapping[str, Folder]) -> Take:
        """Return the take of a request, in which these words stand for folders."""
        name = _id_of(request, self.groove, [folder.id for folder in folders.values()])
        if name not in self._takes:
            [piece] = self.groove.blend_all([request], sources=self._sources_of(request, folders))
            piece = self._without_folders(piece)
            command = self.uploads.without_folder(request.command(model=self.groove.path))
            self._takes[name] = Take(name, piece, request, command, roll_of(piece))
        self._takes.move_to_end(name)
        while len(self._takes) > MAX_TAKES:
            self._takes.popitem(last=False)
        return self._takes[name]

    def _sources_of(self, request: BlendRequest, folders: Mapping[str, Folder]) -> Sources:
        """Return sources that may have read the files of a request before; uploads never change."""
        files = [word for word in (request.start, *request.together, *request.targets) if is_midi_path(word)]
        key = (request.file.choices, *sorted(files), *sorted((word, folder.id) for word, folder in folders.items()))
        if key not in self._sources:
            self._sources[key] = Sources(self.groove.model, self.groove.network)
            for word, folder in folders.items():
                self._sources[key].know(word, folder.genre)
        self._sources.move_to_end(key)
        while len(self._sources) > MAX_SOURCES:
            self._sources.popitem(last=False)
        return self._sources[key]

    def _without_folders(self, piece: Piece) -> Piece:
        """Return a piece whose texts, in its MIDI file too, name uploads as the user does."""
        if not piece.read:
            return piece
        plain = self.uploads.without_folder
        return replace(
            piece,
            midi=with_texts(piece.midi, plain),
            description=plain(piece.description),
            read=tuple(map(plain, piece.read)),
        )


def _id_of(request: BlendRequest, groove: Groove, folders: Sequence[str]) -> str:
    about = json.dumps([__version__, groove.model.digest, asdict(request), *folders])
    return hashlib.sha256(about.encode()).hexdigest()[:_ID_DIGITS]
