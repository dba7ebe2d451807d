from dataclasses import replace

import numpy as np
import pytest

from groovevae import BlendRequest, Groove
from groovevae.bars import Bars
from groovevae.bars.constants import FIRST_PITCH, ONSET, ROLES
from groovevae.fitting.calibration import (
    GRID,
    PairHeard,
    TwoGenres,
    fit_judge,
    invert,
    measure_calibration,
    role_features,
    with_calibration,
)
from groovevae.model.calibration import AMOUNTS
from groovevae.model.file import load_model_file, save_model


@pytest.mark.parametrize(
    ("heard", "doses"),
    [
        ((*GRID[:4], 1.0, 1.0), (0.25, 0.5, 0.75, 0.95)),  # heard as it is: nothing to mend but the last of it
        ((0.0, 0.25, 0.5, 0.75, 0.95, 1.0), (0.5, 0.75, 1.0, 1.25)),  # late
        ((0.5, 0.4, 1.0, 1.0, 1.0, 1.0), (0.125, 0.25, 0.625, 0.725)),  # a fall counts as level
        ((0.1, 0.2, 0.3, 0.4, 0.4, 0.4), (0.625, 1.5, 1.5, 1.5)),  # it never arrives: the farthest that was tried
    ],
)
def test_invert(heard: tuple[float, ...], doses: tuple[float, ...]) -> None:
    assert invert(np.array(heard)) == pytest.approx(doses, abs=1e-4)


def test_a_judge_tells_two_genres_apart_and_doubts_where_they_are_alike() -> None:
    rng = np.random.default_rng(0)
    source, target, between = (rng.normal(mean, 1.0, (count, 30)) for mean, count in ((0.0, 300), (2.0, 60), (1.0, 60)))
    judge = fit_judge(source[100:], target)
    assert judge(source[:100]).mean() < 0.2
    assert judge(rng.normal(2.0, 1.0, (60, 30))).mean() > 0.8
    assert judge(between).mean() == pytest.approx(0.5, abs=0.2)
    alike = fit_judge(source, source)
    assert alike(source).mean() == pytest.approx(0.5, abs=0.01)


def test_no_judge_hears_what_it_was_fitted_to() -> None:
    """Each bar has a number of its own, and genres nothing in common: whoever knew a bar would know its genre."""
    numbers = np.random.default_rng(0).permutation(400).astype(np.float32).reshape(2, 200, 1)
    half = np.arange(200) % 2
    known = TwoGenres(({"bass": numbers[0]}, {"bass": numbers[1]}), (half, half)).judges(("bass",))
    assert [known.low, known.high] == pytest.approx([0.5, 0.5], abs=0.1)
    own = np.abs(known.judged(numbers[1], half) - known.judged(numbers[0], half)).mean()
    assert np.abs(known.judged(numbers[1], 1 - half) - known.judged(numbers[0], 1 - half)).mean() > own


@pytest.mark.parametrize("is_back", [False, True])
def test_the_way_there_and_the_way_back_are_heard_by_the_same_judges(is_back: bool) -> None:
    rng = np.random.default_rng(0)
    one, other, half = rng.normal(0, 1, (200, 8)), rng.normal(2, 1, (200, 8)), np.arange(200) % 2
    genres = TwoGenres(({"bass": one}, {"bass": other}), (half, half))
    source, target = (other, one) if is_back else (one, other)
    pair = PairHeard(None, "", "", Bars.empty(200), half, np.zeros((200, 1)), genres, is_back)  # type: ignore[arg-type]
    steps = [{"bass": source + share * (target.mean(0) - source.mean(0))} for share in (0.0, 0.5, 1.0)]
    assert pair.shares(("bass",), steps) == pytest.approx([0.0, 0.5, 1.0], abs=0.1)
    alike = TwoGenres(({"bass": one}, {"bass": one}), (half, half))
    assert np.isnan(replace(pair, genres=alike).shares(("bass",), steps)).all()


def test_each_role_is_heard_by_itself() -> None:
    """A change of one role changes the features of that role alone."""
    bars = Bars.empty(4)
    bars.bass[:, 0] = FIRST_PITCH + 3
    before = role_features(bars)
    starts = {"drums": 90, "bass": FIRST_PITCH, "chords": ONSET, "lead": FIRST_PITCH}
    for role in ROLES:
        changed = Bars.concatenate([bars])
        getattr(changed, role)[:, 6] = starts[role]
        after = role_features(changed)
        assert [name for name in ROLES if (before[name] != after[name]).any()] == [role]


def test_doses_of_a_model_are_stored_and_used(groove: Groove, tmp_path) -> None:
    bare = replace(groove.model, calibration={})
    model = with_calibration(bare)
    pairs = {(a, b) for a in model.genres for b in model.genres if a != b}
    assert set(model.calibration) == pairs
    for curve in model.calibration.values():
        assert curve.shape == (len(ROLES), len(AMOUNTS))
        assert (np.diff(curve, axis=1) >= 0).all()
        assert (curve >= 0).all()
        assert (curve <= GRID[-1]).all()
    save_model(tmp_path / "m.safetensors", model)
    loaded = load_model_file(tmp_path / "m.safetensors")
    assert all((loaded.calibration[pair] == model.calibration[pair]).all() for pair in pairs)
    far = {pair: np.full((4, 4), 2.0, np.float32) for pair in pairs}
    request = BlendRequest("jazz", {"rock": 1.0}, amount=0.5, method="calibrated")
    calibrated = Groove(replace(model, calibration=far)).blend(request)[0]
    twice = Groove(bare).blend(replace(request, amount=2.0, method="transport"))[0]
    assert (calibrated.song.bars.drums == twice.song.bars.drums).all()
    assert (calibrated.song.bars.bass == twice.song.bars.bass).all()


def test_only_the_pairs_of_a_new_genre_are_measured(groove: Groove) -> None:
    curves = measure_calibration(groove.model, groove.network, names=["jazz"])
    assert set(curves) == {("jazz", "rock"), ("jazz", "classical"), ("rock", "jazz"), ("classical", "jazz")}
