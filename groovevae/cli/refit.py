"""`groove refit`: fits anew what a model holds besides its network, to the corpus it was trained on."""

from __future__ import annotations

from pathlib import Path

import click

from groovevae.cli.common import check_copy, jobs_option, labels_option, read_corpus
from groovevae.cli.root import main


@main.command(short_help="Refit what a model holds besides its network.")
@click.argument("model", type=click.Path())
@click.argument("corpus", type=click.Path())
@click.option("--out", type=click.Path(), required=True, help="The copy of the model to write.")
@click.option(
    "--only",
    "parts",
    type=click.Choice(["blends", "vectors", "prior", "arranger", "doses"]),
    multiple=True,
    help="Refit only this part; may be given several times.  [default: all of them]",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="The seed it was trained with.")
@labels_option
@jobs_option
def refit(
    model: str, corpus: str, *, out: str, parts: tuple[str, ...], seed: int, labels: str | None, jobs: int | None
) -> None:
    """Refit what a MODEL file (or `default`, the one that comes with groovevae) holds besides its network.

    groove train does all of this at its end, but a model of an earlier version may lack some of it. CORPUS is the
    corpus that the model was trained on, and --seed the seed of that training: together they decide which songs were
    held out. The network itself is not trained; MODEL stays as it is, and --out is a copy.

    \b
    blends   how far an amount goes between two genres, and what songs in several genres share
    vectors  density, syncopation, swing, register, polyphony and drum density
    prior    the phrases of groove sample
    arranger the network that plays a song as a genre would, and adds parts
    doses    how far the arranger goes between two genres; the arranger itself stays as it is

    \b
    Examples:
      groove refit old.safetensors my-midi --out new.safetensors
      groove refit old.safetensors my-midi --only prior --out with-prior.safetensors
    """
    from groovevae.model.file import load_model_file, save_model
    from groovevae.reports import progress, terminal
    from groovevae.reports.model import parts_held
    from groovevae.training.refit import PARTS
    from groovevae.training.refit import refit as fit_parts

    source = None if model == "default" else model
    loaded = load_model_file(source)
    check_copy(source, out)
    songs = read_corpus(corpus, jobs, labels)
    with progress.parts() as told:
        fitted = fit_parts(loaded, songs, parts=parts or PARTS, seed=seed, progress=told)
    save_model(out, fitted)
    terminal.show([parts_held(fitted, Path(out))])
