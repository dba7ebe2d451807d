"""Means over bars with bootstrap intervals over songs: bars of a song are alike, so whole songs are resampled.

This module knows only values and the songs they come from, never what was measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

NUM_DRAWS = 500
LEVEL = 95  # percent


class Estimate(NamedTuple):
    """A value and its bootstrap interval (Efron & Tibshirani 1993, percentile intervals)."""

    value: float
    low: float
    high: float

    @property
    def holds_zero(self) -> bool:
        """True where 0 lies in the interval."""
        return self.low <= 0 <= self.high


class Draws(NamedTuple):
    """How often each song counts: once in the first row, then as often as it was drawn with replacement."""

    songs: tuple[str, ...]
    weights: np.ndarray  # (1 + NUM_DRAWS, S)


def draw_songs(song_ids: np.ndarray, *, seed: int = 0) -> Draws:
    """Draw songs with replacement from the songs of bars with these ids (N,)."""
    songs = np.unique(song_ids)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(songs), np.full(len(songs), 1 / len(songs)), NUM_DRAWS)
    return Draws(tuple(songs.tolist()), np.concatenate([np.ones((1, len(songs))), drawn]))


def drawn_means(values: Mapping[str, np.ndarray], song_ids: np.ndarray, draws: Draws) -> dict[str, np.ndarray]:
    """Return the mean of each named value (N,) in each draw, (1 + NUM_DRAWS,); NaN among the values does not count."""
    song = np.searchsorted(draws.songs, song_ids)
    out = {}
    for name, column in values.items():
        known = np.isfinite(column)
        total = np.bincount(song[known], column[known], len(draws.songs))
        count = np.bincount(song[known], minlength=len(draws.songs))
        weight = draws.weights @ count
        out[name] = np.where(weight > 0, draws.weights @ total / np.maximum(weight, 1), np.nan)
    return out


def estimate(drawn: np.ndarray) -> Estimate:
    """Return the estimate of a figure that was computed in every draw, (1 + NUM_DRAWS,)."""
    tail = (100 - LEVEL) / 2
    known = drawn[1:][np.isfinite(drawn[1:])]
    low, high = np.percentile(known, [tail, 100 - tail]) if len(known) else (np.nan, np.nan)
    return Estimate(float(drawn[0]), float(low), float(high))
