"""Reads a table that says which genre each file is of, for collections that are not sorted into genre folders.

It opens no MIDI file.
"""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from groovevae.corpus.label_rows import label_rows
from groovevae.errors import CorpusError

UNLABELLED = "unlabelled"  # the genre of files without one: their bars are trained on, and count for no genre


@dataclass(frozen=True)
class Labels:
    """The genre, and where the table has them the song id, of files by their path within the corpus."""

    place: str  # of the table
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
    """Read a table with the columns `path` and `genre`, and perhaps `weight` and `song_id`: CSV, or Parquet.

    Rows of one path are several genres of one file. The file counts for one of them, drawn by their weights: over
    many files each genre has its share. Raises CorpusError for a file that cannot be read or holds something else.
    """
    place = str(path)
    weights: dict[str, dict[str, float]] = defaultdict(dict)
    song_ids: dict[str, str] = {}
    for where, row in label_rows(place):
        name, genre = plain_path(row["path"]), unicodedata.normalize("NFC", row["genre"])
        if row["path"] and genre:
            weight = _weight(row.get("weight", ""), f"{place}: {where}")
            weights[name][genre] = weights[name].get(genre, 0.0) + weight
        if row.get("song_id"):
            song_ids[name] = row["song_id"]
    if not weights:
        raise CorpusError(f"{place}: no genre in it; each row is the path of a file and a genre")
    return Labels(place, {name: _drawn(name, own) for name, own in weights.items()}, song_ids)


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
