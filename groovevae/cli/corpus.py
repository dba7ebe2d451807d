"""`groove corpus`: shows what a corpus holds, and what is not used and why."""

from __future__ import annotations

from typing import Any

import click

from groovevae.cli.common import cluster_options, labels_option, read_corpus, with_options
from groovevae.cli.root import main
from groovevae.errors import CorpusError


@main.command("corpus", short_help="Show what a corpus holds, and which files are not used and why.")
@click.argument("corpus", type=click.Path())
@labels_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_options(cluster_options)
def show_corpus(corpus: str, *, as_json: bool, **reading: Any) -> None:
    """Show what a corpus holds genre by genre, which files are not used, and which are near-duplicates.

    CORPUS is a folder with a folder of MIDI files for each genre, a tar or zip archive of one, or the URL of either:
    s3://, gs://, https:// and others that fsspec reads.

    \b
    Examples:
      groove corpus my-midi
      groove corpus my-midi --json
      groove corpus lmd_full --labels labels.csv
      groove corpus s3://bucket/lmd_full.tar.gz --labels s3://bucket/labels.csv
      groove corpus /shared/midi --scheduler tcp://10.0.0.1:8786
    """
    from groovevae.corpus import corpus_report
    from groovevae.reports import progress, terminal
    from groovevae.reports.corpus import corpus_held, to_json

    loaded = read_corpus(corpus, **reading)
    with progress.parts(is_quiet=not terminal.is_interactive()) as told:
        loaded.find_near_duplicates(progress=told)
        told("counting", 0, 1)
        report = corpus_report(loaded)
    if as_json:
        click.echo(to_json(report))
    else:
        terminal.show(corpus_held(report))
    if not loaded.songs:
        raise CorpusError(f"{corpus}: no file that can be used")
