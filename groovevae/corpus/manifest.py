"""Reads a corpus's manifest: a table of what is known of its files, and how they are to be read. Opens no MIDI file."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from groovevae.bars.choices import Choices
from groovevae.corpus.labels import plain_path
from groovevae.errors import CorpusError, RequestError

MANIFEST = "manifest.csv"

Rows = dict[str, dict[str, str]]  # the manifest's row of each path within the corpus


def local_manifest(path: Path) -> Rows:
    """Read a manifest that may not be there. Raises CorpusError where it cannot be read."""
    if not path.is_file():
        return {}
    try:
        return read_manifest(path.read_bytes(), str(path))
    except OSError as error:
        raise _unreadable(str(path), error) from None


def read_manifest(data: bytes, place: str) -> Rows:
    """Read the manifest's rows by path. Raises CorpusError where it is not a UTF-8 CSV file with a column `path`."""
    try:
        reader = csv.DictReader(io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline=""))
        columns = reader.fieldnames or ()
        if "path" not in columns:
            raise CorpusError(f"{place}: no column 'path'; make its first line path,song_id,title,licence,authors")
        rows = [{key: (row[key] or "").strip() for key in columns} for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise _unreadable(place, error) from None
    return {plain_path(row["path"]): row for row in rows if row["path"]}


def _unreadable(place: str, error: Exception) -> CorpusError:
    return CorpusError(f"{place}: cannot be read ({error}); save it as CSV in UTF-8, or remove it")


def choices_of(row: dict[str, str], manifest: str) -> Choices:
    """Return how the manifest says that a file is to be read: "Track 3=drums; Strings=-", "3/4". Raises CorpusError."""
    roles = [word for word in row.get("roles", "").split(";") if word.strip()]
    try:
        return Choices.from_words(roles, metre=row.get("metre"), pickup=row.get("pickup"), beats=row.get("beats"))
    except RequestError as error:
        raise CorpusError(f"{manifest}: {row['path']}: {error}") from None


def keeps_phrases(row: dict[str, str], manifest: str) -> bool:
    """Return what the column `phrases` says, yes or no; nothing means yes. Raises CorpusError for other words."""
    said = row.get("phrases", "").lower()
    if said not in ("", "yes", "no"):
        raise CorpusError(f"{manifest}: {row['path']}: phrases is {said!r}; write yes or no, or leave it empty")
    return said != "no"
