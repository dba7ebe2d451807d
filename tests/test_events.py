"""Bytes in, events out; what is mended is counted, and what is written is read again."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from midi_bytes import END, chunk, control, end, meta, midi_file, off, on, program, sysex

from groovevae.errors import MidiError
from groovevae.midi.events import EVENT_DTYPE, EventTrack, MidiFile, read_events, write_events

NOTE = on(0, 60) + off(480, 60)
NOTE_EVENTS = [(0, 0x90, 60, 80, -1), (480, 0x80, 60, 64, -1)]
WHOLE = midi_file(chunk(meta(3, b"One"), END), chunk(NOTE, END))


def events_of(data: bytes) -> list[list[tuple]]:
    return [track.events.tolist() for track in read_events(data).tracks]


def test_all_events_are_kept() -> None:
    events = (meta(3, b"Flute"), control(1, 7, 100), program(73), b"\x02\xe0\x00\x40", b"\x00\xd0\x05", sysex("41 10"))
    file = read_events(midi_file(chunk(*events, b"\x00\xf7\x01\xf8", NOTE, meta(127, b""), end(9))))
    assert (file.format, file.ticks_per_quarter, file.mended) == (1, 480, {})
    [track] = file.tracks
    assert track.events.tolist() == [
        (0, 0xFF, 3, 0, 0),
        (1, 0xB0, 7, 100, -1),
        (1, 0xC0, 73, 0, -1),
        (3, 0xE0, 0, 64, -1),
        (3, 0xD0, 5, 0, -1),
        (3, 0xF0, 0, 0, 1),
        (3, 0xF7, 0, 0, 2),
        (3, 0x90, 60, 80, -1),
        (483, 0x80, 60, 64, -1),
        (483, 0xFF, 127, 0, 3),
    ]
    assert track.payloads == (b"Flute", b"\x41\x10\xf7", b"\xf8", b"")
    assert track.end == 492


STRIKE, REST = b"\x00\x90\x3c\x50", b"\x10\x3c\x00"  # a note-on, and its end in running status
STRUCK = [(0, 0x90, 60, 80), (16, 0x90, 60, 0)]

# The bytes of a track, and the channel messages that they give.
RUNNING = {
    "two data bytes": (STRIKE + REST, STRUCK),
    "one data byte": (
        b"\x00\xd3\x05\x01\x06\x01\x07\x00\xb3\x07\x09",
        [(0, 0xD3, 5, 0), (1, 0xD3, 6, 0), (2, 0xD3, 7, 0), (2, 0xB3, 7, 9)],
    ),
    "after a meta event": (STRIKE + meta(1, b"a") + REST, STRUCK),
    "one byte after a meta event": (b"\x00\xc0\x05" + meta(1, b"a") + b"\x01\x06", [(0, 0xC0, 5, 0), (1, 0xC0, 6, 0)]),
    "after SysEx": (STRIKE + sysex("41") + REST, STRUCK),
}


@pytest.mark.parametrize(("events", "expected"), RUNNING.values(), ids=RUNNING)
def test_running_status(events: bytes, expected: list[tuple]) -> None:
    [found] = events_of(midi_file(chunk(events, END)))
    assert [event[:4] for event in found if event[1] < 0xF0] == expected


def test_waits_of_up_to_four_bytes() -> None:
    waits = [0, 127, 128, 0x3FFF, 0x4000, 0x1FFFFF, 0x200000, 0xFFFFFFF]
    [found] = events_of(midi_file(chunk(*(on(wait, 60) for wait in waits), END)))
    assert [event[0] for event in found] == np.cumsum(waits).tolist()


LENGTH = "tracks of another length than they say"
UNENDED = "tracks without an end"
AFTER_META = "running status after a meta event or SysEx"
CABLE, HEADER = "messages that belong on a cable, left out", "header of another length"
MENDED = {
    "controller": (midi_file(chunk(b"\x00\xb0\x07\xff", NOTE, END)), {"values above 127, lowered to 127": 1}),
    "velocity": (midi_file(chunk(b"\x00\x90\x3c\xc8", NOTE, END)), {"values above 127, lowered to 127": 1}),
    "program": (midi_file(chunk(program(200), NOTE, END)), {"values above 127, lowered to 127": 1}),
    "cable": (midi_file(chunk(b"\x00\xf8\x00\xf2\x01\x02", NOTE, END)), {CABLE: 2}),
    "no status": (midi_file(chunk(b"\x00\x3c\x50", NOTE, END)), {"events without a status, left out": 1}),
    "running status": (midi_file(chunk(NOTE, meta(1, b"a"), b"\x00\x3d\x00", END)), {AFTER_META: 1}),
    "negative wait": (midi_file(chunk(b"\x8f\xff\xff\xff\x00", NOTE[1:], END)), {"negative delta times, set to 0": 1}),
    "long wait": (midi_file(chunk(b"\x80\x80\x80\x80\x00", NOTE[1:], END)), {"delta times of more than four bytes": 1}),
    "no end": (midi_file(chunk(NOTE)), {UNENDED: 1}),
    "cut end": (midi_file(chunk(NOTE, END))[:-1], {LENGTH: 1}),
    "cut event": (midi_file(chunk(NOTE, on(0, 60), END))[:-6], {LENGTH: 1, "events cut off": 1, UNENDED: 1}),
    "cut text": (midi_file(chunk(NOTE, b"\x00\xff\x01\x09abc")), {"events cut off": 1, UNENDED: 1}),
    "cut SysEx": (midi_file(chunk(NOTE, b"\x00\xf0\x09\x41")), {"events cut off": 1, UNENDED: 1}),
    "short length": (midi_file(b"MTrk\x00\x00\x00\x05" + NOTE + END, chunk(END)), {LENGTH: 1}),
    "long length": (midi_file(b"MTrk\x00\x00\x00\x55" + NOTE + END, chunk(END)), {LENGTH: 1}),
    "fewer tracks": (midi_file(chunk(NOTE, END), num_tracks=3), {"tracks missing": 2}),
    "more tracks": (midi_file(chunk(NOTE, END), chunk(END), num_tracks=1), {"tracks more than the header says": 1}),
    "long header": (b"MThd\x00\x00\x00\x08\x00\x01\x00\x01\x01\xe0XX" + chunk(NOTE, END), {HEADER: 1}),
    "short header": (b"MThd\x00\x00\x00\x02\x00\x01\x00\x01\x01\xe0" + chunk(NOTE, END), {HEADER: 1}),
    "unknown type": (midi_file(chunk(NOTE, END), kind=7), {"unknown type of file, read as type 1": 1}),
    "before": (b"\x00" * 128 + midi_file(chunk(NOTE, END)), {"bytes before the header": 128}),
    "between": (midi_file(chunk(NOTE, END), b"\x00\x01" + chunk(END), num_tracks=2), {"bytes between tracks": 2}),
    "behind": (midi_file(chunk(NOTE, END)) + b"\x00" * 7, {"bytes behind the last track": 7}),
    "another file": (midi_file(chunk(NOTE, END)) + WHOLE, {"bytes behind the last track": len(WHOLE)}),
}  # fmt: skip


@pytest.mark.parametrize(("data", "mended"), MENDED.values(), ids=MENDED)
def test_what_can_be_mended_is_mended_and_counted(data: bytes, mended: dict[str, int]) -> None:
    file = read_events(data)
    assert file.mended == mended
    notes = [event for event in file.tracks[0].events.tolist() if event[1:3] in ((0x90, 60), (0x80, 60))]
    assert [event[:3] for event in notes[-2:]] == [event[:3] for event in NOTE_EVENTS]


def test_other_chunks_are_skipped() -> None:
    data = midi_file(chunk(b"anything", kind=b"XFIH"), chunk(NOTE, END), num_tracks=1)
    assert (events_of(data), read_events(data).mended) == ([NOTE_EVENTS], {})


def test_riff_is_unwrapped() -> None:
    """Also where a text before the notes speaks of MThd."""
    inner = midi_file(chunk(NOTE, END))
    riff = b"RIFF\x00\x00\x00\x00RMIDDISP\x06\x00\x00\x00MThdX\x00data" + len(inner).to_bytes(4, "little") + inner
    assert (events_of(riff), read_events(riff).mended) == ([NOTE_EVENTS], {})


def test_text_mode_copies_are_undone() -> None:
    whole = midi_file(chunk(on(10, 60), off(480, 60), END), chunk(on(10, 10), off(10, 10), END))
    damaged = whole.replace(b"\n", b"\r\n")
    file = read_events(damaged)
    assert file.tracks == read_events(whole).tracks
    assert file.mended == {"line ends put in by a text-mode copy, taken out": 5}


def test_patterns_follow_one_another() -> None:
    file = read_events(midi_file(chunk(NOTE, end(480)), chunk(NOTE, END), kind=2))
    assert [track.events["tick"].tolist() for track in file.tracks] == [[0, 480], [960, 1440]]
    assert (file.format, file.mended) == (1, {"independent patterns (type 2), put one after another": 2})


@pytest.mark.parametrize(
    ("division", "ticks", "tick"),
    [(0xE728, 500, 480), (0xE701, 25, 960), (0xE302, 30, 480)],  # 25 x 40, 25 x 1 and 29.97 x 2 ticks a second
)
def test_seconds_are_two_quarter_notes(division: int, ticks: int, tick: int) -> None:
    file = read_events(
        midi_file(chunk(meta(1, b"a"), meta(0x51, b"\x01\x00\x00"), meta(1, b"b"), NOTE, END), ticks=division)
    )
    assert (file.ticks_per_quarter, file.tracks[0].end) == (ticks, tick)
    assert file.tracks[0].events["data1"].tolist() == [1, 1, 60, 60]
    assert file.tracks[0].events["payload"].tolist() == [0, 1, -1, -1]
    assert file.mended == {"SMPTE time codes, read as 120 quarter notes a minute": 1}


REFUSED = {
    "empty": (b"", "empty file"),
    "text": (b"hello world", "not a MIDI file (it has no MThd header); export it as MIDI"),
    "cut header": (WHOLE[:10], "damaged MIDI file (cut off within its header)"),
    "no tracks": (midi_file(), "damaged MIDI file (no tracks)"),
    "no ticks": (midi_file(chunk(NOTE, END), ticks=0), "damaged MIDI file (0 ticks per quarter note)"),
    "no ticks a second": (midi_file(chunk(NOTE, END), ticks=0xE700), "damaged MIDI file (0 ticks per second)"),
    "gzip": (gzip.compress(WHOLE), "not a MIDI file but a gzip file"),
    "zip": (b"PK\x03\x04", "not a MIDI file but a zip file; unpack it"),
    "web page": (b"\n<!DOCTYPE html><html>", "not a MIDI file but a web page; download the MIDI file itself"),
    "MP3": (b"ID3\x03", "not a MIDI file but an MP3 file"),
    "WAV": (b"RIFF\x04\x00\x00\x00WAVE", "not a MIDI file but a WAV file"),
    "FL Studio": (b"FLhd\x06\x00", "not a MIDI file but a project of FL Studio; open it there and export MIDI"),
    "Windows Media": (b"\x30\x26\xb2\x75\x8e", "not a MIDI file but a Windows Media file"),
    "LFS": (b"version https://git-lfs.github.com/spec/v1\n", "not a MIDI file but a Git LFS pointer"),
}


@pytest.mark.parametrize(("data", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_midi_file_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(MidiError) as raised:
        read_events(data)
    assert raised.value.reason.startswith(reason)
    assert "\n" not in raised.value.reason


def test_many_bytes_of_one_number_take_no_time() -> None:
    file = read_events(midi_file(chunk(b"\x80" * 1_000_000)))
    assert file.mended["events cut off"] == 1


channel_messages = st.tuples(st.integers(0x80, 0xEF), st.integers(0, 127), st.integers(0, 127), st.none())
meta_types = st.integers(0, 127).filter(lambda kind: kind != 0x2F)
payload_messages = st.tuples(st.sampled_from([0xFF, 0xF0, 0xF7]), meta_types, st.just(0), st.binary(max_size=200))


@st.composite
def event_tracks(draw: st.DrawFn) -> EventTrack:
    tick, rows, payloads = 0, [], []
    for status, data1, data2, payload in draw(st.lists(channel_messages | payload_messages, max_size=20)):
        tick += draw(st.sampled_from([0, 1, 127, 128, 20_000, 3_000_000, 2**28 - 1]))
        if payload is None:
            rows.append((tick, status, data1, 0 if status & 0xE0 == 0xC0 else data2, -1))
        else:
            rows.append((tick, status, data1 if status == 0xFF else 0, 0, len(payloads)))
            payloads.append(payload)
    return EventTrack(np.array(rows, EVENT_DTYPE), tuple(payloads), tick + draw(st.integers(0, 10_000)))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.integers(0, 1), st.integers(1, 0x7FFF), st.lists(event_tracks(), min_size=1, max_size=4))
def test_what_is_written_is_read(kind: int, ticks: int, tracks: list[EventTrack]) -> None:
    file = MidiFile(kind if len(tracks) == 1 else 1, ticks, tuple(tracks))
    assert read_events(write_events(file)) == file


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_read_or_refused(data: bytes, is_track: bool) -> None:
    """Nothing but MidiError is raised, and what was read is written and read the same."""
    try:
        file = read_events(midi_file(chunk(data)) if is_track else b"MThd" + data)
    except MidiError:
        return
    again = read_events(write_events(file))
    assert (again.tracks, again.ticks_per_quarter) == (file.tracks, file.ticks_per_quarter)
    assert again.mended.keys() <= {"delta times of more than four bytes"}  # where a wait is longer than MIDI's longest


def test_a_wait_that_no_file_can_hold() -> None:
    track = EventTrack(np.array([(2**31, 0x90, 60, 80, -1)], EVENT_DTYPE), (), 2**31)
    with pytest.raises(MidiError, match=r"a wait of 2,147,483,648 ticks cannot be written"):
        write_events(MidiFile(1, 480, (track,)))
