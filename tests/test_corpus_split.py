from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from groovevae.bars import Bars, Song
from groovevae.corpus import Corpus, CorpusSong, Entry, split_songs
from groovevae.errors import RequestError


def make(*songs: tuple[str, str], bars: tuple[int, ...] = ()) -> Corpus:
    """A corpus of (genre, song_id); songs of one number in `bars` have the same bars."""
    out = []
    for index, (genre, song_id) in enumerate(songs):
        number = bars[index] if bars else index
        song = Song(replace(Bars.empty(1), tempo=np.array([60 + number], np.float32)))
        out.append(CorpusSong.from_song(Entry(Path(f"/{genre}/{index}.mid"), genre, song_id, song_id), song))
    return Corpus(Path("/"), out, [], [], [])


def held_ids(corpus: Corpus, **options) -> set[str]:
    _, held = split_songs(corpus, **options)
    return {corpus.songs[index].entry.song_id for index in held}


MANY = [("rock", f"song {index}") for index in range(300)] + [("jazz", f"song {index}") for index in range(150, 450)]


def test_every_index_is_on_one_side_and_no_song_on_two() -> None:
    corpus = make(*MANY)
    train, held = split_songs(corpus)
    assert sorted(train + held) == list(range(600))
    assert 30 <= len(held) <= 95
    assert not held_ids(corpus) & {corpus.songs[index].entry.song_id for index in train}


def test_the_same_seed_gives_the_same_split() -> None:
    assert split_songs(make(*MANY)) == split_songs(make(*MANY))
    assert split_songs(make(*MANY)) != split_songs(make(*MANY), seed=1)


def test_new_songs_move_no_old_one() -> None:
    before, after = make(*MANY), make(*MANY, *(("folk", f"new {index}") for index in range(100)))
    assert held_ids(before) == {name for name in held_ids(after) if name.startswith("song")}


def test_a_larger_share_holds_the_smaller_one() -> None:
    assert held_ids(make(*MANY), held_out=0.05) < held_ids(make(*MANY), held_out=0.3)


@pytest.mark.parametrize("seed", range(20))
def test_small_genres_keep_one_and_genres_of_five_hold_one_out(seed: int) -> None:
    songs = [("solo", "a"), ("duo", "b"), ("duo", "c"), *(("five", name) for name in "defgh")]
    corpus = make(*songs, *(("shared", name) for name in "abcde"))
    for share in (0.01, 0.5, 0.99):
        train, held = split_songs(corpus, held_out=share, seed=seed)
        assert {corpus.songs[index].entry.genre for index in train} == {"solo", "duo", "five", "shared"}
        assert {"five", "shared"} <= {corpus.songs[index].entry.genre for index in held}


def test_the_same_bars_are_on_one_side_under_two_names() -> None:
    songs = [(genre, f"{genre} {index}") for genre in ("rock", "jazz") for index in range(40)]
    corpus = make(*songs, bars=(*range(40), *range(40)))
    train, held = split_songs(corpus, held_out=0.5)
    assert {index % 40 for index in train}.isdisjoint(index % 40 for index in held)


def test_shares_out_of_range() -> None:
    corpus = make(*MANY[:20])
    assert split_songs(corpus, held_out=0)[1] == []
    for share in (-0.1, 1.0):
        with pytest.raises(RequestError, match="held_out"):
            split_songs(corpus, held_out=share)
