import numpy as np
import pytest
from test_phrases import phrase

from groovevae.bars import Song
from groovevae.config import PriorConfig
from groovevae.measures.phrases import role_digests
from groovevae.model.genres import Genre
from groovevae.model.phrase_forms import (
    MAX_FORMS,
    NEW,
    SILENT,
    Coordinates,
    Form,
    Prior,
    form_of,
    form_starts,
    pick_forms,
    plan_of,
    prior_from_file,
    prior_to_file,
)

PLAYED = {"metre": (3, 4), "tempo": 90.0, "transpose": -3, "is_minor": True, "programs": (1, 2, 3), "kit": (36, 38)}
PLAYED |= {"style": np.zeros(4, np.float16)}
STYLE = np.arange(4.0)
A, B = [60, 62], [64]


def test_a_plan_says_what_rests_repeats_and_is_new() -> None:
    bars = phrase(A, B, A, A, [], B, drums="xx-x-x")
    plan = plan_of(role_digests(bars))
    assert plan[:, 3].tolist() == [NEW, NEW, 2, 1, SILENT, 4]
    assert plan[:, 0].tolist() == [NEW, 1, SILENT, 2, SILENT, 2]
    assert (plan[:, 1:3] == SILENT).all()


@pytest.mark.parametrize(("num_bars", "expected"), [(2, [0, 1]), (4, [0, 1, 0, 3]), (8, [0, 1, 0, 3, 0, 1, 0, 3])])
def test_a_form_of_any_length(num_bars: int, expected: list[int]) -> None:
    roles = np.tile(np.array([0, 1, 0, 3], np.int8)[:, None], (1, 4))
    assert Form(roles, **PLAYED).at(num_bars)[:, 0].tolist() == expected


def test_a_form_looks_back_no_further_than_its_start() -> None:
    form = Form(np.array([[0, 2, 5, -1]] * 3, np.int8), **PLAYED)
    assert form.at(4)[:, 1].tolist() == [0, 0, 2, 2]
    assert form.at(6)[:, 2].tolist() == [0, 0, 0, 0, 0, 5]


@pytest.mark.parametrize(
    ("leads", "starts"),
    [
        ([A] * 24, [0, 4, 8]),
        ([[], *[A] * 20], [1, 5]),
        ([A] * 6, [0]),
        ([A] * 3, []),
        ([[]] * 20, []),
        ([*[A] * 4, [], *[A] * 17], [0]),  # none starts with a rest
    ],
)
def test_where_forms_start(leads: list[list[int]], starts: list[int]) -> None:
    assert form_starts(Song(phrase(*leads))) == starts


def test_no_form_goes_over_a_change_of_metre() -> None:
    bars = phrase(*[A] * 24)
    bars.metre[20:] = (3, 4)
    assert form_starts(Song(bars)) == [0, 4]


def test_a_form_keeps_how_the_song_is_played_and_none_of_its_notes() -> None:
    song = Song(phrase(A, B, A, B, A), transpose=2, is_minor=True, programs=(33, 4, 11))
    form = form_of(song, 1, role_digests(song.bars), STYLE)
    assert form.roles[:, 3].tolist() == [NEW, NEW, 2, 2]
    assert (form.metre, form.tempo, form.transpose, form.is_minor) == ((4, 4), 120.0, 2, True)
    assert form.programs == (33, 4, 11)


def test_forms_come_from_as_many_songs_as_there_are() -> None:
    songs = [Song(phrase(*[A] * 24), transpose=number % 6) for number in range(5)]
    forms = pick_forms("jazz", [*songs, Song(phrase(A))], 6 * [STYLE])
    assert len(forms) == 5 * 3
    assert sorted(form.transpose for form in forms[:5]) == [0, 1, 2, 3, 4]
    assert len(pick_forms("jazz", songs * 20, 100 * [STYLE])) == MAX_FORMS
    assert pick_forms("jazz", [], []) == ()


def genre(seed: int, size: int = 4) -> Genre:
    rng = np.random.default_rng(seed)
    spread = rng.normal(size=(size, size))
    return Genre("x", rng.normal(size=size), spread @ spread.T, 9, 9, 120.0, ((), (), ()), (36,))


def test_coordinates_and_back() -> None:
    z = np.random.default_rng(1).normal(size=(5, 4)).astype(np.float32)
    there = Coordinates(genre(0))
    np.testing.assert_allclose(there.points(there.of(z)), z, atol=1e-4)


def test_coordinates_of_a_genres_own_points_have_unit_spread() -> None:
    own = genre(0)
    rng = np.random.default_rng(2)
    z = rng.multivariate_normal(own.mean, own.covariance + 0.05 * np.eye(4), 20000)
    x = Coordinates(own).of(z)
    np.testing.assert_allclose(x.mean(0), 0, atol=0.05)
    np.testing.assert_allclose(np.cov(x.T), np.eye(4), atol=0.05)


def test_a_prior_to_a_file_and_back() -> None:
    forms = tuple(Form(np.full((length, 4), length, np.int8), **PLAYED) for length in (4, 16))
    prior = Prior(PriorConfig(steps=3), ("a", "b"), {"x/kernel": np.ones((2, 3), np.float32)}, {"a": forms, "b": ()})
    arrays, texts = prior_to_file(prior)
    again = prior_from_file({f"prior/{name}": array for name, array in arrays.items()}, texts)
    assert (again.config, again.genres, again.forms["b"]) == (prior.config, prior.genres, ())
    assert (again.weights["x/kernel"] == 1).all()
    for one, other in zip(again.forms["a"], forms, strict=True):
        assert (one.roles == other.roles).all()
        assert (one.style == other.style).all()
        assert {**vars(one), "roles": 0, "style": 0} == {**vars(other), "roles": 0, "style": 0}
