"""`groove outliers`: finds the files of a collection that do not belong where they are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from groovevae.cli.common import jobs_option, labels_option, model_option, read_corpus
from groovevae.cli.root import main

if TYPE_CHECKING:
    from groovevae.anomaly import Outliers


@main.command(short_help="Find files that do not belong: broken, mislabelled, duplicated.")
@click.argument("corpus", type=click.Path())
@click.option("--genre", help="Show only the files of this genre.")
@click.option("--normal", type=click.Path(), help="A corpus that is clean.  [default: most of CORPUS]")
@click.option(
    "--false-alarms",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.05,
    show_default=True,
    help="Share of normal files that may be flagged: it sets the threshold.",
)
@click.option("--top", type=click.IntRange(min=1), default=20, show_default=True, help="Files to print.")
@click.option("--csv", "csv_file", type=click.Path(), help="Write all files to this CSV file.")
@click.option("--json", "json_file", type=click.Path(), help="Write all files to this JSON file.")
@labels_option
@jobs_option
@model_option
def outliers(
    corpus: str, *, top: int, csv_file: str | None, json_file: str | None, normal: str | None, **options: Any
) -> None:
    """Rank the files of a CORPUS by how little they belong in their genre folders, such as broken or mislabelled ones.

    Each file is compared with the other songs of its genre. The command shows the role and the bars that are least
    usual, and a reason where one stands out. It only reads the files.

    \b
    Examples:
      groove outliers my-midi
      groove outliers my-midi --genre jazz --top 50 --csv outliers.csv
      groove outliers downloads --normal my-midi --false-alarms 0.01
    """
    from groovevae.files import check_place, write_file
    from groovevae.reports import terminal
    from groovevae.reports.outliers import outliers_found, to_csv, to_json

    files = [(Path(file), text) for file, text in ((csv_file, to_csv), (json_file, to_json)) if file is not None]
    for file, _ in files:
        check_place(file)
    found = _find(corpus, normal, **options)
    for file, text in files:
        write_file(file, text(found).encode())
    terminal.show(outliers_found(found, top=top))


def _find(
    corpus: str,
    normal: str | None,
    *,
    labels: str | None,
    model: str | None,
    jobs: int | None,
    genre: str | None,
    false_alarms: float,
) -> Outliers:
    """Look through a corpus, with the progress shown."""
    from groovevae.anomaly import find_outliers
    from groovevae.generation.groove import load_model
    from groovevae.reports import progress

    groove = load_model(model)
    songs = read_corpus(corpus, jobs, labels)
    clean = None if normal is None else read_corpus(normal, jobs)
    with progress.parts() as told:
        return find_outliers(groove, songs, genre=genre, normal=clean, false_alarms=false_alarms, progress=told)
