"""`groove evaluate`: what a model is worth, as tables, JSON and a page."""

from __future__ import annotations

from pathlib import Path

import click

from groovevae.cli.common import read_corpus
from groovevae.cli.root import main


@main.command(short_help="Measure a model on the songs that it never saw.")
@click.argument("model", type=click.Path())
@click.argument("corpus", type=click.Path())
@click.option("--out", type=click.Path(), default="evaluation", show_default=True, help="Folder for the report.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="The seed of the training.")
@click.option("--runs", type=click.IntRange(min=2), default=16, show_default=True, help="Runs of 4 bars a genre.")
@click.option("--jobs", type=click.IntRange(min=1), help="Processes that read files.  [default: one a processor]")
def evaluate(model: str, corpus: str, out: str, seed: int, runs: int, jobs: int | None) -> None:
    """Measure a MODEL file (or `default`, the one that comes with groovevae) on songs of CORPUS that it never saw.

    CORPUS is what the model was trained on, and --seed the seed of that training: they decide which songs were held
    out. Measured are reconstruction, how far blends of each pair of genres are heard to go by judges that never saw
    the model, what blends keep, how near they come to songs that the corpus has in several genres, whether they are
    sound and new, and the attribute vectors; each beside simple rivals. Writes evaluation.html, with each genre and
    pair, evaluation.md, the summary, and evaluation.json, everything; takes minutes. Needs
    pip install 'groovevae[evaluate]'.

    \b
    Examples:
      groove evaluate default my-midi
      groove evaluate my.safetensors my-midi --out report
    """
    from groovevae.evaluation import evaluate as measure
    from groovevae.files import check_place, write_file
    from groovevae.generation.groove import load_model
    from groovevae.reports import progress, terminal
    from groovevae.reports.evaluation import check_plots, summary, to_html, to_json, to_markdown

    check_plots()
    check_place(Path(out) / "evaluation.html")
    groove = load_model(None if model == "default" else model)
    songs = read_corpus(corpus, jobs)
    with progress.parts() as told:
        found = measure(groove, songs, seed=seed, num_runs=runs, progress=told)
    title = f"groovevae: {Path(model).name} on {Path(corpus).name}"
    write_file(Path(out) / "evaluation.json", to_json(found).encode())
    write_file(Path(out) / "evaluation.md", to_markdown(found, title=title).encode())
    write_file(Path(out) / "evaluation.html", to_html(found, title=title).encode())
    terminal.show(summary(found))
    click.echo(f"Report: {click.format_filename(str(Path(out) / 'evaluation.html'))}")
