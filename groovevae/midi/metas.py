"""Adds meta events to tracks: tempos, metres, keys, names. It knows no notes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from groovevae.midi.events import EVENT_DTYPE, EventTrack
from groovevae.midi.messages import KEY, META, METRE, TEMPO, TRACK_NAME, is_meta

_FIFTHS = "FCGDAEB"  # each letter a fifth above the one before; C major has no sharps


class Meta(NamedTuple):
    """A meta event: its time in ticks, its type and its bytes."""

    tick: int
    type: int
    data: bytes


def tempo_meta(tick: int, tempo: float) -> Meta:
    """Return a tempo, in quarter notes per minute."""
    return Meta(tick, TEMPO, round(60e6 / tempo).to_bytes(3, "big"))


def metre_meta(tick: int, numerator: int, denominator: int) -> Meta:
    """Return a time signature; a metronome would click once a quarter note."""
    return Meta(tick, METRE, bytes([numerator, denominator.bit_length() - 1, 24, 8]))


def key_meta(tick: int, name: str) -> Meta:
    """Return the key signature of a key by its name, such as "Bb" or "F#m". A minor key has those of its third."""
    is_minor = name.endswith("m")
    sharps = _FIFTHS.index(name[0]) - 1 + 7 * (name.count("#") - name.count("b")) - 3 * is_minor
    return Meta(tick, KEY, sharps.to_bytes(1, signed=True) + bytes([is_minor]))


def with_metas(track: EventTrack, metas: list[Meta]) -> EventTrack:
    """Return a track with meta events, each before what else happens at its time but names."""
    added = np.zeros(len(metas), EVENT_DTYPE)
    added["tick"], added["data1"] = [meta.tick for meta in metas], [meta.type for meta in metas]
    added["status"], added["payload"] = META, len(track.payloads) + np.arange(len(metas))
    events = np.concatenate([added, track.events])
    order = np.lexsort([~is_meta(events, TRACK_NAME), events["tick"]])
    return EventTrack(events[order], (*track.payloads, *(meta.data for meta in metas)), track.end)
