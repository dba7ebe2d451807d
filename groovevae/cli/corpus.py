"""`groove corpus`: shows what a corpus holds, and what is not used and why."""

from __future__ import annotations

import click

from groovevae.cli.common import labels_option, read_corpus
from groovevae.cli.root import main
from groovevae.errors import CorpusError


@main.command("corpus", short_help="Show what a corpus holds, what is not used, and why.")
@click.argument("corpus", type=click.Path())
@labels_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--jobs", type=click.IntRange(min=1), help="Processes that read files.  [default: one per processor]")
def show_corpus(corpus: str, *, labels: str | None, as_json: bool, jobs: int | None) -> None:
    """Show what a corpus holds genre by genre, which files are not used, and which are near-duplicates.

    \b
    Examples:
      groove corpus my-midi
      groove corpus my-midi --json
      groove corpus lmd_full --labels labels.csv
    """
    from groovevae.corpus import corpus_report
    from groovevae.reports import progress, terminal
    from groovevae.reports.corpus import corpus_held, to_json

    loaded = read_corpus(corpus, jobs, labels)
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
