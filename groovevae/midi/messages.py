"""Names the messages of MIDI: the statuses of channel messages, and the types of meta events."""

from __future__ import annotations

import numpy as np

NOTE_OFF, NOTE_ON, KEY_PRESSURE, CONTROLLER, PROGRAM, PRESSURE, BEND = (kind << 4 for kind in range(8, 15))
SYSEX, ESCAPE, META = 0xF0, 0xF7, 0xFF
NUM_CHANNELS = 16
TEXT, TRACK_NAME, END_OF_TRACK, TEMPO, METRE, KEY = 0x01, 0x03, 0x2F, 0x51, 0x58, 0x59  # types of meta events


def kind_of(events: np.ndarray) -> np.ndarray:
    """Return the kind of each event, (E,) int: the status of a channel message without its channel, or the status."""
    status = events["status"].astype(int)
    return np.where(status < SYSEX, status & 0xF0, status)


def is_meta(events: np.ndarray, *types: int) -> np.ndarray:
    """Tell which events are meta events of these types, (E,) bool."""
    return (events["status"] == META) & np.logical_or.reduce([events["data1"] == kind for kind in types])
