"""Reads a table that says which genre each file is of, for collections that are not sorted into genre folders.

It opens no MIDI file.
"""

from __future__ import annotations

import csv
import hashlib
import os
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from groovevae.errors import CorpusError

UNLABELLED = "unlabelled"  # the genre of files without one: their bars are trained on, and count for no genre


@dataclass(frozen=True)
class Labels:
    """The genre, and where the table has them the song id, of files by their path within the corpus."""

    path: Path  # of the table
    genres: Mapping[str, str]
    song_ids: Mapping[str, str]

    def spelling(self, relative: Path, root: Path) -> str:
        """Return a file's path as the table spells it: within the corpus, or with the corpus's own name before it."""
        path = plain_path(relative)
        spellings = (path, f"{root.name}/{path}", f"{root.name.split('.')[0]}/{path}")  # the last: of an archive
        return next((spelled for spelled in spellings if spelled in self.genres), path)


def plain_path(path: str | Path) -> str:
    """Spell a path within the corpus as tables may do: forward slashes, composed accents."""
    return os.path.normpath(unicodedata.normalize("NFC", str(path))).replace("\\", "/")


def read_labels(path: str | Path) -> Labels:
    """Read a CSV file with the columns `path` and `genre`, and perhaps `weight` and `song_id`.

    Rows of one path are several genres of one file. The file counts for one of them, drawn by their weights: over
    many files each genre has its share. Raises CorpusError for a file that cannot be read or holds something else.
    """
    path = Path(path)
    weights: dict[str, dict[str, float]] = defaultdict(dict)
    song_ids: dict[str, str] = {}
    for line, row in enumerate(_rows(path), 2):
        name, genre = plain_path(row["path"]), unicodedata.normalize("NFC", row["genre"])
        if row["path"] and genre:
            weights[name][genre] = weights[name].get(genre, 0.0) + _weight(
                row.get("weight", ""), f"{path}: line {line}"
            )
        if row.get("song_id"):
            song_ids[name] = row["song_id"]
    if not weights:
        raise CorpusError(f"{path}: no genre in it; each row is the path of a file and a genre")
    return Labels(path, {name: _drawn(name, own) for name, own in weights.items()}, song_ids)


def _weight(text: str, where: str) -> float:
    try:
        weight = float(text or 1)
    except ValueError:
        weight = -1.0
    if not 0 <= weight < float("inf"):  # nor is NaN
        raise CorpusError(f"{where}: weight {text!r}; a weight is a number from 0 up")
    return weight


def _drawn(name: str, weights: Mapping[str, float]) -> str:
    """Draw a genre by its weight; the file's name decides."""
    genres = sorted(genre for genre, weight in weights.items() if weight > 0)
    if not genres:
        return UNLABELLED
    place = int.from_bytes(hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()[:8], "big") / 2**64
    left = place * sum(weights.values())
    for genre in genres:
        left -= weights[genre]
        if left < 0:
            return genre
    return genres[-1]


def _rows(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of a table, with all cells as text."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            _check_columns(path, reader.fieldnames or ())
            for row in reader:
                yield {key: (value or "").strip() for key, value in row.items() if key and not isinstance(value, list)}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CorpusError(f"{path}: cannot be read ({error}); save it as CSV in UTF-8") from None


def _check_columns(path: Path, columns: Collection[str]) -> None:
    for name in ("path", "genre"):
        if name not in columns:
            raise CorpusError(f"{path}: no column {name!r}; make its first line path,genre (and weight, song_id)")
