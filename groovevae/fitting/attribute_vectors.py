"""Attribute vectors: measure bars, find the vectors by regression, calibrate them by moving bars and measuring again.

The network is never trained here; it encodes bars and decodes the points they are moved to.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from groovevae.bars import Bars
from groovevae.corpus import CorpusSong, Songs
from groovevae.corpus.dataset import Dataset
from groovevae.measures.attributes import ATTRIBUTES, measure_all
from groovevae.model.genres import Vector, covariance
from groovevae.network.decoding import Take, decode_takes, encode
from groovevae.network.forward import Network
from groovevae.progress import Progress, quiet

MAX_BARS = 1500  # bars measured for each genre
MOVED_BARS = 512  # of all those, the bars moved in each round of calibration
MIN_BARS = 64  # with fewer bars in all, no vector is learned
ROUNDS = 7  # of calibration
FIRST_LENGTH = 6.0  # of a vector before calibration, in standard deviations of the points: shorter ones change little
RIDGE = 0.01  # of the regression, in units of the points' mean variance
LEAST_RESPONSE = 0.2  # standard deviations at strength 1: an attribute that moves less is not in this latent space
LEAK_STEP, LENGTH_STEP = 0.6, 0.6  # share of each correction that a round makes: the decoder is far from linear


def learn_vectors(network: Network, songs: Sequence[CorpusSong]) -> list[Vector]:
    """Learn a vector for each of ATTRIBUTES from songs, as `find_attribute_vectors` does."""
    genres = tuple(sorted({song.entry.genre for song in songs}))
    data = Dataset.from_songs(Songs(songs), [song.entry.genre for song in songs], genres)
    return find_attribute_vectors(network, data)


def find_attribute_vectors(network: Network, data: Dataset, *, progress: Progress = quiet) -> list[Vector]:
    """Find a vector for each attribute that the latent space holds: strength 1 raises it by a standard deviation.

    Attributes are measured relative to the mean of their genre, so that a vector does not simply lead to a genre that
    has much of one. Each vector starts as the direction in which the mean of bars moves as the attribute rises (for a
    Gaussian, the covariance times the regression coefficients). Then bars are moved along each vector both ways,
    decoded and measured, and the vectors are corrected until each moves its own attribute by one standard deviation and
    leaves the others alone (damped Newton steps on the measured 6 x 6 response).
    """
    index = np.sort(data.of_each_genre(MAX_BARS))
    if len(index) < MIN_BARS:
        return []
    bars, genre = data.bars[index], data.genre[index]
    z, _ = encode(network, bars)
    values = within_genres(measure_all(bars), genre)  # (N, 6)
    known = np.isfinite(values)
    spread = np.sqrt((np.where(known, values, 0.0) ** 2).sum(0) / np.maximum(known.sum(0), 1))  # (6,)
    names = [name for name, width in zip(ATTRIBUTES, spread, strict=True) if width > 0]
    columns = [list(ATTRIBUTES).index(name) for name in names]
    vectors = conditional_directions(within_genres(z, genre), values[:, columns] / spread[columns])  # (Z, A)
    moved = np.random.default_rng(0).permutation(len(index))[:MOVED_BARS]
    for turn in range(ROUNDS):
        progress("attribute vectors", turn, ROUNDS)
        response = measured_response(network, z[moved], bars[moved], vectors)[columns] / spread[columns, None]
        if (np.diag(response) < LEAST_RESPONSE).all():
            return []
        vectors = corrected(vectors, response)
    response = measured_response(network, z[moved], bars[moved], vectors)[columns] / spread[columns, None]
    found = []
    for number, name in enumerate(names):
        own = float(response[number, number])
        if own >= LEAST_RESPONSE:
            unit = f"{own * spread[columns[number]]:+.3g} {ATTRIBUTES[name].unit}"
            found.append(Vector(name, vectors[:, number].astype(np.float32), ATTRIBUTES[name].about, unit))
    return found


def within_genres(values: np.ndarray, genre: np.ndarray) -> np.ndarray:
    """Subtract from values (N, A) the mean of their genre, (N,) int; NaN stays."""
    out = np.array(values, np.float64)
    for number in np.unique(genre):
        own = genre == number
        known = np.isfinite(out[own])
        out[own] -= np.where(known, out[own], 0.0).sum(0) / np.maximum(known.sum(0), 1)
    return out


def conditional_directions(z: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the directions (Z, A), FIRST_LENGTH long, in which the mean of points (N, Z) moves with each value (N, A).

    `z` and `values` are centred. For a Gaussian, E[z | value] runs along `covariance @ coefficients`, the coefficients
    being those of the regression of the value on z; each value is regressed on the points where it is known.
    """
    spread = covariance(z).astype(np.float64)
    size = len(spread)
    spread += RIDGE * np.trace(spread) / size * np.eye(size)
    directions = []
    for column in values.T:
        known = np.isfinite(column)
        points = z[known]
        ridge = RIDGE * known.sum() * np.trace(spread) / size * np.eye(size)
        coefficients = np.linalg.solve(points.T @ points + ridge, points.T @ column[known])
        length = np.sqrt(coefficients @ spread @ coefficients)  # of `spread @ coefficients`, in standard deviations
        directions.append(FIRST_LENGTH * (spread @ coefficients) / max(float(length), 1e-12))
    return np.stack(directions, axis=1)


def measured_response(network: Network, z: np.ndarray, bars: Bars, vectors: np.ndarray) -> np.ndarray:
    """Measure how much each attribute changes for each unit of strength of each vector (Z, A): (6, A).

    Points (N, Z) are moved both ways and decoded. The change is the mean over the bars in which the attribute can be
    measured both times, and 0 where there are none.
    """
    ways = [(column, sign) for column in range(vectors.shape[1]) for sign in (-1, 1)]
    takes = [Take((z + sign * vectors[:, column]).astype(np.float32), bars) for column, sign in ways]
    measured = [measure_all(played) for played in decode_takes(network, takes)]
    response = []
    for less, more in zip(measured[::2], measured[1::2], strict=True):
        change = (more - less) / 2
        known = np.isfinite(change)
        response.append(np.where(known, change, 0.0).sum(0) / np.maximum(known.sum(0), 1))
    return np.stack(response, axis=1)


def corrected(vectors: np.ndarray, response: np.ndarray) -> np.ndarray:
    """Take a damped step from vectors (Z, A) towards a response (A, A) with ones on the diagonal and zeros off it."""
    own = np.diag(response)
    leaks = (response - np.diag(own)) / np.maximum(own, LEAST_RESPONSE)[:, None]
    vectors = vectors @ (np.eye(len(own)) - LEAK_STEP * np.clip(leaks, -0.5, 0.5))
    return vectors / np.clip(own, 0.5, 2.0) ** LENGTH_STEP
