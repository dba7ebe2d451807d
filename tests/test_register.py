import numpy as np
import pytest

from groovevae.arranging.register import in_register
from groovevae.bars import Bars
from groovevae.bars.constants import BASS_LOW, FIRST_PITCH, HOLD, LEAD_LOW, ROLES

ALL = np.ones((1, len(ROLES)), bool)


def bass(*pitches: int) -> Bars:
    """A bar with these bass notes, a held eighth each."""
    bars = Bars.empty(1)
    bars.bass[0, 0 : 2 * len(pitches) : 2] = np.array(pitches) - BASS_LOW + FIRST_PITCH
    bars.bass[0, 1 : 2 * len(pitches) : 2] = HOLD
    return bars


def pitches(bars: Bars, role: str = "bass") -> list[int]:
    found = bars.pitches(role)
    return [int(pitch) for pitch in found[found >= 0]]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((36, 38, 57, 36, 38), (36, 38, 45, 36, 38)),  # an octave down
        ((48, 50, 22, 48, 50), (48, 50, 46, 48, 50)),  # two up
        ((36, 43, 46, 36, 31), (36, 43, 46, 36, 31)),  # all within ten semitones of 36
    ],
)
def test_notes_far_from_the_others_move_by_octaves(before: tuple[int, ...], after: tuple[int, ...]) -> None:
    out = in_register(bass(*before), ALL)
    assert pitches(out) == list(after)
    assert (out.holds("bass") == bass(*before).holds("bass")).all()


def test_bars_that_are_not_new_keep_their_notes() -> None:
    bars = Bars.concatenate([bass(36, 36, 36), bass(60), bass(60)])
    is_new = np.array([[False] * 4, [False] * 4, [False, True, False, False]])
    assert pitches(in_register(bars, is_new)) == [36, 36, 36, 60, 36]


def test_phrases_have_registers_of_their_own() -> None:
    bars = Bars.concatenate([bass(36)] * 8 + [bass(60)] * 8)
    assert pitches(in_register(bars, np.ones((16, 4), bool))) == [36] * 8 + [60] * 8


def test_a_lead_reaches_farther() -> None:
    bars = Bars.empty(1)
    bars.lead[0, :5] = np.array([72, 72, 72, 86, 90]) - LEAD_LOW + FIRST_PITCH
    assert pitches(in_register(bars, ALL), "lead") == [72, 72, 72, 86, 78]
    assert pitches(in_register(bars, ~ALL), "lead") == [72, 72, 72, 86, 90]
    assert not in_register(Bars.empty(2), np.ones((2, 4), bool)).has_notes.any()
