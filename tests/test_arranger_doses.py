"""How far roles are to go to where they are arranged, by what judges hear."""

import numpy as np
import pytest

from groovevae.bars import Bars
from groovevae.bars.constants import LEAD, ROLES
from groovevae.fitting.arranger_doses import FARTHEST, chosen_ways, aims
from groovevae.fitting.calibration import PairHeard, TwoGenres


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (1.0, (0.25, 0.5, 0.75, 1.0)),
        (1.2, (0.25, 0.5, 0.75, 1.0)),  # past the target: the whole way is enough
        (0.64, (0.2, 0.4, 0.6, 0.64)),  # between 0.32, half of its own way, and 0.5
        (0.04, (0.04, 0.04, 0.04, 0.04)),  # it cannot be heard farther than that
        (-0.1, (0.0, 0.0, 0.0, 0.0)),
    ],
)
def test_aims(end: float, expected: tuple[float, ...]) -> None:
    assert aims(end) == pytest.approx(expected)
