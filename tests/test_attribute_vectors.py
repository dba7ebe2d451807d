"""Vectors of attributes, found in a latent space whose workings are known."""

import numpy as np
import pytest
from tiny import Tiny

from groovevae.bars import Bars
from groovevae.corpus.dataset import Dataset
from groovevae.corpus.packed_bars import PackedBars
from groovevae.fitting import attribute_vectors
from groovevae.fitting.attribute_vectors import (
    conditional_directions,
    corrected,
    find_attribute_vectors,
    learn_vectors,
    within_genres,
)
from groovevae.measures.attributes import measure_all
from groovevae.network.decoding import Take

SIZE = 6


def played(z: np.ndarray) -> Bars:
    """Bars with about 18 + 3 z0 + z2 drum hits, all on beats, and one bass note about 3 z1 semitones from D2."""
    bars = Bars.empty(len(z))
    for number, point in enumerate(z):
        hits = int(np.clip(np.rint(18 + 3 * point[0] + point[2]), 0, 36))
        bars.drums[number, :16:4] = (np.arange(36) < hits).reshape(4, 9)
        bars.bass[number, 0] = 2 + int(np.clip(np.rint(24 + 3 * point[1]), 0, 59))
    return bars


@pytest.fixture
def known_space(monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """Bars of two genres whose points are known; encoding and decoding are looked up and played."""
    rng = np.random.default_rng(0)
    genre = np.arange(400) % 2
    z = rng.normal(size=(400, SIZE)) * [2, 2, 1, 1, 1, 1] + 2.0 * genre[:, None]
    z[:, 1] += 0.5 * z[:, 0]  # more hits come with higher notes: a vector of one must not drag the other along

    def play(network: object, takes: list[Take]) -> list[Bars]:
        return [played(take.z) for take in takes]

    monkeypatch.setattr(attribute_vectors, "encode", lambda network, bars: (z, z))
    monkeypatch.setattr(attribute_vectors, "decode_takes", play)
    return Dataset(PackedBars([played(z)]), genre, genre, ("a", "b"))


def test_each_vector_moves_its_own_attribute_by_a_standard_deviation(known_space: Dataset) -> None:
    vectors = {vector.name: vector for vector in find_attribute_vectors(object(), known_space)}
    assert set(vectors) == {"drum_density", "register"}  # the others do not change in this space
    names = sorted(vectors)
    columns = [list(attribute_vectors.ATTRIBUTES).index(name) for name in names]
    spread = within_genres(measure_all(known_space.bars[:])[:, columns], known_space.genre).std(0)
    z = np.random.default_rng(1).normal(size=(200, SIZE))
    for number, name in enumerate(names):
        up, down = (measure_all(played(z + sign * vectors[name].z))[:, columns] for sign in (1, -1))
        share = (up - down).mean(0) / 2 / spread
        np.testing.assert_allclose(share, np.eye(2)[number], atol=0.15)
        assert vectors[name].unit.startswith("+")


def test_too_few_bars_and_bars_that_do_not_answer_have_no_vectors(known_space: Dataset, monkeypatch) -> None:
    few = Dataset(
        PackedBars([known_space.bars[:10]]), known_space.genre[:10], known_space.song[:10], known_space.genres
    )
    assert find_attribute_vectors(object(), few) == []
    silent = [Bars.empty(400)]
    monkeypatch.setattr(attribute_vectors, "decode_takes", lambda network, takes: silent * len(takes))
    assert find_attribute_vectors(object(), known_space) == []


def test_values_within_genres() -> None:
    values = np.array([[1.0, np.nan], [3.0, 4.0], [10.0, 2.0], [10.0, np.nan]])
    expected = [[-1, np.nan], [1, 0], [0, 0], [0, np.nan]]
    np.testing.assert_allclose(within_genres(values, np.array([0, 0, 1, 1])), expected)


def test_the_direction_in_which_the_mean_goes() -> None:
    """A value that is the first coordinate; the second goes with it, and the third does not."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=(20_000, 3))
    z[:, 1] += z[:, 0]
    [direction] = conditional_directions(z - z.mean(0), z[:, :1] - z[:, 0].mean()).T
    np.testing.assert_allclose(direction / direction[0], [1, 1, 0], atol=0.05)


@pytest.mark.parametrize("response", [np.diag([3.0, 0.3]), np.array([[1.0, 0.4], [-0.3, 1.2]])])
def test_corrections_end_at_ones_and_zeros(response: np.ndarray) -> None:
    """In a space that is linear, where vectors (2, 2) give `response @ vectors`."""
    vectors = np.eye(2)
    for _ in range(20):
        vectors = corrected(vectors, response @ vectors)
    np.testing.assert_allclose(response @ vectors, np.eye(2), atol=0.01)


def test_a_trained_model_and_its_corpus(tiny: Tiny) -> None:
    """What a network that has learned next to nothing gives is whatever training put into its file."""
    vectors = learn_vectors(tiny.trained.model.network(), tiny.corpus.songs)
    assert all(np.isfinite(vector.z).all() for vector in vectors)
    assert set(tiny.trained.model.vectors) <= set(attribute_vectors.ATTRIBUTES)
