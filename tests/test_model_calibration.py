import numpy as np
import pytest

from groovevae.model.calibration import AMOUNTS, calibrated_share, find_curves

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
