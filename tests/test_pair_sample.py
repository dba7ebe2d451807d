"""Which pairs of genres are measured where there are many, and what is said of the others."""

from collections import Counter
from itertools import combinations, permutations

import numpy as np
import pytest

from groovevae.fitting import pair_sample
from groovevae.fitting.pair_sample import filled_in, filled_in_choices, measured_pairs


@pytest.mark.parametrize(
    ("count", "number", "partners"),
    [
        (2, 1, {1}),
        (14, 91, {13}),
        (20, 190, {19}),
        (21, 70, {6, 7}),
        (35, 70, {4}),
        (50, 70, {2, 3, 4}),
        (300, 300, {2}),
    ],
)
def test_how_many_partners_a_genre_has(count: int, number: int, partners: set[int]) -> None:
    names = [f"{number:03}" for number in range(count)]
    pairs = measured_pairs(names)
    assert len(set(map(frozenset, pairs))) == len(pairs) == number
    assert set(Counter(name for pair in pairs for name in pair).values()) == partners
    assert all(names.index(one) < names.index(other) for one, other in pairs)
    if count <= 20:
        assert pairs == list(combinations(names, 2))


def test_what_was_measured_stays_and_nothing_is_added_to_all() -> None:
    measured = {pair: np.full((4, 2), index, np.float32) for index, pair in enumerate(permutations("abc", 2))}
    found = filled_in(measured)
    assert list(found) == list(measured)
    assert all((found[pair] == measured[pair]).all() for pair in measured)
    assert filled_in({}) == {}


def test_the_rest_follows_from_source_and_target(monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing to shrink, sums of two effects are found again; with much, all are the mean."""
    names = [f"{number:02}" for number in range(30)]
    source, target = np.random.default_rng(0).uniform(0, 1, (2, 30, 4, 2)).astype(np.float32)
    true = {(names[i], names[j]): source[i] + target[j] for i, j in permutations(range(30), 2)}
    measured = {way: true[way] for pair in measured_pairs(names) for way in (pair, pair[::-1])}
    low, high = (edge(list(measured.values()), axis=0) for edge in (np.min, np.max))
    rest = [pair for pair in true if pair not in measured]
    monkeypatch.setattr(pair_sample, "SHRINKAGE", 1e-6)
    found = filled_in(measured)
    assert set(found) == set(true)
    for pair in rest:
        np.testing.assert_allclose(found[pair], np.clip(true[pair], low, high), atol=1e-3)
        assert found[pair].dtype == np.float32
    monkeypatch.setattr(pair_sample, "SHRINKAGE", 1e9)
    found = filled_in(measured)
    for pair in rest:
        np.testing.assert_allclose(found[pair], np.mean(list(measured.values()), axis=0), atol=1e-5)


def test_choices_follow_those_of_the_same_kind() -> None:
    kinds = {frozenset(pair): pair[0] == "a" for pair in combinations("abcdef", 2)}
    every = {pair: np.array([kinds[frozenset(pair)], True]) for pair in permutations("abcdef", 2)}
    measured = {pair: own for pair, own in every.items() if pair not in {("a", "b"), ("b", "c")}}
    found = filled_in_choices(measured, lambda pair: kinds[frozenset(pair)])
    assert found["a", "b"].tolist() == [True, True]
    assert found["b", "c"].tolist() == [False, True]
