"""Measures how decoded bars change with the amount of a blend, next to real bars of both genres and random directions.

It uses bars of songs that training never saw, so give the corpus and the seed that the model was trained with.
"""

from __future__ import annotations

import click
import numpy as np

from groovevae import load_model
from groovevae.bars import Bars
from groovevae.bars.constants import ROLES
from groovevae.corpus import Corpus, load_corpus, split_songs
from groovevae.model.calibration import calibrated_path, find_curves
from groovevae.model.genres import find_genre
from groovevae.model.latent_arithmetic import find_displacement, moved, translation_matrix, transport_matrix

MATRICES = {"calibrated": translation_matrix, "transport": transport_matrix, "mean": None}
AMOUNTS = (0.0, 0.25, 0.5, 0.75, 1.0)
NUM_RANDOM = 8  # random directions that a control is averaged over


def measures(bars: Bars) -> dict[str, float]:
    """What a bar is like on average: notes struck by role, and where the bass lies."""
    names = ("drum hits", "bass notes", "chord notes", "lead notes")
    table = {name: float(bars.onsets(role).sum()) / len(bars) for name, role in zip(names, ROLES, strict=True)}
    table["all notes"] = sum(table.values())
    table["bars with drums"] = float(bars.strikes("drums").any(1).mean())
    table["bars with bass"] = float(bars.strikes("bass").any(1).mean())
    pitch = bars.pitches("bass")[bars.onsets("bass")]
    table["bass pitch"] = float(pitch.mean()) if pitch.size else float("nan")
    return table


def held_out_bars(corpus: Corpus, genre: str, *, seed: int, count: int) -> Bars:
    """Up to `count` sounding bars of held-out songs of a genre, evenly over all there are."""
    _, held = split_songs(corpus, seed=seed)
    bars = Bars.concatenate([corpus.songs[i].song.bars for i in held if corpus.songs[i].entry.genre == genre])
    bars = bars[bars.has_notes]
    return bars[np.unique(np.linspace(0, len(bars) - 1, count).astype(int))]


def row(name: str, table: dict[str, float]) -> str:
    """One row of a Markdown table."""
    return "| " + " | ".join([name, *(f"{value:.2f}" for value in table.values())]) + " |"


@click.command()
@click.argument("corpus_folder", metavar="CORPUS")
@click.argument("model_path", metavar="[MODEL]", required=False)
@click.option("--source", default="classical", show_default=True)
@click.option("--target", default="rock", show_default=True)
@click.option("--method", type=click.Choice(list(MATRICES)), default="calibrated", show_default=True)
@click.option("--temperature", default=0.0, show_default=True, help="0 takes the likeliest notes.")
@click.option("--bars", "num_bars", default=512, show_default=True, help="Held-out bars of each genre.")
@click.option("--seed", default=0, show_default=True, help="The seed of the model's training: it splits the songs.")
def main(
    corpus_folder: str,
    model_path: str | None,
    source: str,
    target: str,
    method: str,
    temperature: float,
    num_bars: int,
    seed: int,
) -> None:
    """Print what held-out bars of a genre become on the way to another, and along random directions."""
    groove = load_model(model_path)
    genres = groove.model.genres
    source, target = (find_genre(name, genres) for name in (source, target))
    corpus = load_corpus(corpus_folder)
    real_source, real_target = (held_out_bars(corpus, name, seed=seed, count=num_bars) for name in (source, target))
    z = groove.encode(real_source)
    way = np.broadcast_to(genres[target].mean - genres[source].mean, z.shape)
    if find_matrix := MATRICES[method]:
        way = find_displacement(genres[source], {target: 1.0}, genres, find_matrix=find_matrix)(z)  # (N, Z)
    direction = way.mean(0)
    curves = {target: find_curves(groove.model.calibration, source, target)}
    by_role = calibrated_path(z, {target: way}, {target: 1.0}, curves)

    def decoded(points: np.ndarray) -> dict[str, float]:
        return measures(groove.decode(points, real_source, temperature=temperature, seed=seed))

    names = list(measures(real_source))
    print(
        f"{len(real_source)} held-out bars of {source}, {len(real_target)} of {target}, temperature {temperature:g}\n"
    )
    print("| " + " | ".join(["", *names]) + " |\n|---" + "|---:" * len(names) + "|")
    print(row(f"real {source}", measures(real_source)))
    for amount in AMOUNTS:
        points = moved(z, way, amount)
        if method == "calibrated":
            points = np.stack([by_role(role, np.full(len(z), amount)) for role in ROLES])
        print(row(f"{source} to {target}, {amount:g}", decoded(points)))
    rng = np.random.default_rng(seed)
    others = rng.standard_normal((NUM_RANDOM, len(direction)))
    others *= np.linalg.norm(direction) / np.linalg.norm(others, axis=1, keepdims=True)
    for amount in AMOUNTS[2::2]:
        tables = [decoded(z + np.float32(amount) * other.astype(np.float32)) for other in others]
        mean = {name: float(np.nanmean([table[name] for table in tables])) for name in names}
        print(row(f"{amount:g} x random, mean of {NUM_RANDOM}", mean))
    print(row(f"real {target}", measures(real_target)))


if __name__ == "__main__":
    main()
