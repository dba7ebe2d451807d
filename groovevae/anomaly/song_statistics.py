"""Summarises a song's bars: mean and spread of what can be heard in them and of what a model says about them.

It knows only measurements, never notes.
"""

from __future__ import annotations

import numpy as np

from groovevae.anomaly.measurements import Measurements, nats_names, whole_names


def song_statistics(measured: Measurements, *, with_model: bool = True) -> np.ndarray:
    """Return the mean and spread over each song's bars of traits and, with a model, each role's nats, (S, V) float."""
    used = slice(None if with_model else measured.traits.shape[1])
    return np.concatenate([part[:, used] for part in measured.statistics], axis=1)


def statistic_names(measured: Measurements, *, with_model: bool = True) -> tuple[str, ...]:
    """Name the columns of `song_statistics`; the names of spreads end in a star."""
    names = (*measured.trait_names, *(nats_names() if with_model else ()))
    return (*names, *(f"{name} *" for name in names))


def song_values(measured: Measurements) -> np.ndarray:
    """Return all that is known of each song, (S, V) float: its statistics, and what is measured of it as a whole."""
    return np.concatenate([song_statistics(measured), measured.whole], axis=1)


def value_names(measured: Measurements) -> tuple[str, ...]:
    """Name the columns of `song_values`."""
    return (*statistic_names(measured), *whole_names())


def worst_quarter(bar_scores: np.ndarray, measured: Measurements) -> np.ndarray:
    """Return the mean, (S,), of the highest quarter of each song's bar scores (N,)."""
    out = np.zeros(measured.num_songs)
    order = np.lexsort((-bar_scores, measured.song))
    first = np.searchsorted(measured.song[order], np.arange(measured.num_songs + 1))
    for song in range(measured.num_songs):
        here = order[first[song] : first[song + 1]]
        out[song] = bar_scores[here[: -(-len(here) // 4)]].mean()
    return out
