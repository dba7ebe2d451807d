"""Of several drawings of new bars, the one that is played most like the bars around them."""

import numpy as np
import pytest

from groovevae.arranging.likeness import most_alike
from groovevae.bars import Bars
from groovevae.bars.constants import BASS, LEAD, ROLES


def rhythm(*steps: int, num_bars: int = 2) -> Bars:
    """Bars whose lead strikes at some steps."""
    bars = Bars.empty(num_bars)
    bars.lead[:, list(steps)] = 30
    return bars


ARPEGGIO = rhythm(*range(16))


@pytest.mark.parametrize(
    ("drawings", "around", "chosen"),
    [
        ([rhythm(0, 8), rhythm(*range(14)), rhythm(4)], ARPEGGIO, 1),  # one is nearly as busy
        ([ARPEGGIO, rhythm(0, 9)], rhythm(0, 8), 1),
        ([rhythm(1, 5), rhythm(0, 6), rhythm(2, 7)], rhythm(0, 6), 1),  # as busy as each other
        ([rhythm(0), rhythm(0)], ARPEGGIO, 0),
        ([rhythm(), rhythm(3), rhythm()], rhythm(), 1),  # nothing around: one that plays at all
    ],
)
def test_the_drawing_most_like_the_bars_around(drawings: list[Bars], around: Bars, chosen: int) -> None:
    assert most_alike(drawings, around, np.arange(len(ROLES)) == LEAD) is drawings[chosen]


def test_what_is_not_new_says_nothing() -> None:
    drawings = [rhythm(0), ARPEGGIO]
    assert most_alike(drawings, ARPEGGIO, np.arange(len(ROLES)) == BASS) is drawings[0]


def test_a_bar_counts_by_the_nearest_rhythm_around() -> None:
    """A pattern of two bars, of which a gap has the second."""
    around = Bars.concatenate([rhythm(0, 4, 8, 12, num_bars=1), rhythm(2, 6, 10, 14, num_bars=1)])
    drawings = [rhythm(0, 2, 4, 6, num_bars=1), rhythm(2, 6, 10, 14, num_bars=1)]
    assert most_alike(drawings, around, np.arange(len(ROLES)) == LEAD) is drawings[1]
