import numpy as np
import pytest
from made_genres import GENRES, genre

from groovevae.generation.instruments import mixed_tempo, nearest_octave, pick_by_weight, pick_kit, pick_programs


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
    targets = {name: GENRES[name].tempo for name in weights}
    assert mixed_tempo(start, amount, weights, targets) == pytest.approx(tempo)


@pytest.mark.parametrize(
    ("tempo", "other", "nearest"),
    [
        (120, 120, 120),
        (120, 100, 120),
        (120, 70, 60),  # a trap loop at 70 is the same at 140
        (120, 140, 120),
        (120, 175, 240),
        (120, 30, 30),
        (120, 169, 120),  # less than half an octave away
        (120, 170, 240),
    ],
)
def test_half_and_double_time_are_the_same_music(tempo: float, other: float, nearest: float) -> None:
    assert nearest_octave(tempo, other) == nearest


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
