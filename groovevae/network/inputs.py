"""Makes what the network reads of bars: the features of each step, the row of each metre. It holds no weights.

Generation computes them in NumPy, training in JAX: functions take the module as `xp`, `numpy` or `jax.numpy`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from groovevae.bars.batch import BarBatch
from groovevae.bars.constants import (
    CHORD_SIZE,
    MAX_STEPS,
    MAX_VELOCITY,
    NUM_VOICES,
    OFFSET_UNITS,
    PITCHED,
    STEPS_PER_BEAT,
)
from groovevae.bars.states import bar_length, is_compound

MAX_BEATS = MAX_STEPS // STEPS_PER_BEAT
NUM_METRES = 2 * (MAX_STEPS + 1)
NUM_FEATURES = 3 * NUM_VOICES + 2 * CHORD_SIZE + 2 * len(PITCHED)  # of a step, besides its bass and lead tokens
HALF_STEP = OFFSET_UNITS / 2  # micro-timing of 1 in the network's own unit


def metre_index(num_steps: Any, is_compound: Any) -> Any:
    """Return the row of the metre tables, (B,): the bar's length, and whether its beats fall into threes."""
    return 2 * num_steps + is_compound


def metre_rows(metre: np.ndarray) -> np.ndarray:
    """Return the row of the metre tables for each metre (..., 2)."""
    return np.asarray(metre_index(bar_length(metre), is_compound(metre)))


def step_features(batch: BarBatch, xp: Any) -> Any:
    """Return what each step holds besides its bass and lead tokens, (B, S, NUM_FEATURES) float32."""
    return xp.concatenate(
        [
            batch.onsets("drums"),
            batch.drums.astype(np.float32) / MAX_VELOCITY,
            batch.drums_offset.astype(np.float32) / HALF_STEP,
            batch.onsets("chords"),
            batch.holds("chords"),
            batch.velocity.astype(np.float32) / MAX_VELOCITY,
            batch.offset.astype(np.float32) / HALF_STEP,
        ],
        axis=-1,
        dtype=np.float32,
    )
