"""A song in numbers: mean and spread over its bars of what can be heard in them and what a model says of them."""

from __future__ import annotations

import numpy as np

from groovevae.anomaly.measurements import View, nats_names


def portraits(view: View, *, with_model: bool = True) -> np.ndarray:
    """Mean and spread of each trait, and of the nats of each role unless `with_model` is false, (S, V) float."""
    values = np.concatenate([view.traits, view.nats], axis=1) if with_model else view.traits
    mean = song_means(values, view)
    spread = np.sqrt(song_means((values - mean[view.song]) ** 2, view))
    return np.concatenate([mean, spread], axis=1)


def portrait_names(view: View, *, with_model: bool = True) -> tuple[str, ...]:
    """The columns of `portraits`; those of spreads end in a star."""
    names = (*view.trait_names, *(nats_names() if with_model else ()))
    return (*names, *(f"{name} *" for name in names))


def song_means(values: np.ndarray, view: View) -> np.ndarray:
    """The mean over each song's bars of values (N, V), (S, V); NaN does not count, and stays where all is NaN."""
    known = np.isfinite(values)
    total, count = np.zeros((2, view.num_songs, values.shape[1]))
    np.add.at(total, view.song, np.where(known, values, 0.0))
    np.add.at(count, view.song, known)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def worst_quarter(bar_scores: np.ndarray, view: View) -> np.ndarray:
    """The mean of the highest quarter of each song's bar scores (N,), (S,)."""
    out = np.zeros(view.num_songs)
    order = np.lexsort((-bar_scores, view.song))
    first = np.searchsorted(view.song[order], np.arange(view.num_songs + 1))
    for song in range(view.num_songs):
        here = order[first[song] : first[song + 1]]
        out[song] = bar_scores[here[: -(-len(here) // 4)]].mean()
    return out
