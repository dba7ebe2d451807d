"""Lists the MIDI files of a corpus folder, each with genre, song and licence. Opens the manifest, never a MIDI file.

The layout is CORPUS/<genre>/**/*.mid; CORPUS/manifest.csv may say which files are versions of one song.
"""

from __future__ import annotations

import csv
import os
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from groovevae.bars.choices import NO_CHOICES, Choices
from groovevae.corpus.archives import is_archive, member_names
from groovevae.corpus.labels import UNLABELLED, Labels, plain_path
from groovevae.errors import CorpusError, RequestError
from groovevae.progress import Progress, quiet

SUFFIXES = (".mid", ".midi", ".kar", ".rmi")  # the last two: karaoke, and Windows' wrapped MIDI
MANIFEST = "manifest.csv"
MIN_ID_LETTERS = 3  # "01" or "a2" names a place in a folder, not a song

# What downloaders, file managers and arrangers append to the name of another version of a song.
_VERSION_SUFFIX = re.compile(
    r"""(
        \s* [(\[] \d{1,2} [)\]]          # song (1), song [2]
      | \s (- \s)? copy (\s \d{1,2})?    # song copy, song - copy 2
      | [\s-] \(? (v|ver|version) \.? \s? \d{1,2} \)?  # song v2, song (version 2)
      | (?<= [^\W\d]{4} ) (?<! opus | part | book ) \. \d{1,2}  # song.1, as the Lakh collection has it; not op.1
    ) $""",
    re.VERBOSE,
)


class Unread(NamedTuple):
    """A file or folder that is not used, and why."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Entry:
    """One MIDI file of a corpus. Versions of one song share `song_id`, in every genre."""

    path: Path  # absolute
    genre: str
    song_id: str
    title: str
    licence: str = ""
    authors: str = ""
    choices: Choices = NO_CHOICES  # how it is to be read
    group: str = ""  # songs of one group, such as those under one drummer's take, are split together; "": none
    keeps_phrases: bool = True  # whether a model file may keep a phrase of it
    rests_on: str = ""  # what kind of music it is, such as real or rendering


@dataclass(frozen=True)
class Scan:
    """The contents of a corpus folder, in the order of the paths."""

    root: Path  # absolute
    entries: tuple[Entry, ...]
    unread: tuple[Unread, ...] = ()  # found but not used: files beside the genre folders, folders without MIDI
    missing: tuple[str, ...] = ()  # paths in the manifest that name no file


def scan(corpus: str | Path, labels: Labels | None = None, *, progress: Progress = quiet) -> Scan:
    """List the MIDI files under CORPUS/<genre>/, sorted. Hidden files and folders are skipped; links are followed.

    CORPUS may be a tar or zip archive, in which one folder may hold all genre folders; its manifest is not read. With
    `labels`, all files under CORPUS are listed, of the genres that these say. Raises CorpusError where CORPUS is
    missing, is no folder, holds no MIDI files, holds them without genre folders, has a manifest that cannot be read, or
    is damaged; or where the labels name none of the files.
    """
    root = Path(corpus).absolute()
    if is_archive(root):
        return scan_archive(root, labels, shown=str(corpus), progress=progress)
    _check_folder(root, shown=str(corpus))
    rows = _read_manifest(root / MANIFEST)
    entries: list[Entry] = []
    unread: list[Unread] = []
    if labels is not None:
        return _labelled(root, rows, labels, shown=str(corpus))
    for name in _visible(root, unread):
        path = root / name
        if os.path.isdir(path):
            entries += _genre_entries(root, path, rows, unread)
        elif _suffix(name) in SUFFIXES:
            unread.append(Unread(path, "lies beside the genre folders; move it into one"))
    if not entries:
        raise _no_entries(unread, root, shown=str(corpus))
    return Scan(root, tuple(entries), tuple(unread), _missing(root, rows, entries))


def scan_archive(root: Path, labels: Labels | None, *, shown: str, progress: Progress) -> Scan:
    """List the MIDI files in an archive, sorted, as `scan` does. Raises CorpusError where it is damaged."""
    names = dict.fromkeys(member_names(root, progress=progress))
    paths = sorted(path for path in map(PurePosixPath, names) if _is_tune(path))
    top = {path.parts[0] for path in paths}
    depth = 1 if len(top) == 1 and all(len(path.parts) > 2 for path in paths) else 0
    entries = [
        _entry(root, root / path, unicodedata.normalize("NFC", path.parts[depth]), {})
        for path in paths
        if labels is not None or len(path.parts) > depth + 1
    ]
    unread = [
        Unread(root / path, "lies beside the genre folders; move it into one")
        for path in paths
        if labels is None and len(path.parts) <= depth + 1
    ]
    if not entries:
        raise _no_entries(unread, root, shown=shown)
    return Scan(root, tuple(entries if labels is None else with_labels(entries, root, labels)), tuple(unread))


def _is_tune(path: PurePosixPath) -> bool:
    """Tell whether a name in an archive is a MIDI file's, and neither hidden nor outside of the archive."""
    return _suffix(path.name) in SUFFIXES and not any(part[0] in "./" for part in path.parts)


def _labelled(root: Path, rows: dict[str, dict[str, str]], labels: Labels, *, shown: str) -> Scan:
    """List all MIDI files under a folder, with the genres and song ids of a table."""
    unread: list[Unread] = []
    files = _walk(root, unread, visited=set())
    entries = [_entry(root, path, UNLABELLED, rows) for path in files if _suffix(path.name) in SUFFIXES]
    if not entries:
        raise CorpusError(f"{shown}: no MIDI files (.mid, .midi) in it")
    found = with_labels(entries, root, labels)
    return Scan(root, tuple(found), tuple(unread), _missing(root, rows, found))


def with_labels(entries: Sequence[Entry], root: Path, labels: Labels) -> list[Entry]:
    """Return entries with the genres and song ids of a table. Raises CorpusError where it names none of them."""
    names = [labels.spelling(entry.path.relative_to(root), root) for entry in entries]
    if not any(name in labels.genres for name in names):
        raise CorpusError(
            f"{labels.path}: names no file of {root.name}; its paths are such as {next(iter(labels.genres))}, "
            f"and those of the files such as {names[0]}"
        )
    return [
        replace(
            entry,
            genre=labels.genres.get(name, UNLABELLED),
            song_id=labels.song_ids.get(name, entry.song_id),
        )
        for entry, name in zip(entries, names, strict=True)
    ]


def _missing(root: Path, rows: dict[str, dict[str, str]], entries: Sequence[Entry]) -> tuple[str, ...]:
    """Return the paths in the manifest that name no file."""
    named = {plain_path(entry.path.relative_to(root)) for entry in entries}
    return tuple(row["path"] for key, row in rows.items() if key not in named)


def scan_genre(folder: str | Path, genre: str) -> Scan:
    """List the MIDI files under one folder and its subfolders as one genre. Raises CorpusError where there are none."""
    root = Path(folder).absolute()
    if not root.is_dir():
        raise CorpusError(f"{folder}: no such folder; name a folder of MIDI files")
    unread: list[Unread] = []
    found = _genre_entries(root.parent, root, {}, unread)
    if not found:
        raise CorpusError(f"{folder}: no MIDI files (.mid, .midi) in it")
    return Scan(root, tuple(replace(entry, genre=genre) for entry in found), tuple(unread))


def song_id_of(path: Path) -> str:
    """Guess from its name which song a file is a version of; `path` is within the corpus.

    "Song.mid", "song (1).mid", "Song_v2.mid" and "SONG - Copy.mid" are one song; a name with hardly any letters
    stands for a song of its own.

    >>> song_id_of(Path("rock/My_Song (2).mid"))
    'my song'
    """
    name = re.sub(r"[\s_]+", " ", unicodedata.normalize("NFKC", path.stem).casefold()).strip()
    while (shorter := _VERSION_SUFFIX.sub("", name).strip()) != name:
        name = shorter
    return name if sum(map(str.isalpha, name)) >= MIN_ID_LETTERS else plain_path(path)


def _check_folder(root: Path, *, shown: str) -> None:
    if not os.path.exists(root):
        raise CorpusError(f"{shown}: no such folder; a corpus is a folder with one folder of MIDI files per genre")
    if not os.path.isdir(root):
        raise CorpusError(f"{shown}: not a folder; a corpus is a folder with one folder of MIDI files per genre")
    try:
        os.listdir(root)
    except OSError as error:
        raise CorpusError(f"{shown}: {error.strerror}; make the folder readable") from None


def _no_entries(unread: list[Unread], root: Path, *, shown: str) -> CorpusError:
    loose = sum(item.path.parent == root and not os.path.isdir(item.path) for item in unread)
    if loose:
        example = Path(shown) / "rock"
        return CorpusError(f"{shown}: {loose} MIDI files but no genre folders; make one per genre, such as {example}/")
    return CorpusError(f"{shown}: no MIDI files (.mid, .midi); put them into one folder per genre, {shown}/<genre>/")


def _genre_entries(root: Path, folder: Path, rows: dict[str, dict[str, str]], unread: list[Unread]) -> list[Entry]:
    genre = unicodedata.normalize("NFC", folder.name)
    entries = []
    for path in _walk(folder, unread, visited={_identity(root)}):
        if _suffix(path.name) in SUFFIXES:
            entries.append(_entry(root, path, genre, rows))
    if not entries:
        unread.append(Unread(folder, "folder without MIDI files"))
    return entries


def _entry(root: Path, path: Path, genre: str, rows: dict[str, dict[str, str]]) -> Entry:
    relative = path.relative_to(root)
    row = rows.get(plain_path(relative), {})
    song_id = row.get("song_id") or song_id_of(relative)
    title = row.get("title") or path.stem
    about = {key: row.get(key, "") for key in ("licence", "authors", "group", "rests_on")}
    keeps = _keeps_phrases(row, root / MANIFEST)
    return Entry(path, genre, song_id, title, choices=_choices(row, root / MANIFEST), keeps_phrases=keeps, **about)


def _choices(row: dict[str, str], manifest: Path) -> Choices:
    """Return how the manifest says that a file is to be read: "Track 3=drums; Strings=-", "3/4". Raises CorpusError."""
    roles = [word for word in row.get("roles", "").split(";") if word.strip()]
    try:
        return Choices.from_words(roles, metre=row.get("metre"), pickup=row.get("pickup"), beats=row.get("beats"))
    except RequestError as error:
        raise CorpusError(f"{manifest}: {row['path']}: {error}") from None


def _keeps_phrases(row: dict[str, str], manifest: Path) -> bool:
    """Return what the column `phrases` says, yes or no; nothing means yes. Raises CorpusError for other words."""
    said = row.get("phrases", "").lower()
    if said not in ("", "yes", "no"):
        raise CorpusError(f"{manifest}: {row['path']}: phrases is {said!r}; write yes or no, or leave it empty")
    return said != "no"


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


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()


def _read_manifest(path: Path) -> dict[str, dict[str, str]]:
    """Read the manifest's rows by path. Raises CorpusError where it is not a UTF-8 CSV file with a column `path`."""
    if not path.is_file():
        return {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            columns = reader.fieldnames or ()
            if "path" not in columns:
                raise CorpusError(f"{path}: no column 'path'; make its first line path,song_id,title,licence,authors")
            rows = [{key: (row[key] or "").strip() for key in columns} for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CorpusError(f"{path}: cannot be read ({error}); save it as CSV in UTF-8, or remove it") from None
    return {plain_path(row["path"]): row for row in rows if row["path"]}
