import numpy as np
import pytest

from groovevae.bars.constants import VOICE_PITCH
from groovevae.blend import (
    blend,
    check_amount,
    find_genre,
    mixed_tempo,
    mixed_vector,
    nearest_genre,
    normalised_weights,
    parse_weights,
    pick_by_weight,
    pick_programs,
)
from groovevae.errors import RequestError
from groovevae.latents import Genre


def genre(name: str, mean: list[float], *, tempo: float = 120.0, programs: tuple = ((), (), ())) -> Genre:
    return Genre(
        name=name,
        mean=np.array(mean, np.float32),
        covariance=np.eye(len(mean), dtype=np.float32),
        num_bars=64,
        num_songs=2,
        tempo=tempo,
        programs=programs,
        kit=VOICE_PITCH,
    )


GENRES = {
    "classical": genre("classical", [0.0, 0.0], tempo=60.0, programs=(((42, 1.0),), ((0, 1.0),), ((40, 1.0),))),
    "rock": genre("rock", [1.0, 2.0], tempo=120.0, programs=(((33, 0.9), (34, 0.1)), ((29, 1.0),), ())),
    "jazz": genre("jazz", [3.0, 0.0], tempo=240.0),
}


@pytest.mark.parametrize(
    ("amount", "moved"),
    [
        (0.0, [[5, 5], [6, 7]]),
        (0.5, [[5.5, 6], [6.5, 8]]),
        (1.0, [[6, 7], [7, 9]]),
        (2.0, [[7, 9], [8, 11]]),
        (np.array([0.0, 1.0]), [[5, 5], [7, 9]]),
    ],
)
def test_points_move_by_the_difference_of_the_vectors(amount, moved: list) -> None:
    z = np.array([[5, 5], [6, 7]], np.float32)
    source, target = GENRES["classical"].mean, GENRES["rock"].mean
    out = blend(z, source, target, amount)
    assert out.tolist() == moved
    assert out.dtype == np.float32


def test_there_and_back() -> None:
    z = np.random.default_rng(0).normal(size=(4, 2)).astype(np.float32)
    source, target = GENRES["jazz"].mean, GENRES["rock"].mean
    np.testing.assert_allclose(blend(blend(z, source, target, 0.7), target, source, 0.7), z, atol=1e-6)


@pytest.mark.parametrize(
    ("weights", "vector"),
    [
        ({"rock": 1.0}, [1, 2]),
        ({"rock": 0.5, "jazz": 0.5}, [2, 1]),
        ({"classical": 0.5, "rock": 0.25, "jazz": 0.25}, [1, 0.5]),
    ],
)
def test_the_vector_of_weights(weights: dict[str, float], vector: list[float]) -> None:
    assert mixed_vector(weights, GENRES).tolist() == vector


@pytest.mark.parametrize(
    ("start", "amount", "weights", "tempo"),
    [
        (60.0, 0.0, {"rock": 1.0}, 60.0),
        (60.0, 0.5, {"rock": 1.0}, 60 * 2**0.5),
        (60.0, 1.0, {"rock": 1.0}, 120.0),
        (60.0, 2.0, {"rock": 1.0}, 120.0),  # no further than the target
        (60.0, 1.0, {"rock": 0.5, "jazz": 0.5}, 120 * 2**0.5),
        (240.0, 0.5, {"classical": 1.0}, 120.0),
    ],
)
def test_tempos_blend_geometrically(start: float, amount: float, weights: dict[str, float], tempo: float) -> None:
    assert mixed_tempo(start, amount, weights, GENRES) == pytest.approx(tempo)


@pytest.mark.parametrize(
    ("weights", "normalised"),
    [
        ({"rock": 2.0}, {"rock": 1.0}),
        ({"rock": 1.0, "jazz": 3.0}, {"rock": 0.25, "jazz": 0.75}),
        ({"rock": 0.0, "jazz": 3.0}, {"rock": 0.0, "jazz": 1.0}),
    ],
)
def test_weights_are_scaled_to_one(weights: dict[str, float], normalised: dict[str, float]) -> None:
    assert normalised_weights(weights) == normalised


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"rock": -1.0, "jazz": 2.0}, "weights are numbers from 0 up"),
        ({"rock": float("nan")}, "weights are numbers from 0 up"),
        ({"rock": float("inf")}, "weights are numbers from 0 up"),
        ({"rock": 1e308, "jazz": 1e308}, "too large"),
        ({"rock": 0.0}, "all weights are 0"),
    ],
)
def test_weights_that_are_none(weights: dict[str, float], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        normalised_weights(weights)


def test_weights_from_words() -> None:
    assert parse_weights(["classical=0.5", "rock=.3", "a=b=1"]) == {"classical": 0.5, "rock": 0.3, "a=b": 1.0}


@pytest.mark.parametrize("words", [["rock"], ["rock="], ["rock=loud"], ["=0.5"], ["rock=1", "rock=2"]])
def test_words_that_are_no_weights(words: list[str]) -> None:
    with pytest.raises(RequestError, match=r"GENRE=NUMBER|genre of its own"):
        parse_weights(words)


@pytest.mark.parametrize("amount", [-0.1, 4.1, float("nan"), float("inf")])
def test_amounts_out_of_range(amount: float) -> None:
    with pytest.raises(RequestError, match="outside 0 to 4"):
        check_amount(amount)


@pytest.mark.parametrize(("name", "found"), [("rock", "rock"), ("Rock", "rock"), (" JAZZ ", "jazz")])
def test_genres_are_found_whatever_the_capitals(name: str, found: str) -> None:
    assert find_genre(name, GENRES) == found


def test_a_name_as_it_is_goes_before_other_capitals() -> None:
    assert [find_genre(name, ["rock", "Rock"]) for name in ("rock", "Rock")] == ["rock", "Rock"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("rok", r"no genre 'rok' in this model; did you mean rock\?"),
        ("clasical", r"did you mean classical\?"),
        ("polka", "it has classical, rock, jazz"),
        ("", "it has classical, rock, jazz"),
    ],
)
def test_unknown_genres_suggest_the_nearest(name: str, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        find_genre(name, GENRES)


@pytest.mark.parametrize(
    ("weights", "programs"),
    [
        ({"": 1.0, "rock": 0.0}, (1, 2, 3)),
        ({"": 0.0, "rock": 1.0}, (33, 29, 3)),  # rock has no lead: the start's own stays
        ({"": 0.0, "rock": 0.0, "classical": 1.0}, (42, 0, 40)),
    ],
)
def test_programs_by_weight(weights: dict[str, float], programs: tuple[int, int, int]) -> None:
    assert pick_programs((1, 2, 3), weights, GENRES, np.random.default_rng(0)) == programs


def test_names_are_drawn_as_often_as_they_weigh() -> None:
    rng = np.random.default_rng(0)
    names = [pick_by_weight({"a": 0.25, "b": 0.75}, rng) for _ in range(1000)]
    assert 0.7 < names.count("b") / 1000 < 0.8


@pytest.mark.parametrize(("point", "nearest"), [([0.1, 0.2], "classical"), ([1.0, 1.5], "rock"), ([9.0, 0.0], "jazz")])
def test_the_nearest_genre(point: list[float], nearest: str) -> None:
    assert nearest_genre(np.array([point, point], np.float32), GENRES) == nearest
