import numpy as np
import pytest

from groovevae.model.calibration import AMOUNTS, DosedPath, calibrated_share, find_curves, turned

CURVE = np.array([0.5, 0.8, 1.0, 1.6])


@pytest.mark.parametrize(
    ("amount", "share"), [(0.0, 0.0), (0.25, 0.5), (0.125, 0.25), (0.625, 0.9), (1.0, 1.6), (1.5, 2.4)]
)
def test_dose(amount: float, share: float) -> None:
    assert calibrated_share(CURVE, np.array([amount, 0.0])).tolist() == pytest.approx([share, 0.0])


def test_curves_of_pairs_that_were_not_measured() -> None:
    low, high = np.full((4, 4), 0.5, np.float32), np.full((4, 4), 1.5, np.float32)
    doses = {("a", "b"): low, ("b", "a"): high}
    assert (find_curves(doses, "b", "a") == high).all()
    assert (find_curves(doses, "a", "my folder") == 1.0).all()  # as others on average
    assert find_curves({}, "a", "b").tolist() == [list(AMOUNTS)] * 4  # the amounts themselves


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        ([0.0] * 4, [0, 0, 0, 0]),
        ([0.25] * 4, [0, 0, 0, 1]),
        ([0.5] * 4, [0, 0, 1, 1]),
        ([1.0] * 4, [1, 1, 1, 1]),
        ([1.5] * 2, [1, 1]),
        ([0.5], [1]),
        ([0.4], [0]),
        ([0.0, 0.25, 0.5, 0.75, 1.0], [0, 0, 1, 1, 1]),  # a ramp turns half way
        ([1.0, 0.75, 0.5, 0.25, 0.0], [1, 1, 1, 0, 0]),
    ],
)
def test_bars_that_are_the_targets_come_last(amounts: list[float], expected: list[int]) -> None:
    assert turned(np.array(amounts)).tolist() == [bool(one) for one in expected]


def test_roles_of_one_side_change_over_and_others_move() -> None:
    """Four bars from 0 to 10: drums come in, a bass goes out, chords and lead move by their curves."""
    z, ways = np.zeros((4, 1), np.float32), np.full((4, 4, 1), 10.0, np.float32)
    curves = np.array([CURVE, CURVE, CURVE, [0.0, 0.0, 0.2, 0.5]])
    drums, bass = np.eye(4, dtype=bool)[:2]
    path = DosedPath(z, ways, curves, comes_in=drums, goes_out=bass)

    def at(role: str, amount: float) -> list[float]:
        return path(role, np.full(4, amount))[:, 0].tolist()

    assert at("drums", 0.5) == at("bass", 0.5) == [0.0, 0.0, 10.0, 10.0]
    assert at("chords", 0.5) == [8.0] * 4
    assert at("lead", 0.5) == [0.0] * 4
    assert at("drums", 0.0) == at("chords", 0.0) == [0.0] * 4
    assert at("drums", 1.0) == at("bass", 1.0) == [10.0] * 4
    half = DosedPath(z, ways, curves, comes_in=drums, scale=0.5)  # half of the goal is where it started
    assert half("drums", np.ones(4))[:, 0].tolist() == [0.0, 0.0, 10.0, 10.0]
