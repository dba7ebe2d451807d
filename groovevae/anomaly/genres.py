"""Tells which genre a song sounds like: a linear classifier on song statistics and latent points.

It never judges a song by itself or by another version of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from groovevae.anomaly.baselines import fit_baseline
from groovevae.anomaly.detectors import Known
from groovevae.anomaly.song_statistics import song_statistics

FOLDS = 5
FARTHEST_ODDS = 1e3  # nats: odds against every other genre are clipped to this
SHRINKAGE = 0.2  # of the pooled covariance towards its diagonal


class Odds(NamedTuple):
    """How much likelier the likeliest other genre is than a song's own, in nats, and which it is, (S,) each."""

    log_odds: np.ndarray
    other: np.ndarray


def fit_genres(normal: Known, *, seed: int = 0) -> Callable[[Known], Odds]:
    """Fit a judge of genre. A song whose group is among the normal songs is judged by songs of other groups.

    Groups are dealt into FOLDS. Where all normal songs are of one genre, the odds are 0 and the other genre is the
    song's own.
    """
    genres = np.unique(normal.genre)
    values, of_song = _values(normal), deal(normal.group, seed=seed)
    fold_of = dict(zip(normal.group.tolist(), of_song.tolist(), strict=True))

    def judge(songs: Known) -> Odds:
        if len(genres) < 2:
            return Odds(np.zeros(len(songs.genre)), songs.genre)
        own_fold = np.array([fold_of.get(group, 0) for group in songs.group.tolist()], int)
        judged, posterior = _values(songs), np.full((len(songs.genre), len(genres)), -np.inf)
        for number in np.unique(own_fold):
            rows, left = own_fold == number, of_song != number
            if left.any():
                posterior[rows] = _linear(values[left], normal.genre[left], judged[rows], genres)
        return _odds(posterior, songs.genre, genres)

    return judge


def deal(group: np.ndarray, *, seed: int = 0, folds: int = FOLDS) -> np.ndarray:
    """Deal each song to a fold, (S,) from 0 to below `folds`, the same for all songs of a group."""
    names = np.unique(group)
    fold = np.random.default_rng(seed).permutation(len(names)) % folds
    return fold[np.searchsorted(names, group)]


def _values(songs: Known) -> np.ndarray:
    return np.concatenate([song_statistics(songs.measured), songs.measured.means(songs.measured.z)], axis=1)


def _odds(posterior: np.ndarray, genre: np.ndarray, genres: np.ndarray) -> Odds:
    """Return odds from log-probabilities (S, G) of the genres; songs of a genre that no judge knows get odds of 0."""
    known = np.isin(genre, genres)
    own = np.where(known, np.searchsorted(genres, genre).clip(max=len(genres) - 1), 0)
    rows = np.arange(len(own))
    mine = posterior[rows, own]
    others = posterior.copy()
    others[rows[known], own[known]] = -np.inf
    best = others.argmax(1)
    known &= np.isfinite(mine)
    log_odds = np.where(known, others[rows, best] - np.where(known, mine, 0.0), 0.0)
    return Odds(np.maximum(log_odds, -FARTHEST_ODDS), np.where(known, genres[best], genre))


def _linear(values: np.ndarray, genre: np.ndarray, judged: np.ndarray, genres: np.ndarray) -> np.ndarray:
    """Return the log-probability (M, G) of each genre by linear discriminant analysis, with equal priors.

    All genres share one covariance, shrunk as in Friedman 1989. A genre without songs gets -inf.
    """
    baseline = fit_baseline(values, np.full(len(genre), ""))
    known = baseline.deviations(values, np.full(len(genre), ""))
    mean = {name: known[genre == name].mean(0) for name in np.unique(genre)}
    residual = known - np.stack([mean[name] for name in genre])
    spread = residual.T @ residual / len(residual)
    spread = (1 - SHRINKAGE) * spread + SHRINKAGE * np.diag(np.diag(spread)) + 1e-3 * np.eye(len(spread))
    own = baseline.deviations(judged, np.full(len(judged), ""))
    logits = np.full((len(judged), len(genres)), -np.inf)
    for column, name in enumerate(genres.tolist()):
        if name in mean:
            weights = np.linalg.solve(spread, mean[name])
            logits[:, column] = own @ weights - 0.5 * mean[name] @ weights
    top = logits.max(1, keepdims=True)
    return logits - top - np.log(np.exp(logits - top).sum(1, keepdims=True))
