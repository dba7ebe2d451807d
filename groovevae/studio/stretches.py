"""Cuts a stretch out of a loop: what is to sound next can be played before the rest is. Makes no sound."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from groovevae.midi.events import EventTrack, read_events, write_events
from groovevae.midi.messages import KEY_PRESSURE, NOTE_ON, kind_of


def stretch(midi: bytes, first: float, quarters: float) -> bytes:
    """Return the MIDI file of a stretch of a loop, from a quarter note on; b"" where no note begins in it.

    It goes on at the loop's start where it passes its end, and sets out with the programs and controllers that are in
    force there. Notes that began before are missing.
    """
    file = read_events(midi)
    start, length = round(first * file.ticks_per_quarter), max(round(quarters * file.ticks_per_quarter), 1)
    tracks = tuple(_cut(track, start, length) for track in file.tracks)
    has_notes = any((kind_of(track.events) == NOTE_ON).any() for track in tracks)
    return write_events(replace(file, tracks=tracks)) if has_notes else b""


def _cut(track: EventTrack, start: int, length: int) -> EventTrack:
    again = track.events.copy()
    again["tick"] += track.end
    events = np.concatenate([track.events, again])
    events["tick"] -= start
    is_note = kind_of(events) <= KEY_PRESSURE
    events = events[(events["tick"] < length) & ((events["tick"] >= 0) | ~is_note)]
    events["tick"] = np.maximum(events["tick"], 0)
    return EventTrack(events, track.payloads, length)
