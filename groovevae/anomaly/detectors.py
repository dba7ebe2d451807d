"""Detectors of what does not belong: each is fitted to normal songs and scores songs, higher for less normal.

A song is judged within its genre. Where it is itself among the normal songs, it is not compared with itself or with
other versions of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from groovevae.anomaly.baselines import Baseline, fit_baseline
from groovevae.anomaly.measurements import Measurements
from groovevae.anomaly.song_statistics import song_statistics, worst_quarter

NEIGHBOURS = 3
MIN_SONGS = 5  # of a genre: fewer are compared with the songs of all genres
MAX_BARS = 4000  # normal bars of a genre that bars are compared with
COMPONENTS = 20  # of the PCA
TREES = 200
RIDGE = 0.1  # share of the mean variance that is added to a covariance of latent points


@dataclass(frozen=True)
class Known:
    """Songs with the genre and the group of each, (S,): all versions of a song are one group."""

    measured: Measurements
    genre: np.ndarray
    group: np.ndarray

    def of(self, songs: np.ndarray) -> Known:
        """Some of the songs, by their indices."""
        return Known(self.measured.of(songs), self.genre[songs], self.group[songs])


Scorer = Callable[[Known], np.ndarray]  # songs to their scores (S,)
Detector = Callable[[Known], Scorer]  # fitted to normal songs


def song_neighbours(normal: Known, *, with_model: bool = True) -> Scorer:
    """Log of the mean distance to the nearest normal songs, by `song_statistics` in spreads of the genre."""
    values = song_statistics(normal.measured, with_model=with_model)
    baseline = fit_baseline(values, normal.genre)
    known = baseline.deviations(values, normal.genre)

    def score(songs: Known) -> np.ndarray:
        own = baseline.deviations(song_statistics(songs.measured, with_model=with_model), songs.genre)
        distances = nearest(own, known, songs.genre, normal.genre, songs.group, normal.group)
        return np.log(distances + 1e-9)

    return score


def song_neighbours_without_model(normal: Known) -> Scorer:
    """`song_neighbours` on what can be heard alone."""
    return song_neighbours(normal, with_model=False)


def reconstruction(normal: Known) -> Scorer:
    """Nats of each role in spreads of what is usual for it in the genre, mean over roles; of the worst quarter of bars.

    With draws from the posterior, the reconstruction probability of An & Cho 2015; of a plain autoencoder, the
    reconstruction error.
    """
    baseline = fit_baseline(normal.measured.nats, normal.genre[normal.measured.song])

    def score(songs: Known) -> np.ndarray:
        return worst_quarter(baseline.deviations(songs.measured.nats, _of_bars(songs)).mean(1), songs.measured)

    return score


def bar_neighbours(normal: Known) -> Scorer:
    """Mean distance to the nearest normal bars of the genre, by `bar_features`; of the worst quarter of bars."""
    baseline, known = _standard(normal)
    picked = _some_bars(normal)
    genre, group = _of_bars(normal)[picked], normal.group[normal.measured.song][picked]

    def score(songs: Known) -> np.ndarray:
        own = baseline.deviations(songs.measured.features, _of_bars(songs))
        of_bar = nearest(own, known[picked], _of_bars(songs), genre, songs.group[songs.measured.song], group)
        return worst_quarter(of_bar, songs.measured)

    return score


def bar_pca(normal: Known) -> Scorer:
    """What principal components of the normal bars' `bar_features` leave unexplained; of the worst quarter of bars."""
    baseline, known = _standard(normal)
    _, vectors = np.linalg.eigh(np.cov(known, rowvar=False))
    main = vectors[:, -COMPONENTS:]  # (F, COMPONENTS)

    def score(songs: Known) -> np.ndarray:
        own = baseline.deviations(songs.measured.features, _of_bars(songs))
        return worst_quarter(((own - own @ main @ main.T) ** 2).mean(1), songs.measured)

    return score


def isolation_forest(normal: Known) -> Scorer:
    """An isolation forest (Liu et al. 2008) over `bar_features` in spreads of the genre; by the worst quarter."""
    from sklearn.ensemble import IsolationForest

    baseline, known = _standard(normal)
    forest: Any = IsolationForest(n_estimators=TREES, random_state=0).fit(known)

    def score(songs: Known) -> np.ndarray:
        own = baseline.deviations(songs.measured.features, _of_bars(songs))
        return worst_quarter(-forest.score_samples(own), songs.measured)

    return score


def latent_mahalanobis(normal: Known) -> Scorer:
    """Mahalanobis distance of latent points from their genre's mean, the genres' covariances pooled; worst quarter."""
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
    """Mean distance of each row of values (N, V) to its nearest rows of `known` (M, V) of its genre, (N,).

    Rows of the same group are no neighbours. A genre of fewer than MIN_SONGS groups has its neighbours in all genres;
    inf where there are none.
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
    """What is usual of `bar_features`, and how far the normal bars lie from it."""
    genre = _of_bars(normal)
    baseline = fit_baseline(normal.measured.features.astype(float), genre)
    return baseline, baseline.deviations(normal.measured.features, genre)


def _some_bars(normal: Known) -> np.ndarray:
    """Indices of up to MAX_BARS bars of each genre."""
    rng, genre = np.random.default_rng(0), _of_bars(normal)
    return np.concatenate([rng.permutation(np.flatnonzero(genre == name))[:MAX_BARS] for name in np.unique(genre)])


def _of_bars(songs: Known) -> np.ndarray:
    """The genre of each bar, (N,)."""
    return songs.genre[songs.measured.song]
