"""How far bars have to move for an amount to be heard as that amount: a curve for each pair of genres and each role.

This module reads and applies the curves and needs only NumPy; `fitting.calibration` measures them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from groovevae.bars.constants import ROLES
from groovevae.model.latent_arithmetic import LatentPath, moved

AMOUNTS = (0.25, 0.5, 0.75, 1.0)  # the amounts at which a curve is known; at 0 it is 0

Calibration = Mapping[tuple[str, str], np.ndarray]  # (source, target) -> (4, K): shares of the way, by role and amount


def calibrated_share(curve: np.ndarray, amounts: np.ndarray) -> np.ndarray:
    """Return the share of the way, (N,), for amounts (N,) by a role's curve (K,): linear between the known amounts.

    Past 1 the share grows in proportion to the amount.
    """
    known = np.interp(amounts, (0.0, *AMOUNTS), (0.0, *curve))
    return np.where(amounts > 1, curve[-1] * amounts, known)


def find_curves(calibration: Calibration, source: str, target: str) -> np.ndarray:
    """Return the curves (4, K) of a pair of genres.

    A pair that was not measured gets the mean of all measured pairs; where none was, the amounts themselves.
    """
    if (source, target) in calibration:
        return calibration[source, target]
    if calibration:
        return np.mean(list(calibration.values()), axis=0)
    return np.tile(AMOUNTS, (len(ROLES), 1))


def _no_roles() -> np.ndarray:
    return np.zeros(len(ROLES), bool)


@dataclass(frozen=True)
class DosedPath:
    """The path on which each role goes as far along its own displacement as its curve says for an amount."""

    z: np.ndarray  # (N, Z)
    displacement: np.ndarray  # (4, N, Z)
    curves: np.ndarray  # (4, K)
    comes_in: np.ndarray = field(default_factory=_no_roles)  # (4,) roles the start lacks
    goes_out: np.ndarray = field(default_factory=_no_roles)  # (4,) roles the target lacks
    scale: float = 1.0  # of the amounts
    harmony: np.ndarray | None = None  # (N, 6, 12): how much a bass keeps to each pitch class of each beat, if at all

    def __call__(self, role: str, amounts: np.ndarray) -> np.ndarray:
        """Return points (N, Z) for the amounts (N,) of the bars.

        A role that only one side plays changes over at once, bar by bar, where the piece has `turned`: a part that is
        there by half is heard as there, however sparse.
        """
        column, amounts = ROLES.index(role), amounts * self.scale
        if self.comes_in[column] or self.goes_out[column]:
            shares = turned(amounts).astype(np.float32)
        else:
            shares = calibrated_share(self.curves[column], amounts)
        return moved(self.z, self.displacement[column], shares)


def turned(amounts: np.ndarray) -> np.ndarray:
    """Return which bars are the target's, (N,) bool, where each has to be one or the other.

    They are the last of the piece, as large a share of it as their amounts (N,) say: at half, the second half.
    """
    place = (np.arange(len(amounts)) + 0.5) / max(len(amounts), 1)
    return place >= 1 - amounts


def calibrated_path(
    z: np.ndarray,
    displacements: Mapping[str, np.ndarray],
    weights: Mapping[str, float],
    curves: Mapping[str, np.ndarray],
) -> LatentPath:
    """Return the path on which each role moves as far towards each target as its curve says for amount times weight.

    `displacements` (N, Z) and `curves` (4, K) are given for each target by name, like its weight.
    """

    def path(role: str, amounts: np.ndarray) -> np.ndarray:
        out = z.astype(np.float32)
        for name, displacement in displacements.items():
            share = calibrated_share(curves[name][ROLES.index(role)], amounts * weights[name])  # (N,)
            out = out + share[:, None].astype(np.float32) * displacement
        return out

    return path
