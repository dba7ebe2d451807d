"""Style profiles: alike for the same pattern in any key, unlike for another rhythm or other intervals."""

import math

import numpy as np
import pytest
from test_phrases import phrase

from groovevae.bars import Bars
from groovevae.bars.constants import BASS_LOW, FIRST_PITCH
from groovevae.evaluation.style_profile import MAX_STEPS_APART, style_fit, style_profile


def bass(*notes: tuple[int, int], transpose: int = 0) -> Bars:
    """A bar whose bass strikes these (step, pitch)."""
    bars = Bars.empty(1)
    for step, pitch in notes:
        bars.bass[0, step] = FIRST_PITCH + pitch + transpose - BASS_LOW
    return bars


def test_a_pattern_is_itself_in_any_key() -> None:
    walking = ((0, 36), (4, 40), (8, 43), (12, 45))
    assert style_fit(bass(*walking), bass(*walking, transpose=5), "bass") == pytest.approx(1)
    pedal = bass((0, 36), (4, 36), (8, 36), (12, 36))
    assert style_fit(bass(*walking), pedal, "bass") == pytest.approx(0)
    rushed = bass((0, 36), (1, 40), (2, 43), (3, 45))
    assert style_fit(bass(*walking), rushed, "bass") == pytest.approx(0)


def test_pairs_are_counted_by_hand() -> None:
    profile = style_profile(bass((0, 36), (4, 40), (8, 36)), "bass").reshape(MAX_STEPS_APART + 1, -1)
    found = {(int(apart), int(interval) - 20) for apart, interval in np.argwhere(profile > 0)}
    assert found == {(4, 4), (4, -4), (8, 0)}
    assert np.linalg.norm(profile) == pytest.approx(1)


def test_drums_are_compared_voice_by_voice() -> None:
    one, other = phrase([60], drums="x"), phrase([60], drums="x")
    assert style_fit(one, other, "drums") == pytest.approx(1)
    other.drums[0, :, [0, 3]] = other.drums[0, :, [3, 0]]
    assert style_fit(one, other, "drums") < 0.9
    assert math.isnan(style_fit(one, Bars.empty(1), "drums"))


def test_bars_do_not_meet_across_bar_lines() -> None:
    two = Bars.concatenate([bass((15, 36)), bass((0, 43))])
    assert math.isnan(style_fit(two, two, "bass"))
