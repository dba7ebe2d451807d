"""Measures the note F1 of a model on songs that it never saw: encode, take the mean, decode without teacher forcing.

This is the part of `groove evaluate` that takes a minute and needs no extra dependencies. It prints Markdown.
"""

from __future__ import annotations

from pathlib import Path

import click

from groovevae.corpus import load_corpus
from groovevae.evaluation.reconstruction import measure_reconstruction
from groovevae.evaluation.songs import measured_songs
from groovevae.model.file import load_model_file
from groovevae.reports.evaluation.reconstruction import by_genre, means


@click.command()
@click.argument("corpus_folder", metavar="CORPUS")
@click.argument("model_path", metavar="[MODEL]", required=False)
@click.option("--seed", default=0, show_default=True, help="The seed of the model's training: it splits the songs.")
@click.option("--unseen", help="Another corpus, of any genres, to measure on instead of held-out songs.")
def main(corpus_folder: str, model_path: str | None, seed: int, unseen: str | None) -> None:
    """Print held-out note F1 by genre and role, the gap to training songs, latent nats, and errors of feel."""
    model = load_model_file(Path(model_path) if model_path else None)
    corpus, other = load_corpus(corpus_folder), load_corpus(unseen) if unseen else None
    genres = (*model.genres, *sorted(set(other.genres if other else ()) - set(model.genres)))
    songs = measured_songs(corpus, genres, seed=seed, unseen=other)
    found = measure_reconstruction(model.network(), songs.train, songs.held, genres)
    print(f"{by_genre(found).to_markdown()}\n\n{means(found).to_markdown()}")


if __name__ == "__main__":
    main()
