"""Names the decoder's outputs for each step, with their sizes and order. Shared by the network and its NumPy twin."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from groovevae.bars.constants import (
    BASS_TOKENS,
    CHORD_SIZE,
    LEAD_TOKENS,
    NUM_VOICES,
    PITCHED,
)

MIN_LOG_SCALE = -4.0  # smallest spread that the decoder may claim for velocity (1 = 127) and offset (1 = half a step)
NUM_SCALES = 2 + 2 * len(PITCHED)
LOGVAR_SHIFT = 2.0  # taken off the encoder's output to give a posterior's log-variance: training starts narrow
MIN_LOGVAR, MAX_LOGVAR = -12.0, 4.0

# Where training starts: spreads, and logits of states that most steps are not in.
START_LOG_SCALE = -2.0
RARE, RARE_LOGIT = ("drums", "chord_onset", "chord_hold"), -3.0


class BarLogits(NamedTuple):
    """Outputs for each step, (B, S, ...), NumPy or JAX: logits of states, and means of velocity and offset.

    Velocity is in units of 127, offset in units of half a step. `log_scales` are the spreads (log of Laplace's b) of
    drum velocity, drum offset, and the velocity and offset of each pitched role.
    """

    drums: Any  # (B, S, 9)
    drums_velocity: Any  # (B, S, 9)
    drums_offset: Any  # (B, S, 9)
    bass: Any  # (B, S, 62)
    chord_onset: Any  # (B, S, 60)
    chord_hold: Any  # (B, S, 60): of a hold, where there is no onset
    lead: Any  # (B, S, 74)
    velocity: Any  # (B, S, 3)
    offset: Any  # (B, S, 3)
    log_scales: Any  # (8,)


HEADS = {
    "drums": NUM_VOICES,
    "drums_velocity": NUM_VOICES,
    "drums_offset": NUM_VOICES,
    "bass": BASS_TOKENS,
    "chord_onset": CHORD_SIZE,
    "chord_hold": CHORD_SIZE,
    "lead": LEAD_TOKENS,
    "velocity": len(PITCHED),
    "offset": len(PITCHED),
}
HEAD_EDGES = np.cumsum(list(HEADS.values()))[:-1]  # where each head except the first begins


def head_bias() -> np.ndarray:
    """Return the initial biases of all heads, (sum of HEADS,) float32."""
    rare = [RARE_LOGIT if name in RARE else 0.0 for name in HEADS]
    return np.repeat(rare, list(HEADS.values())).astype(np.float32)


def split_heads(heads: Any, log_scales: Any, xp: Any) -> BarLogits:
    """Return all heads' outputs (..., sum of HEADS) by name; `xp` is `numpy` or `jax.numpy`."""
    parts = dict(zip(HEADS, xp.split(heads, HEAD_EDGES, axis=-1), strict=True))
    return BarLogits(**parts, log_scales=xp.maximum(log_scales, MIN_LOG_SCALE))


def posterior(stats: Any, xp: Any) -> tuple[Any, Any]:
    """Return the mean and log-variance (B, Z) from the encoder's last layer (B, 2Z); `xp` as in `split_heads`."""
    mean, logvar = xp.split(stats, 2, axis=-1)
    return mean, xp.clip(logvar - LOGVAR_SHIFT, MIN_LOGVAR, MAX_LOGVAR)
