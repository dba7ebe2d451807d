"""Summarises a song's bars: mean and spread of what can be heard in them and of what a model says about them.

It knows only measurements, never notes.
"""

from __future__ import annotations

import numpy as np

from groovevae.anomaly.measurements import Measurements, nats_names, whole_names


def song_statistics(measured: Measurements, *, with_model: bool = True) -> np.ndarray:
    """Return the mean and spread over each song's bars of traits and, with a model, each role's nats, (S, V) float."""
    if with_model not in measured.statistics:
        values = np.concatenate([measured.traits, measured.nats], axis=1) if with_model else measured.traits
        mean = song_means(values, measured)
        spread = np.sqrt(song_means((values - mean[measured.song]) ** 2, measured))
        measured.statistics[with_model] = np.concatenate([mean, spread], axis=1)
    return measured.statistics[with_model]


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


def song_means(values: np.ndarray, measured: Measurements) -> np.ndarray:
    """Return the mean (S, V) of values (N, V) over each song's bars, ignoring NaN; it is NaN where all values are."""
    known = np.isfinite(values)
    total, count = _sums(np.where(known, values, 0.0), measured), _sums(known, measured)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _sums(values: np.ndarray, measured: Measurements) -> np.ndarray:
    """Return the sum (S, V) of values (N, V) over each song's bars, column by column: `np.add.at` is much slower."""
    columns = [np.bincount(measured.song, weights=column, minlength=measured.num_songs) for column in values.T]
    return np.stack(columns, axis=1) if columns else np.zeros((measured.num_songs, 0))


def worst_quarter(bar_scores: np.ndarray, measured: Measurements) -> np.ndarray:
    """Return the mean, (S,), of the highest quarter of each song's bar scores (N,)."""
    out = np.zeros(measured.num_songs)
    order = np.lexsort((-bar_scores, measured.song))
    first = np.searchsorted(measured.song[order], np.arange(measured.num_songs + 1))
    for song in range(measured.num_songs):
        here = order[first[song] : first[song + 1]]
        out[song] = bar_scores[here[: -(-len(here) // 4)]].mean()
    return out
