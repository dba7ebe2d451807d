"""Divides the notes of a file among parts: a program on a channel of a track, or several channels that play as one."""

from __future__ import annotations

import numpy as np

from groovevae.midi.drum_switches import drum_notes
from groovevae.midi.events import MidiFile
from groovevae.midi.messages import CONTROLLER, NUM_CHANNELS, PROGRAM
from groovevae.midi.score import Track
from groovevae.midi.texts import track_names
from groovevae.midi.timeline import Timeline

_RPN_LOW, _RPN_HIGH, _DATA_ENTRY, _MPE_RPN = 100, 101, 6, 6
_MPE_MASTERS = (0, 15)  # channels that may configure a zone of channels, one for each note
ROTATING_CHANNELS = 4  # a note on each channel in turn, on at least so many, may be one instrument
ROTATING = 0.95  # share of its notes that are on another channel than the note before
MANY_CHANNELS = 8  # so many may include channel 1, which MPE leaves to the whole zone
ENOUGH_NOTES = 3  # on each channel, to tell whether channels have registers of their own, as voices of a choir have
OWN_REGISTER = 0.8  # share of the spread of all pitches that the channels' mean pitches have


def divide_parts(file: MidiFile, line: Timeline, on: np.ndarray) -> tuple[np.ndarray, tuple[Track, ...]]:
    """Return the part of each note that begins at the events `on` (N,), and the parts by track, channel and program."""
    given = np.flatnonzero((line.status & 0xF0) == PROGRAM)
    latest = line.latest(given, on)
    program = np.where(latest >= 0, line.data1[latest], 0) if len(given) else np.zeros(len(on), int)
    is_drum = drum_notes(file, line, on)
    channel = _merged_channels(line, on, program, is_drum)
    key = ((line.chunk[on] * 16 + channel) * 128 + program) * 2 + is_drum
    _, first, part = np.unique(key, return_index=True, return_inverse=True)
    names = track_names(file)
    pairs = np.unique(part * 16 + (line.status[on] & 15))
    channels = np.split(pairs % 16, np.searchsorted(pairs // 16, np.arange(1, len(first))))
    tracks = tuple(
        Track(
            names[line.chunk[on[note]]],
            int(program[note]),
            bool(is_drum[note]),
            number=number,
            chunk=int(line.chunk[on[note]]),
            channels=tuple(used.tolist()),
        )
        for number, (note, used) in enumerate(zip(first, channels, strict=True), start=1)
    )
    return part, tracks


def _merged_channels(line: Timeline, on: np.ndarray, program: np.ndarray, is_drum: np.ndarray) -> np.ndarray:
    """Return the channel of each note (N,), the lowest one where several channels of a track play as one instrument.

    They do where a track gives each note a channel of its own (MPE), and where a track beside others has one program
    on several channels: a string or a hand on each. `is_drum` becomes False on a channel 10 of the first kind.
    """
    chunk, channel = line.chunk[on], (line.status[on] & 15).astype(int)
    several = np.unique(chunk[1:][(chunk[1:] == chunk[:-1]) & (channel[1:] != channel[:-1])])
    is_alone = len(chunk) and chunk[0] == chunk[-1]
    for number in several.tolist():
        begin, end = np.searchsorted(chunk, [number, number + 1])
        notes = slice(begin, end)
        zone = _mpe_zone(line, number)
        if _rotates(line, on[notes], channel[notes], program[notes]):
            zone = range(NUM_CHANNELS)
        if zone:
            inside = begin + np.flatnonzero(np.isin(channel[notes], list(zone)))
            channel[inside] = channel[inside].min(initial=15)
            is_drum[inside] = False
        elif not is_alone:
            for value in np.unique(program[notes]).tolist():
                same = begin + np.flatnonzero((program[notes] == value) & ~is_drum[notes])
                channel[same] = channel[same].min(initial=15)
    return channel


def _mpe_zone(line: Timeline, chunk: int) -> range:
    """Return the channels of the MPE zone that a track configures with registered parameter 6, if it does.

    Channel 1 takes so many channels above it, channel 16 so many below.
    """
    events = slice(*np.searchsorted(line.chunk, [chunk, chunk + 1]))
    status, data1, data2 = (column[events] for column in (line.status, line.data1, line.data2))
    on_master = np.isin(status, [CONTROLLER + master for master in _MPE_MASTERS])
    if not (on_master & (data1 == _RPN_LOW) & (data2 == _MPE_RPN)).any():
        return range(0)
    parameter: dict[int, int] = {}
    for index in np.flatnonzero(on_master & np.isin(data1, (_RPN_LOW, _RPN_HIGH, _DATA_ENTRY))):
        master, controller, value = int(status[index]), int(data1[index]), int(data2[index])
        if controller != _DATA_ENTRY:
            parameter[controller | master << 8] = value
        elif value and [parameter.get(part | master << 8) for part in (_RPN_HIGH, _RPN_LOW)] == [0, _MPE_RPN]:
            return range(value + 1) if master == CONTROLLER else range(15 - value, 16)
    return range(0)


def _rotates(line: Timeline, on: np.ndarray, channel: np.ndarray, program: np.ndarray) -> bool:
    """Tell whether notes of one program take one channel after another, and no channel two notes or its own register.

    This is how DAWs write MPE clips without their zone. Voices of a choir on a channel each have registers.
    """
    used = np.unique(channel)
    if len(used) < (ROTATING_CHANNELS if used[0] > 0 else MANY_CHANNELS) or (program != program[0]).any():
        return False
    if np.mean(channel[1:] != channel[:-1]) < ROTATING or len(np.unique(line.tick[on] * 16 + channel)) < len(on):
        return False
    pitch = line.data1[on].astype(float)
    means = np.array([pitch[channel == number].mean() for number in used])
    return len(on) < ENOUGH_NOTES * len(used) or bool(means.std() < OWN_REGISTER * pitch.std())
