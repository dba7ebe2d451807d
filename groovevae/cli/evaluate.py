"""`groove evaluate`: measures how good a model is, and writes tables, JSON and a page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from groovevae.cli.common import jobs_option, labels_option, read_corpus
from groovevae.cli.root import main

if TYPE_CHECKING:
    from groovevae.evaluation import Evaluation


@main.command(short_help="Measure a model on the songs that it never saw.")
@click.argument("model", type=click.Path())
@click.argument("corpus", type=click.Path())
@click.option("--out", type=click.Path(), default="evaluation", show_default=True, help="Folder for the report.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="The seed it was trained with.")
@click.option("--runs", type=click.IntRange(min=2), default=16, show_default=True, help="4-bar runs for each genre.")
@click.option(
    "--unseen",
    type=click.Path(),
    help="Measure on this other corpus, on all that is not nearly the same as a training song.",
)
@labels_option
@jobs_option
def evaluate(
    model: str,
    corpus: str,
    out: str,
    seed: int,
    runs: int,
    unseen: str | None,
    jobs: int | None,
    labels: str | None,
) -> None:
    """Measure a MODEL file (or `default`, the one that comes with groovevae) on songs of CORPUS that it never saw.

    CORPUS is the corpus that the model was trained on, and --seed the seed of that training: together they decide
    which songs were held out. With --unseen, another corpus of the same genres takes their place. Measured are
    reconstruction; how far blends go, to the ears of judges that never saw the model; what they keep; how near they
    come to songs that the corpus has in several genres; whether they are sound and new; and what attribute vectors do,
    each beside simple rivals. It takes minutes, needs pip install 'groovevae[evaluate]', and writes a page, a summary
    (evaluation.md) and everything as JSON.

    \b
    Examples:
      groove evaluate default my-midi
      groove evaluate my.safetensors my-midi --unseen other-midi
    """
    from groovevae.evaluation import evaluate as measure
    from groovevae.files import check_place
    from groovevae.generation.groove import load_model
    from groovevae.reports import progress, terminal
    from groovevae.reports.evaluation import check_plots, summary

    check_plots()
    check_place(Path(out) / "evaluation.html")
    groove = load_model(None if model == "default" else model)
    songs = read_corpus(corpus, jobs, labels)
    other = read_corpus(unseen, jobs) if unseen else None
    with progress.parts() as told:
        found = measure(groove, songs, other, seed=seed, num_runs=runs, progress=told)
    _write(found, Path(out), title=f"groovevae: {Path(model).name} on {Path(unseen or corpus).name}")
    terminal.show(summary(found))
    click.echo(f"Report: {click.format_filename(str(Path(out) / 'evaluation.html'))}")


def _write(found: Evaluation, out: Path, *, title: str) -> None:
    """Write the report as JSON, Markdown and a page."""
    from groovevae.files import write_file
    from groovevae.reports.evaluation import to_html, to_json, to_markdown

    write_file(out / "evaluation.json", to_json(found).encode())
    write_file(out / "evaluation.md", to_markdown(found, title=title).encode())
    write_file(out / "evaluation.html", to_html(found, title=title).encode())
