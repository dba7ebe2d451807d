"""Tells sound songs from broken ones: a linear judge that has seen what faults do to other songs, and to these.

What is known beforehand comes with the package, learned from training songs and copies of them that `faults` broke
(Hendrycks et al. 2019, "Deep anomaly detection with outlier exposure"). The fewer songs there are, the more it counts.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from groovevae.anomaly.detectors import Known
from groovevae.anomaly.genres import deal
from groovevae.anomaly.song_statistics import song_values
from groovevae.model.file import read_tensors

KIND = "groovevae soundness"
CENTRE_PRIOR, SPREAD_PRIOR = 2, 8  # songs' worth of what is known beforehand of the usual values and their spread
WEIGHT_PRIOR = 30.0  # precision of the Gaussian prior around the weights that are known beforehand
FOLDS = 10  # more than the judge of genre has: each song counts where there are few
FARTHEST = 6.0  # spreads: deviations are clipped to this
FARTHEST_SQUARE = 16.0  # squared spreads: what one odd song may add to its genre's
ITERATIONS = 30


class Prior(NamedTuple):
    """What is known of all songs beforehand: usual values and their spread within a genre (V,), weights (F + 1, V + 1).

    A row of weights stands for sound songs or for a fault, and ends with its bias.
    """

    usual: np.ndarray
    spread: np.ndarray
    weights: np.ndarray


class Soundness(NamedTuple):
    """The log odds in nats that songs are broken, and the likeliest fault, counted from 1 as in FAULTS, (S,) each."""

    log_odds: np.ndarray
    fault: np.ndarray


class Usual(NamedTuple):
    """Usual values of a genre's songs and their spread, (V,) each."""

    centre: np.ndarray
    spread: np.ndarray

    def deviations(self, values: np.ndarray) -> np.ndarray:
        """Return how many spreads values (N, V) lie from the usual ones: 0 where unknown, and never past FARTHEST."""
        return np.clip(np.nan_to_num((values - self.centre) / self.spread), -FARTHEST, FARTHEST)


def prior_path() -> Path:
    """Return the path of what is known beforehand."""
    return Path(str(resources.files("groovevae") / "assets" / "soundness.safetensors"))


@cache
def load_prior() -> Prior:
    """Read what is known beforehand; it comes with the package."""
    tensors, _ = read_tensors(prior_path(), kind=KIND)
    return Prior(*(tensors[name].astype(float) for name in Prior._fields))


def usual(values: np.ndarray, prior: Prior) -> Usual:
    """Return what is usual among the songs (S, V) of one genre; the fewer there are, the nearer to the prior."""
    known = np.isfinite(values)
    count = known.sum(0)
    middle = np.where(count > 0, _median(values), prior.usual)
    centre = (count * middle + CENTRE_PRIOR * prior.usual) / (count + CENTRE_PRIOR)
    square = np.where(known, np.minimum((values - centre) ** 2, FARTHEST_SQUARE * prior.spread**2), 0).sum(0)
    return Usual(centre, np.sqrt((square + SPREAD_PRIOR * prior.spread**2) / (count + SPREAD_PRIOR)))


def _median(values: np.ndarray) -> np.ndarray:
    """Return the median (V,) of the known values in each column; 0 where there are none."""
    ordered = np.sort(values, axis=0)  # NaN comes last
    count = np.isfinite(values).sum(0)
    columns = np.arange(values.shape[1])
    low, high = (ordered[np.clip(place, 0, len(values) - 1), columns] for place in ((count - 1) // 2, count // 2))
    return np.where(count > 0, (low + high) / 2, 0.0)


def fit_soundness(normal: Known, prior: Prior | None = None) -> Callable[[Known], Soundness]:
    """Fit a judge of whether songs are broken to normal songs and, where they have some, their broken copies.

    Songs and their versions are dealt into FOLDS, and each is judged by what the other folds know.
    """
    prior = load_prior() if prior is None else prior
    of_song = deal(normal.group, folds=FOLDS)
    fold_of = dict(zip(normal.group.tolist(), of_song.tolist(), strict=True))

    @cache
    def judge_of(fold: int) -> Callable[[Known], np.ndarray]:
        return _fit_logits(normal.of(np.flatnonzero(of_song != fold)), prior)

    def judge(songs: Known) -> Soundness:
        own_fold = np.array([fold_of.get(group, 0) for group in songs.group.tolist()], int)
        logits = np.zeros((len(songs.genre), len(prior.weights)))
        for fold in np.unique(own_fold).tolist():
            rows = np.flatnonzero(own_fold == fold)
            if (of_song != fold).any():
                logits[rows] = judge_of(fold)(songs.of(rows))
        return Soundness(np.logaddexp.reduce(logits[:, 1:], axis=1) - logits[:, 0], logits[:, 1:].argmax(1) + 1)

    return judge


def _fit_logits(normal: Known, prior: Prior) -> Callable[[Known], np.ndarray]:
    """Fit a judge that returns the logits (S, F + 1) of songs: sound, or each fault."""
    values = song_values(normal.measured)
    usual_of = {name: usual(values[normal.genre == name], prior) for name in np.unique(normal.genre).tolist()}
    everywhere = usual(values, prior)

    def deviations(rows: np.ndarray, genre: np.ndarray) -> np.ndarray:
        out = np.ones((len(rows), rows.shape[1] + 1))  # the last column is for the bias
        for name in np.unique(genre).tolist():
            out[genre == name, :-1] = usual_of.get(name, everywhere).deviations(rows[genre == name])
        return out

    weights, copies = prior.weights, normal.copies
    if copies is not None and len(copies.song):
        shown = np.unique(copies.song)
        whole = deviations(values[shown], normal.genre[shown])
        broken = deviations(copies.values, normal.genre[copies.song])
        kind = np.concatenate([np.zeros(len(shown), int), copies.fault])
        weights = adapted(weights, np.concatenate([whole, broken]), kind)
    return lambda songs: deviations(song_values(songs.measured), songs.genre) @ weights.T


def adapted(weights: np.ndarray, examples: np.ndarray, kind: np.ndarray) -> np.ndarray:
    """Fit weights (F + 1, V + 1) to examples (N, V + 1) of each kind (N,), 0 for sound, near the given weights.

    This is multinomial logistic regression, with sound examples counted as often as all others together, and a Gaussian
    prior of precision WEIGHT_PRIOR around the given weights.
    """
    from scipy.optimize import minimize

    count = np.bincount(kind, minlength=len(weights))
    share = np.where(kind == 0, count[1:].sum() / max(count[0], 1), 1.0)
    truth = np.eye(len(weights))[kind]

    def loss(change: np.ndarray) -> tuple[float, np.ndarray]:
        moved = change.reshape(weights.shape)
        logits = examples @ (weights + moved).T
        log_share = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
        slope = ((np.exp(log_share) - truth) * share[:, None]).T @ examples + WEIGHT_PRIOR * moved
        value = -(share * log_share[np.arange(len(kind)), kind]).sum() + WEIGHT_PRIOR / 2 * change @ change
        return float(value), slope.ravel()

    found: Any = minimize(loss, np.zeros(weights.size), jac=True, method="L-BFGS-B", options={"maxiter": ITERATIONS})
    return weights + found.x.reshape(weights.shape)
