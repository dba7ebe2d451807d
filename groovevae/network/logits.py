"""What a decoder says of each step: names, sizes and order of its outputs. Shared by the network and its NumPy twin."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from groovevae.bars.constants import (
    BASS_TOKENS,
    CHORD_SIZE,
    LEAD_TOKENS,
    MAX_STEPS,
    NUM_VOICES,
    PITCHED,
    STEPS_PER_BEAT,
)

MAX_BEATS = MAX_STEPS // STEPS_PER_BEAT
NUM_METRES = 2 * (MAX_STEPS + 1)
NUM_FEATURES = 3 * NUM_VOICES + 2 * CHORD_SIZE + 2 * len(PITCHED)  # of a step, beside its bass and lead tokens
MIN_LOG_SCALE = -4.0  # smallest spread that the decoder may claim for velocity (1 = 127) and offset (1 = half a step)
MAX_LOGVAR = 4.0


class BarLogits(NamedTuple):
    """Of each step, (B, S, ...), NumPy or JAX: logits of states, and means of velocity and offset.

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
HEAD_EDGES = np.cumsum(list(HEADS.values()))[:-1]  # where each head but the first begins


def metre_index(num_steps: Any, is_compound: Any) -> Any:
    """Row of the metre tables, (B,): the bar's length, and whether its beats fall into threes."""
    return 2 * num_steps + is_compound
