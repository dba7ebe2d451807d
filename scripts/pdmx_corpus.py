"""Sorts PDMX (https://zenodo.org/records/15571083) into a corpus: a folder for each genre, and manifest.csv.

    python scripts/pdmx_corpus.py PDMX.csv mid.tar.gz my-pdmx --limit 1000

PDMX's table has a row for each score: `mid`, the path of its MIDI file in the archive; `genres`, words joined by
hyphens, of which the first known one counts; `license`; and columns such as `subset:deduplicated`, True or False.
"""

from __future__ import annotations

import csv
import posixpath
import re
import tarfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import click

# MuseScore's words for genres, and the folders of the corpus. Soundtracks and world music are no one genre.
GENRES = {
    **{name: name for name in ("blues", "classical", "country", "disco", "electronic", "folk", "funk", "jazz")},
    **{name: name for name in ("latin", "metal", "pop", "reggae", "rock", "soul")},
    "hiphop": "hip-hop",
    "rbfunksoul": "soul",
    "reggaeska": "reggae",
    "religiousmusic": "hymn",
}
LICENCES = {"publicdomain": "Public Domain", "cc-zero": "CC0-1.0"}
SUBSETS = ("subset:no_license_conflict", "subset:all_valid", "subset:deduplicated")
COLUMNS = ("path", "song_id", "title", "authors", "licence", "rests_on")

Row = dict[str, str]


def rows_of(table: Iterable[str]) -> Iterator[Row]:
    """Yield the manifest's row, and the path in the archive as `mid`, of each free score of a known genre.

    Raises ClickException where the table is not PDMX's.
    """
    reader = csv.DictReader(table)
    needed = ("mid", "genres", "license", *SUBSETS)
    if missing := [name for name in needed if name not in (reader.fieldnames or ())]:
        raise click.ClickException(f"the table has no column {missing[0]!r}; name PDMX.csv of version 7 or later")
    for row in reader:
        genre = next((GENRES[word] for word in row["genres"].split("-") if word in GENRES), None)
        if genre and row["license"] in LICENCES and all(row[name] == "True" for name in SUBSETS):
            yield _row(row, genre)


def _row(row: Row, genre: str) -> Row:
    mid = posixpath.normpath(row["mid"])
    title, composer = (row.get(name, "") for name in ("title", "composer_name"))
    title, composer = ("" if word == "NA" else word for word in (title, composer))
    song = " ".join(re.findall(r"\w+", f"{composer} {title}".casefold()))
    return {
        "mid": mid,
        "genre": genre,
        "path": f"{genre}/{posixpath.basename(mid)}",
        "song_id": song or posixpath.basename(mid),
        "title": title,
        "authors": composer,
        "licence": LICENCES[row["license"]],
        "rests_on": "real",
    }


def limited(rows: Iterable[Row], limit: int | None, genres: Sequence[str]) -> list[Row]:
    """Return up to `limit` rows of each genre, or of the genres named."""
    counts: Counter[str] = Counter()
    kept = []
    for row in rows:
        if (not genres or row["genre"] in genres) and (limit is None or counts[row["genre"]] < limit):
            counts[row["genre"]] += 1
            kept.append(row)
    return kept


def extract(archive: Path, rows: Sequence[Row], out: Path) -> list[Row]:
    """Write the files of the rows, in one pass through the archive; return the rows whose file was there."""
    wanted = {row["mid"]: row for row in rows}
    found = []
    with tarfile.open(archive) as tar:
        for member in tar:
            row = wanted.get(posixpath.normpath(member.name))
            content = tar.extractfile(member) if row and member.isfile() else None
            if row is None or content is None:
                continue
            path = out / row["path"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.read())
            found.append(row)
    return found


@click.command()
@click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("archive", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--limit", type=click.IntRange(min=1), help="Scores of each genre at most.  [default: all]")
@click.option("--genre", "genres", multiple=True, help="Only this genre; may be given again.")
def main(table: Path, archive: Path, out: Path, *, limit: int | None, genres: tuple[str, ...]) -> None:
    """Sort the MIDI files of PDMX into the folders of a corpus."""
    with table.open(encoding="utf-8", newline="") as file:
        rows = limited(rows_of(file), limit, genres)
    found = extract(archive, rows, out)
    if not found:
        raise click.ClickException(f"{archive}: none of the {len(rows):,} files that {table} names is in it")
    with (out / "manifest.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(sorted(found, key=lambda row: row["path"]))
    counts = Counter(row["genre"] for row in found)
    click.echo(", ".join(f"{genre} {count:,}" for genre, count in counts.most_common()))


if __name__ == "__main__":
    main()
