"""Keeps a written bass within the range of the instrument that plays it. Touches no bars."""

from __future__ import annotations

import numpy as np

# General MIDI program (from 0) -> lowest MIDI pitch. Basses of four strings in their standard tuning, E1 A1 D2 G2, and
# the written ranges of S. Adler, The Study of Orchestration; synthesizers have no lowest note, and C1 (33 Hz) is the
# lowest that small speakers let one guess.
LOWEST_NOTE = {
    **dict.fromkeys(range(32, 38), 28),  # acoustic, fingered, picked, fretless and slapped: E1
    **dict.fromkeys((38, 39), 24),  # synth basses: C1
    42: 36,  # cello: C2
    43: 24,  # contrabass with its extension: C1
    58: 26,  # tuba: D1
    70: 34,  # bassoon: B flat 1
}


def within_range(pitch: np.ndarray, program: int) -> np.ndarray:
    """Return MIDI pitches with those that an instrument does not reach moved up by octaves."""
    below = np.maximum(LOWEST_NOTE.get(program, 0) - pitch, 0)
    return pitch + 12 * -(-below // 12)
