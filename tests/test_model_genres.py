from dataclasses import replace

import numpy as np
import pytest

from groovevae.bars import Bars, Song
from groovevae.bars.constants import FIRST_PITCH, ONSET, VOICE_PITCH
from groovevae.model.genres import best_phrase_start, covariance, genre_vector, playing_of, plays_drums


def song(*roles: str, num_bars: int = 4, **fields) -> Song:
    """A song in which each of `roles` plays the first step of every bar."""
    bars = Bars.empty(num_bars, tempo=fields.pop("tempo", 120.0))
    for role in roles:
        {"drums": bars.drums, "chords": bars.chords}.get(role, bars.bass)[:, 0] = ONSET
        if role == "lead":
            bars.lead[:, 0] = FIRST_PITCH
    return Song(bars, **fields)


def test_vector_and_covariance_against_numpy() -> None:
    z = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    np.testing.assert_allclose(genre_vector(z), z.mean(0), atol=1e-6)
    np.testing.assert_allclose(covariance(z), np.cov(z.T), atol=1e-5)
    assert genre_vector(z).dtype == covariance(z).dtype == np.float32


def test_one_bar_has_no_spread() -> None:
    assert covariance(np.ones((1, 3), np.float32)).tolist() == [[0.0] * 3] * 3


def test_how_songs_are_played() -> None:
    kit = (35, *VOICE_PITCH[1:])
    songs = [
        song("drums", "bass", tempo=100.0, programs=(33, 0, 73), kit=kit),
        song("drums", "bass", tempo=110.0, programs=(33, 5, 73), kit=kit),
        song("bass", tempo=200.0, programs=(38, 9, 73)),
    ]
    playing = playing_of(songs)
    assert playing.tempo == pytest.approx(110.0)
    assert playing.programs == (((33, pytest.approx(2 / 3)), (38, pytest.approx(1 / 3))), (), ())
    assert playing.kit == kit
    assert plays_drums(songs)
    assert not plays_drums(songs[1:])


KITS = [(35, *VOICE_PITCH[1:]), (36, 40, *VOICE_PITCH[2:]), (36, 38, 44, *VOICE_PITCH[3:])]


@pytest.mark.parametrize(
    ("counts", "usual"),
    [
        ((1, 1, 1), KITS[0]),  # a tie: the lowest, not the usual key of each voice, which no song has together
        ((1, 2, 1), KITS[1]),
        ((1, 1, 2), KITS[2]),
        ((0, 0, 0), VOICE_PITCH),  # no song with drums
    ],
)
def test_the_usual_kit_is_one_that_a_song_has(counts: tuple[int, ...], usual: tuple[int, ...]) -> None:
    songs = [song("drums", kit=kit) for kit, count in zip(KITS, counts, strict=True) for _ in range(count)]
    songs += 3 * [song("bass", kit=tuple(range(70, 79)))]  # kits of songs without drums do not count
    assert playing_of(songs).kit == usual


def silent(piece: Song, *bars: int) -> Song:
    for part in (piece.bars.drums, piece.bars.bass, piece.bars.chords):
        part[list(bars)] = 0
    return piece


@pytest.mark.parametrize(
    ("piece", "start"),
    [
        (song("bass", "chords", num_bars=8), 0),
        (song("bass", "chords", num_bars=3), None),  # too short
        (song(num_bars=8), None),  # silence
        (silent(song("bass", "chords", num_bars=12), 0, 1), 2),  # from the first bar that sounds
        (silent(song("bass", "chords", num_bars=12), 1, 2, 3), 4),  # where most plays
    ],
)
def test_where_a_phrase_starts(piece: Song, start: int | None) -> None:
    assert best_phrase_start(piece, has_drums=False, length=4, least=0.5) == start


def test_a_phrase_has_one_metre() -> None:
    piece = song("bass", "chords", num_bars=8)
    piece.bars.metre[2] = (3, 4)
    assert best_phrase_start(piece, has_drums=False, length=4, least=0.5) == 4
    changing = replace(piece, bars=piece.bars[:6])
    assert best_phrase_start(changing, has_drums=False, length=4, least=0.5) is None


@pytest.mark.parametrize(
    ("roles", "has_drums", "least", "start"),
    [
        (("drums",), True, 0.5, None),
        (("drums",), True, 0.0, 0),  # of a song of drums alone any bar will do, where nothing better is found
        (("bass", "chords"), True, 0.5, None),  # half the roles is not more than half
        (("bass", "chords", "drums"), True, 0.5, 0),
        (("bass",), False, 0.5, None),
        (("bass",), False, 0.0, 0),
    ],
)
def test_how_much_must_play_in_a_phrase(
    roles: tuple[str, ...], has_drums: bool, least: float, start: int | None
) -> None:
    assert best_phrase_start(song(*roles, num_bars=8), has_drums=has_drums, length=4, least=least) == start
