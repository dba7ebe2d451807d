"""Reads and writes MIDI files: notes in musical time, tracks, tempo and metre maps. Only this room knows the format.

It knows no bars. Most people want `load_score` and `score_to_midi`.
"""

from groovevae.midi.events import EventTrack, MidiFile, read_events, write_events
from groovevae.midi.reading import file_to_score, load_midi, load_score, midi_to_score, pretty_midi_to_score
from groovevae.midi.score import Score, Track
from groovevae.midi.writing import score_to_midi, score_to_pretty_midi

__all__ = [
    "EventTrack",
    "MidiFile",
    "Score",
    "Track",
    "file_to_score",
    "load_midi",
    "load_score",
    "midi_to_score",
    "pretty_midi_to_score",
    "read_events",
    "score_to_midi",
    "score_to_pretty_midi",
    "write_events",
]
