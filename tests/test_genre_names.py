import numpy as np
import pytest
from made_genres import GENRES, genre

from groovevae.errors import RequestError
from groovevae.model.genres import find_genre, nearest_genre


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
