"""Fits anew what a trained model holds beside its weights: what blends need, or the prior of `groove sample`."""

from __future__ import annotations

from pathlib import Path

import click

from groovevae.corpus import load_corpus
from groovevae.errors import GrooveError
from groovevae.model.file import ModelFile, load_model_file, save_model
from groovevae.training.train import add_prior, fit_blends

PARTS = {"blends": fit_blends, "prior": add_prior}


@click.command()
@click.argument("part", type=click.Choice(list(PARTS)))
@click.argument("corpus_folder", metavar="CORPUS")
@click.argument("model_path", metavar="MODEL", type=click.Path(path_type=Path))
@click.argument("out", metavar="[OUT]", required=False, type=click.Path(path_type=Path))
@click.option("--seed", default=0, show_default=True, help="The seed the model was trained with: it makes the split.")
def main(part: str, corpus_folder: str, model_path: Path, out: Path | None, seed: int) -> None:
    """Writes MODEL, with song codes and doses or a prior fitted to the training songs of CORPUS, to OUT or back."""
    try:
        model = PARTS[part](load_model_file(model_path), load_corpus(corpus_folder), seed=seed)
        save_model(out or model_path, model)
    except GrooveError as error:
        raise click.ClickException(str(error)) from None
    print(f"{out or model_path}: {_said(model)}, {(out or model_path).stat().st_size / 2**20:.1f} MiB")


def _said(model: ModelFile) -> str:
    coded = sum(genre.code is not None for genre in model.genres.values())
    forms = sum(map(len, model.prior.forms.values())) if model.prior else 0
    return f"doses of {len(model.calibration)} pairs, song codes of {coded} genres, {forms} forms of phrases"


if __name__ == "__main__":
    main()
