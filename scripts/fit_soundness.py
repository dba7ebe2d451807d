"""Learns what the judge of soundness knows beforehand, from training songs of a corpus and broken copies of them.

    python scripts/fit_soundness.py CORPUS --leave-out n_ groovevae/assets/soundness.safetensors

The songs are 60% of those that the model was trained on, up to 50 of each genre; the rest of the training songs are for
choosing settings. --leave-out names songs by how their ids begin: those whose licence does not allow it.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np
from sklearn.linear_model import LogisticRegression

from groovevae.anomaly.faults import FAULTS, inject
from groovevae.anomaly.measurements import describe
from groovevae.anomaly.song_statistics import song_values, value_names
from groovevae.anomaly.soundness import KIND, Prior, usual
from groovevae.bars import Bars
from groovevae.corpus import CorpusSong, load_corpus, split_songs
from groovevae.generation.groove import load_model
from groovevae.model.file import write_tensors
from groovevae.network.forward import Network

SHARE, MOST_OF_GENRE = 0.6, 50
FOLDER = (6, 30)  # files of the folders that songs are compared with
SMALLEST_SPREAD = 1e-3
STRENGTH = 0.001  # of the weights: LogisticRegression's C
HEARD = 0.3  # what a deviation of nats counts: the model has heard these songs, and other songs cost more when sound


def is_learned_from(song_id: str) -> bool:
    return int(hashlib.sha256(f"o{song_id}".encode()).hexdigest(), 16) / 2**256 < SHARE


def chosen(songs: Sequence[CorpusSong], rng: np.random.Generator) -> list[CorpusSong]:
    of_genre: dict[str, list[CorpusSong]] = defaultdict(list)
    for song in songs:
        of_genre[song.entry.genre].append(song)
    picked = []
    for own in of_genre.values():
        kept = [song for song in own if is_learned_from(song.entry.song_id)]
        picked += [kept[i] for i in rng.permutation(len(kept))[:MOST_OF_GENRE]]
    return picked


def measured(network: Network, bars: Sequence[Bars], genre: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """The values of the songs and, for each fault, of their copies, (S, V) each; NaN where the fault does nothing.

    Half of the songs are mixed with one of their genre, the others with any.
    """
    others = [
        bars[int(rng.choice(np.flatnonzero(genre == name)) if rng.random() < 0.5 else rng.integers(len(bars)))]
        for name in genre
    ]
    values = [song_values(describe(network, bars, with_features=False))]
    for fault in FAULTS:
        copies = [
            inject(own, fault, strength=1.0, other=other, seed=1000 + number)
            for number, (own, other) in enumerate(zip(bars, others, strict=True))
        ]
        kept = [number for number, copy in enumerate(copies) if copy is not None]
        of_fault = np.full(values[0].shape, np.nan)
        of_fault[kept] = song_values(describe(network, [c for c in copies if c is not None], with_features=False))
        values.append(of_fault)
        print(f"{fault}: {len(kept)} songs", flush=True)
    return values


def fit_prior(
    values: Sequence[np.ndarray], genre: np.ndarray, group: np.ndarray, names: Sequence[str], rng: np.random.Generator
) -> Prior:
    """Fit the prior to songs and their copies, each compared with a folder of other songs of its genre."""
    sound = values[0]
    apart = np.concatenate([sound[genre == name] - np.nanmean(sound[genre == name], 0) for name in np.unique(genre)])
    spread = np.nan_to_num(np.sqrt(np.nanmean(apart**2, 0))) + SMALLEST_SPREAD
    prior = Prior(np.nan_to_num(np.nanmean(sound, 0)), spread, np.zeros((0, 0)))
    rows, kinds = [], []
    for song in range(len(sound)):
        others = np.flatnonzero((genre == genre[song]) & (group != group[song]))
        count = min(int(np.exp(rng.uniform(*np.log(FOLDER)))), len(others))
        folder = usual(sound[rng.permutation(others)[:count]], prior)
        for kind, own in enumerate(values):
            if np.isfinite(own[song]).any():
                rows.append(folder.deviations(own[song]))
                kinds.append(kind)
    judge = LogisticRegression(C=STRENGTH, max_iter=400)
    counts = np.array([HEARD if "nats" in name else 1.0 for name in names])
    judge.fit(np.array(rows) * counts, kinds, sample_weight=np.where(np.array(kinds) == 0, len(FAULTS), 1.0))
    return prior._replace(weights=np.column_stack([judge.coef_ * counts, judge.intercept_]))


def save(path: str | Path, prior: Prior, names: Sequence[str]) -> None:
    tensors = {name: array.astype(np.float32) for name, array in prior._asdict().items()}
    write_tensors(path, tensors, kind=KIND, texts={"names": list(names), "faults": list(FAULTS)})


@click.command()
@click.argument("corpus_folder", metavar="CORPUS")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--leave-out", default="", help="How the ids of songs to leave out begin.")
def main(corpus_folder: str, out: Path, leave_out: str) -> None:
    """Learn from CORPUS and write OUT; this takes some minutes."""
    corpus = load_corpus(corpus_folder)
    songs = [corpus.songs[number] for number in split_songs(corpus, seed=0)[0]]
    songs = chosen(
        [s for s in songs if not (leave_out and s.entry.song_id.startswith(leave_out))], np.random.default_rng(5)
    )
    genre, group = (np.array([getattr(song.entry, name) for song in songs]) for name in ("genre", "song_id"))
    bars, network = [song.song.bars for song in songs], load_model(None).network
    values = measured(network, bars, genre, np.random.default_rng(71))
    names = value_names(describe(None, bars[:1], with_features=False))
    save(out, fit_prior(values, genre, group, names, np.random.default_rng(0)), names)
    print(f"{len(songs)} songs of {len(np.unique(genre))} genres")


if __name__ == "__main__":
    main()
