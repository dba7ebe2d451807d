"""Flow matching at work: carries points along a velocity field, and tells a network how far along the way they are.

The prior over phrases and the arranger share it (Lipman et al. 2023, "Flow Matching for Generative Modeling"). It holds
no weights.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from groovevae.network.stopping import stop_if_told

NUM_TIMES = 8  # sines, and as many cosines, that tell a network how far along the way from noise to a bar it is
FARTHEST = 6.0  # spreads: how far from the mean a bar may lie; of real bars, one number in 30,000 is farther

Velocity = Callable[[np.ndarray, float], np.ndarray]  # of points (N, K) at a time from 0 (noise) to 1 (bars)


def carried(x: np.ndarray, velocity: Velocity, times: np.ndarray) -> np.ndarray:
    """Carry points (N, K) along a velocity field through `times` (T,), in steps of second order (the midpoint method).

    Each step asks for the velocity where it is, and half way.
    """
    for time, following in zip(times[:-1].tolist(), times[1:].tolist(), strict=True):
        stop_if_told()
        step = np.float32(following - time)
        half_way = x + step / 2 * velocity(x, time)
        x = x + step * velocity(half_way, (time + following) / 2)
    return x


def marched(x: np.ndarray, velocity: Velocity, times: np.ndarray) -> np.ndarray:
    """Carry points (N, K) along a velocity field through evenly spaced `times` (T,), asking once in each step.

    A step follows the line through the velocities here and one step before (Hairer, Nørsett & Wanner 1993, sec. III.1:
    Adams's explicit method with two points). The first goes straight on.
    """
    step, before = np.float32(times[1] - times[0]), None
    for time in times[:-1].tolist():
        stop_if_told()
        here = velocity(x, time)
        x = x + step * (here if before is None else np.float32(1.5) * here - np.float32(0.5) * before)
        before = here
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
