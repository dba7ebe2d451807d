"""Fits a prior over phrases to a trained model, so that `groove sample` works with it."""

from __future__ import annotations

from pathlib import Path

import click

from groovevae.checkpoint import load_model_file, save_model
from groovevae.corpus import load_corpus
from groovevae.errors import GrooveError
from groovevae.learn import add_prior


@click.command()
@click.argument("corpus_folder", metavar="CORPUS")
@click.argument("model_path", metavar="MODEL", type=click.Path(path_type=Path))
@click.argument("out", metavar="[OUT]", required=False, type=click.Path(path_type=Path))
@click.option("--seed", default=0, show_default=True, help="The seed the model was trained with: it makes the split.")
def main(corpus_folder: str, model_path: Path, out: Path | None, seed: int) -> None:
    """Writes MODEL with a prior fitted on the training songs of CORPUS to OUT, or back to MODEL."""
    try:
        model = add_prior(load_model_file(model_path), load_corpus(corpus_folder), seed=seed)
        save_model(out or model_path, model)
    except GrooveError as error:
        raise click.ClickException(str(error)) from None
    assert model.prior is not None
    forms = sum(map(len, model.prior.forms.values()))
    weights = sum(array.size for array in model.prior.weights.values())
    size = (out or model_path).stat().st_size / 2**20
    print(f"{out or model_path}: {weights:,} weights of the prior, {forms} forms, {size:.1f} MiB")


if __name__ == "__main__":
    main()
