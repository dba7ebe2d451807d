"""Near-duplicates: what counts as one, in whatever key, and how many copies there may be."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from corpus_files import DRUMS, band_tune
from test_phrases import phrase

from groovevae.bars.constants import FIRST_PITCH
from groovevae.bars.grid import score_to_song
from groovevae.corpus import NearDuplicate, duplicates, most_alike, near_duplicates
from groovevae.corpus.duplicates import ALIKE, MAX_SONGS, MIN_BARS, distinct_bars, pairs_alike
from groovevae.midi.reading import midi_to_score

TUNE = np.random.default_rng(0).integers(60, 80, (10, 6)).tolist()
OTHER = np.random.default_rng(1).integers(36, 50, (10, 6)).tolist()


def test_songs_that_share_most_of_their_bars() -> None:
    songs = [
        phrase(*TUNE),
        phrase(*OTHER),
        phrase(*TUNE[:9], [61]),
        phrase(*TUNE[:8], [61], [62]),
        phrase(*TUNE, *TUNE),
    ]
    found = near_duplicates(songs)
    assert found == [
        NearDuplicate(2, 0, 9 / 11),
        NearDuplicate(3, 2, 9 / 11),
        NearDuplicate(4, 0, 1.0),
        NearDuplicate(4, 2, 9 / 11),
    ]
    assert {pair.song: pair.of for pair in most_alike(found).values()} == {2: 0, 3: 2, 4: 0}
    assert near_duplicates([phrase([60])] * 2) == []  # one bar says nothing


class Numbers(NamedTuple):
    numbers: np.ndarray

    @property
    def num_distinct(self) -> int:
        return len(self.numbers)


def one_by_one(songs: list[Numbers]) -> list[NearDuplicate]:
    """Compare every two songs as `pairs_alike` says it does."""
    sets = [set(song.numbers.tolist()) for song in songs]
    first: dict[int, list[int]] = {}
    for song, own in enumerate(sets):
        for bar in own if len(own) >= MIN_BARS else ():
            first.setdefault(bar, []).append(song)
    found = []
    for song, own in enumerate(sets):
        for of in range(song):
            both = (
                sum(of in first[bar][: duplicates.MAX_SONGS] for bar in own & sets[of])
                if min(len(own), len(sets[of])) > 3
                else 0
            )
            share = both / max(len(own | sets[of]) + len(own & sets[of]) - both, 1)
            if share >= ALIKE:
                found.append(NearDuplicate(song, of, share))
    return found


@pytest.mark.parametrize("seed", range(20))
def test_it_is_as_if_every_two_songs_were_compared(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.setattr(duplicates, "MAX_SONGS", 5)
    monkeypatch.setattr(duplicates, "_TOGETHER", 7)
    rng = np.random.default_rng(seed)
    tunes = [rng.integers(0, 2**63, rng.integers(0, 30), np.uint64) for _ in range(8)]
    stock = rng.integers(0, 2**63, 4, np.uint64)
    songs = []
    for _ in range(60):
        tune = tunes[rng.integers(8)]
        kept = tune[rng.random(len(tune)) > rng.choice([0, 0.05, 0.3])]
        songs.append(Numbers(np.unique(np.concatenate([kept, stock[: rng.integers(5)]]))))
    found = pairs_alike(songs)
    assert found == one_by_one(songs)
    assert found


@pytest.mark.parametrize("semitones", [-12, -5, -1, 3, 6, 12])
def test_another_key_and_touch_are_the_same_music(semitones: int) -> None:
    piece = midi_to_score(band_tune("rock", 0, num_bars=8))
    moved = piece.notes.copy()
    moved["pitch"] += np.where(moved["track"] == DRUMS, 0, semitones).astype(moved["pitch"].dtype)
    moved["velocity"] = 70
    one, other = (score_to_song(part).bars for part in (piece, replace(piece, notes=moved)))
    assert len(distinct_bars(one)) >= MIN_BARS
    assert distinct_bars(one) == distinct_bars(other)


def test_a_strike_more_is_another_bar() -> None:
    one, other, drummed = phrase(*TUNE), phrase(*TUNE), phrase(*TUNE, drums="x")
    other.bass[0, 0] = FIRST_PITCH + 1
    assert len(distinct_bars(one) - distinct_bars(other)) == len(distinct_bars(one) - distinct_bars(drummed)) == 1


def test_any_number_of_copies_is_found_and_stock_bars_make_none() -> None:
    copies = near_duplicates([phrase(*TUNE)] * (2 * MAX_SONGS))
    assert len(most_alike(copies)) == 2 * MAX_SONGS - 1
    assert len(copies) <= 2 * MAX_SONGS * MAX_SONGS
    own = np.random.default_rng(2).integers(50, 80, (20, 5, 6)).tolist()
    stock = [phrase(*TUNE[:5], *leads) for leads in own]
    assert near_duplicates(stock) == []
