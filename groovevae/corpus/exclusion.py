"""Leaves out of a corpus the files that a user's list names as not belonging. It reads nothing but the list."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

from groovevae.corpus.entries import Unread
from groovevae.corpus.labels import plain_path
from groovevae.corpus.load import Corpus
from groovevae.errors import CorpusError
from groovevae.wording import printable


def leave_out(corpus: Corpus, listed: Path) -> Corpus:
    """Return the corpus without the files that `listed` names; they join its rejected files.

    `listed` is a text file with one path per line, each within the corpus; or a CSV file with a column `path`, such as
    `groove outliers --csv` writes, of which the rows count whose `flagged` is yes, or all rows where there is no such
    column. Raises CorpusError for a path that no file of the corpus has.
    """
    unwanted = {plain_path(path): path for path in _paths(listed)}
    left_out = [song for song in corpus.songs if _within(song.entry.path, corpus) in unwanted]
    there = {_within(song.entry.path, corpus) for song in left_out}
    there |= {_within(item.path, corpus) for item in [*corpus.rejected, *corpus.unread]}
    unknown = [path for key, path in unwanted.items() if key not in there]
    if unknown:
        more = f" and {len(unknown) - 1:,} more" if len(unknown) > 1 else ""
        raise CorpusError(f"{listed}: {unknown[0]}{more}: not in the corpus; write genre/name.mid, one per line")
    songs = [song for song in corpus.songs if _within(song.entry.path, corpus) not in unwanted]
    rejected = [Unread(song.entry.path, f"left out by {listed.name}") for song in left_out]
    genres = (*corpus.rejected_genres, *(song.entry.genre for song in left_out))
    return replace(corpus, songs=songs, rejected=[*corpus.rejected, *rejected], rejected_genres=genres)


def _paths(listed: Path) -> list[str]:
    try:
        lines = listed.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise CorpusError(f"{listed}: cannot be read ({error}); save it as text or CSV in UTF-8") from None
    header = next(csv.reader(lines[:1]), [])
    if "path" not in header:
        return [line.strip() for line in lines if line.strip()]
    rows = csv.DictReader(lines)
    return [row["path"] for row in rows if row["path"] and (row["flagged"] == "yes" if "flagged" in header else True)]


def _within(path: Path, corpus: Corpus) -> str:
    """Spell a path as reports print it, odd bytes as question marks."""
    return plain_path(printable(corpus.path_within(path)))
