"""The bars that every benchmark trains on and measures on: one split by song, the same for all."""

from __future__ import annotations

import numpy as np

from groovevae.corpus import load_corpus, split_songs
from groovevae.corpus.dataset import BUCKETS, Dataset

SPLIT_SEED = 0  # runs differ in the seed they train with; the songs held out stay


def load_sides(corpus_folder: str) -> tuple[Dataset, Dataset]:
    """Training bars and held-out bars of a corpus."""
    corpus = load_corpus(corpus_folder)
    genres = tuple(corpus.genres)
    sides = []
    for part in split_songs(corpus, seed=SPLIT_SEED):
        songs = [corpus.songs[i] for i in part]
        sides.append(Dataset.from_songs([s.song for s in songs], [s.entry.genre for s in songs], genres))
    return sides[0], sides[1]


def beats_of_batches(data: Dataset) -> list[int]:
    """The lengths in beats of the batches that training draws from `data`."""
    return [BUCKETS[bucket] for bucket in np.unique(np.searchsorted(BUCKETS, data.bars.num_beats))]
