"""Features of bars, and judges of genre on a toy world where genres differ in one thing each."""

import warnings

import numpy as np
import pytest
from test_phrases import phrase

from groovevae.bars import Bars
from groovevae.bars.constants import CHORD_LOW, FIRST_PITCH, LEAD_LOW, ONSET
from groovevae.errors import CorpusError
from groovevae.measures.features import KINDS, bar_features
from groovevae.measures.judges import MIN_SONGS, Judges, fit_judges, forest


def value(bars: Bars, name: str) -> float:
    features = bar_features(bars)
    return features.values[0, features.names.index(name)].item()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("lead strikes", 4),
        ("lead at 0", 2),
        ("lead at 1", 2),
        ("lead at 8", 2),  # odd sixteenths
        ("lead mean", 65.25),
        ("lead lowest", 60),
        ("lead highest", 72),
        ("lead pitches", 4),
        ("lead pitch classes", 3),
        ("lead class 0", 0.5),
        ("lead steps", 1 / 3),
        ("lead skips", 1 / 3),
        ("lead leaps", 1 / 3),
        ("kick hits", 1),
        ("kick at 0", 1),
        ("chords strikes", 1),
        ("chord size", 3),
        ("chords interval 4", 1),
        ("chords interval 5", 0),
        ("bass strikes", 0),
    ],
)
def test_features(name: str, expected: float) -> None:
    bars = phrase([60, 64, 65, 72], drums="x")
    bars.chords[0, 2, np.array([60, 64, 67]) - CHORD_LOW] = ONSET
    assert value(bars, name) == pytest.approx(expected)


def test_kinds_see_what_they_should() -> None:
    plain, drummed, higher, later = (phrase([60, 62]) for _ in range(4))
    drummed.drums[0, 4, 1] = 90
    higher.lead[0, 1] += 3
    later.lead[0, 2], later.lead[0, 1] = later.lead[0, 1], 0
    differs = {
        name: {kind for kind in KINDS if (bar_features(plain).of_kind(kind) != bar_features(bars).of_kind(kind)).any()}
        for name, bars in {"drums": drummed, "pitch": higher, "time": later}.items()
    }
    assert differs == {
        "drums": {"all", "rhythm"},
        "pitch": {"all", "without drums", "pitch"},
        "time": {"all", "without drums", "rhythm"},
    }


def test_tempo_metre_and_velocity_are_not_features() -> None:
    bars = phrase([60, 62])
    before = bar_features(bars).values
    bars.tempo[:], bars.velocity[:] = 200.0, 99
    assert (bar_features(bars).values == before).all()


def test_features_of_silence_are_zeros() -> None:
    assert not bar_features(Bars.empty(2, metre=(3, 4))).values.any()


def toy(genre: str, songs: int, seed: int) -> tuple[Bars, list[str], list[str]]:
    """Songs of 8 bars: "high" plays high, "low" low; "loud" plays low with drums."""
    rng = np.random.default_rng(seed)
    bars = Bars.empty(8 * songs)
    base = FIRST_PITCH + (72 if genre == "high" else 48) - LEAD_LOW
    bars.lead[:, ::4] = base + rng.integers(0, 12, (len(bars), 6))
    bars.lead[:, 16:] = 0
    bars.drums[:, ::4, 0] = 100 * (genre == "loud")
    return bars, [genre] * len(bars), [f"{genre} {number // 8}" for number in range(len(bars))]


@pytest.fixture(scope="module")
def judges() -> Judges:
    parts = [toy(genre, 8, seed) for seed, genre in enumerate(("high", "low", "loud"))] + [toy("rare", 2, 9)]
    genre, ids = ([value for part in parts for value in part[column]] for column in (1, 2))
    return fit_judges(Bars.concatenate([bars for bars, _, _ in parts]), genre, ids)


def test_judges_tell_genres_apart_by_what_they_may_hear(judges: Judges) -> None:
    assert judges.genres == ("high", "loud", "low")  # rare has too few songs
    accuracy = {}
    for number, name in enumerate(judges.genres):
        for kind, values in judges.of_new(toy(name, 5, 50 + number)[0]).items():
            np.testing.assert_allclose(values.sum(1), 1.0, atol=1e-6)
            accuracy[kind, name] = (values.argmax(1) == number).mean()
    assert all(accuracy["all", name] > 0.95 for name in judges.genres)
    assert all(accuracy["rhythm", name] > 0.95 for name in ("loud",))
    assert accuracy["pitch", "high"] > 0.95
    assert accuracy["pitch", "loud"] + accuracy["pitch", "low"] < 1.4  # without drums they are the same
    assert accuracy["rhythm", "high"] + accuracy["rhythm", "low"] < 1.4


def test_no_judge_hears_a_song_that_it_judges(judges: Judges) -> None:
    """All bars of a song are judged by its own fold's judge, and folds have songs of every genre."""
    bars, _, ids = toy("low", 8, 1)
    by_fold = [judge.predict_proba(bar_features(bars).of_kind("all")) for judge in judges.fitted["all"]]
    expected = np.array([by_fold[judges.fold_of_song[song]][bar] for bar, song in enumerate(ids)])
    np.testing.assert_allclose(judges.of_songs(bars, ids)["all"], expected)
    for genre in judges.genres:
        assert {judges.fold_of_song[f"{genre} {number}"] for number in range(8)} == {0, 1, 2, 3}


def test_too_few_songs_to_judge_by() -> None:
    bars, genre, ids = toy("low", MIN_SONGS, 0)
    with pytest.raises(CorpusError, match="too few songs to judge genres by"):
        fit_judges(bars, genre, ids)


def test_forests_leave_the_filters_of_warnings_alone() -> None:
    """Without any filter, as meeting threads may leave a process, scikit-learn's own forests warn at every tree."""
    values, target = np.arange(40.0).reshape(20, 2), np.arange(20) % 2
    with warnings.catch_warnings(record=True) as caught:
        warnings.resetwarnings()
        forest(4, seed=0).fit(values, target).predict_proba(values)
        assert warnings.filters == []
    assert caught == []
