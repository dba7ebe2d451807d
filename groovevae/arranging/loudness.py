"""Makes parts that are drawn as loud as the music of their genre plays them: most come out too soft, some too loud.

A network that is not sure where a hit falls makes it soft, so snares would hardly be heard in a piece that had none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from groovevae.arranging.lead_sheet import only_roles
from groovevae.bars import Bars
from groovevae.bars.constants import MAX_VELOCITY, NUM_VOICES, PITCHED, ROLES

MOST = 2.5  # times louder, or softer, than drawn
LEEWAY = 1.25  # times louder, or softer, than their genre on average, that parts may be: songs of a genre differ


def loudness_of(bars: Bars) -> np.ndarray:
    """Return the mean velocity of the nine drum voices, bass, chords and lead, (12,); 0 for what does not play."""
    drums = bars.drums.reshape(-1, NUM_VOICES)
    pitched = np.where(bars.pitched_strikes(), bars.velocity, 0).reshape(-1, len(PITCHED))
    velocity = np.concatenate([drums, pitched], axis=1).astype(float)
    return velocity.sum(0) / np.maximum((velocity > 0).sum(0), 1)


def mixed_loudness(of_targets: Mapping[str, np.ndarray], weights: Mapping[str, float]) -> np.ndarray:
    """Return the loudness (12,) of a mixture; what only some targets play is as loud as they play it."""
    names = list(weights)
    loud, weight = np.stack([of_targets[name] for name in names]), np.array([weights[name] for name in names])
    share = weight[:, None] * (loud > 0)
    return (share * loud).sum(0) / np.maximum(share.sum(0), 1e-9)


def loudness_between(one: np.ndarray, other: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return a loudness (12,) between two: `shares` (4,) of the way to the other, by role, as ratios.

    What one of them does not play is as loud as the other plays it.
    """
    ratio = np.where((one > 0) & (other > 0), other / np.maximum(one, 1), 1.0)  # velocities are at least 1
    return np.where(one > 0, one * ratio ** _by_column(shares), other)


def as_loud(bars: Bars, loudness: np.ndarray, roles: np.ndarray) -> Bars:
    """Return bars in which the `roles` (4,) bool are as loud in the mean as `loudness` (12,) says; 0 says nothing.

    Each voice of the drums is so by itself.
    """
    return _louder(bars, _factors(loudness_of(bars), loudness), np.broadcast_to(roles, (len(bars), len(ROLES))))


def about_as_loud(bars: Bars, loudness: np.ndarray, where: np.ndarray) -> Bars:
    """Return bars that are no more than LEEWAY louder or softer in the mean than `loudness` (12,) `where` (N, 4) says.

    Drums are louder or softer together: they keep the accents and ghost notes that they were drawn with.
    """
    changed = only_roles(bars, where)
    own = loudness_of(changed)
    factor = _factors(own, loudness)
    total = own[:NUM_VOICES] * changed.onsets("drums").sum((0, 1))  # of all hits of each voice
    factor[:NUM_VOICES] = (factor[:NUM_VOICES] * total).sum() / total.sum() if total.any() else 1.0
    return _louder(bars, factor / np.clip(factor, 1 / LEEWAY, LEEWAY), where)


def _factors(own: np.ndarray, loudness: np.ndarray) -> np.ndarray:
    """Return how many times louder (12,) what plays is to be, within MOST."""
    factor = np.where((own > 0) & (loudness > 0), loudness / np.maximum(own, 1), 1.0)
    return np.clip(factor, 1 / MOST, MOST)


def _louder(bars: Bars, factor: np.ndarray, where: np.ndarray) -> Bars:
    factors = np.where(_by_column(where), factor, 1.0)[:, None]  # (N, 1, 12)
    return replace(
        bars,
        drums=_scaled(bars.drums, factors[..., :NUM_VOICES]),
        velocity=_scaled(bars.velocity, factors[..., NUM_VOICES:]),
    )


def _by_column(of_roles: np.ndarray) -> np.ndarray:
    """Return what holds of each role, (..., 4), for each of what `loudness_of` measures, (..., 12)."""
    return np.repeat(of_roles, [NUM_VOICES] + [1] * (len(ROLES) - 1), axis=-1)


def _scaled(velocity: np.ndarray, factor: np.ndarray) -> np.ndarray:
    scaled = np.clip(np.rint(velocity * factor), 1, MAX_VELOCITY)
    return np.where(velocity > 0, scaled, 0).astype(velocity.dtype)
