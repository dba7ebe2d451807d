"""Drums that no channel tells: by ear, by name, and what must never be taken for them."""

from dataclasses import replace

import numpy as np
import pytest
from scores import BASS, CHORDS, LEAD, Note, score_of

from groovevae.bars.constants import DRUMS, VOICES
from groovevae.bars.drum_tracks import DrumTracks, find_drum_tracks
from groovevae.bars.grid import read_score
from groovevae.bars.lines import notes_of_tracks
from groovevae.bars.metre import bar_lines
from groovevae.bars.note_places import place_notes
from groovevae.bars.roles import assign_roles, read_roles
from groovevae.midi.score import Score, Track

KICK_SNARE = {0: 36, 1: 38, 2: 36, 2.5: 36, 3: 38}


def hats(bars: int, *, key: int = 42) -> list[Note]:
    return [(step / 2, 0.25, key) for step in range(8 * bars)]


def kicks_and_snares(bars: int) -> list[Note]:
    return [(4 * bar + beat, 0.25, key) for bar in range(bars) for beat, key in KICK_SNARE.items()]


def loop(bars: int) -> list[Note]:
    return kicks_and_snares(bars) + hats(bars)


def line(*pitches: int, length: float, step: float = 0.25, times: int = 64) -> list[Note]:
    return [(index * step, length, pitches[index % len(pitches)]) for index in range(times)]


def track(name: str = "", program: int = 0) -> Track:
    return Track(name, program, is_drum=False)


def found(parts: dict[Track, list[Note]]) -> DrumTracks:
    score = score_of(parts)
    return find_drum_tracks(score.tracks, notes_of_tracks(score.notes, len(score.tracks)))


@pytest.mark.parametrize("bars", [1, 2, 4, 32])
def test_a_loop_is_heard(bars: int) -> None:
    drums = found({track(): loop(bars)})
    assert drums.is_drum.tolist() == [True]
    assert drums.why == {0: "sounds like drums"}


@pytest.mark.parametrize(
    "notes",
    [
        line(36, length=0.1),
        line(42, length=0.1),
        line(36, length=0.5, step=0.5),
        line(36, 36, 39, 48, length=0.1),
        line(38, 42, length=0.2),
        line(36, 48, length=0.25, step=0.5),
        line(36, 43, 48, 52, 55, 60, length=0.25),
        line(41, 45, 48, 50, length=0.25, step=0.5),
        [(beat, 1, pitch) for beat in range(32) for pitch in (41, 45, 48)],
        [(beat, 6, pitch) for beat in range(0, 96, 6) for pitch in (40, 52)],
        loop(1)[:6],
    ],
    ids=[
        "a pedal",
        "a pedal on the key of a hat",
        "a long pedal",
        "acid",
        "two notes",
        "octaves",
        "an arpeggio",
        "a low ostinato on the keys of toms",
        "low chords on the keys of toms",
        "held octaves",
        "too few hits",
    ],
)
def test_what_is_not_drums(notes: list[Note]) -> None:
    assert not found({track(): notes}).is_drum.any()


def test_other_evidence() -> None:
    """A name of an instrument, a program, and a sound effect's."""
    assert not found({track("Piano"): loop(1)}).is_drum.any()
    snares_and_hats = [note for note in loop(2) if note[2] != 36]
    assert found({track(): snares_and_hats}).is_drum.all()
    assert found({track("Drums", 1): snares_and_hats}).is_drum.all()
    assert not found({track("", 1): snares_and_hats}).is_drum.any()
    assert not found({track("Reverse Cymbal", 119): hats(1)}).is_drum.any()


@pytest.mark.parametrize(("name", "key"), [("kick", 36), ("Snare", 38), ("HH 2", 42), ("perc", 75), ("kick", 60)])
def test_named_stems(name: str, key: int) -> None:
    drums = found({track(name): hats(1, key=key)})
    assert drums.is_drum.tolist() == [True]
    assert drums.why == {0: f"named {name}"}


def test_a_melody_with_drums_in_its_title_is_none() -> None:
    melody = [(beat, 1, 60 + (0, 2, 4, 5, 7, 9, 11, 12)[beat % 8]) for beat in range(64)]
    assert not found({track("The Old Drum and Fife"): melody}).is_drum.any()


def test_a_kit_on_several_tracks() -> None:
    """Its stems are heard together, and a pedal beside them stays what it is."""
    stems = {track(str(key)): [note for note in loop(4) if note[2] == key] for key in (36, 38, 42)}
    assert found(stems | {track("x"): line(33, length=0.4, step=0.5)}).is_drum.tolist() == [True, True, True, False]
    assert not found({track("a"): line(33, length=0.4), track("b"): line(45, length=0.4)}).is_drum.any()


def test_hits_too_short_for_notes() -> None:
    """Triggers of one drum, where the file's other notes have lengths; a file that knows no lengths tells nothing."""
    snare = [(step / 2, 0.01, 38) for step in range(16)]
    melody = [(beat, 0.9, 60 + beat % 7) for beat in range(16)]
    drums = found({track(): snare, track("x"): melody})
    assert drums.is_drum.tolist() == [True, False]
    assert drums.why == {0: "hits too short for notes"}
    clicks = [(beat, 0.01, pitch) for beat, _, pitch in melody]
    assert not found({track(): snare, track("x"): clicks}).is_drum.any()
    assert not found({track(): snare}).is_drum.any()
    bass = [(onset, 0.1, pitch) for onset, _, pitch in snare]
    assert not found({track(): bass, track("x"): melody}).is_drum.any()


def test_hats_that_the_drums_lack() -> None:
    drums = {Track("Kick Snare", 0, is_drum=True): kicks_and_snares(4)}
    assert found(drums | {track(): hats(4)}).is_drum.tolist() == [True, True]
    assert found({Track("Kit", 0, is_drum=True): loop(4)} | {track(): hats(4, key=46)}).is_drum.tolist() == [
        True,
        False,
    ]


def test_what_is_uncertain_is_said() -> None:
    score = score_of({track(): hats(2)})
    roles = read_roles(score, (score.notes["onset"] // 4).astype(int))
    assert all(words.endswith("may be drums") for words in roles.why.values())


def test_the_name_of_a_file() -> None:
    """A clip's only track has its name, unless it has one of its own."""
    score = replace(score_of({track(): hats(1, key=36)}), file_name="kick 3")
    assert set(assign_roles(score, np.zeros(8, int)).tolist()) == {DRUMS}
    named = replace(score_of({track("Sub"): hats(1, key=36)}), file_name="kick 3")
    assert DRUMS not in assign_roles(named, np.zeros(8, int))


def test_a_sampled_drum_at_any_key() -> None:
    """A kick at middle C is a kick; a key of General MIDI keeps its own voice."""

    def voices(score: Score) -> set[str]:
        return {VOICES[voice] for voice in place_notes(score, bar_lines(score)).voice.tolist()}

    assert voices(score_of({track("Kick"): hats(1, key=60)})) == {"kick"}
    assert voices(score_of({track("Hats"): hats(1, key=46)})) == {"open hat"}


@pytest.mark.parametrize("kit", [Track("Drums", 0, is_drum=True), Track("", 0, is_drum=False)])
def test_bar_lines_profit_from_drums_on_any_channel(kit: Track) -> None:
    """A bass a beat after each bar line moves the lines; with drums, a sequencer wrote them, and they stay."""
    lead = [(beat, 1, 72 + beat % 5) for beat in range(37)]
    bass = [(1 + 3 * bar, 3, 40) for bar in range(12)]
    chords = [(1 + 3 * bar + beat, 1, pitch) for bar in range(12) for beat in (1, 2) for pitch in (60, 64)]
    hits = [(beat + part, 0.1, key) for beat in range(36) for part, key in ((0, (36, 38, 38)[beat % 3]), (0.5, 42))]
    parts = {BASS: bass, CHORDS: chords, LEAD: lead}
    assert read_score(score_of(parts, metres=[(0, 3, 4)])).lines.start[0] == -2
    reading = read_score(score_of(parts | {kit: hits}, metres=[(0, 3, 4)]))
    assert reading.lines.start[:2].tolist() == [0, 3]
    assert reading.score.tracks[3] == kit
