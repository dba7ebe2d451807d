from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny import SIZES, untrained_network

from groovevae.bars import Bars, Song
from groovevae.bars.constants import FIRST_PITCH, ONSET, VOICE_PITCH
from groovevae.corpus import CorpusSong
from groovevae.corpus.entries import Entry
from groovevae.fitting.genres import MAX_PHRASES, describe_genres, follow, phrase_song
from groovevae.model.genres import Genre, Phrase
from groovevae.network.forward import Network

BAND = ("drums", "bass", "chords", "lead")


@pytest.fixture(scope="module")
def network() -> Network:
    return untrained_network()


def song(*roles: str, num_bars: int, metre: tuple[int, int] = (4, 4)) -> Song:
    """A song in which each of `roles` plays the first step of every bar."""
    bars = Bars.empty(num_bars, metre=metre)
    starts = {"drums": 100, "bass": FIRST_PITCH, "chords": ONSET, "lead": FIRST_PITCH}
    for role in roles:
        getattr(bars, role)[:, 0] = starts[role]
    return Song(bars)


def corpus_songs(genre: str, songs: Sequence[Song], *, first: int = 0) -> list[CorpusSong]:
    """The songs as files of a corpus, each a song of its own, numbered from `first`."""
    return [
        CorpusSong.from_song(Entry(Path(f"/{genre}/{n}.mid"), genre, f"song {n}", f"{genre} {n}"), one)
        for n, one in enumerate(songs, first)
    ]


@pytest.mark.parametrize(
    ("songs", "lengths"),
    [
        ([song(*BAND, num_bars=20)] * 2, [16, 16]),
        ([song(*BAND, num_bars=8)] * 2, [8, 8]),  # loops
        ([song(*BAND, num_bars=4)] * 2, [4, 4]),
        ([song(*BAND, num_bars=9), song(*BAND, num_bars=4)], [8]),  # phrases of a genre are of one length
        ([song("drums", num_bars=16)] * 2, [16, 16]),  # a quarter of the roles: better than no phrase
        ([song("drums", num_bars=4)] * 2, [4, 4]),
        ([song(*BAND, num_bars=8), song("drums", num_bars=16)], [8]),  # most roles go before most bars
        ([song(*BAND, num_bars=3)], []),  # nothing is long enough
    ],
)
def test_how_long_phrases_are(network: Network, songs: list[Song], lengths: list[int]) -> None:
    genre = describe_genres(network, corpus_songs("rock", songs))["rock"]
    assert [len(phrase.z) for phrase in genre.phrases] == lengths


def test_a_sample_of_many_songs_stands_for_all(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    songs = corpus_songs("rock", [song(*BAND, num_bars=8)] * 3)
    monkeypatch.setattr("groovevae.fitting.genres.some_songs", lambda songs: [0, 2])
    genre = describe_genres(network, songs)["rock"]
    assert (genre.num_songs, genre.num_bars) == (3, 24)
    assert sorted(phrase.title for phrase in genre.phrases) == ["rock 0", "rock 2"]


def test_no_phrase_is_kept_of_songs_that_forbid_it(network: Network) -> None:
    files = corpus_songs("rock", [song(*BAND, num_bars=16)] * 3)
    files[1] = replace(files[1], entry=replace(files[1].entry, keeps_phrases=False))
    genre = describe_genres(network, files)["rock"]
    assert sorted(phrase.title for phrase in genre.phrases) == ["rock 0", "rock 2"]
    assert genre.num_bars == 3 * 16  # it teaches all the same


@pytest.mark.parametrize("roles", [("drums",), ("bass", "chords", "lead"), BAND])
def test_phrases_know_what_plays_in_them(network: Network, roles: tuple[str, ...]) -> None:
    [phrase] = describe_genres(network, corpus_songs("rock", [song(*roles, num_bars=4)]))["rock"].phrases
    assert phrase.plays == tuple(role in roles for role in BAND)
    assert (phrase.z.dtype, phrase.z.shape, phrase.title) == (np.float16, (4, SIZES.latent_size), "rock 0")
    played = phrase_song(network, phrase)
    assert (len(played.bars), played.kit, played.programs) == (4, phrase.kit, phrase.programs)


def test_phrases_are_most_in_common_metre_and_never_too_many(network: Network) -> None:
    songs = [song(*BAND, num_bars=4)] * 20 + [song(*BAND, num_bars=4, metre=(3, 4))] * 20
    genre = describe_genres(network, corpus_songs("rock", songs))["rock"]
    metres = [tuple(phrase.metre[0].tolist()) for phrase in genre.phrases]
    assert (len(metres), metres.count((4, 4)), metres.count((3, 4))) == (MAX_PHRASES, 16, 8)
    assert (genre.num_songs, genre.num_bars) == (40, 160)


def test_genres_of_the_same_songs_start_from_different_ones(network: Network) -> None:
    """Thirty songs, each in two genres: the second takes first those that the first has not taken."""
    songs = [song(*BAND, num_bars=4)] * 30
    genres = describe_genres(network, corpus_songs("jazz", songs) + corpus_songs("rock", songs))
    numbers = [[phrase.title.split()[1] for phrase in genres[name].phrases] for name in ("jazz", "rock")]
    assert len(numbers[0]) == len(numbers[1]) == 24
    assert len(set(numbers[0]) & set(numbers[1])) == 24 - (30 - 24)


def old_genre(rng: np.random.Generator, size: int) -> Genre:
    factor = rng.normal(size=(size, size))
    phrase = Phrase(
        z=rng.normal(size=(4, size)).astype(np.float16),
        metre=np.full((4, 2), 4, np.uint8),
        tempo=120.0,
        transpose=0,
        is_minor=False,
        programs=(33, 0, 73),
        kit=VOICE_PITCH,
        plays=(True,) * 4,
    )
    return Genre(
        name="rock",
        mean=rng.normal(size=size).astype(np.float32),
        covariance=(factor @ factor.T).astype(np.float32),
        num_bars=64,
        num_songs=2,
        tempo=120.0,
        programs=((), (), ()),
        kit=VOICE_PITCH,
        phrases=(phrase,),
    )


def test_genres_follow_an_affine_move(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("groovevae.fitting.genres.FOLLOW_RIDGE", 1e-9)
    rng = np.random.default_rng(0)
    genre = old_genre(rng, 4)
    before = rng.normal(size=(200, 4)) + 3
    matrix, shift = np.eye(4) + 0.3 * rng.normal(size=(4, 4)), rng.normal(size=4)
    now = follow({"rock": genre}, before, before @ matrix + shift)["rock"]
    np.testing.assert_allclose(now.mean, genre.mean @ matrix + shift, atol=1e-4)
    np.testing.assert_allclose(now.covariance, matrix.T @ genre.covariance @ matrix, rtol=1e-4, atol=1e-4)
    [old], [new] = genre.phrases, now.phrases
    np.testing.assert_allclose(new.z, old.z.astype(float) @ matrix + shift, atol=0.01)  # float16
    assert (new.z.dtype, now.mean.dtype, now.covariance.dtype) == (np.float16, np.float32, np.float32)
    assert replace(new, z=old.z) == old
    assert (now.name, now.tempo, now.num_bars, now.kit) == (genre.name, genre.tempo, genre.num_bars, genre.kit)


def test_a_shift_alone_is_followed_whatever_the_ridge() -> None:
    rng = np.random.default_rng(0)
    genre, before = old_genre(rng, 4), rng.normal(size=(3, 4))  # fewer bars than dimensions
    now = follow({"rock": genre}, before, before + np.array([1.0, -2.0, 0.0, 3.0]))["rock"]
    np.testing.assert_allclose(now.mean, genre.mean + np.array([1.0, -2.0, 0.0, 3.0]), atol=1e-5)
    np.testing.assert_allclose(now.covariance, genre.covariance, atol=1e-5)


def test_without_bars_to_follow_nothing_moves() -> None:
    genres = {"rock": old_genre(np.random.default_rng(0), 4)}
    [found] = follow(genres, np.zeros((0, 4)), np.zeros((0, 4))).values()
    np.testing.assert_array_equal(found.mean, genres["rock"].mean)
    np.testing.assert_array_equal(found.covariance, genres["rock"].covariance)
