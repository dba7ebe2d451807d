"""Splits a MIDI file into its parts, each a MIDI file of its own with everything that shapes its notes. Makes no sound.

Unlike `midi.reading`, which reads notes, it keeps controllers, pedals, pitch bends and changes of program: a file is to
sound as it was meant. Ticks are the file's own; times in seconds follow its tempo map.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from groovevae.errors import MidiError
from groovevae.midi.drum_switches import drum_notes
from groovevae.midi.events import EVENT_DTYPE, EventTrack, MidiFile, read_events, write_events
from groovevae.midi.messages import (
    CONTROLLER,
    KEY_PRESSURE,
    META,
    NOTE_OFF,
    NOTE_ON,
    NUM_CHANNELS,
    PROGRAM,
    SYSEX,
    TEMPO,
    kind_of,
)
from groovevae.midi.metas import tempo_meta, with_metas
from groovevae.midi.reading import tempo_map
from groovevae.midi.score import DEFAULT_TEMPO, DRUM_CHANNEL, seconds_at
from groovevae.midi.texts import track_names
from groovevae.midi.timeline import Timeline, file_timeline

MAX_MINUTES = 20  # sound takes about 120 MB a minute while it is made
TAIL_SECONDS = 8.0  # how long the last notes may ring on
MAX_APART = 6  # parts of a file that are played one by one even when nobody asks for stems: each has its own voices
_VOLUME, _PEDAL, _NOTES_OFF = 7, 64, 123  # controllers
_DEFAULT_VOLUME = 100
_LONGEST_NAME = 40


@dataclass(frozen=True)
class Part:
    """Some notes of a MIDI file with all of its controllers, tempos and programs; ends with room for a tail."""

    name: str  # for a file, such as "drums"
    ticks_per_quarter: int
    track: EventTrack  # as long as the file that it is a part of; drums are on the drum channel
    is_drums: bool
    chunks: tuple[int, ...]  # the tracks of the file that its notes are in
    tail: float = TAIL_SECONDS  # seconds that are to follow

    def midi(self) -> bytes:
        """Return the part as a MIDI file of one track. At its end, pedals are released and notes that hang are ended.

        The tail plays at MIDI's default tempo.
        """
        events, payloads, end = self.track.events, self.track.payloads, self.track.end
        channels = np.unique(events["status"][kind_of(events) == NOTE_ON] & 15).tolist()
        ends = [_control(end, channel, control, 0) for channel in channels for control in (_PEDAL, _NOTES_OFF)]
        tempo = np.array([(end, META, TEMPO, 0, len(payloads))], EVENT_DTYPE)
        tail = round(self.tail * DEFAULT_TEMPO / 60 * self.ticks_per_quarter)
        events = np.concatenate([events, *ends, tempo])
        track = EventTrack(events, (*payloads, tempo_meta(end, DEFAULT_TEMPO).data), end + tail)
        return write_events(MidiFile(0, self.ticks_per_quarter, (track,)))

    def quieter(self) -> Part:
        """Return the same part at half of its channels' volumes: a quarter of the amplitude, by General MIDI."""
        events = self.track.events.copy()
        events["data2"][(kind_of(events) == CONTROLLER) & (events["data1"] == _VOLUME)] //= 2
        default = [_control(0, channel, _VOLUME, _DEFAULT_VOLUME // 2) for channel in range(NUM_CHANNELS)]
        return replace(self, track=replace(self.track, events=np.concatenate([*default, events])))


def _control(tick: int, channel: int, control: int, value: int) -> np.ndarray:
    return np.array([(tick, CONTROLLER | channel, control, value, -1)], EVENT_DTYPE)


@dataclass(frozen=True)
class Parts:
    """The parts of a MIDI file, and how long it is."""

    parts: tuple[Part, ...]
    seconds: float  # up to the end of the file, without a tail


class _Key(NamedTuple):
    """What makes notes one part: a channel of a track, and whether it plays drums there."""

    chunk: int  # index into MidiFile.tracks
    channel: int
    is_drum: bool


@dataclass(frozen=True)
class _Events:
    """All E events of a file, one track after another, and the part of the note that begins at each."""

    line: Timeline
    part: np.ndarray  # (E,) index into `keys`; -1 where no note begins
    keys: tuple[_Key, ...]

    def of_kind(self, *kinds: int) -> np.ndarray:
        """Tell which events are channel messages of these kinds, (E,) bool."""
        return np.isin(self.line.status & 0xF0, kinds)


def split_midi(data: bytes, *, apart: bool) -> Parts:
    """Return the parts of the bytes of a MIDI file: each channel of each track, named after track or instrument.

    Unless they are to be kept `apart`, the parts of a file that has many are put together, drums for themselves.
    Raises MidiError for what cannot be read, has no notes, or is longer than MAX_MINUTES.
    """
    file = read_events(data)
    tempos, events = tempo_map(file), _events(file)
    end, seconds = _end(file, events, tempos)
    names = _part_names(events, track_names(file))
    if len(names) > MAX_APART and not apart:
        names = [_drums_name(key) if key.is_drum else "rest" for key in events.keys]
    ticks = np.rint(tempos[:, 0] * file.ticks_per_quarter).astype(int).tolist()
    metas = [tempo_meta(tick, tempo) for tick, tempo in zip(ticks, tempos[:, 1].tolist(), strict=True) if tick <= end]
    parts = []
    for name in dict.fromkeys(names):
        own = [index for index, found in enumerate(names) if found == name]
        track = with_metas(EventTrack(_of_part(events, own), (), end), metas)
        keys = [events.keys[index] for index in own]
        parts.append(Part(name, file.ticks_per_quarter, track, keys[0].is_drum, tuple(key.chunk for key in keys)))
    return Parts(tuple(parts), seconds)


def _end(file: MidiFile, events: _Events, tempos: np.ndarray) -> tuple[int, float]:
    """Return where a file ends, in ticks and seconds; where it is too long, the last message of its channels ends it.

    A stray tempo may lie hours behind the music. Raises MidiError for more than MAX_MINUTES.
    """
    line = events.line
    ticks = np.array([max(track.end for track in file.tracks), line.tick[line.status < SYSEX].max()])
    seconds = seconds_at(tempos, ticks / file.ticks_per_quarter)
    which = int(seconds[0] > MAX_MINUTES * 60)
    if seconds[which] > MAX_MINUTES * 60:
        raise MidiError(f"{seconds[which] / 60:,.0f} minutes long; sound is made of at most {MAX_MINUTES}")
    return int(ticks[which]), float(seconds[which])


def _events(file: MidiFile) -> _Events:
    """Return the events of a file. Raises MidiError for no notes."""
    line = file_timeline(file)
    on = np.flatnonzero(((line.status & 0xF0) == NOTE_ON) & (line.data2 > 0))
    if not len(on):
        raise MidiError("no notes")
    places, part_of_note = np.unique(2 * line.place[on] + drum_notes(file, line, on), return_inverse=True)
    part = np.full(len(line.status), -1)
    part[on] = part_of_note
    keys = (_Key(place // 32, place // 2 % 16, bool(place % 2)) for place in places.tolist())
    return _Events(line, part, tuple(keys))


def _part_names(events: _Events, of_tracks: Sequence[str]) -> list[str]:
    """Return a name for each part, no two alike."""
    names: list[str] = []
    for key in events.keys:
        is_alone = sum(other.chunk == key.chunk for other in events.keys) == 1
        stem = _plain(of_tracks[key.chunk] if is_alone else "") or _instrument(events, key)
        name, number = stem, 1
        while name in names:
            number += 1
            name = f"{stem}-{number}"
        names.append(name)
    return names


def _drums_name(key: _Key) -> str:
    return "drums" if key.channel == DRUM_CHANNEL else f"drums-{key.channel + 1}"


def _plain(text: str) -> str:
    """Return a text as a part of a file's name: letters and digits, in lower case, joined by hyphens."""
    return re.sub(r"[\W_]+", "-", text.lower())[:_LONGEST_NAME].strip("-")


def _instrument(events: _Events, key: _Key) -> str:
    """Return the instrument of a part by the first program that its channel is given in any track."""
    from pretty_midi import program_to_instrument_name

    if key.is_drum:
        return "drums"
    line = events.line
    given = np.flatnonzero(line.status == PROGRAM | key.channel)
    first = given[np.argsort(line.tick[given], kind="stable")][:1]
    return _plain(program_to_instrument_name(int(line.data1[first].sum())))


def _of_part(events: _Events, own: Sequence[int]) -> np.ndarray:
    """Return all messages of channels but the notes of other parts, in order of time, (M,) EVENT_DTYPE."""
    line, keys = events.line, [events.keys[index] for index in own]
    is_own = np.isin(line.place, [16 * key.chunk + key.channel for key in keys])
    is_own &= (events.part < 0) | np.isin(events.part, own)
    wanted = (line.status < SYSEX) & (is_own | ~events.of_kind(NOTE_ON, NOTE_OFF, KEY_PRESSURE))
    index = np.flatnonzero(wanted)
    index = index[np.argsort(line.tick[index], kind="stable")]
    found = np.zeros(len(index), EVENT_DTYPE)
    found["tick"], found["data1"], found["data2"], found["payload"] = (
        line.tick[index],
        line.data1[index],
        line.data2[index],
        -1,
    )
    status = line.status[index]
    found["status"] = status & 0xF0 | _channels_in_sound(keys)[status & 15]
    return found


def _channels_in_sound(keys: Sequence[_Key]) -> np.ndarray:
    """Return the channel that each channel is played on, (16,): drums on the drum channel, and nothing else there.

    A synthesizer knows nothing of the ways in which a file can make other channels drums, or channel 10 an instrument.
    """
    channels, used = np.arange(NUM_CHANNELS, dtype=np.uint8), {key.channel for key in keys}
    if keys[0].is_drum:
        other = keys[0].channel
    else:
        free = (channel for channel in range(NUM_CHANNELS) if channel not in used)
        other = next(free, DRUM_CHANNEL) if DRUM_CHANNEL in used else DRUM_CHANNEL
    channels[[DRUM_CHANNEL, other]] = other, DRUM_CHANNEL
    return channels
