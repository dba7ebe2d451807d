"""Provides the bars that every benchmark trains on and measures on: one split by song, the same for all."""

from __future__ import annotations

import numpy as np

from groovevae.bars import Bars
from groovevae.bars.constants import BASS_TOKENS, HOLD, LEAD_TOKENS, ONSET
from groovevae.corpus import load_corpus, split_songs
from groovevae.corpus.dataset import BUCKETS, Dataset

SPLIT_SEED = 0  # runs differ in the seed they train with; the songs held out stay


def load_sides(corpus_folder: str) -> tuple[Dataset, Dataset]:
    """Load the training bars and the held-out bars of a corpus."""
    corpus = load_corpus(corpus_folder)
    genres = tuple(corpus.genres)
    sides = []
    for part in split_songs(corpus, seed=SPLIT_SEED):
        songs = [corpus.songs[i] for i in part]
        sides.append(Dataset.from_songs([s.song for s in songs], [s.entry.genre for s in songs], genres))
    return sides[0], sides[1]


def beats_of_batches(data: Dataset) -> list[int]:
    """Return the lengths in beats of the batches that training draws from `data`."""
    return [BUCKETS[bucket] for bucket in np.unique(np.searchsorted(BUCKETS, data.bars.num_beats))]


_METRES = ((4, 4), (4, 4), (3, 4), (2, 4), (6, 8), (5, 4), (12, 8))


def random_bars(num_bars: int, *, seed: int, metres: tuple[tuple[int, int], ...] = _METRES) -> Bars:
    """Make bars of random notes, about as dense as real ones, for machines without a corpus."""
    rng = np.random.default_rng(seed)
    bars = Bars.empty(num_bars)
    bars.metre[:] = np.array(metres, np.uint8)[rng.integers(len(metres), size=num_bars)]
    inside = bars.inside  # (N, T)
    for role, share in {"drums": 0.15, "bass": 0.25, "chords": 0.03, "lead": 0.3}.items():
        states = getattr(bars, role)
        states[:] = (rng.random(states.shape) < share) & inside.reshape(*inside.shape, *(1,) * (states.ndim - 2))
    bars.drums[:] *= rng.integers(1, 128, bars.drums.shape, np.uint8)
    bars.chords[:] *= rng.choice([HOLD, ONSET], bars.chords.shape).astype(np.uint8)
    bars.bass[:] *= rng.integers(HOLD, BASS_TOKENS, bars.bass.shape, np.uint8)
    bars.lead[:] *= rng.integers(HOLD, LEAD_TOKENS, bars.lead.shape, np.uint8)
    bars.velocity[:] = bars.pitched_strikes() * rng.integers(1, 128, bars.velocity.shape)
    for offset, is_struck in ((bars.drums_offset, bars.drums > 0), (bars.offset, bars.velocity > 0)):
        offset[:] = is_struck * rng.integers(-128, 128, offset.shape)
    return bars


def random_dataset(num_bars: int, *, seed: int, num_genres: int = 3) -> Dataset:
    """Make a dataset of random bars."""
    genre = np.arange(num_bars) % num_genres
    names = tuple(f"genre {number}" for number in range(num_genres))
    return Dataset(random_bars(num_bars, seed=seed), genre, np.arange(num_bars), names)
