from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_phrases import phrase

from groovevae.bars import Bars, Song
from groovevae.corpus import Corpus, CorpusSong, Entry, split_songs
from groovevae.corpus import load as loading
from groovevae.corpus.split import MIN_SONGS_TO_HOLD_OUT
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


def test_songs_of_a_group_are_on_one_side() -> None:
    corpus = make(*MANY)
    grouped = [
        replace(song, entry=replace(song.entry, group=f"take {number % 40}" if song.entry.genre == "rock" else ""))
        for number, song in enumerate(corpus.songs)
    ]
    sides = split_songs(replace(corpus, songs=grouped))
    train, held = ({grouped[index].entry.group for index in side} - {""} for side in sides)
    assert train and held and not train & held
    train, held = ({grouped[index].entry.song_id for index in side} for side in sides)
    assert not train & held


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


def nearly(tune: int, variant: int) -> Song:
    """Ten bars that the tune decides. Each variant above 0 has another bar changed: it is nearly variant 0 alone."""
    leads = np.random.default_rng(tune).integers(50, 80, (10, 6)).tolist()
    if variant:
        leads[variant] = [40 + variant]
    return Song(phrase(*leads))


def alike_corpus(*songs: tuple[str, str, int, int]) -> Corpus:
    """A corpus of (genre, song id, tune, variant)."""
    pairs = [
        CorpusSong.from_song(Entry(Path(f"/{genre}/{index}.mid"), genre, song_id, song_id), nearly(tune, variant))
        for index, (genre, song_id, tune, variant) in enumerate(songs)
    ]
    return Corpus(Path("/"), pairs, [], [], [])


def split_as_if_nothing_were_alike(corpus: Corpus, **options) -> tuple[list[int], list[int]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "pairs_alike", lambda songs: [])
        return split_songs(replace(corpus), **options)


@pytest.mark.parametrize("seed", range(60))
def test_near_duplicates_are_on_one_side_and_none_leaves_training(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size, num_tunes = int(rng.integers(4, 60)), int(rng.integers(2, 60))
    rows = [
        ("abcd"[rng.integers(4)], f"song {rng.integers(size)}", int(rng.integers(num_tunes)), int(rng.integers(4)))
        for _ in range(size)
    ]
    corpus, share = alike_corpus(*rows), float(rng.choice([0.1, 0.3, 0.6]))
    old = set(split_as_if_nothing_were_alike(corpus, held_out=share, seed=seed)[1])
    train, held = split_songs(corpus, held_out=share, seed=seed)
    assert sorted(train + held) == list(range(size))
    assert all((pair.song in held) == (pair.of in held) for pair in corpus.near_duplicates)
    genre = [row[0] for row in rows]
    assert {rows[index][1] for index in train}.isdisjoint(rows[index][1] for index in held)
    assert {genre[index] for index in train} == set(genre)
    lost = {genre[index] for index in old} - {genre[index] for index in old & set(held)}
    added = set(held) - old
    assert not added or lost & {genre[index] for index in added}


def test_a_genre_that_loses_all_it_held_out_holds_out_another() -> None:
    rows = [
        (genre, f"{genre} {number}", 100 * (genre == "rock") + number, 0)
        for genre in ("jazz", "rock")
        for number in range(8)
    ]
    apart = alike_corpus(*rows)
    held = [index for index in split_songs(apart)[1] if rows[index][0] == "rock"]
    for index in held:  # each is nearly a jazz song that is trained on
        jazz = next(number for number in split_songs(apart)[0] if rows[number][0] == "jazz")
        rows[index] = ("rock", rows[index][1], rows[jazz][2], 1 + held.index(index))
    now = [index for index in split_songs(alike_corpus(*rows))[1] if rows[index][0] == "rock"]
    assert len(now) == 1
    assert not set(now) & set(held)
    few = alike_corpus(*(("rock", f"rock {number}", 0, number % 4) for number in range(2 * MIN_SONGS_TO_HOLD_OUT)))
    assert split_songs(few)[1] == []  # one song, again and again
