"""Detectors of songs that do not belong: each is fitted to normal songs and scores others, higher for less normal.

A song is judged within its genre, and a detector that scores bars takes the mean over its worst quarter of bars.
Detectors by nearest neighbours never compare a song with itself or with another version of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from groovevae.anomaly.baselines import Baseline, fit_baseline
from groovevae.anomaly.copies import Copies
from groovevae.anomaly.measurements import Measurements
from groovevae.anomaly.song_statistics import song_statistics, worst_quarter

NEIGHBOURS = 3
MIN_SONGS = 5  # where a genre has fewer, its songs are compared with the songs of all genres
MAX_BARS = 4000  # normal bars of each genre that bars are compared with
COMPONENTS = 20  # of the PCA
TREES = 200  # of the isolation forest
RIDGE = 0.1  # share of the mean variance that is added to the covariance of latent points


@dataclass(frozen=True)
class Known:
    """Songs with the genre and the group of each, (S,): all versions of a song are one group."""

    measured: Measurements
    genre: np.ndarray
    group: np.ndarray
    copies: Copies | None = None  # broken copies of some of the songs, where a judge is to learn from them

    def of(self, songs: np.ndarray) -> Known:
        """Return some of the songs, by their indices."""
        copies = self.copies and self.copies.of(songs)
        return Known(self.measured.of(songs), self.genre[songs], self.group[songs], copies)


Scorer = Callable[[Known], np.ndarray]  # songs to their scores (S,)
Detector = Callable[[Known], Scorer]  # fitted to normal songs


def song_neighbours(normal: Known, *, with_model: bool = True) -> Scorer:
    """Score by the log of the mean distance to the nearest normal songs: `song_statistics` in spreads of the genre."""
    values = song_statistics(normal.measured, with_model=with_model)
    baseline = fit_baseline(values, normal.genre)
    known = baseline.deviations(values, normal.genre)

    def score(songs: Known) -> np.ndarray:
        own = baseline.deviations(song_statistics(songs.measured, with_model=with_model), songs.genre)
        distances = nearest(own, known, songs.genre, normal.genre, songs.group, normal.group)
        return np.log(distances + 1e-9)

    return score


def song_neighbours_without_model(normal: Known) -> Scorer:
    """Score like `song_neighbours`, but only by what can be heard, without a model."""
    return song_neighbours(normal, with_model=False)


def reconstruction(normal: Known) -> Scorer:
    """Score by the nats of each role in spreads of the genre, mean over roles, over the worst quarter of bars.

    With draws from the posterior this is the reconstruction probability of An & Cho 2015; with a plain autoencoder, the
    reconstruction error.
    """
    baseline = fit_baseline(normal.measured.nats, normal.genre[normal.measured.song])

    def score(songs: Known) -> np.ndarray:
        return worst_quarter(baseline.deviations(songs.measured.nats, _of_bars(songs)).mean(1), songs.measured)

    return score


def bar_neighbours(normal: Known) -> Scorer:
    """Score by the mean distance in `bar_features` to the genre's nearest normal bars, over the worst quarter."""
    baseline, known = _standard(normal)
    picked = _some_bars(normal)
    genre, group = _of_bars(normal)[picked], normal.group[normal.measured.song][picked]

    def score(songs: Known) -> np.ndarray:
        own = baseline.deviations(songs.measured.features, _of_bars(songs))
        of_bar = nearest(own, known[picked], _of_bars(songs), genre, songs.group[songs.measured.song], group)
        return worst_quarter(of_bar, songs.measured)

    return score


def bar_pca(normal: Known) -> Scorer:
    """Score by what the principal components of normal `bar_features` leave unexplained, over the worst quarter."""
    baseline, known = _standard(normal)
    _, vectors = np.linalg.eigh(np.cov(known, rowvar=False))
    main = vectors[:, -COMPONENTS:]  # (F, COMPONENTS)

    def score(songs: Known) -> np.ndarray:
        own = baseline.deviations(songs.measured.features, _of_bars(songs))
        return worst_quarter(((own - own @ main @ main.T) ** 2).mean(1), songs.measured)

    return score


def isolation_forest(normal: Known) -> Scorer:
    """Score by an isolation forest (Liu et al. 2008) on `bar_features` in the genre's spreads; by the worst quarter."""
    from sklearn.ensemble import IsolationForest

    baseline, known = _standard(normal)
    forest: Any = IsolationForest(n_estimators=TREES, random_state=0).fit(known)

    def score(songs: Known) -> np.ndarray:
        own = baseline.deviations(songs.measured.features, _of_bars(songs))
        return worst_quarter(-forest.score_samples(own), songs.measured)

    return score


def latent_mahalanobis(normal: Known) -> Scorer:
    """Score by the Mahalanobis distance of latent points from their genre's mean, over the worst quarter of bars.

    All genres share one pooled covariance.
    """
    genre = _of_bars(normal)
    means = {name: normal.measured.z[genre == name].mean(0) for name in np.unique(genre)}
    means[None] = normal.measured.z.mean(0)
    residual = normal.measured.z - np.stack([means[name] for name in genre])
    spread = residual.T @ residual / len(residual)
    inverse = np.linalg.inv(spread + RIDGE * np.trace(spread) / len(spread) * np.eye(len(spread)))

    def score(songs: Known) -> np.ndarray:
        apart = songs.measured.z - np.stack([means.get(name, means[None]) for name in _of_bars(songs)])
        return worst_quarter(np.sqrt(np.einsum("ij,jk,ik->i", apart, inverse, apart)), songs.measured)

    return score


DETECTORS: dict[str, Detector] = {
    "nearest songs": song_neighbours,
    "nearest songs, without the model": song_neighbours_without_model,
    "reconstruction": reconstruction,
    "nearest bars": bar_neighbours,
    "PCA of bars": bar_pca,
    "isolation forest": isolation_forest,
    "latent Mahalanobis": latent_mahalanobis,
}


def nearest(
    values: np.ndarray,
    known: np.ndarray,
    genre: np.ndarray,
    known_genre: np.ndarray,
    group: np.ndarray,
    known_group: np.ndarray,
) -> np.ndarray:
    """Return the mean distance, (N,), of each row of values (N, V) to its nearest rows of `known` (M, V) in its genre.

    Rows of the same group are never neighbours. A genre of fewer than MIN_SONGS groups finds its neighbours in all
    genres. The distance is inf where a row has no neighbour.
    """
    out = np.full(len(values), np.inf)
    codes = {name: number for number, name in enumerate(np.unique(np.concatenate([group, known_group])).tolist())}
    own_code = np.array([codes[name] for name in group.tolist()], int)
    code = np.array([codes[name] for name in known_group.tolist()], int)
    square = (known**2).sum(1)
    for name in np.unique(genre):
        there = np.flatnonzero(known_genre == name)
        if len(np.unique(code[there])) < MIN_SONGS:
            there = np.arange(len(known))
        rows = np.flatnonzero(genre == name)
        for some in np.array_split(rows, -(-len(rows) // 256)):
            gap = (values[some] ** 2).sum(1)[:, None] + square[there] - 2 * values[some] @ known[there].T
            gap = np.where(own_code[some][:, None] == code[there], np.inf, np.maximum(gap, 0))
            count = min(NEIGHBOURS, gap.shape[1])
            if count:
                out[some] = np.sqrt(np.partition(gap, count - 1, axis=1)[:, :count]).mean(1)
    return out


def _standard(normal: Known) -> tuple[Baseline, np.ndarray]:
    """Fit the baseline of `bar_features`, and return it with the normal bars' own deviations from it."""
    genre = _of_bars(normal)
    baseline = fit_baseline(normal.measured.features.astype(float), genre)
    return baseline, baseline.deviations(normal.measured.features, genre)


def _some_bars(normal: Known) -> np.ndarray:
    """Draw the indices of up to MAX_BARS bars of each genre."""
    rng, genre = np.random.default_rng(0), _of_bars(normal)
    return np.concatenate([rng.permutation(np.flatnonzero(genre == name))[:MAX_BARS] for name in np.unique(genre)])


def _of_bars(songs: Known) -> np.ndarray:
    """Return the genre of each bar, (N,)."""
    return songs.genre[songs.measured.song]
