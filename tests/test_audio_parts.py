"""Parts of MIDI files that are played one by one, and one line for files that cannot be played."""

import io
from pathlib import Path

import mido
import pytest

from groovevae.audio import render
from groovevae.audio.levels import peak
from groovevae.audio.parts import Part, split_midi
from groovevae.audio.render import render_file
from groovevae.errors import MidiError

for name in ("midirenderer", "pyloudnorm", "soundfile"):
    pytest.importorskip(name, reason=f"{name}, of the extra studio, is not installed")


def message(kind: str, *, time: int = 0, **values: int) -> mido.Message:
    return mido.Message(kind, time=time, **values)


def midi_file(*tracks: list, kind: int = 1, name: str = "") -> bytes:
    """A file of tracks of messages, 480 ticks to a quarter note."""
    buffer = io.BytesIO()
    mido.MidiFile(type=kind, ticks_per_beat=480, tracks=[mido.MidiTrack(track) for track in tracks]).save(file=buffer)
    return buffer.getvalue()


def named(name: str) -> mido.MetaMessage:
    return mido.MetaMessage("track_name", name=name)


def note(channel: int, pitch: int = 60) -> list[mido.Message]:
    return [
        message("note_on", channel=channel, note=pitch, velocity=100),
        message("note_off", channel=channel, note=pitch, time=480),
    ]


@pytest.mark.parametrize(
    ("tracks", "names"),
    [
        ([[named("Drums"), *note(9)], [named("Lead"), *note(0)]], ["drums", "lead"]),
        ([[*note(9)], [*note(3)]], ["drums", "acoustic-grand-piano"]),
        ([[named("Pad / Größe #2"), *note(1)]], ["pad-größe-2"]),
        ([[named("Piano"), *note(0)], [named("Piano"), *note(1)]], ["piano", "piano-2"]),
        (
            [[named("My song"), *note(0), *note(9), *note(2)]],
            ["acoustic-grand-piano", "acoustic-grand-piano-2", "drums"],
        ),
        ([[message("program_change", channel=4, program=32)], [*note(4)]], ["acoustic-bass"]),
        ([[named("..."), *note(0)]], ["acoustic-grand-piano"]),
    ],
)
def test_parts_are_named_after_tracks_or_instruments(tracks: list, names: list[str]) -> None:
    assert [part.name for part in split_midi(midi_file(*tracks), apart=True).parts] == names


def test_many_parts_are_put_together_unless_they_are_to_be_stems() -> None:
    tracks = [[named(f"part {channel}"), *note(channel)] for channel in range(3, 11)]
    assert [part.name for part in split_midi(midi_file(*tracks), apart=False).parts] == ["rest", "drums"]
    assert len(split_midi(midi_file(*tracks), apart=True).parts) == 8


def messages_of(part: Part) -> list[str]:
    [track] = mido.MidiFile(file=io.BytesIO(part.midi())).tracks
    return [f"{each.type} {each.time}" for each in track]


def test_a_part_keeps_what_shapes_its_notes_and_leaves_out_the_notes_of_others() -> None:
    shaping = [
        mido.MetaMessage("set_tempo", tempo=250_000),
        mido.MetaMessage("lyrics", text="la"),
        message("control_change", channel=0, control=64, value=127),
        message("pitchwheel", channel=0, pitch=100, time=10),
    ]
    data = midi_file([*shaping, *note(0)], [*note(1)])
    first, second = split_midi(data, apart=True).parts
    shapes = ["set_tempo 0", "control_change 0", "pitchwheel 10"]
    ends = ["control_change 0", "control_change 0", "set_tempo 0", "end_of_track 7680"]  # the pedal, all notes; 8 s
    assert messages_of(first) == [*shapes, "note_on 0", "note_off 480", *ends]
    of_second = [*shapes[:2], "note_on 0", shapes[2], "note_off 470"]
    assert messages_of(second) == [*of_second, "control_change 10", *ends[1:]]


def test_the_length_of_a_file_follows_its_tempo_map() -> None:
    tempos = [
        mido.MetaMessage("set_tempo", tempo=1_000_000, time=480),
        mido.MetaMessage("set_tempo", tempo=250_000, time=480),
        mido.MetaMessage("end_of_track", time=960),
    ]
    assert split_midi(midi_file(tempos, note(0)), apart=True).seconds == 0.5 + 1.0 + 2 * 0.25


def test_notes_that_nothing_ends_do_not_ring_for_ever() -> None:
    organ = [
        message("program_change", channel=0, program=16),
        message("note_on", channel=0, note=60, velocity=100),
        mido.MetaMessage("end_of_track", time=960),
    ]
    assert render(midi_file(organ)).seconds < 4.0


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty file"),
        (b"hello", "not a MIDI file"),
        (midi_file(note(0))[:10], "damaged MIDI file"),
        (midi_file([named("empty")]), "no notes"),
        (midi_file([*note(0), message("note_off", channel=0, note=1, time=2**25)]), "minutes long; .* at most 20"),
    ],
)
def test_files_that_cannot_be_played(tmp_path: Path, data: bytes, reason: str) -> None:
    path = tmp_path / "song.mid"
    path.write_bytes(data)
    with pytest.raises(MidiError, match=rf"song\.mid: .*{reason}"):
        render_file(path)


@pytest.mark.parametrize(
    ("data", "seconds"),
    [
        (midi_file(note(0))[:30], 0.0),  # cut off within the note
        (midi_file([mido.MetaMessage("set_tempo", tempo=0), *note(0)]), 0.5),
        (midi_file(note(0))[:12] + b"\xe7\x28" + midi_file(note(0))[14:], 0.48),  # 25 frames of 40 ticks a second
        (b"RIFF\x2b\0\0\0RMIDdata\x23\0\0\0" + midi_file(note(0)), 0.5),
        (midi_file(note(0), note(0), kind=2), 1.0),  # patterns that follow one another
        (midi_file([*note(0), mido.MetaMessage("set_tempo", tempo=10**6, time=2**22)]), 0.5),  # hours behind the music
        (b"some bytes" + midi_file(note(0)) + b"others", 0.5),
        (midi_file(note(0)).replace(b"\x90\x3c\x64", b"\x90\x3c\xff"), 0.5),  # a velocity above 127
    ],
)
def test_files_that_others_refuse_are_played(data: bytes, seconds: float) -> None:
    assert split_midi(data, apart=True).seconds == seconds
    assert peak(render(data).mix) > 0.01


@pytest.mark.parametrize(
    ("switch", "channel", "is_drums"),
    [
        ([], 9, True),
        ([], 3, False),
        ([message("sysex", data=bytes.fromhex("41104212401c15010e"))], 12, True),  # GS: part 13 is a rhythm part
        ([message("sysex", data=bytes.fromhex("41104212401015001b"))], 9, False),  # GS: channel 10 is not
        ([message("control_change", channel=3, control=0, value=127)], 3, True),  # a bank of XG's
    ],
)
def test_drums_sound_on_the_drum_channel_and_nothing_else_does(switch: list, channel: int, is_drums: bool) -> None:
    [part] = split_midi(midi_file([*switch, *note(channel)]), apart=True).parts
    [track] = mido.MidiFile(file=io.BytesIO(part.midi())).tracks
    assert part.is_drums == is_drums
    assert {each.channel == 9 for each in track if each.type == "note_on"} == {is_drums}


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MidiError, match=r"none\.mid: No such file"):
        render_file(tmp_path / "none.mid")
