"""`groove corpus` and `groove info`: what a corpus and a model file hold."""

from __future__ import annotations

from pathlib import Path

import click

from groovevae.cli.common import read_corpus
from groovevae.cli.root import main
from groovevae.errors import CorpusError


@main.command("corpus", short_help="Show what a corpus holds, what is not used, and why.")
@click.argument("corpus", type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--jobs", type=click.IntRange(min=1), help="Processes that read files.  [default: one a processor]")
def show_corpus(corpus: str, *, as_json: bool, jobs: int | None) -> None:
    """Show what a corpus holds, genre by genre, every file that is not used, and near-duplicates.

    \b
    Examples:
      groove corpus my-midi
      groove corpus my-midi --json
    """
    from groovevae.corpus import corpus_report
    from groovevae.reports import terminal
    from groovevae.reports.corpus import corpus_held, to_json

    loaded = read_corpus(corpus, jobs)
    report = corpus_report(loaded)
    if as_json:
        click.echo(to_json(report))
    else:
        terminal.show(corpus_held(report))
    if not loaded.songs:
        raise CorpusError(f"{corpus}: no file that can be used")


@main.command(short_help="Show what a model file holds.")
@click.argument("model", required=False, type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def info(model: str | None, *, as_json: bool) -> None:
    """Show what a model file holds, or the one that comes with groovevae: genres, sizes, figures, licences.

    \b
    Examples:
      groove info
      groove info model.safetensors --json
    """
    from groovevae.model.file import default_model_path, load_model_file
    from groovevae.reports import terminal
    from groovevae.reports.model import model_held, to_json

    path = default_model_path() if model is None else Path(model)
    loaded = load_model_file(path)
    if as_json:
        click.echo(to_json(loaded, path))
    else:
        terminal.show(model_held(loaded, path))
