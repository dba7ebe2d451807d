"""Combines detectors on different scales into one score for each song, in spreads of its genre's normal scores.

The default detector is here. This module reads no files and gives no reasons.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from groovevae.anomaly.detectors import DETECTORS, Known, Scorer, song_neighbours
from groovevae.anomaly.genres import Odds, deal, fit_genres
from groovevae.anomaly.soundness import Soundness, fit_soundness

NORMAL_IQR = 1.349  # the interquartile range of a Gaussian, in standard deviations
LEAST_SPREAD = 1e-6
FEW_SONGS = 30  # of a genre: where it has as many, the distance to the nearest counts half
UNSOUND_SPREAD = 4.0  # nats: a spread of the odds of a fault counts as this at least

# The default of `groove outliers`; docs/anomaly.md compares it with the others.
BELONGING = "neighbours, genre and faults"
NEIGHBOURS_AND_GENRE = "neighbours and genre"  # the same without the judge of soundness


@dataclass(frozen=True)
class Scale:
    """The median and spread of the normal songs' scores by genre; under None those of all songs."""

    centre: dict[str | None, float]
    spread: dict[str | None, float]

    def __call__(self, scores: np.ndarray, genre: np.ndarray) -> np.ndarray:
        """Scale scores (S,) to spreads above their genre's median; 0 for a song that had nothing to compare it with."""
        centre = np.array([self.centre.get(name, self.centre[None]) for name in genre])
        spread = np.array([self.spread.get(name, self.spread[None]) for name in genre])
        known = np.isfinite(scores)
        return np.where(known, (np.where(known, scores, 0.0) - centre) / spread, 0.0)


def fit_scale(scores: np.ndarray, genre: np.ndarray, *, least: float = LEAST_SPREAD) -> Scale:
    """Fit the scale of normal songs' scores (S,); no spread is below the least.

    Spreads come from interquartile ranges, which a few wrong songs hardly move; each genre's spread is averaged with
    the median over genres.
    """
    known = np.isfinite(scores)
    scores, genre = scores[known], genre[known]
    if not len(scores):
        return Scale({None: 0.0}, {None: 1.0})
    own = {name: scores[genre == name] for name in np.unique(genre).tolist()}
    baseline = float(np.median([_spread(values) for values in own.values()]))
    centre: dict[str | None, float] = {name: float(np.median(values)) for name, values in own.items()}
    spread: dict[str | None, float] = {name: (_spread(values) + baseline) / 2 for name, values in own.items()}
    centre[None], spread[None] = float(np.median(scores)), max(baseline, least)
    return Scale(centre, {name: max(value, least) for name, value in spread.items()})


def _spread(values: np.ndarray) -> float:
    low, high = np.percentile(values, [25, 75])
    return float(high - low) / NORMAL_IQR


def scaled(detector: Callable[[Known], Scorer], normal: Known) -> Scorer:
    """Fit a detector and scale its scores to spreads of the normal songs' own scores."""
    score = detector(normal)
    scale = fit_scale(score(normal), normal.genre)
    return lambda songs: scale(score(songs), songs.genre)


@dataclass(frozen=True)
class Belonging:
    """How little songs belong, (S,) each: `odd` in their genre, `misplaced` in it, or `unsound` in any."""

    odd: np.ndarray
    misplaced: np.ndarray
    unsound: np.ndarray
    genre: Odds
    soundness: Soundness

    @property
    def score(self) -> np.ndarray:
        """The highest of the three."""
        return np.max([self.odd, self.misplaced, self.unsound], axis=0)


def fit_belonging(normal: Known) -> Callable[[Known], Belonging]:
    """Fit the default detector: distance to the genre's nearest songs, odds of another genre, and odds of a fault.

    All are on the same scale. The distance counts the less, the fewer songs a genre has; the odds of a fault rest on
    what is known of other music as well.
    """
    odd, judge, sound = scaled(song_neighbours, normal), fit_genres(normal), fit_soundness(normal)
    misplaced = _scale_for_all(judge(normal).log_odds)
    unsound = _scale_for_all(sound(normal).log_odds, least=UNSOUND_SPREAD)
    sizes = {name: len(np.unique(normal.group[normal.genre == name])) for name in np.unique(normal.genre).tolist()}

    def measure(songs: Known) -> Belonging:
        genre, soundness = judge(songs), sound(songs)
        size = np.array([sizes.get(name, len(normal.group)) for name in songs.genre.tolist()])
        weight = size**2 / (size**2 + FEW_SONGS**2)  # a tenth for ten songs, nine tenths for a hundred
        parts = weight * odd(songs), misplaced(genre.log_odds), unsound(soundness.log_odds)
        return Belonging(*parts, genre, soundness)

    return measure


def _scale_for_all(scores: np.ndarray, *, least: float = LEAST_SPREAD) -> Callable[[np.ndarray], np.ndarray]:
    """Fit one scale for all genres, since odds mean the same in each."""
    scale = fit_scale(scores, np.full(len(scores), ""), least=least)
    return lambda own: scale(own, np.full(len(own), ""))


def unseen_scores(normal: Known, *, seed: int = 0) -> np.ndarray:
    """Score each normal song (S,) with the default detector fitted to other songs: a threshold is set on these scores.

    There are FOLDS fits; all versions of a song are left out of the same one. Each fit has fewer songs than there are,
    so the scores are a little too high.
    """
    fold = deal(normal.group, seed=seed)
    scores = np.zeros(len(fold))
    for number in np.unique(fold):
        here, rest = np.flatnonzero(fold == number), np.flatnonzero(fold != number)
        if len(rest):
            scores[here] = fit_belonging(normal.of(rest))(normal.of(here)).score
    return scores


def fitted(name: str, normal: Known) -> Scorer:
    """Fit and scale the detector with this name: one of DETECTORS, BELONGING, or NEIGHBOURS_AND_GENRE."""
    if name == BELONGING:
        measure = fit_belonging(normal)
        return lambda songs: measure(songs).score
    if name == NEIGHBOURS_AND_GENRE:
        odd, judge = scaled(song_neighbours, normal), fit_genres(normal)
        misplaced = _scale_for_all(judge(normal).log_odds)
        return lambda songs: np.maximum(odd(songs), misplaced(judge(songs).log_odds))
    return scaled(DETECTORS[name], normal)
