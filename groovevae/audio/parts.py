"""Splits a MIDI file into its parts, each a MIDI file of its own with everything that shapes its notes. Makes no sound.

Unlike `midi.reading`, which reads notes, it keeps controllers, pedals, pitch bends and changes of program: a file is to
sound as it was meant. Ticks are the file's own; times in seconds follow its tempo map.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import mido

from groovevae.errors import MidiError
from groovevae.midi.score import DRUM_CHANNEL

MAX_MINUTES = 20  # sound takes about 120 MB a minute while it is made
TAIL_SECONDS = 8.0  # how long the last notes may ring on
MAX_APART = 6  # parts of a file that are played one by one even when nobody asks for stems: each has its own voices
_DEFAULT_TEMPO = 500_000  # microseconds per quarter note
_CONTROL_VOLUME, _CONTROL_PEDAL, _CONTROL_NOTES_OFF = 7, 64, 123
_DEFAULT_VOLUME = 100
_LONGEST_NAME = 40
_DAMAGE = (OSError, EOFError, ValueError, LookupError, TypeError, struct.error)  # what mido raises for damaged files


class _Event(NamedTuple):
    """A message at its time in ticks, with the index of its track."""

    tick: int
    track: int
    message: mido.Message


@dataclass(frozen=True)
class Part:
    """Some notes of a MIDI file with all of its controllers, tempos and programs; ends with room for a tail."""

    name: str  # for a file, such as "drums"
    ticks_per_quarter: int
    events: tuple[_Event, ...]
    is_drums: bool
    end: int  # ticks: the end of the file that it is a part of
    tail: float = TAIL_SECONDS  # seconds that are to follow

    def midi(self) -> bytes:
        """Return the part as a MIDI file of one track. At `end`, pedals are released and notes that hang are ended."""
        track, now = mido.MidiTrack(), 0
        channels = sorted({event.message.channel for event in self.events if event.message.type == "note_on"})
        ends = [
            mido.Message("control_change", channel=channel, control=control)
            for channel in channels
            for control in (_CONTROL_PEDAL, _CONTROL_NOTES_OFF)
        ]
        ends.append(mido.MetaMessage("set_tempo", tempo=_DEFAULT_TEMPO))
        for event in (*self.events, *(_Event(self.end, 0, message) for message in ends)):
            track.append(event.message.copy(time=event.tick - now))
            now = event.tick
        tail = round(self.tail * 1e6 / _DEFAULT_TEMPO * self.ticks_per_quarter)
        track.append(mido.MetaMessage("end_of_track", time=tail))
        buffer = io.BytesIO()
        mido.MidiFile(type=0, ticks_per_beat=self.ticks_per_quarter, tracks=[track]).save(file=buffer)
        return buffer.getvalue()

    def quieter(self) -> Part:
        """Return the same part at half of its channels' volumes: a quarter of the amplitude, by General MIDI."""
        default = (_volume(channel, _DEFAULT_VOLUME // 2) for channel in range(16))
        events = [event._replace(message=_halved(event.message)) for event in self.events]
        return replace(self, events=(*(_Event(0, 0, message) for message in default), *events))


def _volume(channel: int, value: int) -> mido.Message:
    return mido.Message("control_change", channel=channel, control=_CONTROL_VOLUME, value=value)


def _halved(message: mido.Message) -> mido.Message:
    if message.type == "control_change" and message.control == _CONTROL_VOLUME:
        return message.copy(value=message.value // 2)
    return message


@dataclass(frozen=True)
class Parts:
    """The parts of a MIDI file, and how long it is."""

    parts: tuple[Part, ...]
    seconds: float  # up to the end of the file, without a tail


def split_midi(data: bytes, *, apart: bool) -> Parts:
    """Return the parts of the bytes of a MIDI file: each channel of each track, named after track or instrument.

    Unless they are to be kept `apart`, the parts of a file that has many are put together, drums for themselves.
    Raises MidiError for what cannot be read, has no notes, or is longer than MAX_MINUTES.
    """
    file = _read(data)
    events = sorted(_events(file), key=lambda event: event.tick)
    end = max((sum(message.time for message in track) for track in file.tracks), default=0)
    seconds = _seconds(events, end, file.ticks_per_beat)
    if seconds > MAX_MINUTES * 60:
        raise MidiError(f"{seconds / 60:,.0f} minutes long; sound is made of at most {MAX_MINUTES}")
    names = _part_names(file, events)
    if len(names) > MAX_APART and not apart:
        names = {key: "drums" if key[1] == DRUM_CHANNEL else "rest" for key in names}
    parts = []
    for name in dict.fromkeys(names.values()):
        keys = {key for key in names if names[key] == name}
        is_drums = all(channel == DRUM_CHANNEL for _, channel in keys)
        parts.append(Part(name, file.ticks_per_beat, _of_part(events, keys), is_drums, end))
    return Parts(tuple(parts), seconds)


def _read(data: bytes) -> mido.MidiFile:
    if data[:4] == b"RIFF":  # an .rmi file wraps the same bytes
        data = data[max(data.find(b"MThd"), 0) :]
    if data[:4] != b"MThd":
        raise MidiError("not a MIDI file (it does not start with MThd)")
    try:
        file = mido.MidiFile(file=io.BytesIO(data), clip=True)
    except (*_DAMAGE, mido.KeySignatureError) as error:
        raise MidiError(f"damaged MIDI file ({str(error) or 'cut off'})") from None
    if file.ticks_per_beat <= 0:
        raise MidiError("SMPTE time codes or 0 ticks per quarter note; only files timed in quarter notes are read")
    return file


def _events(file: mido.MidiFile) -> Iterator[_Event]:
    """Yield what matters to sound: messages of channels, and tempos."""
    for index, track in enumerate(file.tracks):
        tick = 0
        for message in track:
            tick += message.time
            if message.type == "set_tempo" or (hasattr(message, "channel") and not message.is_meta):
                yield _Event(tick, index, message)


def _seconds(events: list[_Event], end: int, ticks_per_quarter: int) -> float:
    """Return the time of tick `end`, in seconds."""
    seconds, last, tempo = 0.0, 0, _DEFAULT_TEMPO
    for event in events:
        if event.message.type == "set_tempo":
            seconds += (event.tick - last) * tempo
            last, tempo = event.tick, event.message.tempo
            if tempo <= 0:
                raise MidiError("absurd tempo (0 microseconds per quarter note)")
    return (seconds + (end - last) * tempo) / 1e6 / ticks_per_quarter


def _part_names(file: mido.MidiFile, events: list[_Event]) -> dict[tuple[int, int], str]:
    """Return a name for each (track, channel) that has notes, no two alike."""
    keys = dict.fromkeys((e.track, e.message.channel) for e in events if e.message.type == "note_on")
    if not keys:
        raise MidiError("no notes")
    names: dict[tuple[int, int], str] = {}
    for key in sorted(keys):
        is_alone = sum(track == key[0] for track, _ in keys) == 1
        stem = _plain(file.tracks[key[0]].name if is_alone else "") or _instrument(events, key[1])
        name, number = stem, 1
        while name in names.values():
            number += 1
            name = f"{stem}-{number}"
        names[key] = name
    return names


def _plain(text: str) -> str:
    """Return a text as a part of a file's name: letters and digits, in lower case, joined by hyphens."""
    return re.sub(r"[\W_]+", "-", text.lower())[:_LONGEST_NAME].strip("-")


def _instrument(events: list[_Event], channel: int) -> str:
    from pretty_midi import program_to_instrument_name

    if channel == DRUM_CHANNEL:
        return "drums"
    changes = (e.message for e in events if e.message.type == "program_change" and e.message.channel == channel)
    return _plain(program_to_instrument_name(next((message.program for message in changes), 0)))


def _of_part(events: list[_Event], keys: set[tuple[int, int]]) -> tuple[_Event, ...]:
    """Return all events but the notes of other parts."""
    notes = ("note_on", "note_off", "polytouch")
    return tuple(e for e in events if e.message.type not in notes or (e.track, e.message.channel) in keys)
