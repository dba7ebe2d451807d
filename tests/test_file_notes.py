"""Events in, notes out: which end is whose, what the pedal holds, what is a drum, and which channels are one part."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from midi_bytes import END, chunk, control, end, meta, midi_file, off, on, program, sysex

from groovevae.midi.reading import midi_to_score
from groovevae.midi.score import Score, Track

Q = 480  # ticks of a quarter note


def rows(score: Score) -> list[tuple]:
    """Onset, duration and pitch of each note."""
    return [(row["onset"], row["duration"], row["pitch"]) for row in score.notes]


def read(*events: bytes, kind: int = 1) -> Score:
    return midi_to_score(midi_file(chunk(*events), kind=kind))


def parts(score: Score) -> list[tuple]:
    """Program, drums, channels and number of notes of each part."""
    counts = np.bincount(score.notes["track"])
    return [(t.program, t.is_drum, t.channels, int(n)) for t, n in zip(score.tracks, counts, strict=True)]


# Events on one pitch, and the onsets and durations that they give.
PAIRS = {
    "plain": ((on(0, 60), off(Q, 60), on(0, 60), off(Q, 60), END), [(0, 1), (1, 1)]),
    "velocity 0 is an end": ((on(0, 60), on(Q, 60, 0), END), [(0, 1)]),
    "first in, first out": ((on(0, 60), on(Q, 60), off(Q, 60), off(Q, 60), END), [(0, 2), (1, 2)]),
    "stray ends": ((off(0, 60), on(Q, 60), off(Q, 60), off(0, 60), on(0, 60), off(Q, 60), END), [(1, 1), (2, 1)]),
    "no length": ((on(0, 60), off(0, 60), on(Q, 60), off(Q, 60), END), [(0, 1 / Q), (1, 1)]),
    "ended by the next": ((on(0, 60), on(Q, 60), off(2 * Q, 60), END), [(0, 1), (1, 2)]),
    "one end lost": ((on(0, 60), on(Q, 60), off(Q, 60), on(0, 60), off(Q, 60), END), [(0, 1), (1, 1), (2, 1)]),
    "ended by the track": ((on(0, 60), off(Q, 60), on(0, 60), end(3 * Q)), [(0, 1), (1, 3)]),
    "last of all": ((on(0, 60), off(Q, 60), on(0, 60), END), [(0, 1), (1, 1)]),
    "twice at once": ((on(0, 60), on(0, 60), off(Q, 60), end(Q)), [(0, 1), (0, 1)]),
}


@pytest.mark.parametrize(("events", "expected"), PAIRS.values(), ids=PAIRS)
def test_ends(events: Iterable[bytes], expected: list[tuple]) -> None:
    assert rows(read(*events)) == [(onset, duration, 60) for onset, duration in expected]


def test_channels_and_tracks_end_their_own_notes() -> None:
    one, other = (on(0, 60), on(0, 60, channel=1), off(Q, 60, channel=1), off(Q, 60), END), (on(0, 60), off(9, 60), END)
    score = midi_to_score(midi_file(chunk(*one, kind=b"MTrk"), chunk(*other)))
    assert sorted(rows(score)) == [(0, 9 / Q, 60), (0, 1, 60), (0, 2, 60)]


def test_notes_without_an_end_are_counted_but_not_hits() -> None:
    score = read(on(0, 60), on(0, 36, channel=9), on(Q // 8, 36, channel=9), on(2 * Q, 36, channel=9), end(4 * Q))
    assert sorted(rows(score)) == [(0, 0.125, 36), (0, 6.125, 60), (0.125, 0.25, 36), (2.125, 0.25, 36)]
    assert score.mended == {"notes without an end, ended by the next or by the end of the track": 1}


def test_origin_leads_to_the_events() -> None:
    first = (meta(3, b"A"), on(0, 60), on(Q, 64), off(0, 60), on(Q, 67), END)
    score = midi_to_score(midi_file(chunk(*first), chunk(on(0, 50), off(2 * Q, 50), END)))
    assert score.origin is not None
    found = list(zip(score.notes["pitch"].tolist(), score.origin.tolist(), strict=True))
    assert found == [(60, (1, 3, 0)), (50, (0, 1, 1)), (64, (2, -1, 0)), (67, (4, -1, 0))]


def down(wait: int, value: int = 127) -> bytes:
    return control(wait, 64, value)


# Events on channel 1, and the sounding durations of the notes.
PEDAL = {
    "held until it goes up": ((down(0), on(0, 60), off(Q, 60), down(Q, 0), END), [2]),
    "half a pedal holds": ((down(0, 64), on(0, 60), off(Q, 60), down(Q, 63), END), [2]),
    "less than half does not": ((down(0, 63), on(0, 60), off(Q, 60), down(Q, 0), END), [1]),
    "pressed while the key is down": ((on(0, 60), down(0), off(Q, 60), down(Q, 0), END), [2]),
    "pressed after the key": ((on(0, 60), off(Q, 60), down(0), down(Q, 0), END), [1]),
    "released before the key": ((down(0), on(0, 60), down(9, 0), off(Q - 9, 60), END), [1]),
    "struck again": ((down(0), on(0, 60), off(Q, 60), on(Q, 60), off(Q, 60), down(Q, 0), END), [2, 2]),
    "pressed further": ((down(0), on(0, 60), off(Q, 60), down(Q, 80), down(Q, 0), END), [3]),
    "never released": ((down(0), on(0, 60), off(Q, 60), on(Q, 64), off(Q, 64), end(9 * Q)), [3, 1]),
    "another channel's": ((control(0, 64, 127, channel=1), on(0, 60), off(Q, 60), END), [1]),
}


@pytest.mark.parametrize(("events", "expected"), PEDAL.values(), ids=PEDAL)
def test_the_pedal_holds_notes(events: Iterable[bytes], expected: list[float]) -> None:
    assert read(*events).notes["duration"].tolist() == expected


def test_written_lengths_are_kept_beside_the_sounding_ones() -> None:
    score = read(down(0), on(0, 60), off(Q, 60), down(Q, 0), END)
    assert score.written is not None
    assert (score.notes["duration"].tolist(), score.written.tolist()) == ([2], [1])
    assert score.as_written().notes["duration"].tolist() == [1]
    assert read(on(0, 60), off(Q, 60), END).written is None


def test_the_pedal_holds_no_drums() -> None:
    score = read(control(0, 64, 127, channel=9), on(0, 36, channel=9), off(Q, 36, channel=9), end(Q))
    assert score.notes["duration"].tolist() == [1]


GS_PART_1_DRUMS, GS_PART_10_MELODY = "41 10 42 12 40 11 15 01 19", "41 10 42 12 40 10 15 00 1B"
GM_ON, GS_RESET = "7E 7F 09 01", "41 10 42 12 40 00 7F 00 41"

# Events before a note on channel 1 or 10, and whether it is a hit.
DRUMS = {
    "channel 1": (b"", 0, False),
    "channel 10": (b"", 9, True),
    "GS rhythm part": (sysex(GS_PART_1_DRUMS), 0, True),
    "GS rhythm part of another channel": (sysex("41 10 42 12 40 12 15 01 18"), 0, False),
    "GS melody on channel 10": (sysex(GS_PART_10_MELODY), 9, False),
    "GS reset after it": (sysex(GS_PART_1_DRUMS) + sysex(GS_RESET), 0, False),
    "GM on before it": (sysex(GM_ON) + sysex(GS_PART_1_DRUMS), 0, True),
    "XG part mode": (sysex("43 10 4C 08 00 07 01"), 0, True),
    "XG drum bank": (control(0, 0, 127) + program(0), 0, True),
    "XG sound effect kit": (control(0, 0, 126) + program(0), 0, True),
    "bank 127 of a GS device": (sysex(GS_RESET) + control(0, 0, 127) + program(0), 0, False),
    "GM2 drum bank": (control(0, 0, 120) + program(0), 0, True),
    "GM2 melody bank on channel 10": (control(0, 0, 121, channel=9), 9, False),
    "another channel's bank": (control(0, 0, 127, channel=1), 0, False),
}


@pytest.mark.parametrize(("events", "channel", "is_drum"), DRUMS.values(), ids=DRUMS)
def test_drums_by_channel_sysex_and_bank(events: bytes, channel: int, is_drum: bool) -> None:
    score = midi_to_score(midi_file(chunk(events, on(0, 38, channel=channel), off(Q, 38, channel=channel), END)))
    assert [track.is_drum for track in score.tracks] == [is_drum]


def test_sysex_in_another_track_switches_a_channel() -> None:
    score = midi_to_score(midi_file(chunk(sysex(GS_PART_1_DRUMS), END), chunk(on(0, 38), off(Q, 38), END)))
    assert score.tracks[0].is_drum


def line_of(*channels: int, chord: int = 1) -> bytes:
    """Quarter notes, one after another (or as many at once as `chord`), on the channels in turn."""
    events = b""
    for place, channel in enumerate(channels):
        pitches = [50 + place % 12 + 4 * number for number in range(chord)]
        events += b"".join(on(0, pitch, channel=channel) for pitch in pitches)
        events += b"".join(off(Q if not at else 0, pitch, channel=channel) for at, pitch in enumerate(pitches))
    return events


OTHER = chunk(on(0, 40, channel=15), off(Q, 40, channel=15), END)  # a track beside
MPE_ZONE = control(0, 101, 0) + control(0, 100, 6) + control(0, 6, 15)
ALONE = (0, False, (15,), 1)

PARTS = {
    "programs": (
        midi_file(chunk(program(5), line_of(0), program(7), line_of(0, 0), END)),
        [(5, False, (0,), 1), (7, False, (0,), 2)],
    ),
    "hands of a pianist": (midi_file(chunk(line_of(0, 1, 0, chord=2), END), OTHER), [(0, False, (0, 1), 6), ALONE]),
    "strings of a guitar": (
        midi_file(chunk(*(program(25, c) for c in (2, 3, 4)), line_of(4, 4, 3, 3, 2), END), OTHER),
        [(25, False, (2, 3, 4), 5), ALONE],
    ),
    "programs on channels": (
        midi_file(chunk(program(3, 1), line_of(0, 1), END), OTHER),
        [(0, False, (0,), 1), (3, False, (1,), 1), ALONE],
    ),
    "drums beside": (
        midi_file(chunk(line_of(0, 9, 1, chord=2), END), OTHER),
        [(0, False, (0, 1), 4), (0, True, (9,), 2), ALONE],
    ),
    "a channel for each note": (
        midi_file(chunk(line_of(*range(1, 16)), END)),
        [(0, False, tuple(range(1, 16)), 15)],
    ),
    "an MPE zone": (
        midi_file(chunk(MPE_ZONE, line_of(1, 1, 2, 2, 9, chord=2), END)),
        [(0, False, (1, 2, 9), 10)],
    ),
    "a small MPE zone": (
        midi_file(chunk(control(0, 101, 0), control(0, 100, 6), control(0, 6, 2), line_of(1, 2, 9, 11, chord=2), END)),
        [(0, False, (1, 2), 4), (0, True, (9,), 2), (0, False, (11,), 2)],
    ),
    "an upper MPE zone": (
        midi_file(chunk(MPE_ZONE.replace(b"\xb0", b"\xbf"), line_of(14, 13, chord=2), END)),
        [(0, False, (13, 14), 4)],
    ),
    "a band in one track": (
        midi_file(chunk(line_of(0, 1, 0, 9, chord=2), END), kind=0),
        [(0, False, (0,), 4), (0, False, (1,), 2), (0, True, (9,), 2)],
    ),
    "a quartet in one track": (
        midi_file(chunk(line_of(*range(4), *range(4)), END), kind=0),
        [(0, False, (channel,), 2) for channel in range(4)],
    ),
    "a choir in one track": (
        midi_file(chunk(*(on(9, 9 * c, channel=c) + off(Q, 9 * c, channel=c) for c in [4, 5, 6, 7] * 3), END)),
        [(0, False, (channel,), 3) for channel in range(4, 8)],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("data", "expected"), PARTS.values(), ids=PARTS)
def test_parts(data: bytes, expected: list[tuple]) -> None:
    assert parts(midi_to_score(data)) == expected


def test_programs_of_late_tracks_in_large_files() -> None:
    """Where 16 times the number of tracks, times the number of events, needs more than 32 bits."""
    first, last = chunk(program(3), line_of(0), END), chunk(program(5), control(1, 7, 64) * 40_000, line_of(0), END)
    data = midi_file(first, *[chunk(END)] * 4_000, last)
    assert parts(midi_to_score(data)) == [(3, False, (0,), 1), (5, False, (0,), 1)]


def test_parts_know_their_place_in_the_file() -> None:
    data = midi_file(chunk(END), chunk(meta(3, b"Old"), meta(3, b" Keys "), line_of(2), END), OTHER)
    assert midi_to_score(data).tracks == (Track("Keys", 0, is_drum=False), Track("", 0, is_drum=False))
    assert [(track.number, track.chunk) for track in midi_to_score(data).tracks] == [(1, 1), (2, 2)]


def test_the_end_of_the_clip() -> None:
    score = read(on(0, 60), off(Q, 60), end(7 * Q))
    assert (score.clip_end, score.length, score.end) == (8.0, 0.0, 1.0)


@pytest.mark.parametrize(
    ("event", "what"),
    [
        (meta(0x51, bytes(3)), "tempos that mean nothing, ignored"),
        (meta(0x51, b"\0\0\1"), "tempos that mean nothing, ignored"),
        (meta(0x51, b"\xff\xff\xff"), "tempos that mean nothing, ignored"),
        (meta(0x58, bytes([0, 2, 24, 8])), "metres that mean nothing, ignored"),
        (meta(0x58, bytes([4, 33, 24, 8])), "metres that mean nothing, ignored"),
    ],
)
def test_what_means_nothing_is_ignored_and_counted(event: bytes, what: str) -> None:
    score = read(event, on(0, 60), off(Q, 60), END)
    assert (score.tempos.tolist(), score.metres.tolist()) == ([[0.0, 120.0]], [[0.0, 4.0, 4.0]])
    assert (score.mended, score.has_metre) == ({what: 1}, False)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from([60, 61]), st.booleans()), max_size=30), st.integers(0, 3))
def test_pairs_are_those_of_a_queue(events: list[tuple[int, int, bool]], rest: int) -> None:
    """Of each pitch, as a loop over the events tells: where all notes end, an end is that of the first that sounds."""
    tick, sounding, expected = 0, {60: [], 61: []}, []
    for wait, pitch, begins in events:
        tick += wait
        if begins:
            sounding[pitch].append(tick)
        elif sounding[pitch]:
            expected.append((sounding[pitch].pop(0), tick, pitch))
    closing = [off(rest, pitch) for pitch, begun in sounding.items() for _ in begun]
    for pitch, begun in sounding.items():
        for start in begun:
            tick += rest
            expected.append((start, tick, pitch))
    if not expected:
        return
    data = b"".join(on(wait, pitch) if begins else off(wait, pitch) for wait, pitch, begins in events)
    found = [
        (round(onset * Q), round((onset + duration) * Q), pitch)
        for onset, duration, pitch in rows(read(data, *closing, END))
    ]
    assert sorted(found) == sorted((start, max(stop, start + 1), pitch) for start, stop, pitch in expected)
