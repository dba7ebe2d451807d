"""A song in numbers: mean and spread over its bars of what can be heard in them and what a model says of them."""

from __future__ import annotations

import numpy as np

from groovevae.anomaly.measurements import Measurements, nats_names


def song_statistics(measured: Measurements, *, with_model: bool = True) -> np.ndarray:
    """Mean and spread of each trait, and of the nats of each role unless `with_model` is false, (S, V) float."""
    values = np.concatenate([measured.traits, measured.nats], axis=1) if with_model else measured.traits
    mean = song_means(values, measured)
    spread = np.sqrt(song_means((values - mean[measured.song]) ** 2, measured))
    return np.concatenate([mean, spread], axis=1)


def statistic_names(measured: Measurements, *, with_model: bool = True) -> tuple[str, ...]:
    """The columns of `song_statistics`; those of spreads end in a star."""
    names = (*measured.trait_names, *(nats_names() if with_model else ()))
    return (*names, *(f"{name} *" for name in names))


def song_means(values: np.ndarray, measured: Measurements) -> np.ndarray:
    """The mean over each song's bars of values (N, V), (S, V); NaN does not count, and stays where all is NaN."""
    known = np.isfinite(values)
    total, count = np.zeros((2, measured.num_songs, values.shape[1]))
    np.add.at(total, measured.song, np.where(known, values, 0.0))
    np.add.at(count, measured.song, known)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def worst_quarter(bar_scores: np.ndarray, measured: Measurements) -> np.ndarray:
    """The mean of the highest quarter of each song's bar scores (N,), (S,)."""
    out = np.zeros(measured.num_songs)
    order = np.lexsort((-bar_scores, measured.song))
    first = np.searchsorted(measured.song[order], np.arange(measured.num_songs + 1))
    for song in range(measured.num_songs):
        here = order[first[song] : first[song + 1]]
        out[song] = bar_scores[here[: -(-len(here) // 4)]].mean()
    return out
