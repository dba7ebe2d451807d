"""Notes of a new tune that are strange to its piece."""

from dataclasses import replace

import numpy as np
import pytest
from test_arranging import melody
from test_recurring import chords

from groovevae.arranging.tonality import in_tonality
from groovevae.bars import Bars
from groovevae.bars.constants import FIRST_PITCH, LEAD_LOW


def tune_over(roots: str, *pitches: int) -> Bars:
    """A whole note over each triad."""
    return replace(chords(roots), lead=melody(*pitches).lead)


def pitches(bars: Bars) -> list[int]:
    return (bars.lead[:, 0].astype(int) - FIRST_PITCH + LEAD_LOW).tolist()


@pytest.mark.parametrize(
    ("roots", "tune", "expected"),
    [
        ("CFGC", [72, 77, 74, 71], [72, 77, 74, 71]),
        ("CFGC", [73, 78, 75, 70], [72, 77, 74, 69]),  # to C, F and D, which sound there, and down from B flat
        ("CFGC", [63, 61, 66, 68], [64, 60, 67, 67]),  # up to E and G, which alone sound
        ("CFAC", [73, 77, 74, 71], [73, 77, 74, 71]),  # A major has a C sharp
    ],
)
def test_strange_notes_move_to_what_sounds(roots: str, tune: list[int], expected: list[int]) -> None:
    assert pitches(in_tonality(tune_over(roots, *tune), np.ones(4, bool))) == expected


def test_what_a_tune_had_before_is_not_strange_and_stays() -> None:
    tune = tune_over("CFGC", 73, 77, 73, 78)
    assert pitches(in_tonality(tune, np.array([False, True, True, True]))) == [73, 77, 73, 79]
    assert pitches(in_tonality(tune, np.zeros(4, bool))) == [73, 77, 73, 78]
