import numpy as np
import pytest

from groovevae.bars.constants import VOICE_PITCH
from groovevae.errors import RequestError
from groovevae.generation.requests import amount_text
from groovevae.model.genres import Genre
from groovevae.model.moving import (
    RIDGE,
    Amount,
    amount_of_bars,
    blend,
    check_amount,
    find_genre,
    mixed_tempo,
    mixed_vector,
    move,
    nearest_genre,
    normalised_weights,
    parse_amount,
    parse_weights,
    pick_by_weight,
    pick_kit,
    pick_programs,
    share_of,
    slerp,
    transport,
)


def genre(
    name: str,
    mean: list[float],
    covariance: list[list[float]] | None = None,
    *,
    tempo: float = 120.0,
    programs: tuple = ((), (), ()),
    kit: tuple[int, ...] = VOICE_PITCH,
) -> Genre:
    return Genre(
        name=name,
        mean=np.array(mean, np.float32),
        covariance=np.array(np.eye(len(mean)) if covariance is None else covariance, np.float32),
        num_bars=64,
        num_songs=2,
        tempo=tempo,
        programs=programs,
        kit=kit,
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


@pytest.mark.parametrize("amount", [-0.1, 4.1, float("nan"), float("inf"), (0.0, 5.0), (-1.0, 1.0)])
def test_amounts_out_of_range(amount: Amount) -> None:
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


ALL = (True, True, True)


@pytest.mark.parametrize(
    ("plays", "weights", "programs"),
    [
        (ALL, {"": 1.0, "rock": 0.0}, (1, 2, 3)),
        (ALL, {"": 0.0, "rock": 1.0}, (33, 29, 3)),  # rock has no lead: the start's own stays
        (ALL, {"": 0.0, "rock": 0.0, "classical": 1.0}, (42, 0, 40)),
        ((False, True, True), {"": 0.999999, "rock": 0.000001}, (33, 2, 3)),  # a start without bass has none to give
        ((False, False, False), {"": 0.999999, "classical": 0.000001}, (42, 0, 40)),
        ((False, False, False), {"": 1.0, "rock": 0.0}, (1, 2, 3)),  # amount 0: nobody else to take from
        ((False, False, False), {"": 0.5, "jazz": 0.5}, (1, 2, 3)),  # jazz has no programs either
    ],
)
def test_programs_by_weight(plays: tuple[bool, ...], weights: dict[str, float], programs: tuple[int, int, int]) -> None:
    assert pick_programs((1, 2, 3), plays, [weights] * 3, GENRES, np.random.default_rng(0)) == programs


def test_each_role_has_weights_of_its_own() -> None:
    start, all_rock = {"": 1.0, "rock": 0.0}, {"": 0.0, "rock": 1.0}
    weights = [all_rock, start, all_rock]
    assert pick_programs((1, 2, 3), ALL, weights, GENRES, np.random.default_rng(0)) == (33, 2, 3)


@pytest.mark.parametrize(
    ("text", "amount"), [("0.5", 0.5), ("0..1", (0.0, 1.0)), ("1..0.25", (1.0, 0.25)), ("0...5", (0.0, 0.5))]
)
def test_amounts_from_words(text: str, amount: Amount) -> None:
    assert parse_amount(text) == amount
    assert parse_amount(amount_text(amount)) == amount


@pytest.mark.parametrize("text", ["", "loud", "0..", "..1", "0..1..2", "0-1"])
def test_words_that_are_no_amount(text: str) -> None:
    with pytest.raises(RequestError, match=r"is no amount; write a number, like 0.5, or a ramp, like 0\.\.1"):
        parse_amount(text)


@pytest.mark.parametrize(
    ("amount", "num_bars", "each", "share"),
    [
        (0.5, 3, [0.5, 0.5, 0.5], 0.5),
        ((0.0, 1.0), 5, [0, 0.25, 0.5, 0.75, 1], 0.5),
        ((1.0, 0.0), 2, [1, 0], 0.5),
        ((0.0, 2.0), 1, [0], 0.5),
        (3.0, 1, [3], 1.0),
    ],
)
def test_amounts_of_bars(amount: Amount, num_bars: int, each: list[float], share: float) -> None:
    assert amount_of_bars(amount, num_bars).tolist() == each
    assert share_of(amount) == share


@pytest.mark.parametrize(
    ("start", "end", "amount", "moved"),
    [
        ([1, 0], [0, 1], 0.5, [0.5**0.5, 0.5**0.5]),
        ([2, 0], [0, 2], 1 / 3, [3**0.5, 1]),
        ([1, 0], [0, 2], 0.0, [1, 0]),
        ([1, 0], [0, 2], 1.0, [0, 2]),
        ([1, 0], [3, 0], 0.5, [2, 0]),  # one direction: a line
        ([1, 0], [-1, 0], 0.25, [0.5, 0]),  # no arc is the shortest: a line
        ([0, 0], [1, 0], 0.5, [0.5, 0]),
    ],
)
def test_on_the_sphere(start: list[float], end: list[float], amount: float, moved: list[float]) -> None:
    points = np.array([start], np.float32), np.array([end], np.float32)
    np.testing.assert_allclose(slerp(*points, amount), [moved], atol=1e-6)
    np.testing.assert_allclose(slerp(*points, np.array([amount])), [moved], atol=1e-6)


OWN, ROCK = tuple(range(50, 59)), tuple(range(60, 69))


@pytest.mark.parametrize(
    ("has_drums", "weights", "kit"),
    [
        (True, {"": 1.0, "rock": 0.0}, OWN),
        (True, {"": 0.999999, "rock": 0.000001}, OWN),
        (True, {"": 0.0, "rock": 1.0}, ROCK),
        (False, {"": 0.999999, "rock": 0.000001}, ROCK),  # a start without drums has no kit to give
        (False, {"": 1.0, "rock": 0.0}, OWN),  # amount 0: nobody else to take from
    ],
)
def test_kits_by_weight(has_drums: bool, weights: dict[str, float], kit: tuple[int, ...]) -> None:
    genres = {"rock": genre("rock", [0.0], kit=ROCK)}
    assert pick_kit(OWN, has_drums, weights, genres, np.random.default_rng(0)) == kit


def test_names_are_drawn_as_often_as_they_weigh() -> None:
    rng = np.random.default_rng(0)
    names = [pick_by_weight({"a": 0.25, "b": 0.75}, rng) for _ in range(1000)]
    assert 0.7 < names.count("b") / 1000 < 0.8


@pytest.mark.parametrize(("point", "nearest"), [([0.1, 0.2], "classical"), ([1.0, 1.5], "rock"), ([9.0, 0.0], "jazz")])
def test_the_nearest_genre(point: list[float], nearest: str) -> None:
    assert nearest_genre(np.array([point, point], np.float32), GENRES) == nearest


def test_the_nearest_genre_is_the_likeliest() -> None:
    """Nearer to the narrow genre's vector, and yet far outside what it ever plays."""
    genres = {
        "narrow": genre("narrow", [0.0, 0.0], [[0.01, 0.0], [0.0, 0.01]]),
        "wide": genre("wide", [4.0, 0.0], [[9.0, 0.0], [0.0, 9.0]]),
    }
    for point, nearest in (([1.5, 0.0], "wide"), ([0.1, 0.1], "narrow"), ([4.0, 0.0], "wide")):
        assert nearest_genre(np.array([point], np.float32), genres) == nearest
    many = np.array([[0.1, 0.0], [0.0, 0.1], [3.0, 0.0]], np.float32)  # one bar that narrow never plays decides
    assert nearest_genre(many, genres) == "wide"


# Transport

SOURCE = genre("source", [1.0, -2.0, 0.5], [[2.0, 0.6, 0.0], [0.6, 1.0, -0.3], [0.0, -0.3, 0.5]])
TARGET = genre("target", [-3.0, 4.0, 0.0], [[0.5, -0.2, 0.1], [-0.2, 3.0, 0.8], [0.1, 0.8, 1.0]])
FLAT = genre("flat", [5.0, 5.0, 5.0], [[0.0] * 3] * 3)


def drawn(source: Genre, num_points: int = 20_000) -> np.ndarray:
    """Points whose mean and covariance are those of the genre, but for rounding."""
    points = np.random.default_rng(0).normal(size=(num_points, len(source.mean)))
    points = np.linalg.solve(np.linalg.cholesky(np.cov(points, rowvar=False)), (points - points.mean(0)).T).T
    values, vectors = np.linalg.eigh(source.covariance.astype(float))
    root = vectors * np.sqrt(np.maximum(values, 0))
    return (source.mean + points @ root.T).astype(np.float32)


@pytest.mark.parametrize(("source", "target"), [(SOURCE, TARGET), (TARGET, SOURCE), (SOURCE, FLAT), (FLAT, TARGET)])
def test_transport_fits_the_mean_and_the_spread(source: Genre, target: Genre) -> None:
    carried = transport(drawn(source), source, target)
    assert carried.dtype == np.float32
    np.testing.assert_allclose(carried.mean(0), target.mean, atol=1e-3)
    # The ridge is part of the spread: what has none in the source gets none, what has it falls short by a ridge.
    expected = np.zeros((3, 3)) if source is FLAT else target.covariance
    np.testing.assert_allclose(np.cov(carried, rowvar=False), expected, atol=8 * RIDGE)


@pytest.mark.parametrize("same", [SOURCE, TARGET, FLAT])
def test_transport_to_the_same_place_changes_nothing(same: Genre) -> None:
    z = drawn(SOURCE, 50)
    np.testing.assert_allclose(transport(z, same, same), z, atol=1e-5)


def test_transport_between_lines_is_a_stretch() -> None:
    """In one dimension the map is known: by the ratio of the standard deviations."""
    narrow, wide = genre("narrow", [1.0], [[1.0]]), genre("wide", [10.0], [[4.0]])
    stretch = ((4 + RIDGE) / (1 + RIDGE)) ** 0.5
    z = np.array([[1.0], [2.0], [-1.0]], np.float32)
    np.testing.assert_allclose(transport(z, narrow, wide), [[10.0], [10 + stretch], [10 - 2 * stretch]], rtol=1e-6)


MIXTURE = {"source": 0.2, "target": 0.5, "flat": 0.3}
PLACES = {"source": SOURCE, "target": TARGET, "flat": FLAT}


@pytest.mark.parametrize("weights", [{"target": 1.0}, MIXTURE])
@pytest.mark.parametrize("amount", [0.0, 0.5, 1.0, 2.0])
def test_the_mean_method_is_the_literal_formula(weights: dict[str, float], amount: float) -> None:
    z = drawn(SOURCE, 50)
    vector = sum(weight * PLACES[name].mean for name, weight in weights.items())
    moved = move(z, SOURCE, weights, PLACES, amount=amount, method="mean")
    np.testing.assert_allclose(moved, z + amount * (vector - SOURCE.mean), atol=1e-5)


@pytest.mark.parametrize("method", ["transport", "mean"])
@pytest.mark.parametrize("weights", [{"target": 1.0}, MIXTURE])
def test_amount_0_moves_nothing(weights: dict[str, float], method: str) -> None:
    z = drawn(SOURCE, 50)
    assert (move(z, SOURCE, weights, PLACES, amount=0.0, method=method) == z).all()


@pytest.mark.parametrize("amount", [0.25, 1.0, 2.0])
def test_the_transport_method_goes_a_share_of_the_way(amount: float) -> None:
    z = drawn(SOURCE, 50)
    ends = 0.2 * z + 0.5 * transport(z, SOURCE, TARGET) + 0.3 * transport(z, SOURCE, FLAT)
    moved = move(z, SOURCE, MIXTURE, PLACES, amount=amount)
    np.testing.assert_allclose(moved, z + amount * (ends - z), atol=1e-4)
    assert moved.dtype == np.float32
