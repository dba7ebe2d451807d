"""Which genre a song sounds like, told by other songs: a linear classifier over portraits and latent points."""

from __future__ import annotations

import numpy as np

from groovevae.anomaly.detectors import Known
from groovevae.anomaly.portraits import portraits, song_means
from groovevae.anomaly.usual import fit_usual

FOLDS = 5
SHRINKAGE = 0.2  # of the pooled covariance towards its diagonal


def genre_log_odds(songs: Known, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """How much likelier another genre is than a song's own, (S,) nats, and which, (S,) names.

    Each song is judged by those of other groups: groups are dealt into FOLDS. A genre that only one song's group plays
    is never known to its judges. Zeros, and each song's own genre, where there is one genre alone.
    """
    genres = np.unique(songs.genre)
    if len(genres) < 2:
        return np.zeros(len(songs.genre)), songs.genre
    values = np.concatenate([portraits(songs.view), song_means(songs.view.z, songs.view)], axis=1)
    log_posterior = np.full((len(values), len(genres)), -np.inf)
    fold = _deal(songs.group, seed)
    for number in range(FOLDS):
        judged = fold == number
        if judged.any() and not judged.all():
            log_posterior[judged] = _linear(values[~judged], songs.genre[~judged], values[judged], genres)
    own = np.searchsorted(genres, songs.genre)
    rows = np.arange(len(own))
    mine = np.maximum(log_posterior[rows, own], -1e3)
    others = log_posterior.copy()
    others[rows, own] = -np.inf
    best = others.argmax(1)
    return np.maximum(others[rows, best], -1e3) - mine, genres[best]


def _deal(group: np.ndarray, seed: int) -> np.ndarray:
    """A fold (S,) for each song, the same for all of a group."""
    names = np.unique(group)
    fold = np.random.default_rng(seed).permutation(len(names)) % FOLDS
    return fold[np.searchsorted(names, group)]


def _linear(values: np.ndarray, genre: np.ndarray, judged: np.ndarray, genres: np.ndarray) -> np.ndarray:
    """Log-probability (M, G) of each genre by Gaussians of one covariance (linear discriminant analysis), all genres
    equally likely beforehand; -inf for a genre without songs. The covariance is shrunk (Friedman 1989)."""
    usual = fit_usual(values, np.full(len(genre), ""))
    known = usual.deviations(values, np.full(len(genre), ""))
    mean = {name: known[genre == name].mean(0) for name in np.unique(genre)}
    residual = known - np.stack([mean[name] for name in genre])
    spread = residual.T @ residual / len(residual)
    spread = (1 - SHRINKAGE) * spread + SHRINKAGE * np.diag(np.diag(spread)) + 1e-3 * np.eye(len(spread))
    own = usual.deviations(judged, np.full(len(judged), ""))
    logits = np.full((len(judged), len(genres)), -np.inf)
    for column, name in enumerate(genres.tolist()):
        if name in mean:
            weights = np.linalg.solve(spread, mean[name])
            logits[:, column] = own @ weights - 0.5 * mean[name] @ weights
    top = logits.max(1, keepdims=True)
    return logits - top - np.log(np.exp(logits - top).sum(1, keepdims=True))
