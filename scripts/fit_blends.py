"""Fits what blends need to a trained model: codes of the songs that genres share, and doses."""

from __future__ import annotations

from pathlib import Path

import click

from groovevae.checkpoint import load_model_file, save_model
from groovevae.corpus import load_corpus
from groovevae.errors import GrooveError
from groovevae.learn import fit_blends


@click.command()
@click.argument("corpus_folder", metavar="CORPUS")
@click.argument("model_path", metavar="MODEL", type=click.Path(path_type=Path))
@click.argument("out", metavar="[OUT]", required=False, type=click.Path(path_type=Path))
@click.option("--seed", default=0, show_default=True, help="The seed the model was trained with: it makes the split.")
def main(corpus_folder: str, model_path: Path, out: Path | None, seed: int) -> None:
    """Writes MODEL with codes and doses measured on the training songs of CORPUS to OUT, or back to MODEL."""
    try:
        model = fit_blends(load_model_file(model_path), load_corpus(corpus_folder), seed=seed)
        save_model(out or model_path, model)
    except GrooveError as error:
        raise click.ClickException(str(error)) from None
    coded = ", ".join(genre.name for genre in model.genres.values() if genre.code) or "none"
    size = (out or model_path).stat().st_size / 2**20
    print(f"{out or model_path}: {len(model.doses)} pairs of genres, {size:.1f} MiB; codes: {coded}")


if __name__ == "__main__":
    main()
