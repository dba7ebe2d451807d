"""One score a song from detectors on different scales: how far it lies from what its genre's normal songs score."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from groovevae.anomaly.detectors import DETECTORS, Known, Scorer, song_neighbours
from groovevae.anomaly.genres import Odds, deal, fit_genres

NORMAL_IQR = 1.349  # of a Gaussian, in standard deviations
LEAST_SPREAD = 1e-6

BELONGING = "neighbours and genre"  # the default of `groove outliers`; docs/anomaly.md has it beside the others


@dataclass(frozen=True)
class Scale:
    """The median and spread of normal songs' scores by genre; under None those of all."""

    centre: dict[str | None, float]
    spread: dict[str | None, float]

    def __call__(self, scores: np.ndarray, genre: np.ndarray) -> np.ndarray:
        """Scores (S,) in spreads above the median of their genre; 0 for a song that nothing could be compared with."""
        centre = np.array([self.centre.get(name, self.centre[None]) for name in genre])
        spread = np.array([self.spread.get(name, self.spread[None]) for name in genre])
        known = np.isfinite(scores)
        return np.where(known, (np.where(known, scores, 0.0) - centre) / spread, 0.0)


def fit_scale(scores: np.ndarray, genre: np.ndarray) -> Scale:
    """The scale of normal songs' scores (S,). Spreads are interquartile ranges, so that some dirt moves them little;
    half of a genre's is what is usual among the genres."""
    known = np.isfinite(scores)
    scores, genre = scores[known], genre[known]
    if not len(scores):
        return Scale({None: 0.0}, {None: 1.0})
    own = {name: scores[genre == name] for name in np.unique(genre).tolist()}
    baseline = float(np.median([_spread(values) for values in own.values()]))
    centre: dict[str | None, float] = {name: float(np.median(values)) for name, values in own.items()}
    spread: dict[str | None, float] = {name: (_spread(values) + baseline) / 2 for name, values in own.items()}
    centre[None], spread[None] = float(np.median(scores)), max(baseline, LEAST_SPREAD)
    return Scale(centre, {name: max(value, LEAST_SPREAD) for name, value in spread.items()})


def _spread(values: np.ndarray) -> float:
    low, high = np.percentile(values, [25, 75])
    return float(high - low) / NORMAL_IQR


def scaled(detector: Callable[[Known], Scorer], normal: Known) -> Scorer:
    """A fitted detector whose scores are in spreads of the normal songs' own."""
    score = detector(normal)
    scale = fit_scale(score(normal), normal.genre)
    return lambda songs: scale(score(songs), songs.genre)


@dataclass(frozen=True)
class Belonging:
    """How little songs belong, (S,) each: `odd` among the songs of their genre, or `misplaced` in it."""

    odd: np.ndarray
    misplaced: np.ndarray
    genre: Odds

    @property
    def score(self) -> np.ndarray:
        """The higher of the two."""
        return np.maximum(self.odd, self.misplaced)


def fit_belonging(normal: Known) -> Callable[[Known], Belonging]:
    """The default detector: the nearest songs of the genre, and whether another genre is likelier; scaled alike."""
    odd, judge = scaled(song_neighbours, normal), fit_genres(normal)
    everywhere = np.full(len(normal.genre), "")  # odds mean the same in every genre
    scale = fit_scale(judge(normal).log_odds, everywhere)

    def measure(songs: Known) -> Belonging:
        genre = judge(songs)
        return Belonging(odd(songs), scale(genre.log_odds, np.full(len(songs.genre), "")), genre)

    return measure


def unseen_scores(normal: Known, *, seed: int = 0) -> np.ndarray:
    """The default detector's score of each normal song (S,), fitted to other songs: what a threshold is made of.

    Versions of a song are left out together, in FOLDS fits. A little too high, since each fit has fewer songs.
    """
    fold = deal(normal.group, seed=seed)
    scores = np.zeros(len(fold))
    for number in np.unique(fold):
        here, rest = np.flatnonzero(fold == number), np.flatnonzero(fold != number)
        if len(rest):
            scores[here] = fit_belonging(normal.of(rest))(normal.of(here)).score
    return scores


def fitted(name: str, normal: Known) -> Scorer:
    """A detector of DETECTORS, or BELONGING, fitted and scaled."""
    if name == BELONGING:
        measure = fit_belonging(normal)
        return lambda songs: measure(songs).score
    return scaled(DETECTORS[name], normal)
