"""The rows of the manifests: which columns a corpus has. Opens nothing but manifest.csv."""

from __future__ import annotations

import csv
from pathlib import Path

# What `groove train` reads (data/README.md), then how a file came about and whom to name.
COLUMNS = (
    *("path", "genre", "source", "song_id", "group", "title", "authors", "licence", "phrases", "rests_on"),
    *("groove", "take", "attribution"),
)
Row = dict[str, str]


def read_rows(folder: Path) -> list[Row]:
    """Return the rows of a folder's manifest.csv."""
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
