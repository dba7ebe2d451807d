import io
import struct
from pathlib import Path

import mido
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scores import BASS, CHORDS, DRUMS, LEAD, note_rows, score_of

from groovevae.errors import MidiError
from groovevae.midi.reading import MAX_FILE_BYTES, load_score, midi_to_score, pretty_midi_to_score
from groovevae.midi.score import NOTE_DTYPE, Score, Track
from groovevae.midi.writing import score_to_midi, score_to_pretty_midi

TICKS = 480


def midi_bytes(*events: bytes, ticks: int = TICKS, num_notes: int = 1) -> bytes:
    """A type 1 file of one track: the events at time 0, then quarter notes of middle C."""
    track = b"".join(events) + b"\x00\x90\x3c\x50\x83\x60\x80\x3c\x00" * num_notes + b"\x00\xff\x2f\x00"
    return b"MThd" + struct.pack(">IHHH", 6, 1, 1, ticks) + b"MTrk" + struct.pack(">I", len(track)) + track


def meta(kind: int, data: bytes) -> bytes:
    return b"\x00\xff" + bytes([kind, len(data)]) + data


def track_ends(data: bytes) -> set[int]:
    """The tick of each track's end."""
    return {sum(message.time for message in track) for track in mido.MidiFile(file=io.BytesIO(data)).tracks}


def test_bytes_to_notes() -> None:
    score = midi_to_score(midi_bytes(meta(3, b"Flute"), b"\x00\xc0\x49", num_notes=2))
    assert note_rows(score) == [("Flute", 0.0, 1.0, 60, 80), ("Flute", 1.0, 1.0, 60, 80)]
    assert score.tracks == (Track("Flute", 73, is_drum=False),)
    assert score.tempos.tolist() == [[0.0, 120.0]]
    assert score.metres.tolist() == [[0.0, 4.0, 4.0]]
    assert score.end == 2.0


def test_tempo_and_metre_maps() -> None:
    tempo, metre = mido.bpm2tempo(90), meta(0x58, bytes([3, 2, 24, 8]))
    score = midi_to_score(midi_bytes(meta(0x51, tempo.to_bytes(3, "big")), meta(0x58, bytes([6, 3, 24, 8])), metre))
    assert score.tempos == pytest.approx(np.array([[0.0, 90.0]]), rel=1e-5)
    assert score.metres.tolist() == [[0.0, 3.0, 4.0]]  # the last of two at one time


def test_maps_hold_the_default_until_a_file_says_otherwise() -> None:
    score = score_of({LEAD: [(0, 8, 60)]}, tempos=[(4, 60)], metres=[(4, 3, 4)])
    read = midi_to_score(score_to_midi(score))
    assert read.tempos.tolist() == [[0.0, 120.0], [4.0, 60.0]]
    assert read.metres.tolist() == [[0.0, 4.0, 4.0], [4.0, 3.0, 4.0]]


def test_seconds() -> None:
    score = score_of({LEAD: [(0, 8, 60)]}, tempos=[(0, 120), (4, 60)])
    assert score.seconds(np.array([-1.0, 0, 2, 4, 6])).tolist() == [-0.5, 0, 1, 2, 4]


BAD_BYTES = {
    "empty": (b"", "empty file"),
    "not MIDI": (b"hello world", "not a MIDI file (it has no MThd header); export it as MIDI"),
    "cut header": (midi_bytes()[:10], "damaged MIDI file (cut off within its header)"),
    "cut chunk": (midi_bytes()[:20], "damaged MIDI file (no tracks)"),
    "no notes": (midi_bytes(num_notes=0), "no notes"),
    "far away": (midi_bytes(b"\xff\xff\xff\x7f\xff\x01\x01a"), "damaged MIDI file (notes beyond 100000 quarter notes)"),
}


@pytest.mark.parametrize(("data", "reason"), BAD_BYTES.values(), ids=BAD_BYTES)
def test_bad_bytes(data: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "é.mid"
    path.write_bytes(data)
    with pytest.raises(MidiError) as raised:
        load_score(path)
    assert raised.value.reason.startswith(reason)
    assert str(raised.value) == f"{path}: {raised.value.reason}"
    assert "\n" not in str(raised.value)


def test_bad_files(tmp_path: Path) -> None:
    with pytest.raises(MidiError, match=r"nowhere\.mid: No such file or directory"):
        load_score(tmp_path / "nowhere.mid")
    with pytest.raises(MidiError, match="a folder; name a MIDI file in it"):
        load_score(tmp_path)
    (tmp_path / "big.mid").touch()
    with (tmp_path / "big.mid").open("r+b") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    with pytest.raises(MidiError, match=r"big.mid: 32 MiB; at most 32 MiB are read"):
        load_score(tmp_path / "big.mid")


@pytest.mark.parametrize("name", ["é".encode("latin-1"), "日本".encode("shift_jis"), "日本".encode()])
def test_any_bytes_may_be_a_name(name: bytes) -> None:
    assert len(midi_to_score(midi_bytes(meta(3, name))).notes) == 1


def test_what_is_written() -> None:
    score = score_of({DRUMS: [(0, 0.1, 36)], BASS: [(0, 3, 40)]}, tempos=[(0, 93.5)], metres=[(0, 3, 4)])
    score.length, score.key_signature, score.text = 6.0, "F#m", "Größe, 日本, €"
    data = score_to_midi(score)
    file = mido.MidiFile(file=io.BytesIO(data), charset="utf-8")
    assert (file.type, file.ticks_per_beat) == (1, TICKS)
    assert [track.name for track in file.tracks] == ["groovevae", "Drums", "Bass"]
    conductor = {message.type: message for message in file.tracks[0] if message.time == 0}
    assert conductor["text"].text == "Größe, 日本, €"
    assert (conductor["time_signature"].numerator, conductor["time_signature"].denominator) == (3, 4)
    assert conductor["key_signature"].key == "F#m"
    assert conductor["set_tempo"].tempo == round(60e6 / 93.5)
    channels = {message.channel: message.program for message in file if message.type == "program_change"}
    assert channels == {9: 0, 0: 33}
    assert track_ends(data) == {6 * TICKS}


def test_repeated_pitches_do_not_overlap() -> None:
    """The first of two overlapping notes ends where the second begins; of two at one tick, one sounds."""
    score = score_of({CHORDS: [(0, 4, 60), (1, 1, 60), (1, 1, 64), (1.0001, 1, 64)]})
    assert note_rows(midi_to_score(score_to_midi(score))) == [
        ("Chords", 0.0, 1.0, 60, 80),
        ("Chords", 1.0, 1.0, 60, 80),
        ("Chords", 1.0, 1.0, 64, 80),
    ]


def test_more_tracks_than_channels() -> None:
    score = score_of({Track(f"part {number}", number, is_drum=False): [(number, 1, 60)] for number in range(20)})
    assert len(midi_to_score(score_to_midi(score)).tracks) == 20


@st.composite
def scores(draw: st.DrawFn) -> Score:
    """Notes on whole ticks, none of which overlaps another of its pitch and track."""
    tracks = (DRUMS, BASS, LEAD)
    rows = []
    for index in range(len(tracks)):
        for pitch in draw(st.sets(st.integers(0, 127), min_size=1, max_size=4)):
            edges = sorted(draw(st.sets(st.integers(0, 20 * TICKS), min_size=2, max_size=8)))
            for start, stop in zip(edges[::2], edges[1::2], strict=False):
                velocity = draw(st.integers(1, 127))
                rows.append((start / TICKS, (stop - start) / TICKS, pitch, velocity, index))
    tempo = draw(st.floats(8, 1000))
    notes = np.array(sorted(rows), NOTE_DTYPE)
    return Score(notes, tracks, tempos=np.array([[0.0, tempo]]), length=20.0)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(scores())
def test_notes_survive_the_file(score: Score) -> None:
    """The same notes in midi_to_score, mido and pretty_midi."""
    data = score_to_midi(score)
    read = midi_to_score(data)
    assert note_rows(read, digits=9) == note_rows(score, digits=9)
    assert read.tracks == score.tracks
    assert read.tempos == pytest.approx(score.tempos, rel=1e-4)
    assert track_ends(data) == {20 * TICKS}

    expected = [
        (name, round(onset * TICKS), round((onset + duration) * TICKS), *rest)
        for name, onset, duration, *rest in note_rows(score, digits=9)
    ]
    assert sorted(mido_rows(data)) == expected
    pm = score_to_pretty_midi(score)
    ticks = pm.time_to_tick
    assert expected == sorted(
        (part.name, ticks(note.start), ticks(note.end), note.pitch, note.velocity)
        for part in pm.instruments
        for note in part.notes
    )
    assert [(part.is_drum, part.program) for part in pm.instruments] == [(t.is_drum, t.program) for t in score.tracks]


def mido_rows(data: bytes) -> list[tuple]:
    rows = []
    for track in mido.MidiFile(file=io.BytesIO(data)).tracks:
        now, sounding = 0, {}
        for message in track:
            now += message.time
            if message.type == "note_on":
                assert message.note not in sounding
                sounding[message.note] = now, message.velocity
            elif message.type == "note_off":
                start, velocity = sounding.pop(message.note)
                rows.append((track.name, start, now, message.note, velocity))
        assert not sounding
    return rows


def test_pretty_midi_in_memory() -> None:
    score = score_of({DRUMS: [(0, 0.5, 38)], LEAD: [(0, 1, 60), (1, 1, 62)]}, tempos=[(0, 100)])
    assert note_rows(pretty_midi_to_score(score_to_pretty_midi(score)), digits=2) == note_rows(score, digits=2)
