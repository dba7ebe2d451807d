import numpy as np
import pytest

from groovevae.bars import Bars, Song
from groovevae.corpus.dataset import BUCKETS, Batches, Dataset

GENRES = ("jazz", "rock")


def song(num_bars: int, *, metre: tuple[int, int] = (4, 4), silent: tuple[int, ...] = (), velocity: int = 100) -> Song:
    bars = Bars.empty(num_bars, metre=metre)
    bars.drums[:, 0, 0] = velocity
    bars.drums[list(silent)] = 0
    return Song(bars)


def dataset() -> Dataset:
    """300 bars of jazz, half of them in 3/4, and 100 of rock; 20 of the rock bars in 6/8."""
    songs = [song(150), song(150, metre=(3, 4)), song(80), song(20, metre=(6, 8))]
    return Dataset.from_songs(songs, ["jazz", "jazz", "rock", "rock"], GENRES)


def test_silence_around_a_song_is_left_out() -> None:
    songs = [song(5, silent=(0, 2, 4)), song(2, silent=(0, 1)), song(1)]
    data = Dataset.from_songs(songs, ["rock", "rock", "jazz"], GENRES)
    assert len(data) == 4
    assert data.genre.tolist() == [1, 1, 1, 0]
    assert data.song.tolist() == [0, 0, 0, 2]
    assert data.bars.has_notes.tolist() == [True, False, True, True]


def test_no_songs_are_no_bars() -> None:
    assert len(Dataset.from_songs([], [], GENRES)) == 0
    assert len(Dataset.from_songs([], [], GENRES).of_each_genre(5)) == 0


def test_of_each_genre() -> None:
    data = dataset()
    index = data.of_each_genre(30)
    assert np.bincount(data.genre[index]).tolist() == [30, 30]
    assert len(set(index.tolist())) == 60
    assert np.bincount(data.genre[data.of_each_genre(1000)]).tolist() == [300, 100]
    assert (data.of_each_genre(30) == index).all()
    assert (data.of_each_genre(30, seed=1) != index).any()


def test_a_batch_depends_on_the_seed_and_the_step_alone() -> None:
    def batches(seed: int) -> Batches:
        return Batches(dataset(), batch_size=8, genre_balance=0.5, seed=seed)

    one, other = batches(0), batches(0)
    _ = one[3], one[7]
    for part, same in zip((*one[5][0], one[5][1]), (*other[5][0], other[5][1]), strict=True):
        assert (part == same).all()
    assert (one[5][1] != batches(1)[5][1]).any() or (one[6][1] != batches(1)[6][1]).any()


def test_a_batch_holds_bars_of_one_length() -> None:
    batches = Batches(dataset(), batch_size=16, genre_balance=0.5, seed=0)
    seen = set()
    for step in range(30):
        batch, _ = batches[step]
        num_steps = {int(count) for count in batch.num_steps}
        assert {-(-count // 4) for count in num_steps} == {batch.bass.shape[1] // 4}
        seen |= num_steps
    assert seen == {12, 16}
    assert set(BUCKETS) == {2, 3, 4, 6}


@pytest.mark.parametrize(("balance", "share"), [(0.0, 0.25), (0.5, 0.366), (1.0, 0.5)])
def test_how_often_a_genre_comes(balance: float, share: float) -> None:
    batches = Batches(dataset(), batch_size=64, genre_balance=balance, seed=0)
    rock = np.concatenate([batches[step][1] for step in range(100)]).mean()
    assert rock == pytest.approx(share, abs=0.05)
