"""Baselines: the means and spreads that are usual in each genre, and how far values deviate from them.

Most detectors start here. A baseline knows only numbers, never what they measure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

PRIOR = 10  # samples' worth of spread that each genre borrows from the others; for the mean, a third as many
FARTHEST = 20.0  # spreads: deviations are clipped to this


@dataclass(frozen=True)
class Baseline:
    """Means and spreads (V,) by genre; under None those of all genres together."""

    mean: Mapping[str | None, np.ndarray]
    spread: Mapping[str | None, np.ndarray]

    def deviations(self, values: np.ndarray, genre: np.ndarray) -> np.ndarray:
        """Return how many spreads values (N, V) lie from their genre's mean: 0 where unknown, and never past FARTHEST.

        A genre that was not among the normal data is compared with the mean of all genres.
        """
        out = np.empty(values.shape)
        for name in np.unique(genre):
            rows = genre == name
            key = name if name in self.mean else None
            out[rows] = (values[rows] - self.mean[key]) / self.spread[key]
        return np.clip(np.nan_to_num(out), -FARTHEST, FARTHEST)


def fit_baseline(values: np.ndarray, genre: np.ndarray) -> Baseline:
    """Fit the baseline of values (N, V) of these genres (N,); NaN does not count."""
    everything, spread_all, _ = _moments(values)
    mean: dict[str | None, np.ndarray] = {None: everything}
    residual = np.empty(values.shape)
    for name in np.unique(genre):
        rows = genre == name
        own, _, count = _moments(values[rows])
        mean[name] = (count * own + PRIOR / 3 * everything) / (count + PRIOR / 3)
        residual[rows] = values[rows] - mean[name]
    floor = 0.01 * spread_all + 1e-3  # a value that never varied in a genre may still vary a little
    within = np.hypot(np.sqrt(_square_mean(residual)[0]), floor)
    spread: dict[str | None, np.ndarray] = {None: np.maximum(spread_all, floor)}
    for name in np.unique(genre):
        square, count = _square_mean(residual[genre == name])
        spread[name] = np.sqrt((count * square + PRIOR * within**2) / (count + PRIOR))
    return Baseline(mean, spread)


def _moments(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the mean, spread and count of the finite values in each column, (V,) each."""
    known = np.isfinite(values)
    count = known.sum(0)
    mean = np.where(known, values, 0.0).sum(0) / np.maximum(count, 1)
    return mean, np.sqrt(_square_mean(values - mean)[0]), count


def _square_mean(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    known = np.isfinite(values)
    count = known.sum(0)
    return (np.where(known, values, 0.0).astype(float) ** 2).sum(0) / np.maximum(count, 1), count
