"""Which bars are moved from genre to genre for judges to hear."""

import numpy as np
import pytest

from groovevae import Groove
from groovevae.bars import Bars, Song
from groovevae.corpus.dataset import Dataset
from groovevae.fitting.heard_bars import MOVED_BARS, MOVED_RUNS, RUN_BARS, Heard, drawn_runs, heard_bars, runs_of


def starts(song: list[int], **changed: list[int]) -> list[int]:
    bars = {"usable": [1] * len(song), "num_beats": [4] * len(song)} | changed
    found = runs_of(np.array(song), np.array(bars["usable"], bool), np.array(bars["num_beats"]))
    assert (np.diff(found, axis=1) == 1).all()
    return sorted(found[:, 0].tolist())


@pytest.mark.parametrize(
    ("song", "changed", "expected"),
    [
        ([0] * 8, {}, [0, 4]),
        ([0] * 7, {}, [0]),
        ([0] * 3 + [1] * 5, {}, [3]),  # never across two songs
        ([0] * 8, {"usable": [1, 1, 1, 1, 1, 0, 1, 1]}, [0]),
        ([0] * 8, {"num_beats": [4, 4, 4, 3, 3, 3, 3, 3]}, [4]),  # in one metre
        ([0] * 3, {}, []),
        ([], {}, []),
    ],
)
def test_runs_are_whole(song: list[int], changed: dict[str, list[int]], expected: list[int]) -> None:
    assert starts(song, **changed) == expected


def test_songs_take_turns_and_those_set_aside_come_first() -> None:
    song = np.repeat(np.arange(MOVED_RUNS), 2 * RUN_BARS)
    usable, beats = np.ones(len(song), bool), np.full(len(song), 4)
    assert sorted(song[runs_of(song, usable, beats)[:, 0]]) == list(range(MOVED_RUNS))  # one run of each
    long = np.repeat(np.arange(2), [40 * RUN_BARS, 2 * RUN_BARS])
    found = long[runs_of(long, np.ones(len(long), bool), np.full(len(long), 4), np.array([False, True]))[:, 0]]
    assert found[:4].tolist() == [1, 0, 1, 0]
    assert found[4:].tolist() == [0] * 38


def test_runs_of_phrases_and_single_bars_where_no_four_go_together(groove: Groove) -> None:
    phrases = heard_bars(groove.model, groove.network, None)["jazz"]
    runs = drawn_runs(phrases, "jazz", None)
    assert (np.diff(runs.song.reshape(-1, RUN_BARS), axis=1) == 0).all()
    bars = Bars.empty(120)
    bars.bass[:, 0] = 2
    apart = Heard(bars, np.arange(120) % 2, np.arange(120))
    assert len(drawn_runs(apart, "jazz", None).bars) == MOVED_BARS


def test_runs_of_data_come_from_songs_of_the_genre_first_those_set_aside_each_in_its_half() -> None:
    bars = Bars.empty(2 * RUN_BARS)
    bars.bass[:, 0] = 2
    names = ["rock", "jazz"] * 4
    data = Dataset.from_songs([Song(bars)] * len(names), names, ("jazz", "rock"))
    own = np.flatnonzero(data.genre == 1)
    heard = Heard(data.bars[own], data.song[own] // 2 % 2, data.song[own])
    runs = drawn_runs(heard, "rock", data, np.array([False, False, True, False, True, False, False, False]))
    assert set(runs.song) == {0, 2, 4, 6}
    assert set(runs.song[: 2 * RUN_BARS]) == {2, 4}
    assert (runs.half == runs.song // 2 % 2).all()
    assert len(runs.bars) == len(own)
