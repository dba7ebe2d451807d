"""`groove evaluate`: measures how good a model is, and writes tables, JSON and a page."""

from __future__ import annotations

from pathlib import Path

import click

from groovevae.cli.common import labels_option, read_corpus
from groovevae.cli.root import main


@main.command(short_help="Measure a model on the songs that it never saw.")
@click.argument("model", type=click.Path())
@click.argument("corpus", type=click.Path())
@click.option("--out", type=click.Path(), default="evaluation", show_default=True, help="Folder for the report.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="The seed it was trained with.")
@click.option("--runs", type=click.IntRange(min=2), default=16, show_default=True, help="4-bar runs for each genre.")
@labels_option
@click.option("--jobs", type=click.IntRange(min=1), help="Processes that read files.  [default: one per processor]")
def evaluate(model: str, corpus: str, out: str, seed: int, runs: int, jobs: int | None, labels: str | None) -> None:
    """Measure a MODEL file (or `default`, the one that comes with groovevae) on songs of CORPUS that it never saw.

    CORPUS is the corpus that the model was trained on, and --seed the seed of that training: together they decide
    which songs were held out. The command measures reconstruction; how far blends of each pair of genres go, to the
    ears of judges that never saw the model; what blends keep; how near they come to songs that the corpus has in
    several genres; whether they are sound and new; and what the attribute vectors do. Each is compared with simple
    rivals. It takes minutes and writes evaluation.html (each genre and pair), evaluation.md (the summary) and
    evaluation.json (everything). It needs pip install 'groovevae[evaluate]'.

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
    songs = read_corpus(corpus, jobs, labels)
    with progress.parts() as told:
        found = measure(groove, songs, seed=seed, num_runs=runs, progress=told)
    title = f"groovevae: {Path(model).name} on {Path(corpus).name}"
    write_file(Path(out) / "evaluation.json", to_json(found).encode())
    write_file(Path(out) / "evaluation.md", to_markdown(found, title=title).encode())
    write_file(Path(out) / "evaluation.html", to_html(found, title=title).encode())
    terminal.show(summary(found))
    click.echo(f"Report: {click.format_filename(str(Path(out) / 'evaluation.html'))}")
