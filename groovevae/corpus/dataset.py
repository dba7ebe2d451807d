"""Bars of many songs as training batches: drawn by genre, grouped by length, the same for the same seed and step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from groovevae.bars import Bars, Song
from groovevae.bars.types import BarBatch

BUCKETS = (2, 3, 4, 6)  # beats: a batch holds bars of about one length, so that little of it is padding


@dataclass(frozen=True)
class Dataset:
    """All bars of some songs, and which genre and song each comes from."""

    bars: Bars
    genre: np.ndarray  # (N,) int, index into `genres`
    song: np.ndarray  # (N,) int, index into the songs it was made from
    genres: tuple[str, ...]

    @classmethod
    def from_songs(cls, songs: Sequence[Song], song_genres: Sequence[str], genres: tuple[str, ...]) -> Dataset:
        """The bars of `songs`, silence before the first note and after the last left out."""
        parts, genre, index = [], [], []
        for number, (song, name) in enumerate(zip(songs, song_genres, strict=True)):
            sounding = np.flatnonzero(song.bars.has_notes)
            if len(sounding):
                parts.append(song.bars[sounding[0] : sounding[-1] + 1])
                genre.append(np.full(len(parts[-1]), genres.index(name)))
                index.append(np.full(len(parts[-1]), number))
        bars = Bars.concatenate(parts) if parts else Bars.empty(0)
        empty = [np.zeros(0, int)]
        return cls(bars, np.concatenate(genre or empty), np.concatenate(index or empty), genres)

    def __len__(self) -> int:
        return len(self.bars)

    def of_each_genre(self, count: int, *, seed: int = 0) -> np.ndarray:
        """Indices of up to `count` sounding bars of each genre, drawn with `seed`."""
        rng = np.random.default_rng(seed)
        sounding = self.bars.has_notes
        picked = [np.flatnonzero((self.genre == genre) & sounding) for genre in range(len(self.genres))]
        return np.concatenate([rng.permutation(index)[:count] for index in picked])


class Batches:
    """Endless training batches of a dataset. Batch `step` depends on the seed and the step alone."""

    def __init__(self, data: Dataset, *, batch_size: int, genre_balance: float, seed: int) -> None:
        self.data, self.batch_size, self.seed = data, batch_size, seed
        bucket = np.searchsorted(BUCKETS, data.bars.num_beats)  # (N,)
        shape = (len(BUCKETS), len(data.genres))
        cell = bucket * shape[1] + data.genre
        self._order = np.argsort(cell, kind="stable")
        count = np.bincount(cell, minlength=shape[0] * shape[1])
        self._first = np.cumsum(count) - count
        self._count = count
        of_genre = count.reshape(shape).sum(0)  # (G,)
        weight = np.where(of_genre > 0, np.maximum(of_genre, 1.0) ** -genre_balance, 0.0)
        chance = count.reshape(shape) * weight
        self._chance = chance / chance.sum()  # (K, G)

    def __getitem__(self, step: int) -> tuple[BarBatch, np.ndarray]:
        """The batch of a step and the genre of each of its bars, (B,)."""
        rng = np.random.default_rng([self.seed, step])
        of_bucket = self._chance.sum(1)
        bucket = rng.choice(len(BUCKETS), p=of_bucket)
        genre = rng.choice(self._chance.shape[1], size=self.batch_size, p=self._chance[bucket] / of_bucket[bucket])
        cell = bucket * self._chance.shape[1] + genre
        index = self._order[self._first[cell] + (rng.random(self.batch_size) * self._count[cell]).astype(int)]
        return self.data.bars[index].batch(BUCKETS[bucket]), self.data.genre[index]
