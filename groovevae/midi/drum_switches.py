"""Finds the notes that are drums: those of channel 10, and of channels that a file switches by SysEx or by bank.

It also writes such a switch, for drums in a file whose channel 10 is none.
"""

from __future__ import annotations

import re

import numpy as np

from groovevae.midi.events import EVENT_DTYPE, EventTrack, MidiFile
from groovevae.midi.messages import CONTROLLER, NUM_CHANNELS, SYSEX
from groovevae.midi.score import DRUM_CHANNEL
from groovevae.midi.timeline import Timeline

_BANK = 0  # the controller
_XG_DRUM_BANKS, _GM2_DRUM_BANK, _GM2_MELODY_BANK = (126, 127), 120, 121

# SysEx messages without their first byte; Roland's and Yamaha's have a device number that means nothing here.
_RESET = re.compile(rb"\x7e.\x09[\x01\x03] | \x41.\x42\x12\x40\x00\x7f\x00 | \x43.\x4c\x00\x00\x7e", re.S | re.X)
_GS = re.compile(rb"\x41.\x42\x12", re.S)
_GS_RHYTHM_PART = re.compile(rb"\x41.\x42\x12\x40([\x10-\x1f])\x15(.)", re.S)  # "use for rhythm part"
_XG_PART_MODE = re.compile(rb"\x43.\x4c\x08([\x00-\x0f])\x07(.)", re.S)


def drum_notes(file: MidiFile, line: Timeline, on: np.ndarray) -> np.ndarray:
    """Tell which of the notes that begin at the events `on` (N,) are drums, (N,) bool."""
    messages = _system_messages(file)
    is_drum = _drum_channels(messages)[line.status[on] & 15]
    banks = np.flatnonzero(((line.status & 0xF0) == CONTROLLER) & (line.data1 == _BANK))
    if not len(banks):
        return is_drum
    latest = line.latest(banks, on)
    bank = np.where(latest >= 0, line.data2[latest], 0)
    if not any(map(_GS.match, messages)):  # there, bank 127 holds the sounds of an older device
        is_drum |= np.isin(bank, _XG_DRUM_BANKS)
    return (is_drum | (bank == _GM2_DRUM_BANK)) & (bank != _GM2_MELODY_BANK)


def _drum_channels(messages: list[bytes]) -> np.ndarray:
    """Return whether each channel plays drums after all SysEx of a file, (16,) bool."""
    is_drum = np.arange(NUM_CHANNELS) == DRUM_CHANNEL
    for message in messages:
        if _RESET.match(message):
            is_drum = np.arange(NUM_CHANNELS) == DRUM_CHANNEL
        elif found := _GS_RHYTHM_PART.match(message):
            is_drum[_gs_channel(found[1][0] & 15)] = found[2][0] > 0
        elif found := _XG_PART_MODE.match(message):
            is_drum[found[1][0]] = found[2][0] > 0
    return is_drum


def with_drums_on(track: EventTrack, channel: int) -> EventTrack:
    """Return a track that first makes a channel (from 0) drums, by GS's SysEx and by the bank of General MIDI 2."""
    block = next(block for block in range(NUM_CHANNELS) if _gs_channel(block) == channel)
    address = bytes([0x40, 0x10 | block, 0x15, 1])
    message = b"\x41\x10\x42\x12" + address + bytes([-sum(address) % 128, 0xF7])
    switch = [(0, SYSEX, 0, 0, len(track.payloads)), (0, CONTROLLER | channel, _BANK, _GM2_DRUM_BANK, -1)]
    events = np.concatenate([np.array(switch, EVENT_DTYPE), track.events])
    return EventTrack(events, (*track.payloads, message), track.end)


def _gs_channel(block: int) -> int:
    """Return the channel of a GS block, both from 0: block 0 is channel 10, 1 to 9 are channels 1 to 9."""
    if block == 0:
        return DRUM_CHANNEL
    return block - 1 if block <= DRUM_CHANNEL else block


def _system_messages(file: MidiFile) -> list[bytes]:
    """List the SysEx messages of all tracks in order of time, without their first byte."""
    found = []
    for track in file.tracks:
        events = track.events[track.events["status"] == SYSEX]
        found += [(tick, track.payloads[index]) for tick, *_, index in events.tolist()]
    return [message for _, message in sorted(found, key=lambda item: item[0])]
