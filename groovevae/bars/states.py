"""Reads the numbers of a grid and a metre: which states begin a note, how long a bar is. Holds no arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from groovevae.bars.constants import FIRST_ONSET, LINES, STEPS_PER_WHOLE

GRIDS = ("drums", "drums_offset", "bass", "chords", "lead", "velocity", "offset")  # fields of Bars and of BarBatch


def bar_length(metre: np.ndarray | tuple[int, int]) -> np.ndarray:
    """Return the whole steps (sixteenths) of a bar of each metre (..., 2), (...,) int."""
    numerator, denominator = np.moveaxis(np.asarray(metre, int), -1, 0)
    return np.asarray(STEPS_PER_WHOLE * numerator // denominator)


def is_compound(metre: np.ndarray | tuple[int, int]) -> np.ndarray:
    """Tell whether the beats of each metre (..., 2) fall into threes, (...,) bool: 3/8, 6/8, 9/8 and 12/8."""
    numerator, denominator = np.moveaxis(np.asarray(metre, int), -1, 0)
    return np.asarray((denominator == 8) & (numerator % 3 == 0))


def is_onset(states: Any, role: str) -> Any:
    """Tell whether each state of a role's grid is a note that begins, a bool of the same shape. NumPy or JAX."""
    return states >= FIRST_ONSET[role]


def is_struck(states: Any, role: str) -> Any:
    """Tell whether a role strikes at each step of its grid, (N, T) bool: one note or more. NumPy or JAX."""
    onsets = is_onset(states, role)
    return onsets if role in LINES else onsets.any(-1)
