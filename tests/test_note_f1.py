import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groovevae.bars import Bars
from groovevae.bars.constants import FIRST_PITCH, HOLD, ONSET
from groovevae.measures.note_f1 import bars_note_counts, f1, f1_by_genre, match_notes


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((2, 2, 2), 1.0),
        ((1, 2, 4), 1 / 3),
        ((0, 3, 0), 0.0),
        ((0, 0, 3), 0.0),
        ((0, 0, 0), math.nan),
    ],
)
def test_f1(counts: tuple[int, int, int], expected: float) -> None:
    assert f1(*counts) == pytest.approx(expected, nan_ok=True)


def test_bars_note_counts() -> None:
    reference, estimate = Bars.empty(2), Bars.empty(2)
    reference.drums[0, 0, 0], estimate.drums[0, 0, 0] = 100, 20  # velocity is not compared
    reference.drums[0, 4, 1] = 90
    estimate.drums[1, 4, 1] = 90  # the right step of the wrong bar
    reference.bass[0, :2] = FIRST_PITCH + 10, HOLD  # nor is length
    estimate.bass[0, 0] = FIRST_PITCH + 10
    reference.lead[0, [0, 4]] = FIRST_PITCH + 5, FIRST_PITCH + 7
    estimate.lead[0, [0, 4]] = FIRST_PITCH + 5, FIRST_PITCH + 8
    reference.chords[1, 0, [4, 8, 11]] = ONSET
    estimate.chords[1, 0, [4, 8, 11]] = ONSET, HOLD, ONSET
    assert bars_note_counts(reference, estimate) == {
        "drums": (1, 2, 2),
        "bass": (1, 1, 1),
        "chords": (2, 3, 2),
        "lead": (1, 2, 2),
    }


def test_absent_roles_have_no_score() -> None:
    counts = bars_note_counts(Bars.empty(3), Bars.empty(3))
    assert set(counts.values()) == {(0, 0, 0)}
    assert all(math.isnan(f1(*count)) for count in counts.values())


def test_a_role_that_hardly_plays_is_not_of_the_genre() -> None:
    bars = Bars.empty(60)
    bars.drums[0, 0, 0] = 100  # in one bar of 30
    bars.bass[:2, 0] = FIRST_PITCH  # in two of 30
    table = f1_by_genre(bars, bars, np.repeat([0, 1], 30), ("a", "b", "c"))
    assert list(table) == ["a", "b"]
    assert table["a"] == pytest.approx(
        {"drums": math.nan, "bass": 1.0, "chords": math.nan, "lead": math.nan}, nan_ok=True
    )


def test_bars_must_be_equally_many() -> None:
    with pytest.raises(ValueError, match="3 reference bars but 2 estimated bars"):
        bars_note_counts(Bars.empty(3), Bars.empty(2))


@pytest.mark.parametrize(
    ("estimate", "expected"),
    [
        ([(0.0, 60), (1.0, 60)], 2),
        ([(0.03, 60), (0.97, 60)], 2),  # the tolerance itself is near enough
        ([(0.031, 60), (1.0, 60)], 1),
        ([(0.0, 61), (1.0, 60)], 1),
        ([(0.0, 60), (0.001, 60), (1.0, 60)], 2),  # each answers for one
        ([], 0),
    ],
)
def test_match_notes(estimate: list[tuple[float, int]], expected: int) -> None:
    onset, pitch = np.array(estimate).reshape(-1, 2).T
    found, answer = match_notes(np.array([1.0, 0.0]), np.array([60, 60]), onset, pitch)
    assert len(found) == len(answer) == expected


def test_match_notes_gives_indices() -> None:
    found, answer = match_notes(
        np.array([1.0, 0.0, 0.5]), np.array([60, 60, 62]), np.array([0.5, 0.01, 1.02]), np.array([62, 60, 60])
    )
    assert sorted(zip(found.tolist(), answer.tolist(), strict=True)) == [(0, 2), (1, 1), (2, 0)]


times = st.lists(st.integers(0, 40).map(lambda tick: tick / 100), max_size=5)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(times, times)
def test_the_matching_is_as_large_as_can_be(reference: list[float], estimate: list[float]) -> None:
    """Against the largest matching found by trying them all."""
    found, answer = match_notes(
        np.array(reference), np.full(len(reference), 60), np.array(estimate), np.full(len(estimate), 60)
    )
    near = [[abs(a - b) <= 0.03 + 1e-9 for b in estimate] for a in reference]
    assert all(near[i][j] for i, j in zip(found, answer, strict=True))
    assert len(set(found)) == len(set(answer)) == len(found) == largest_matching(near)


def largest_matching(near: list[list[bool]]) -> int:
    pairs = [(i, j) for i, row in enumerate(near) for j, is_near in enumerate(row) if is_near]
    for size in range(min(len(near), len(near[0]) if near else 0), 0, -1):
        for chosen in combinations(pairs, size):
            if len({i for i, _ in chosen}) == len({j for _, j in chosen}) == size:
                return size
    return 0
