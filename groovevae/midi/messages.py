"""Names the messages of MIDI: the statuses of channel messages, and the types of meta events."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from groovevae.midi.events import EVENT_DTYPE, EventTrack

NOTE_OFF, NOTE_ON, KEY_PRESSURE, CONTROLLER, PROGRAM, PRESSURE, BEND = (kind << 4 for kind in range(8, 15))
META = 0xFF
TEXT, TRACK_NAME, TEMPO, METRE, KEY = 0x01, 0x03, 0x51, 0x58, 0x59  # types of meta events


class Meta(NamedTuple):
    """A meta event: its time in ticks, its type and its bytes."""

    tick: int
    type: int
    data: bytes


def kind_of(events: np.ndarray) -> np.ndarray:
    """Return the kind of each event, (E,) int: the status of a channel message without its channel, or the status."""
    status = events["status"].astype(int)
    return np.where(status < 0xF0, status & 0xF0, status)


def with_metas(track: EventTrack, metas: list[Meta]) -> EventTrack:
    """Return a track with meta events, each before what else happens at its time but names."""
    added = np.zeros(len(metas), EVENT_DTYPE)
    added["tick"], added["data1"] = [meta.tick for meta in metas], [meta.type for meta in metas]
    added["status"], added["payload"] = META, len(track.payloads) + np.arange(len(metas))
    events = np.concatenate([added, track.events])
    is_name = (events["status"] == META) & (events["data1"] == TRACK_NAME)
    order = np.lexsort([~is_name, events["tick"]])
    return EventTrack(events[order], (*track.payloads, *(meta.data for meta in metas)), track.end)
