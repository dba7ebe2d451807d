"""Songs to `pretty_midi.PrettyMIDI` objects and to MIDI bytes, in memory. Touches no files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groovevae.bars.grid import score_to_song
from groovevae.bars.midi import pretty_midi_to_score, score_to_midi, score_to_pretty_midi
from groovevae.bars.render import song_to_score
from groovevae.bars.types import Song

if TYPE_CHECKING:
    import pretty_midi


def pretty_midi_to_song(pm: pretty_midi.PrettyMIDI) -> Song:
    """The song of a `PrettyMIDI`, its roles assigned and its key normalised. Raises MidiError where it has no notes."""
    return score_to_song(pretty_midi_to_score(pm))


def song_to_pretty_midi(song: Song) -> pretty_midi.PrettyMIDI:
    """A song as a `PrettyMIDI`, in its own key: the pair of `pretty_midi_to_song`."""
    return score_to_pretty_midi(song_to_score(song))


def song_to_midi(song: Song) -> bytes:
    """A song as the bytes of a MIDI file, in its own key, ending on the last bar line."""
    return score_to_midi(song_to_score(song))
