"""Reads the notes of a MIDI file as groovevae and three libraries do, and finds what they agree on."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator

import mido
import pretty_midi
import symusic

from groovevae.midi.events import read_events
from groovevae.midi.reading import file_to_score

DRUM_CHANNEL = 9  # counted from 0

Note = tuple[bool, int, int, int, int]  # on channel 10, start and end in ticks, pitch, velocity


def notes_of_groovevae(data: bytes) -> Counter[Note]:
    """The notes as they are written, without what a pedal adds; one that no event ends is given no length."""
    file = read_events(data)
    score = file_to_score(file)
    assert score.origin is not None
    events = [track.events.tolist() for track in file.tracks]
    found: Counter[Note] = Counter()
    for on, off, chunk in score.origin.tolist():
        start, status, pitch, velocity, _ = events[chunk][on]
        end = events[chunk][off][0] if off >= 0 else start
        found[status & 15 == DRUM_CHANNEL, start, end, pitch, velocity] += 1
    return found


def notes_of_symusic(data: bytes) -> Counter[Note]:
    score = symusic.Score.from_midi(data)
    return Counter(
        (track.is_drum, note.start, note.end, note.pitch, note.velocity)
        for track in score.tracks
        for note in track.notes
    )


def notes_of_pretty_midi(data: bytes | mido.MidiFile) -> Counter[Note]:
    """Seconds are made ticks again. A file that mido has parsed is used up: its times are absolute afterwards."""
    parsed = mido.MidiFile(file=io.BytesIO(data)) if isinstance(data, bytes) else data
    pm = pretty_midi.PrettyMIDI(mido_object=parsed)
    return Counter(
        (part.is_drum, pm.time_to_tick(note.start), pm.time_to_tick(note.end), note.pitch, note.velocity)
        for part in pm.instruments
        for note in part.notes
    )


def notes_of_mido(data: bytes) -> Counter[Note]:
    """Raises ValueError for a hanging or an overlapping note, and for an end without a beginning."""
    found: Counter[Note] = Counter()
    for track in mido.MidiFile(file=io.BytesIO(data)).tracks:
        sounding: dict[tuple[int, int], tuple[int, int]] = {}
        for tick, channel, pitch, velocity in note_events(track):
            key = (channel, pitch)
            if velocity and key in sounding:
                raise ValueError(f"overlapping notes of pitch {pitch}")
            if velocity:
                sounding[key] = (tick, velocity)
            elif key not in sounding:
                raise ValueError(f"an end of pitch {pitch} without a beginning")
            else:
                start, struck = sounding.pop(key)
                found[channel == DRUM_CHANNEL, start, tick, pitch, struck] += 1
        if sounding:
            raise ValueError(f"{len(sounding)} hanging notes")
    return found


def note_events(track: mido.MidiTrack) -> Iterator[tuple[int, int, int, int]]:
    """Tick, channel, pitch and velocity of each event of a note; 0 ends it."""
    tick = 0
    for message in track:
        tick += message.time
        if message.type in ("note_on", "note_off"):
            yield tick, message.channel, message.note, message.velocity if message.type == "note_on" else 0


def same_notes_everywhere(data: bytes) -> Counter[Note]:
    """All notes of a file that we wrote, on which the three must agree."""
    expected = notes_of_mido(data)
    assert notes_of_symusic(data) == expected
    assert notes_of_pretty_midi(data) == expected
    return expected
