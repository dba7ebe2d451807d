"""Note F1 of a model on songs it never saw: encode, take the mean, decode greedily and freely. Prints Markdown."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from groovevae.bars import Bars
from groovevae.bars.constants import FIRST_PITCH, OFFSET_UNITS, ONSET, PITCHED, ROLES
from groovevae.checkpoint import load_model_file
from groovevae.corpus import load_corpus, split_songs
from groovevae.corpus.dataset import Dataset
from groovevae.decoding import decode, encode
from groovevae.losses import kl_divergence
from groovevae.training import ACTIVE_KL, macro_f1, reconstruction_f1


def struck(bars: Bars, role: str) -> np.ndarray:
    """Where a role strikes: (N, T, 9) for drums, (N, T) for the others."""
    if role == "drums":
        return bars.drums > 0
    if role == "chords":
        return (bars.chords == ONSET).any(-1)
    return getattr(bars, role) >= FIRST_PITCH


def feel(bars: Bars, role: str) -> tuple[np.ndarray, np.ndarray]:
    """Velocity (0 to 127) and offset (steps) at each place of `struck`."""
    if role == "drums":
        return bars.drums.astype(float), bars.drums_offset / OFFSET_UNITS
    column = PITCHED.index(role)
    return bars.velocity[..., column].astype(float), bars.offset[..., column] / OFFSET_UNITS


def feel_row(true: Bars, decoded: Bars, role: str) -> str:
    """Mean absolute errors where both strike, against always saying the role's median."""
    both = struck(true, role) & struck(decoded, role)
    cells = []
    for known, said in zip(feel(true, role), feel(decoded, role), strict=True):
        error = np.abs(known - said)[both].mean()
        usual = np.abs(known[both] - np.median(known[struck(true, role)])).mean()
        cells += [f"{error:.3f}", f"{usual:.3f}"]
    return f"| {role} | " + " | ".join(cells) + " |"


@click.command()
@click.argument("corpus_folder", metavar="CORPUS")
@click.argument("model_path", metavar="[MODEL]", required=False)
@click.option("--bars", "num_bars", default=512, show_default=True, help="Bars a genre at most.")
@click.option("--seed", default=0, show_default=True, help="The seed the model was trained with: it makes the split.")
def main(corpus_folder: str, model_path: str | None, num_bars: int, seed: int) -> None:
    """Prints held-out note F1 by genre and role, the gap to training songs, latent nats, and errors of feel."""
    model = load_model_file(Path(model_path) if model_path else None)
    network, genres = model.network(), tuple(model.genres)
    corpus = load_corpus(corpus_folder)
    sides = []
    for part in split_songs(corpus, seed=seed):
        songs = [corpus.songs[i] for i in part if corpus.songs[i].entry.genre in genres]
        sides.append(Dataset.from_songs([s.song for s in songs], [s.entry.genre for s in songs], genres))
    train, held = sides
    index = held.of_each_genre(num_bars)
    table = reconstruction_f1(network, held, index)
    counts = np.bincount(held.genre[index], minlength=len(genres))
    print("| genre | bars | songs | " + " | ".join(ROLES) + " |\n|---|---:|---:" + "|---:" * len(ROLES) + "|")
    for number, genre in enumerate(genres):
        songs = len(np.unique(held.song[held.genre == number]))
        cells = ["–" if np.isnan(table[genre][role]) else f"{table[genre][role]:.3f}" for role in ROLES]
        print(f"| {genre} | {counts[number]} | {songs} | " + " | ".join(cells) + " |")
    seen = macro_f1(reconstruction_f1(network, train, train.of_each_genre(num_bars)))
    for name, mean in (("mean of genres, held-out songs", macro_f1(table)), ("mean of genres, training songs", seen)):
        print(f"| {name} | | | " + " | ".join(f"{mean[role]:.3f}" for role in ROLES) + " |")
    bars = held.bars[index]
    mean, logvar = encode(network, bars)
    kl = np.asarray(kl_divergence(mean, logvar)).mean(0)
    print(f"\nLatent information {kl.sum():.0f} nats a bar, {(kl > ACTIVE_KL).sum()} of {len(kl)} units active.\n")
    decoded = decode(network, mean, bars)
    print("| role | velocity error | of the median | offset error (steps) | of the median |\n|---|---:|---:|---:|---:|")
    for role in ROLES:
        print(feel_row(bars, decoded, role))


if __name__ == "__main__":
    main()
