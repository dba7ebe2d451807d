"""Points on their way: the literal formula, optimal transport, arcs, and the paths that methods make of them."""

import numpy as np
import pytest
from made_genres import GENRES, genre

from groovevae.bars import Bars, Song
from groovevae.generation import latent_paths
from groovevae.generation.latent_paths import Goal, Journey, find_paths
from groovevae.generation.requests import BAR_METHODS, METHODS
from groovevae.generation.sources import Source
from groovevae.model.genres import RIDGE, Genre
from groovevae.model.latent_arithmetic import (
    LatentPath,
    find_displacement,
    genre_arithmetic,
    mixed_vector,
    moved,
    slerp,
)


@pytest.mark.parametrize(
    ("amount", "moved_to"),
    [
        (0.0, [[5, 5], [6, 7]]),
        (0.5, [[5.5, 6], [6.5, 8]]),
        (1.0, [[6, 7], [7, 9]]),
        (2.0, [[7, 9], [8, 11]]),
        (np.array([0.0, 1.0]), [[5, 5], [7, 9]]),
    ],
)
def test_points_move_by_the_difference_of_the_vectors(amount, moved_to: list) -> None:
    z = np.array([[5, 5], [6, 7]], np.float32)
    source, target = GENRES["classical"].mean, GENRES["rock"].mean
    out = genre_arithmetic(z, source, target, amount)
    assert out.tolist() == moved_to
    assert out.dtype == np.float32


def test_there_and_back() -> None:
    z = np.random.default_rng(0).normal(size=(4, 2)).astype(np.float32)
    source, target = GENRES["jazz"].mean, GENRES["rock"].mean
    there = genre_arithmetic(z, source, target, 0.7)
    np.testing.assert_allclose(genre_arithmetic(there, target, source, 0.7), z, atol=1e-6)


@pytest.mark.parametrize(
    ("weights", "vector"),
    [
        ({"rock": 1.0}, [1, 2]),
        ({"rock": 0.5, "jazz": 0.5}, [2, 1]),
        ({"classical": 0.5, "rock": 0.25, "jazz": 0.25}, [1, 0.5]),
    ],
)
def test_the_vector_of_weights(weights: dict[str, float], vector: list[float]) -> None:
    assert mixed_vector(weights, GENRES).tolist() == vector


@pytest.mark.parametrize(
    ("start", "end", "amount", "moved_to"),
    [
        ([1, 0], [0, 1], 0.5, [0.5**0.5, 0.5**0.5]),
        ([2, 0], [0, 2], 1 / 3, [3**0.5, 1]),
        ([1, 0], [0, 2], 0.0, [1, 0]),
        ([1, 0], [0, 2], 1.0, [0, 2]),
        ([1, 0], [3, 0], 0.5, [2, 0]),  # one direction: a line
        ([1, 0], [-1, 0], 0.25, [0.5, 0]),  # no arc is the shortest: a line
        ([0, 0], [1, 0], 0.5, [0.5, 0]),
    ],
)
def test_on_the_sphere(start: list[float], end: list[float], amount: float, moved_to: list[float]) -> None:
    points = np.array([start], np.float32), np.array([end], np.float32)
    np.testing.assert_allclose(slerp(*points, amount), [moved_to], atol=1e-6)
    np.testing.assert_allclose(slerp(*points, np.array([amount])), [moved_to], atol=1e-6)


SOURCE = genre("source", [1.0, -2.0, 0.5], [[2.0, 0.6, 0.0], [0.6, 1.0, -0.3], [0.0, -0.3, 0.5]])
TARGET = genre("target", [-3.0, 4.0, 0.0], [[0.5, -0.2, 0.1], [-0.2, 3.0, 0.8], [0.1, 0.8, 1.0]])
FLAT = genre("flat", [5.0, 5.0, 5.0], [[0.0] * 3] * 3)


def drawn(source: Genre, num_points: int = 20_000) -> np.ndarray:
    """Points whose mean and covariance are those of the genre, but for rounding."""
    points = np.random.default_rng(0).normal(size=(num_points, len(source.mean)))
    points = np.linalg.solve(np.linalg.cholesky(np.cov(points, rowvar=False)), (points - points.mean(0)).T).T
    values, vectors = np.linalg.eigh(source.covariance.astype(float))
    root = vectors * np.sqrt(np.maximum(values, 0))
    return (source.mean + points @ root.T).astype(np.float32)


def transport(z: np.ndarray, source: Genre, target: Genre) -> np.ndarray:
    """Points of one genre the whole way to another."""
    return moved(z, find_displacement(source, {"there": 1.0}, {"there": target})(z), 1.0)


@pytest.mark.parametrize(("source", "target"), [(SOURCE, TARGET), (TARGET, SOURCE), (SOURCE, FLAT), (FLAT, TARGET)])
def test_transport_fits_the_mean_and_the_spread(source: Genre, target: Genre) -> None:
    carried = transport(drawn(source), source, target)
    assert carried.dtype == np.float32
    np.testing.assert_allclose(carried.mean(0), target.mean, atol=1e-3)
    # The ridge is part of the spread: what has none in the source gets none, what has it falls short by a ridge.
    expected = np.zeros((3, 3)) if source is FLAT else target.covariance
    np.testing.assert_allclose(np.cov(carried, rowvar=False), expected, atol=8 * RIDGE)


@pytest.mark.parametrize("same", [SOURCE, TARGET, FLAT])
def test_transport_to_the_same_place_changes_nothing(same: Genre) -> None:
    z = drawn(SOURCE, 50)
    np.testing.assert_allclose(transport(z, same, same), z, atol=1e-5)


def test_transport_between_lines_is_a_stretch() -> None:
    """In one dimension the map is known: by the ratio of the standard deviations."""
    narrow, wide = genre("narrow", [1.0], [[1.0]]), genre("wide", [10.0], [[4.0]])
    stretch = ((4 + RIDGE) / (1 + RIDGE)) ** 0.5
    z = np.array([[1.0], [2.0], [-1.0]], np.float32)
    np.testing.assert_allclose(transport(z, narrow, wide), [[10.0], [10 + stretch], [10 - 2 * stretch]], rtol=1e-6)


MIXTURE = {"source": 0.2, "target": 0.5, "flat": 0.3}
GENRES_THERE = {"source": SOURCE, "target": TARGET, "flat": FLAT}


def path_by(method: str, z: np.ndarray, weights: dict[str, float]) -> LatentPath:
    """The path of points of the source genre."""
    start = Source(z, Bars.empty(len(z)), Song(Bars.empty(len(z))), (True,) * 4, "source", "the source")
    [path] = find_paths([Journey(method, start, Goal(weights, GENRES_THERE))])
    return path


@pytest.mark.parametrize("weights", [{"target": 1.0}, MIXTURE])
@pytest.mark.parametrize("amount", [0.0, 0.5, 1.0, 2.0])
def test_the_mean_method_is_the_literal_formula(weights: dict[str, float], amount: float) -> None:
    z = drawn(SOURCE, 50)
    vector = sum(weight * GENRES_THERE[name].mean for name, weight in weights.items())
    there = path_by("mean", z, weights)("lead", np.full(50, amount))
    np.testing.assert_allclose(there, z + amount * (vector - SOURCE.mean), atol=1e-5)


@pytest.mark.parametrize("method", ["calibrated", "transport", "mean"])
@pytest.mark.parametrize("weights", [{"target": 1.0}, MIXTURE])
def test_amount_0_moves_nothing(weights: dict[str, float], method: str) -> None:
    z = drawn(SOURCE, 50)
    assert (path_by(method, z, weights)("lead", np.zeros(50)) == z).all()


@pytest.mark.parametrize("amount", [0.25, 1.0, 2.0])
def test_the_transport_method_goes_a_share_of_the_way(amount: float) -> None:
    z = drawn(SOURCE, 50)
    ends = 0.2 * z + 0.5 * transport(z, SOURCE, TARGET) + 0.3 * transport(z, SOURCE, FLAT)
    there = path_by("transport", z, MIXTURE)("lead", np.full(50, amount))
    np.testing.assert_allclose(there, z + amount * (ends - z), atol=1e-4)
    assert there.dtype == np.float32


def test_without_a_goal_nothing_moves() -> None:
    z = drawn(SOURCE, 3)
    assert path_by("calibrated", z, {})("drums", np.ones(3)) is z


def test_every_method_has_a_path() -> None:
    assert {"arranged", *latent_paths._TO_GENRES, *latent_paths._TO_BARS} == set(METHODS)
    assert set(latent_paths._TO_BARS) == set(BAR_METHODS)
