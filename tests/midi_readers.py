"""The notes of a MIDI file as three libraries read them."""

import io
from collections import Counter

import mido
import pretty_midi
import symusic


def same_notes_everywhere(data: bytes) -> Counter:
    """(is drums, start tick, end tick, pitch, velocity) of all notes, on which three libraries must agree."""
    expected = _notes_of_mido(data)
    assert expected == Counter(
        (track.is_drum, note.start, note.end, note.pitch, note.velocity)
        for track in symusic.Score.from_midi(data).tracks
        for note in track.notes
    )
    pm = pretty_midi.PrettyMIDI(io.BytesIO(data))
    assert expected == Counter(
        (track.is_drum, pm.time_to_tick(note.start), pm.time_to_tick(note.end), note.pitch, note.velocity)
        for track in pm.instruments
        for note in track.notes
    )
    return expected


def _notes_of_mido(data: bytes) -> Counter:
    notes = Counter()
    for track in mido.MidiFile(file=io.BytesIO(data)).tracks:
        tick, started = 0, {}
        for message in track:
            tick += message.time
            if message.type == "note_on":
                started[message.note] = (tick, message.velocity)
            elif message.type == "note_off":
                start, velocity = started.pop(message.note)
                notes[message.channel == 9, start, tick, message.note, velocity] += 1
    return notes
