import numpy as np
import pytest
from test_phrases import phrase

from groovevae.bars import Bars
from groovevae.bars.constants import ONSET
from groovevae.measures.novelty import bar_keys, copied_bars, longest_runs, longest_shared_runs, moves


@pytest.mark.parametrize(
    ("query", "known", "longest"),
    [
        ([1, 2, 3], [[1, 2, 3]], 3),
        ([9, 1, 2, 3, 9], [[7, 1, 2, 3, 8]], 3),
        ([1, 2, 3], [[1, 2], [3]], 2),  # no run goes on from one song to the next
        ([1, 2], [[3, 4]], 0),
        ([], [[1]], 0),
        ([1], [[]], 0),
        ([5] * 20, [[5] * 13], 13),
        ([4, 5, 6, 7], [[1, 2], [0, 5, 6, 7], [4, 5]], 3),
    ],
)
def test_longest_shared_runs(query: list[int], known: list[list[int]], longest: int) -> None:
    arrays = [np.array(part, np.int64) for part in known]
    assert longest_shared_runs([np.array(query, np.int64)], arrays).tolist() == [longest]


def brute_force(query: list[int], known: list[list[int]]) -> int:
    texts = ["," + ",".join(map(str, part)) + "," for part in known]
    runs = [
        end - start
        for start in range(len(query))
        for end in range(start + 1, len(query) + 1)
        if any("," + ",".join(map(str, query[start:end])) + "," in text for text in texts)
    ]
    return max(runs, default=0)


def test_longest_shared_runs_against_trying_all() -> None:
    rng = np.random.default_rng(0)
    queries = [rng.integers(0, 3, rng.integers(0, 25)) for _ in range(20)]
    known = [rng.integers(0, 3, rng.integers(0, 40)) for _ in range(6)]
    expected = [brute_force(query.tolist(), [part.tolist() for part in known]) for query in queries]
    assert longest_shared_runs(queries, known).tolist() == expected
    assert max(expected) > 5


def test_moves_are_the_same_in_every_key() -> None:
    here, there = phrase([60, 64, 62], [67]), phrase([65, 69, 67], [72])
    assert (moves(here, "lead") == moves(there, "lead")).all()
    assert len(moves(here, "lead")) == 3
    assert (moves(here, "lead") != moves(phrase([60, 64, 63], [67]), "lead")).tolist() == [False, True, True]
    assert (moves(here, "lead") != moves(phrase([60, 64, 62], [], [67]), "lead")).tolist() == [False, False, True]


def test_moves_of_chords_know_their_intervals() -> None:
    bars = Bars.empty(4)
    bars.chords[0, 0, [10, 14, 17]] = bars.chords[0, 4, [12, 16, 19]] = ONSET  # major to major
    bars.chords[1, 0, [20, 24, 27]] = bars.chords[1, 4, [22, 26, 29]] = ONSET
    bars.chords[2, 0, [10, 14, 17]] = bars.chords[2, 4, [12, 15, 19]] = ONSET  # to minor
    major, higher, minor = (moves(bars[[number]], "chords") for number in range(3))
    assert major == higher != minor
    assert len(moves(bars[[3]], "chords")) == 0


def test_longest_runs_count_notes() -> None:
    song = phrase([60, 62, 64, 65], [67, 69])
    queries = [phrase([62, 64, 66, 67], [69, 71]), phrase([62, 64, 66, 60]), phrase([60]), phrase([])]
    runs = longest_runs(queries, [song])
    assert runs["lead"].tolist() == [6, 3, 1, 0]
    assert runs["bass"].tolist() == [0] * 4


def test_copied_bars() -> None:
    known = set(bar_keys(phrase([60, 62], [64], drums="x-")))
    assert copied_bars(phrase([60, 62], [64], [], [60], drums="xx--"), known).tolist() == [True, False, False]
