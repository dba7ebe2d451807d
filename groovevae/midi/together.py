"""Puts several MIDI files together into one, as stems of one loop that sound at the same time."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from groovevae.midi.events import EventTrack, MidiFile
from groovevae.midi.messages import (
    KEY,
    METRE,
    NOTE_OFF,
    NOTE_ON,
    NUM_CHANNELS,
    SYSEX,
    TEMPO,
    TRACK_NAME,
    is_meta,
    kind_of,
)
from groovevae.midi.metas import Meta, with_metas
from groovevae.midi.score import DRUM_CHANNEL

_CHANNELS = tuple(channel for channel in range(NUM_CHANNELS) if channel != DRUM_CHANNEL)


def sounding_together(files: Sequence[tuple[str, MidiFile]]) -> MidiFile:
    """Return one file of several (name, file), which begin together; tempo, metre and key are those of the first.

    A track without a name takes that of its file, and each file gets channels of its own while there are any.
    """
    ticks = math.lcm(*(file.ticks_per_quarter for _, file in files))
    tracks: list[EventTrack] = []
    taken: set[int] = set()
    for number, (name, file) in enumerate(files):
        channels = _channels(file)
        moved = _moved(channels, taken)
        taken |= set(moved.values())
        for track in file.tracks:
            events = _on_channels(track.events, moved)
            events["tick"] *= ticks // file.ticks_per_quarter
            if number:
                events = events[~is_meta(events, TEMPO, METRE, KEY)]
            end = track.end * (ticks // file.ticks_per_quarter)
            tracks.append(_named(EventTrack(events, track.payloads, end), name))
    mended: dict[str, int] = {}
    for _, file in files:
        for what, count in file.mended.items():
            mended[what] = mended.get(what, 0) + count
    return MidiFile(1, ticks, tuple(tracks), mended)


def _channels(file: MidiFile) -> list[int]:
    status = np.concatenate([track.events["status"] for track in file.tracks])
    return [int(channel) for channel in np.unique(status[(status >= NOTE_OFF) & (status < SYSEX)] & 15)]


def _moved(channels: list[int], taken: set[int]) -> dict[int, int]:
    """Return the channel that each of a file's channels becomes: its own while it is free; drums stay drums."""
    moved: dict[int, int] = {}
    for channel in channels:
        free = [other for other in (channel, *_CHANNELS) if other not in taken and other not in moved.values()]
        moved[channel] = channel if channel == DRUM_CHANNEL or not free else free[0]
    return moved


def _on_channels(events: np.ndarray, moved: dict[int, int]) -> np.ndarray:
    events = events.copy()
    of_channel = np.arange(NUM_CHANNELS)
    of_channel[list(moved)] = list(moved.values())
    status = events["status"].astype(int)
    events["status"] = np.where(status < SYSEX, (status & 0xF0) | of_channel[status & 15], status)
    return events


def _named(track: EventTrack, name: str) -> EventTrack:
    has_name = is_meta(track.events, TRACK_NAME).any()
    has_notes = (kind_of(track.events) == NOTE_ON).any()
    return track if has_name or not has_notes else with_metas(track, [Meta(0, TRACK_NAME, name.encode())])
