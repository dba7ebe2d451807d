"""Flow matching at work: carries points along a velocity field, and tells a network how far along the way they are.

The prior over phrases and the arranger share it (Lipman et al. 2023, "Flow Matching for Generative Modeling"). It holds
no weights.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

NUM_TIMES = 8  # sines, and as many cosines, that tell a network how far along the way from noise to a bar it is
FARTHEST = 6.0  # spreads: how far from the mean a bar may lie; of real bars, one number in 30,000 is farther
MIDPOINT, RALSTON = 1 / 2, 2 / 3  # how far a step looks ahead; by Ralston 1962 it errs least

Velocity = Callable[[np.ndarray, float], np.ndarray]  # of points (N, K) at a time from 0 (noise) to 1 (bars)


def carried(x: np.ndarray, velocity: Velocity, times: np.ndarray, *, probe: float = MIDPOINT) -> np.ndarray:
    """Carry points (N, K) along a velocity field through `times` (T,), in steps of second order.

    Each step looks ahead by `probe`, a share of its way, and weighs the velocities here and there.
    """
    for time, following in zip(times[:-1].tolist(), times[1:].tolist(), strict=True):
        step, weight = np.float32(following - time), np.float32(0.5 / probe)
        here = velocity(x, time)
        there = velocity(x + step * np.float32(probe) * here, time + probe * (following - time))
        x = x + step * ((1 - weight) * here + weight * there)
    return x


def spread_at(time: float) -> np.float32:
    """Return the standard deviation of points on the way, where noise and bars both have unit variance."""
    return np.float32(np.sqrt(time**2 + (1 - time) ** 2))


def at_place(x: np.ndarray, time: float) -> np.ndarray:
    """Return what a network reads of points x (N, K) at `time`: of unit variance, with waves, (N, K + 2 NUM_TIMES)."""
    return np.concatenate([x / spread_at(time), np.broadcast_to(_waves(time), (len(x), 2 * NUM_TIMES))], axis=-1)


@cache
def _waves(time: float) -> np.ndarray:
    angles = (np.pi * time * 2.0 ** (np.arange(NUM_TIMES) / 2)).astype(np.float32)
    return np.concatenate([np.sin(angles), np.cos(angles)])


def velocity_of(x: np.ndarray, time: float, residual: np.ndarray) -> np.ndarray:
    """Return the velocity (N, K) of points x: what they give alone, and the network's `residual` (N, K).

    The network's outputs have unit variance when its coordinates have, as in Karras et al. 2022, sec. 5.
    """
    spread = spread_at(time)
    return np.asarray(np.float32(2 * time - 1) * x / spread**2 + residual / spread)
