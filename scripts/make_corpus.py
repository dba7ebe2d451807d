"""Makes the training corpus of the bundled model anew from its public sources; the music stays outside the project.

    apt install mma
    python -m pip install music21
    python scripts/make_corpus.py my-corpus --real open --real corpus --tunes open --takes drums --openewld OpenEWLD

MMA plays the accompaniments, as a program. The same sources and versions make the same files.
"""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import click

from corpus_making.genres import GENRES
from corpus_making.real import copy_real, files_of_no_genre, files_to_measure, real_files
from corpus_making.rendering import render_genre
from corpus_making.rows import COLUMNS, Row, read_rows
from corpus_making.second_versions import GENRES as WITH_SECOND_VERSIONS
from corpus_making.second_versions import second_versions
from corpus_making.sources import read_tunes
from corpus_making.takes import dealt, load_takes
from groovevae.corpus import load_corpus

folder = click.Path(exists=True, file_okay=False, path_type=Path)


def write_rows(path: Path, columns: tuple[str, ...], rows: list[dict[str, str]]) -> None:
    """Write a table as CSV, sorted by its first column."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(sorted(rows, key=lambda row: row[columns[0]]))


def without_copies(rows: list[Row], out: Path) -> list[Row]:
    """Return the rows without rock and metal that another song has nearly bar for bar, and delete those files.

    Other genres keep theirs: a song of several genres would be split by a drummer's group, and with it all its copies.
    """
    corpus = load_corpus(out)
    alike = {index for pair in corpus.near_duplicates for index in (pair.song, pair.of)}
    paths = {corpus.path_within(corpus.songs[index].entry.path) for index in alike}
    copies = {path for path in paths if path.split("/")[0] in WITH_SECOND_VERSIONS}
    for path in copies:
        (out / path).unlink()
    return [row for row in rows if row["path"] not in copies]


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--real", multiple=True, required=True, type=folder, help="Real pieces, with a manifest.csv.")
@click.option("--tunes", required=True, type=folder, help="Lead sheets and part-songs as MIDI, with a manifest.csv.")
@click.option("--openewld", required=True, type=folder, help="A clone of https://github.com/00sapo/OpenEWLD.")
@click.option("--takes", required=True, type=folder, help="The Groove MIDI Dataset, with a manifest.csv.")
@click.option("--titles", type=folder, help="A corpus whose manifest.csv gives titles to the song ids of --tunes.")
@click.option("--no-genre", multiple=True, type=folder, help="Real pieces of no genre: half of their songs are taken.")
@click.option("--measure", type=folder, help="A collection to measure on: one song in five that it has is left out.")
@click.option("--genre", "only", multiple=True, help="Render this genre only.")
def main(
    out: Path,
    *,
    real: tuple[Path, ...],
    tunes: Path,
    openewld: Path,
    takes: Path,
    titles: Path | None,
    no_genre: tuple[Path, ...],
    measure: Path | None,
    only: tuple[str, ...],
) -> None:
    """Make the corpus in a new folder OUT, with manifest.csv, and left_out.csv for the songs kept to measure on."""
    out.mkdir(parents=True)
    files = [file for place in real for file in real_files(place)]
    apart = files_to_measure(files, read_rows(measure) if measure else [])
    taken = [file for file in files if file not in apart] + [
        file for place in no_genre for file in files_of_no_genre(place)
    ]
    rows = without_copies(list(copy_real(taken, out)), out)
    write_rows(out / "left_out.csv", ("song_id", "genre", "title"), [vars(file) for file in apart])
    found = read_tunes(openewld, tunes, {row["song_id"]: row["title"] for row in (read_rows(titles) if titles else [])})
    groups = dealt(load_takes(takes))
    click.echo(f"{len(rows)} real files, {len(apart)} more left out to measure on; {len(found)} tunes to render")
    rows += list(second_versions(rows, groups, out))
    for name in only or GENRES:
        rendered = list(render_genre(name, found, groups, out))
        rows += rendered
        kinds = Counter(row["rests_on"] for row in rendered)
        click.echo(f"{name}: " + ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())))
    write_rows(out / "manifest.csv", COLUMNS, rows)


if __name__ == "__main__":
    main()
