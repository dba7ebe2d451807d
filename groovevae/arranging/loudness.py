"""Makes parts that come in as loud as the music of their genre plays them: a part that is drawn comes out too soft.

A network that is not sure where a hit falls makes it soft, so snares would hardly be heard in a piece that had none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from groovevae.bars import Bars
from groovevae.bars.constants import MAX_VELOCITY, NUM_VOICES, PITCHED, ROLES

MOST = 2.5  # times louder, or softer, than drawn


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


def as_loud(bars: Bars, loudness: np.ndarray, roles: np.ndarray) -> Bars:
    """Return bars in which the `roles` (4,) bool are as loud in the mean as `loudness` (12,) says; 0 says nothing."""
    own = loudness_of(bars)
    factor = np.where((own > 0) & (loudness > 0), loudness / np.maximum(own, 1), 1.0)
    factor = np.clip(factor, 1 / MOST, MOST)
    of_role = np.repeat(roles, [NUM_VOICES] + [1] * (len(ROLES) - 1))
    factor = np.where(of_role, factor, 1.0)
    return replace(
        bars,
        drums=_scaled(bars.drums, factor[:NUM_VOICES]),
        velocity=_scaled(bars.velocity, factor[NUM_VOICES:]),
    )


def _scaled(velocity: np.ndarray, factor: np.ndarray) -> np.ndarray:
    scaled = np.clip(np.rint(velocity * factor), 1, MAX_VELOCITY)
    return np.where(velocity > 0, scaled, 0).astype(velocity.dtype)
