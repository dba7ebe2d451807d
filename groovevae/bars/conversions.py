"""Converts songs to `pretty_midi.PrettyMIDI` objects and MIDI bytes, and back, in memory. Touches no files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groovevae.bars.grid import score_to_song
from groovevae.bars.render import song_to_score
from groovevae.bars.types import Song
from groovevae.midi.reading import pretty_midi_to_score
from groovevae.midi.writing import score_to_midi, score_to_pretty_midi

if TYPE_CHECKING:
    import pretty_midi


def pretty_midi_to_song(pm: pretty_midi.PrettyMIDI) -> Song:
    """Return the song of a `PrettyMIDI`, with roles assigned and the key normalised.

    Raises MidiError where it has no notes.
    """
    return score_to_song(pretty_midi_to_score(pm))


def song_to_pretty_midi(song: Song) -> pretty_midi.PrettyMIDI:
    """Return a song as a `PrettyMIDI`, in its own key: the inverse of `pretty_midi_to_song`."""
    return score_to_pretty_midi(song_to_score(song))


def song_to_midi(song: Song) -> bytes:
    """Return a song as the bytes of a MIDI file, in its own key, which ends on the last bar line."""
    return score_to_midi(song_to_score(song))
