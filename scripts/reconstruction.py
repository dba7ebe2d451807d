"""Measures the note F1 of a model on songs that it never saw: encode, take the mean, decode without teacher forcing.

This is the part of `groove evaluate` that takes a minute and needs no extra dependencies. It prints Markdown.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np

from groovevae.bars.constants import ROLES
from groovevae.corpus import CorpusSong, Songs, load_corpus
from groovevae.corpus.dataset import Dataset
from groovevae.evaluation.reconstruction import measure_reconstruction
from groovevae.evaluation.songs import measured_songs
from groovevae.measures.note_f1 import f1_by_genre, macro_f1
from groovevae.model.file import load_model_file
from groovevae.network.decoding import Posterior, decode, encode
from groovevae.network.forward import Network
from groovevae.network.refining import close_points, refined
from groovevae.reports.evaluation.reconstruction import by_genre, means
from groovevae.reports.table import Table

COMPARED_BARS = 128  # of each genre, for other places to begin at than the encoder's mean


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
    tables = by_genre(found), means(found), beginnings(model.network(), songs.held, genres)
    print("\n\n".join(table.to_markdown() for table in tables))


def beginnings(network: Network, held: Sequence[CorpusSong], genres: tuple[str, ...]) -> Table:
    """Compare points that are led on from the encoder's means with those that begin elsewhere."""
    data = Dataset.from_songs(Songs(held), [song.entry.genre for song in held], genres)
    index = data.of_each_genre(COMPARED_BARS)
    bars, genre = data.bars[index], data.genre[index]
    mean, logvar = encode(network, bars)
    other = mean[np.random.default_rng(0).permutation(len(mean))]
    noise = np.exp(0.5 * logvar) * np.random.default_rng(1).standard_normal(mean.shape).astype(np.float32)
    points = {
        "the encoder's means": mean,
        "led on where they lack notes": close_points(network, bars),
        "led on, each step at the point itself": refined(network, Posterior(mean, np.full_like(logvar, -30)), bars),
        "led on from the origin": refined(network, Posterior(np.zeros_like(mean), logvar), bars),
        "led on from another bar's mean": refined(network, Posterior(other, logvar), bars),
    }

    def f1(z: np.ndarray) -> dict[str, float]:
        return macro_f1(f1_by_genre(bars, decode(network, z, bars), genre, genres))

    rows = []
    for name, z in points.items():
        moved, size = (np.sqrt((part**2).mean()) for part in (z - mean, z))
        known, beside = f1(z), f1(z + noise)["chords"]
        rows.append((name, *(f"{known[role]:.3f}" for role in ROLES), f"{beside:.3f}", f"{moved:.2f}", f"{size:.2f}"))
    note = (
        "Chords nearby: from places drawn around the points as widely as the posterior is. Moved and size: root mean "
        "squares of each dimension, from the means and from 0; the posterior's deviation is "
        f"{np.sqrt(np.exp(logvar).mean()):.2f}."
    )
    columns = ("points", *ROLES, "chords nearby", "moved", "size")
    return Table(columns, tuple(rows), title="Where points begin", note=note)


if __name__ == "__main__":
    main()
