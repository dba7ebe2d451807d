"""How far bars have to go so that an amount is heard as that amount: a curve for each pair of genres and each role.

Holds and reads curves; `calibrate` measures them. NumPy alone.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from groovevae.bars.constants import ROLES
from groovevae.model.moving import LatentPath

AMOUNTS = (0.25, 0.5, 0.75, 1.0)  # where a curve is known; at 0 it is 0

Calibration = Mapping[tuple[str, str], np.ndarray]  # (source, target) -> (4, K): shares of the way, by role and amount


def calibrated_share(curve: np.ndarray, amounts: np.ndarray) -> np.ndarray:
    """The share of the way, (N,), for amounts (N,) from a role's curve (K,): straight between what is known.

    Past 1 it goes on in proportion.
    """
    known = np.interp(amounts, (0.0, *AMOUNTS), (0.0, *curve))
    return np.where(amounts > 1, curve[-1] * amounts, known)


def find_curves(calibration: Calibration, source: str, target: str) -> np.ndarray:
    """The curves (4, K) of a pair; where it was not measured, the mean of those that were; without any, the amounts."""
    if (source, target) in calibration:
        return calibration[source, target]
    if calibration:
        return np.mean(list(calibration.values()), axis=0)
    return np.tile(AMOUNTS, (len(ROLES), 1))


def calibrated_path(
    z: np.ndarray,
    displacements: Mapping[str, np.ndarray],
    weights: Mapping[str, float],
    curves: Mapping[str, np.ndarray],
) -> LatentPath:
    """Return the path on which each role goes to each target as far as it must to be heard `amount` times its weight.

    `displacements` (N, Z) and `curves` (4, K) are those to each target.
    """

    def path(role: str, amounts: np.ndarray) -> np.ndarray:
        out = z.astype(np.float32)
        for name, displacement in displacements.items():
            share = calibrated_share(curves[name][ROLES.index(role)], amounts * weights[name])  # (N,)
            out = out + share[:, None].astype(np.float32) * displacement
        return out

    return path
