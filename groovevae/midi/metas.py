"""Adds meta events to tracks: tempos, metres, names. It knows no notes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from groovevae.midi.events import EVENT_DTYPE, EventTrack
from groovevae.midi.messages import META, TEMPO, TRACK_NAME, is_meta


class Meta(NamedTuple):
    """A meta event: its time in ticks, its type and its bytes."""

    tick: int
    type: int
    data: bytes


def tempo_meta(tick: int, tempo: float) -> Meta:
    """Return a tempo, in quarter notes per minute."""
    return Meta(tick, TEMPO, round(60e6 / tempo).to_bytes(3, "big"))


def with_metas(track: EventTrack, metas: list[Meta]) -> EventTrack:
    """Return a track with meta events, each before what else happens at its time but names."""
    added = np.zeros(len(metas), EVENT_DTYPE)
    added["tick"], added["data1"] = [meta.tick for meta in metas], [meta.type for meta in metas]
    added["status"], added["payload"] = META, len(track.payloads) + np.arange(len(metas))
    events = np.concatenate([added, track.events])
    order = np.lexsort([~is_meta(events, TRACK_NAME), events["tick"]])
    return EventTrack(events[order], (*track.payloads, *(meta.data for meta in metas)), track.end)
