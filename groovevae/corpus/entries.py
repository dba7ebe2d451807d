"""The MIDI files of a corpus as scans list them: their names say genre and song, a manifest and labels may say more.

It opens no file.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from groovevae.bars.choices import NO_CHOICES, Choices
from groovevae.corpus.labels import UNLABELLED, Labels, plain_path
from groovevae.corpus.manifest import MANIFEST, Rows, choices_of, keeps_phrases
from groovevae.corpus.remote import spelled
from groovevae.errors import CorpusError
from groovevae.midi.suffixes import SUFFIXES

LOOSE = "lies beside the genre folders; move it into one"
WITHOUT_MIDI = "folder without MIDI files"
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

    path: Path  # under the root of the scan
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

    root: Path  # absolute; of a URL, as `remote.as_path` spells it
    entries: tuple[Entry, ...]
    unread: tuple[Unread, ...] = ()  # found but not used: files beside the genre folders, folders without MIDI
    missing: tuple[str, ...] = ()  # paths in the manifest that name no file
    url: str = ""  # where it has one: of a folder, or of the archive of which `root` is a copy
    marks: Mapping[Path, str] = field(default_factory=dict)  # what tells versions of each file there from one another


def entry_of(root: Path, path: Path, genre: str, rows: Rows) -> Entry:
    """Return the entry of a file of this genre, with what its name and the manifest say. Raises CorpusError."""
    relative = path.relative_to(root)
    row = rows.get(plain_path(relative), {})
    song_id = row.get("song_id") or song_id_of(relative)
    title = row.get("title") or path.stem
    about = {key: row.get(key, "") for key in ("licence", "authors", "group", "rests_on")}
    manifest = spelled(root / MANIFEST)
    keeps = keeps_phrases(row, manifest)
    return Entry(path, genre, song_id, title, choices=choices_of(row, manifest), keeps_phrases=keeps, **about)


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


def with_labels(entries: Sequence[Entry], root: Path, labels: Labels) -> list[Entry]:
    """Return entries with the genres and song ids of a table. Raises CorpusError where it names none of them."""
    names = [labels.spelling(entry.path.relative_to(root), root) for entry in entries]
    if not any(name in labels.genres for name in names):
        raise CorpusError(
            f"{labels.place}: names no file of {root.name}; its paths are such as {next(iter(labels.genres))}, "
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


def missing_of(root: Path, rows: Rows, entries: Sequence[Entry]) -> tuple[str, ...]:
    """Return the paths in the manifest that name no file."""
    named = {plain_path(entry.path.relative_to(root)) for entry in entries}
    return tuple(row["path"] for key, row in rows.items() if key not in named)


def no_entries(unread: list[Unread], root: Path, *, shown: str) -> CorpusError:
    """Return what is wrong with a corpus without files in genre folders."""
    if loose := sum(item.reason == LOOSE for item in unread):
        example = f"{shown.rstrip('/')}/rock/"
        return CorpusError(f"{shown}: {loose} MIDI files but no genre folders; make one per genre, such as {example}")
    return CorpusError(f"{shown}: no MIDI files (.mid, .midi); put them into one folder per genre, {shown}/<genre>/")


def is_tune(path: PurePosixPath) -> bool:
    """Tell whether a name in an archive is a MIDI file's, and neither hidden nor outside of the archive."""
    return suffix_of(path.name) in SUFFIXES and not any(part[0] in "./" for part in path.parts)


def suffix_of(name: str) -> str:
    """Return a file name's suffix in lower case, with its dot."""
    return os.path.splitext(name)[1].lower()
