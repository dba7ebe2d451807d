"""Reads the rows of a table of labels as text: CSV, and Parquet where pyarrow is installed, here or at a URL."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import IO, Any

from groovevae.corpus.remote import is_url, read_bytes
from groovevae.errors import CorpusError

PARQUET_SUFFIXES = (".parquet", ".pq")
_NEEDED = ("path", "genre")
_COLUMNS = (*_NEEDED, "weight", "song_id")

Row = tuple[str, dict[str, str]]  # where it stands, and its cells by column


def label_rows(place: str) -> Iterator[Row]:
    """Yield the rows of a table that has the columns `path` and `genre`, without spaces around cells.

    Raises CorpusError for a file that cannot be read or holds something else.
    """
    yield from _parquet_rows(place) if place.lower().endswith(PARQUET_SUFFIXES) else _csv_rows(place)


def _csv_rows(place: str) -> Iterator[Row]:
    try:
        with _opened(place) as file:
            reader = csv.DictReader(io.TextIOWrapper(file, encoding="utf-8-sig", newline=""))
            _check_columns(place, reader.fieldnames or (), "make its first line path,genre")
            for line, row in enumerate(reader, 2):
                cells = {
                    key: (value or "").strip() for key, value in row.items() if key and not isinstance(value, list)
                }
                yield f"line {line}", cells
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CorpusError(f"{place}: cannot be read ({error}); save it as CSV in UTF-8") from None


def _parquet_rows(place: str) -> Iterator[Row]:
    try:
        from pyarrow.lib import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise CorpusError(
            f"{place}: pyarrow is not installed; python -m pip install pyarrow, or save it as CSV"
        ) from None
    try:
        with _opened(place) as file:
            table = ParquetFile(file)
            _check_columns(place, table.schema_arrow.names, "name its columns path and genre")
            number = 0
            for batch in table.iter_batches(columns=[name for name in table.schema_arrow.names if name in _COLUMNS]):
                for row in batch.to_pylist():
                    number += 1
                    yield f"row {number}", {key: _text(value) for key, value in row.items()}
    except (OSError, ArrowException) as error:
        raise CorpusError(f"{place}: cannot be read ({error}); save it as Parquet anew, or as CSV in UTF-8") from None


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


@contextmanager
def _opened(place: str) -> Iterator[IO[bytes]]:
    if is_url(place):
        yield io.BytesIO(read_bytes(place))
        return
    with open(place, "rb") as file:
        yield file


def _check_columns(place: str, columns: Collection[str], cure: str) -> None:
    for name in _NEEDED:
        if name not in columns:
            raise CorpusError(f"{place}: no column {name!r}; {cure} (and weight, song_id)")
