"""Keeps a line that is written anew in one register: notes far from the others of their phrase move by octaves.

Bars are drawn one by one, so that a line may jump to another octave at a bar line, which players hardly ever do.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from groovevae.bars import Bars
from groovevae.bars.constants import FIRST_PITCH, LINES, NUM_PITCHES, ROLES

PHRASE = 8  # bars
# Semitones from the median pitch of a phrase. Of real basses, 2.5 % of the notes lie farther away, of real leads 0.3 %:
# 24 phrases of training songs of each genre of the bundled model's corpus (of nine genres for the bass).
REACH = {"bass": 10, "lead": 16}


def in_register(bars: Bars, is_new: np.ndarray) -> Bars:
    """Return bars whose bass and lead are within reach of their median, phrase by phrase, where they are new, (N, 4).

    The median is that of all bars of the phrase; bars that are not new keep their notes.
    """
    lines = {role: _near(getattr(bars, role), role, is_new[:, ROLES.index(role)]) for role in LINES}
    return replace(bars, **lines)


def _near(tokens: np.ndarray, role: str, is_new: np.ndarray) -> np.ndarray:
    """Return the tokens (N, T) of a line in one register."""
    states = tokens.astype(int)
    for first in range(0, len(states), PHRASE):
        phrase = states[first : first + PHRASE]
        struck = phrase >= FIRST_PITCH
        if struck.any():
            distance = phrase - np.median(phrase[struck])
            octaves = np.ceil(np.maximum(np.abs(distance) - REACH[role], 0) / 12) * np.sign(distance)
            moved = (phrase - 12 * octaves).astype(int)
            exists = (moved >= FIRST_PITCH) & (moved < FIRST_PITCH + NUM_PITCHES[role])
            own = is_new[first : first + PHRASE, None]
            states[first : first + PHRASE] = np.where(struck & exists & own, moved, phrase)
    return states.astype(tokens.dtype)
