"""The bars that the prior and the arranger are fitted to: how many, and unpacked a few at a time."""

import numpy as np
import pytest
from tiny import ARRANGER, untrained_network

from groovevae.bars import Bars, Song
from groovevae.training import arranger, flow_matching
from groovevae.training.flow_matching import spread_songs

NAMES = ["jazz", "rock"] * 4


def songs() -> list[Song]:
    """Eight songs of 20 bars, of leads and basses at random, with three bars of silence at the beginning of each."""
    rng = np.random.default_rng(0)
    made = [Bars.empty(20, tempo=100 + number) for number in range(8)]
    for bars in made:
        bars.lead[3:, :16:4], bars.bass[3:, :16:8] = rng.integers(10, 40, (17, 4)), rng.integers(5, 20, (17, 2))
        bars.velocity[3:, :16:4] = 80
    return [Song(bars) for bars in made]


@pytest.mark.parametrize(
    ("of_each", "of_all", "chosen"),
    [(1000, 1000, 8), (34, 1000, 4), (35, 1000, 6), (1000, 68, 4), (1000, 2, 2)],
)
def test_songs_are_chosen_until_there_are_enough_bars(
    monkeypatch: pytest.MonkeyPatch, of_each: int, of_all: int, chosen: int
) -> None:
    monkeypatch.setattr(flow_matching, "MAX_GENRE_BARS", of_each)
    monkeypatch.setattr(flow_matching, "MAX_BARS", of_all)
    used, genres = spread_songs(songs(), NAMES, seed=0)
    assert len(used) == len(genres) == chosen
    assert genres.count("jazz") == genres.count("rock")


def test_an_arranger_does_not_depend_on_how_many_bars_are_unpacked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    network, found = untrained_network(), []
    for together in (64, 128, 2048):
        monkeypatch.setattr(arranger, "_TOGETHER", together)
        told: list[str] = []
        fitted = arranger.fit_arranger(
            network, songs(), NAMES, config=ARRANGER, progress=lambda what, *_, told=told: told.append(what)
        )
        assert fitted is not None
        assert told.count("encoding bars") == -(-8 * 17 // together)
        found.append(fitted)
    for other in found[1:]:
        assert np.array_equal(found[0].mean, other.mean)
        assert all(np.array_equal(found[0].weights[name], other.weights[name]) for name in found[0].weights)
