"""Parts that come in are as loud as their genre plays them."""

import numpy as np
import pytest
from scores import BASS, DRUMS, LEAD, score_of

from groovevae.arranging.loudness import (
    LEEWAY,
    MOST,
    about_as_loud,
    as_loud,
    loudness_between,
    loudness_of,
    mixed_loudness,
)
from groovevae.bars import Bars
from groovevae.bars.constants import NUM_VOICES, ROLES
from groovevae.bars.grid import score_to_song

KICK, SNARE, BASS_AT, LEAD_AT = 0, 1, NUM_VOICES, NUM_VOICES + 2
LOUD = np.zeros(NUM_VOICES + 3)
LOUD[[KICK, SNARE, BASS_AT]] = 90, 100, 80


def soft() -> Bars:
    """A bar with kicks of 60 and 80, a snare of 50, a bass of 40 and a lead of 70."""
    drums = [(0.0, 0.1, 36, 60), (2.0, 0.1, 36, 80), (1.0, 0.1, 38, 50)]
    return score_to_song(score_of({DRUMS: drums, BASS: [(0.0, 2.0, 40, 40)], LEAD: [(0.0, 2.0, 72, 70)]})).bars


def test_what_plays_is_measured() -> None:
    found = loudness_of(soft())
    assert found[[KICK, SNARE, 2, BASS_AT, BASS_AT + 1, LEAD_AT]].tolist() == [70, 50, 0, 40, 0, 70]


@pytest.mark.parametrize(
    ("role", "expected"),
    [("drums", [90, 100, 40, 70]), ("bass", [70, 50, 80, 70]), ("lead", [70, 50, 40, 70])],
)
def test_only_what_comes_in_changes(role: str, expected: list[int]) -> None:
    found = loudness_of(as_loud(soft(), LOUD, np.array([one == role for one in ROLES])))
    assert found[[KICK, SNARE, BASS_AT, LEAD_AT]] == pytest.approx(expected, abs=0.5)


def test_what_moves_is_about_as_loud() -> None:
    """Where it moves alone; drums together; and as they are where that is near enough."""
    two = Bars.concatenate([soft(), soft()])
    where = np.array([[False] * 4, [role in ("drums", "bass") for role in ROLES]])
    found = about_as_loud(two, LOUD, where)
    assert loudness_of(found[:1])[[KICK, SNARE, BASS_AT]].tolist() == [70, 50, 40]
    assert loudness_of(found[1:])[BASS_AT] == pytest.approx(80 / LEEWAY, abs=0.5)
    assert loudness_of(found[1:])[[KICK, SNARE]] == pytest.approx([82.5, 59], abs=0.6)  # 63 on average, 93 there
    near = about_as_loud(two, loudness_of(soft()) * 1.15, where)
    assert (loudness_of(near) == loudness_of(two)).all()


@pytest.mark.parametrize(("share", "expected"), [(0.0, [50, 80, 60]), (0.5, [70.7, 80, 60]), (1.0, [100, 80, 60])])
def test_between_two(share: float, expected: list[float]) -> None:
    """By ratios; what one alone plays is as loud as there."""
    one, other = np.zeros(12), np.zeros(12)
    one[[KICK, SNARE]], other[[KICK, BASS_AT]] = (50, 80), (100, 60)
    found = loudness_between(one, other, np.full(4, share))
    assert found[[KICK, SNARE, BASS_AT]] == pytest.approx(expected, abs=0.1)
    assert (found[[LEAD_AT, LEAD_AT - 1]] == 0).all()


def test_differences_stay_and_nothing_begins() -> None:
    before, after = soft(), as_loud(soft(), LOUD, np.ones(4, bool))
    kicks = after.drums[after.drums[..., KICK] > 0, KICK]
    assert kicks.tolist() == [77, 103]
    assert ((before.drums > 0) == (after.drums > 0)).all()


def test_it_goes_no_farther_than_it_may() -> None:
    loud = as_loud(soft(), np.full(12, 127.0), np.ones(4, bool))
    assert loudness_of(loud)[BASS_AT] == 40 * MOST
    assert loud.drums.max() <= 127


def test_a_mixture_is_as_loud_as_those_that_play() -> None:
    other = np.zeros(12)
    other[KICK] = 50
    mixed = mixed_loudness({"a": LOUD, "b": other}, {"a": 0.25, "b": 0.75})
    assert mixed[[KICK, SNARE, 2]].tolist() == [60, 100, 0]
