"""Reads the bytes of MIDI files into events and writes them back. It keeps all events, and knows no notes.

Ticks are absolute within their track. What a file does against the standard is mended and counted, in the user's words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from groovevae.errors import MidiError
from groovevae.midi.chunks import Layout, find_chunks
from groovevae.midi.messages import END_OF_TRACK, META, SYSEX, TEMPO, is_meta
from groovevae.midi.scanning import Scan, scan_chunks

EVENT_DTYPE = np.dtype(
    [
        ("tick", "i8"),  # from the start of the track
        ("status", "u1"),  # of a channel message; 0xFF: meta; 0xF0, 0xF7: SysEx
        ("data1", "u1"),  # first data byte of a channel message, or the type of a meta event
        ("data2", "u1"),  # second data byte, 0 where there is none
        ("payload", "i4"),  # index into EventTrack.payloads; -1 for channel messages
    ]
)
_LONGEST_WAIT = 2**31  # ticks; more do not fit into a delta time that other programs read


@dataclass(frozen=True, eq=False)
class EventTrack:
    """One track (chunk) of a MIDI file."""

    events: np.ndarray  # (E,) EVENT_DTYPE, in file order, without end-of-track
    payloads: tuple[bytes, ...]
    end: int  # tick of its end-of-track, or of its last event

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, EventTrack)
            and (self.end, self.payloads) == (other.end, other.payloads)
            and np.array_equal(self.events, other.events)
        )


@dataclass(frozen=True)
class MidiFile:
    """All events of a MIDI file, and how often what was mended in it."""

    format: int  # 0: one track, 1: tracks that sound together
    ticks_per_quarter: int
    tracks: tuple[EventTrack, ...]
    mended: dict[str, int] = field(default_factory=dict)  # "values above 127, lowered to 127" -> 3


def read_events(data: bytes) -> MidiFile:
    """Return all events in the bytes of a MIDI file (.mid, .kar, .rmi), mending what can be mended.

    Patterns of a type 2 file follow one another. A file timed in seconds (SMPTE) is retimed to 120 quarter notes a
    minute. Raises MidiError where the bytes are no MIDI file, or hold no tracks.
    """
    layout = find_chunks(data)
    if not layout.spans:
        raise MidiError("damaged MIDI file (no tracks)")
    mended = Counter(layout.mended)
    tracks = _tracks(scan_chunks(layout.data, layout.spans, mended))
    if layout.format == 2 and len(tracks) > 1:
        mended["independent patterns (type 2), put one after another"] += len(tracks)
        tracks = _one_after_another(tracks)
    ticks_per_quarter = layout.ticks_per_quarter
    if not ticks_per_quarter:
        ticks_per_quarter, tracks = _retimed(tracks, layout)
        mended["SMPTE time codes, read as 120 quarter notes a minute"] += 1
    return MidiFile(0 if layout.format == 0 and len(tracks) == 1 else 1, ticks_per_quarter, tuple(tracks), dict(mended))


def _tracks(scan: Scan) -> list[EventTrack]:
    """Divide the events of a file among its tracks."""
    events = np.empty(len(scan.tick), EVENT_DTYPE)
    for name in ("tick", "status", "data1", "data2"):
        events[name] = getattr(scan, name)
    has_payload = scan.status >= SYSEX
    number = np.cumsum(has_payload) - 1
    first = 0
    tracks = []
    for start, stop, end in zip(scan.first, [*scan.first[1:], len(events)], scan.end, strict=True):
        part = events[start:stop]
        part["payload"] = np.where(has_payload[start:stop], number[start:stop] - first, -1)
        count = int(has_payload[start:stop].sum())
        tracks.append(EventTrack(part, tuple(scan.payloads[first : first + count]), end))
        first += count
    return tracks


def _moved(track: EventTrack, *, factor: int = 1, ticks: int = 0) -> EventTrack:
    events = track.events.copy()
    events["tick"] = events["tick"] * factor + ticks
    return EventTrack(events, track.payloads, track.end * factor + ticks)


def _one_after_another(tracks: list[EventTrack]) -> list[EventTrack]:
    ends = np.cumsum([0] + [track.end for track in tracks]).tolist()
    return [_moved(track, ticks=begin) for track, begin in zip(tracks, ends, strict=False)]


def _retimed(tracks: list[EventTrack], layout: Layout) -> tuple[int, list[EventTrack]]:
    """Return ticks per quarter note at 120 quarter notes a minute, and the tracks without the tempos that mean nothing.

    Twice as many ticks where a second has an odd number of them: a quarter note is half a second.
    """
    factor = 1 + layout.ticks_per_second % 2
    return layout.ticks_per_second * factor // 2, [_moved(_without_tempo(track), factor=factor) for track in tracks]


def _without_tempo(track: EventTrack) -> EventTrack:
    events = track.events[~is_meta(track.events, TEMPO)].copy()
    kept = events["payload"] >= 0
    payloads = tuple(track.payloads[index] for index in events["payload"][kept].tolist())
    events["payload"][kept] = np.arange(len(payloads))
    return EventTrack(events, payloads, track.end)


def write_events(file: MidiFile) -> bytes:
    """Return the bytes of a MIDI file of these events, without running status: the inverse of `read_events`.

    It is of type 1, or 0 where `file.format` says so and there is one track. Raises MidiError for a wait that no MIDI
    file can hold.
    """
    kind = 0 if file.format == 0 and len(file.tracks) == 1 else 1
    words = (kind, len(file.tracks), file.ticks_per_quarter)
    out = [b"MThd", (6).to_bytes(4, "big"), *(word.to_bytes(2, "big") for word in words)]
    for track in file.tracks:
        body = b"".join(_event_bytes(track))
        out += [b"MTrk", len(body).to_bytes(4, "big"), body]
    return b"".join(out)


def _event_bytes(track: EventTrack) -> Iterator[bytes]:
    now = 0
    for tick, status, data1, data2, payload in track.events.tolist():
        yield _quantity(tick - now)
        now = tick
        if status >= SYSEX:
            held = track.payloads[payload]
            yield bytes([status, data1] if status == META else [status]) + _quantity(len(held)) + held
        elif status & 0xE0 == 0xC0:  # program change and channel pressure have one data byte
            yield bytes([status, data1])
        else:
            yield bytes([status, data1, data2])
    yield _quantity(track.end - now) + bytes([META, END_OF_TRACK, 0])


def _quantity(value: int) -> bytes:
    """Spell a number in groups of seven bits, as MIDI files do."""
    if not 0 <= value < _LONGEST_WAIT:
        raise MidiError(f"a wait of {value:,} ticks cannot be written; keep events in order and nearer together")
    out = [value & 0x7F]
    while value := value >> 7:
        out.append(0x80 | value & 0x7F)
    return bytes(reversed(out))
