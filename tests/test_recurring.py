"""The harmony of bars that are to be written, found where their neighbours recur."""

from dataclasses import replace

import numpy as np
import pytest
from test_arranging import melody

from groovevae.arranging.lead_sheet import harmony, only_roles
from groovevae.arranging.recurring import recurring_harmony
from groovevae.bars import Bars
from groovevae.bars.constants import CHORD_LOW, HOLD, LEAD, ONSET


def chords(roots: str) -> Bars:
    """A held triad for each bar."""
    bars = Bars.empty(len(roots))
    for bar, root in enumerate(roots):
        for semitones in (0, 4, 7):
            pitch = 60 + "C.D.EF.G.A.B".index(root) + semitones - CHORD_LOW
            bars.chords[bar, 0, pitch], bars.chords[bar, 1:16, pitch] = ONSET, HOLD
    return bars


def with_gap(song: Bars, gap: slice, *roles: int) -> Bars:
    """The song with nothing but some roles in the gap."""
    stays = only_roles(song[gap], np.isin(np.arange(4), roles))
    return Bars.concatenate([song[: gap.start], stays, song[gap.stop :]])


@pytest.mark.parametrize(
    ("roots", "gap", "like"),
    [
        ("CAFGCAFGCAFG", slice(5, 7), slice(1, 3)),
        ("DCAFGEDCAFG", slice(8, 11), slice(2, 5)),  # the song begins two bars before, and ends with the gap
        ("CGAFCGDDCGAFCG", slice(6, 8), slice(2, 4)),  # not what it was
        ("AFCGDGBEAFCGAFCGDGBE", slice(12, 16), slice(0, 4)),  # both sides are alike only there
        ("AFCG" * 2, slice(4, 8), slice(0, 4)),  # nothing else is left to tell
        ("AFCGAFCGDGCEDGCE" * 2, slice(4, 8), slice(20, 24)),  # its neighbours on one side are like those of the chorus
    ],
)
def test_the_place_whose_neighbours_are_alike_gives_its_harmony(roots: str, gap: slice, like: slice) -> None:
    song = chords(roots)
    found = recurring_harmony(with_gap(song, gap), gap)
    assert found is not None
    np.testing.assert_array_equal(found, harmony(song[like]))


def test_a_tune_that_stays_says_where_its_harmony_recurs() -> None:
    """By the neighbours alone, a bridge would get the chords of the verse."""
    song = chords("AFCGAFCGDGCEAFCGAFCGDGCE")
    verse, bridge = (69, 65, 72, 67), (62, 71, 60, 76)
    song = replace(song, lead=melody(*(verse * 2 + bridge) * 2).lead)
    gap = slice(8, 12)
    np.testing.assert_array_equal(recurring_harmony(with_gap(song, gap, LEAD), gap), harmony(song[20:24]))


def in_three(num_bars: int) -> Bars:
    return Bars.empty(num_bars, metre=(3, 4))


@pytest.mark.parametrize(
    ("song", "gap"),
    [
        (chords("CAFG"), slice(1, 4)),  # no other place is as long
        (melody(*[60] * 12), slice(4, 8)),
        (Bars.concatenate([chords("CAFG"), in_three(4)]), slice(6, 8)),  # bars of the gap's metre sound nothing
        (Bars.concatenate([chords("CA"), melody(60, 62)]), slice(0, 2)),  # nor does the only other place
    ],
)
def test_where_nothing_recurs_nothing_is_found(song: Bars, gap: slice) -> None:
    assert recurring_harmony(with_gap(song, gap), gap) is None
