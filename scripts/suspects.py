"""Measures what `groove train` warns about: the share of clean songs that it names, and of songs in a wrong folder.

The figures are for docs/anomaly.md. The thresholds were chosen on the training songs of seed 0, without the held-out
songs.
"""

from __future__ import annotations

import time
from dataclasses import replace

import click
import numpy as np

from groovevae.anomaly.detectors import Known
from groovevae.anomaly.outliers import known_songs
from groovevae.anomaly.suspects import suspects
from groovevae.corpus import load_corpus, split_songs

SIZES = ((1, 20), (1, 140), (2, 10), (2, 20), (2, 50), (3, 30), (6, 15), (12, 12), (12, 40))  # genres, songs of each
DRAWS = 20
MOVED = 0.05


def share_named(known: Known, songs: np.ndarray) -> float:
    named = [suspect.song for suspect in suspects(known)]
    return float(np.isin(songs, named).mean())


def measure(known: Known, rng: np.random.Generator) -> tuple[float, float]:
    """The share of clean songs that are named, and of those that are moved to another genre (NaN for one genre)."""
    every, genres = np.arange(len(known.genre)), np.unique(known.genre)
    clean = share_named(known, every)
    if len(genres) == 1:
        return clean, float("nan")
    wrong = rng.permutation(every)[: max(1, round(MOVED * len(every)))]
    genre = known.genre.copy()
    for song in wrong:
        genre[song] = rng.choice(genres[genres != genre[song]])
    return clean, share_named(replace(known, genre=genre), wrong)


def drawn(known: Known, num_genres: int, num_songs: int, rng: np.random.Generator) -> Known:
    """Up to so many files of each of so many genres."""
    genres = rng.choice(np.unique(known.genre), num_genres, replace=False)
    files = [rng.permutation(np.flatnonzero(known.genre == name))[:num_songs] for name in genres]
    return known.of(np.concatenate(files))


def row(name: str, results: list[tuple[float, float]]) -> None:
    clean, moved = np.mean(results, axis=0)
    print(f"| {name} | {clean:.2%} | {'-' if np.isnan(moved) else f'{moved:.0%}'} |", flush=True)


@click.command()
@click.argument("corpus_folder", metavar="CORPUS")
def main(corpus_folder: str) -> None:
    """Print the shares of clean and of misplaced songs of CORPUS that are named; this takes minutes."""
    corpus = load_corpus(corpus_folder)
    train, held = (np.array(part) for part in split_songs(corpus, seed=0))
    begun = time.process_time()
    every = known_songs(None, corpus.songs)
    known = every.of(train)
    print(f"{len(corpus.songs):,} files looked at in {time.process_time() - begun:.1f} s of processor time")
    begun = time.process_time()
    list(suspects(every))
    print(f"compared in {time.process_time() - begun:.1f} s")
    print("| files | clean, but named | in a wrong folder, and named |\n|---|---:|---:|")
    rng = np.random.default_rng(0)
    for num_genres, num_songs in SIZES:
        results = [measure(drawn(known, num_genres, num_songs, rng), rng) for _ in range(DRAWS)]
        row(f"{num_genres} genre{'s' * (num_genres > 1)} of up to {num_songs}", results)
    row(f"all {len(train):,} training files", [measure(known, rng)])
    row(f"all {len(held)} held-out files", [measure(every.of(held), rng) for _ in range(5)])


if __name__ == "__main__":
    main()
