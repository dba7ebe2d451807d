"""Lists the MIDI files of a corpus folder, each with genre, song and licence. Opens the manifest, never a MIDI file.

The layout is CORPUS/<genre>/**/*.mid; CORPUS/manifest.csv may say which files are versions of one song.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from groovevae.corpus.archives import is_archive
from groovevae.corpus.entries import (
    LOOSE,
    WITHOUT_MIDI,
    Entry,
    Scan,
    Unread,
    entry_of,
    missing_of,
    no_entries,
    suffix_of,
    with_labels,
)
from groovevae.corpus.labels import UNLABELLED, Labels
from groovevae.corpus.manifest import MANIFEST, Rows, local_manifest
from groovevae.corpus.remote import is_url
from groovevae.corpus.scan_names import scan_archive, scan_url
from groovevae.errors import CorpusError
from groovevae.midi.suffixes import SUFFIXES
from groovevae.progress import Progress, quiet


def scan(corpus: str | Path, labels: Labels | None = None, *, progress: Progress = quiet) -> Scan:
    """List the MIDI files under CORPUS/<genre>/, sorted. Hidden files and folders are skipped; links are followed.

    CORPUS may be a tar or zip archive, in which one folder may hold all genre folders; its manifest is not read. Either
    may have a URL that fsspec reads, such as s3://bucket/folder. With `labels`, all files under CORPUS are listed, of
    the genres that these say. Raises CorpusError where CORPUS is missing, out of reach, no folder or damaged, holds no
    MIDI files, holds them without genre folders, or has a manifest that cannot be read; or where the labels name none
    of the files.
    """
    if is_url(corpus):
        return scan_url(str(corpus), labels, progress=progress)
    root = Path(corpus).absolute()
    if is_archive(root):
        return scan_archive(root, labels, shown=str(corpus), progress=progress)
    _check_folder(root, shown=str(corpus))
    rows = local_manifest(root / MANIFEST)
    entries: list[Entry] = []
    unread: list[Unread] = []
    if labels is not None:
        return _labelled(root, rows, labels, shown=str(corpus))
    for name in _visible(root, unread):
        path = root / name
        if os.path.isdir(path):
            entries += _genre_entries(root, path, rows, unread)
        elif suffix_of(name) in SUFFIXES:
            unread.append(Unread(path, LOOSE))
    if not entries:
        raise no_entries(unread, root, shown=str(corpus))
    return Scan(root, tuple(entries), tuple(unread), missing_of(root, rows, entries))


def _labelled(root: Path, rows: Rows, labels: Labels, *, shown: str) -> Scan:
    """List all MIDI files under a folder, with the genres and song ids of a table."""
    unread: list[Unread] = []
    files = _walk(root, unread, visited=set())
    entries = [entry_of(root, path, UNLABELLED, rows) for path in files if suffix_of(path.name) in SUFFIXES]
    if not entries:
        raise no_tunes(shown)
    found = with_labels(entries, root, labels)
    return Scan(root, tuple(found), tuple(unread), missing_of(root, rows, found))


def scan_genre(folder: str | Path, genre: str) -> Scan:
    """List the MIDI files under one folder and its subfolders as one genre. Raises CorpusError where there are none."""
    root = Path(folder).absolute()
    if not root.is_dir():
        raise CorpusError(f"{folder}: no such folder; name a folder of MIDI files")
    unread: list[Unread] = []
    found = _genre_entries(root.parent, root, {}, unread)
    if not found:
        raise no_tunes(str(folder))
    return Scan(root, tuple(replace(entry, genre=genre) for entry in found), tuple(unread))


def no_tunes(shown: str) -> CorpusError:
    """Return what is wrong with a folder in which there is nothing to read."""
    return CorpusError(f"{shown}: no MIDI files (.mid, .midi) in it")


def _check_folder(root: Path, *, shown: str) -> None:
    if not os.path.exists(root):
        raise CorpusError(f"{shown}: no such folder; a corpus is a folder with one folder of MIDI files per genre")
    if not os.path.isdir(root):
        raise CorpusError(f"{shown}: not a folder; a corpus is a folder with one folder of MIDI files per genre")
    try:
        os.listdir(root)
    except OSError as error:
        raise CorpusError(f"{shown}: {error.strerror}; make the folder readable") from None


def _genre_entries(root: Path, folder: Path, rows: Rows, unread: list[Unread]) -> list[Entry]:
    genre = unicodedata.normalize("NFC", folder.name)
    entries = []
    for path in _walk(folder, unread, visited={_identity(root)}):
        if suffix_of(path.name) in SUFFIXES:
            entries.append(entry_of(root, path, genre, rows))
    if not entries:
        unread.append(Unread(folder, WITHOUT_MIDI))
    return entries


def _walk(folder: Path, unread: list[Unread], visited: set[object]) -> Iterator[Path]:
    """Yield the files under a folder, sorted; a folder that links lead to twice (or for ever) is entered once."""
    identity = _identity(folder)
    if identity in visited:
        return
    visited.add(identity)
    for name in _visible(folder, unread):
        path = folder / name
        if os.path.isdir(path):
            yield from _walk(path, unread, visited)
        else:
            yield path


def _visible(folder: Path, unread: list[Unread]) -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder) if not name.startswith("."))
    except OSError as error:
        unread.append(Unread(folder, error.strerror or str(error)))
        return []


def _identity(folder: Path) -> object:
    """Return what tells a folder from all others: its number, or its path on network drives that do not number them."""
    status = folder.stat()
    return (status.st_dev, status.st_ino) if status.st_ino else os.path.realpath(folder)
