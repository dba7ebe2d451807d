"""Finds the tracks in the bytes of a MIDI file: its header, its chunks, and what wraps them. It reads no events.

Lengths that do not fit, bytes before, between and behind, and damage by text-mode copies are mended and counted.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from groovevae.errors import MidiError
from groovevae.midi.strangers import name_stranger

_HEADER, _TRACK = b"MThd", b"MTrk"
_HEADER_BYTES = 14
_END_OF_TRACK = b"\xff\x2f\x00"
_CHUNK_TYPE = re.compile(rb"[A-Za-z0-9 ]{4}")
WRONG_LENGTHS = "tracks of another length than they say"


@dataclass
class Layout:
    """Where the tracks of a file lie."""

    data: bytes
    format: int
    num_tracks: int  # that the header speaks of
    ticks_per_quarter: int  # 0: the file is timed in seconds
    ticks_per_second: int = 0
    spans: list[tuple[int, int]] = field(default_factory=list)  # first byte and end of each track's events
    mended: Counter[str] = field(default_factory=Counter)


def find_chunks(data: bytes) -> Layout:
    """Return the layout of a MIDI file. Raises MidiError where it is none, or is cut off within its header."""
    layout = _layout(data)
    if layout.mended[WRONG_LENGTHS] and data.count(b"\n") == data.count(b"\r\n") > 0:
        undone = _layout(data.replace(b"\r\n", b"\n"))
        if not undone.mended[WRONG_LENGTHS]:
            undone.mended["line ends put in by a text-mode copy, taken out"] += data.count(b"\r\n")
            return undone
    return layout


def _layout(data: bytes) -> Layout:
    begin = _header_place(data)
    if len(data) < begin + _HEADER_BYTES:
        raise MidiError("damaged MIDI file (cut off within its header)")
    layout, first = _read_header(data, begin)
    if begin and not data.startswith(b"RIFF"):
        layout.mended["bytes before the header"] += begin
    end = _find_tracks(layout, first)
    if len(layout.spans) > 0xFFFF:
        raise MidiError(f"damaged MIDI file ({len(layout.spans):,} tracks)")
    if len(layout.spans) != layout.num_tracks:
        missing = layout.num_tracks - len(layout.spans)
        layout.mended["tracks missing" if missing > 0 else "tracks more than the header says"] += abs(missing)
    if end < len(data) and not data.startswith(b"RIFF"):
        layout.mended["bytes behind the last track"] += len(data) - end
    return layout


def _header_place(data: bytes) -> int:
    """Return where the header begins, after whatever lies before it. Raises MidiError where there is none."""
    if not data:
        raise MidiError("empty file")
    if data.startswith(_HEADER):
        return 0
    if stranger := name_stranger(data):
        raise MidiError(stranger)
    place = data.find(_HEADER + b"\x00\x00\x00")  # the high bytes of its length: the letters may stand in a text
    if place < 0:
        raise MidiError("not a MIDI file (it has no MThd header); export it as MIDI")
    return place


def _read_header(data: bytes, begin: int) -> tuple[Layout, int]:
    """Return what the header says, and where the first chunk begins."""
    size, kind, num_tracks = (int.from_bytes(data[begin + a : begin + b]) for a, b in ((4, 8), (8, 10), (10, 12)))
    layout = Layout(data, kind, num_tracks, *_division(data[begin + 12], data[begin + 13]))
    first = begin + 8 + size
    if size != 6:
        layout.mended["header of another length"] += 1
        if size < 6 or not _is_chunk(data, first):
            place = data.find(_TRACK, begin + 8)
            first = place if place >= 0 else len(data)
    if kind > 2:
        layout.mended["unknown type of file, read as type 1"] += 1
    return layout, first


def _division(high: int, low: int) -> tuple[int, int]:
    """Return ticks per quarter note and per second; one of them is 0."""
    if high < 0x80:
        if not high and not low:
            raise MidiError("damaged MIDI file (0 ticks per quarter note)")
        return high << 8 | low, 0
    frames = 256 - high
    seconds = round((30 / 1.001 if frames == 29 else frames) * low)
    if not seconds:
        raise MidiError("damaged MIDI file (0 ticks per second)")
    return 0, seconds


def _find_tracks(layout: Layout, at: int) -> int:
    """Add the spans of the tracks from byte `at` on; return where what was understood ends."""
    data, mended = layout.data, layout.mended
    understood = at
    while at + 8 <= len(data):
        kind = data[at : at + 4]
        if kind == _HEADER:
            break  # another file behind this one
        end = at + 8 + int.from_bytes(data[at + 4 : at + 8])
        if kind != _TRACK:
            if not _is_chunk(data, at):
                following = data.find(_TRACK, at)
                if following < 0:
                    break
                mended["bytes between tracks"] += following - at
                end = following
            at = understood = end
            continue
        if not _ends_track(data, at + 8, end):
            following = data.find(_TRACK, at + 8)
            end = following if following >= 0 else len(data)
            mended[WRONG_LENGTHS] += 1
        layout.spans.append((at + 8, end))
        at = understood = end
    return understood


def _ends_track(data: bytes, begin: int, end: int) -> bool:
    """Tell whether a track that ends at byte `end` fits what lies there."""
    if end >= len(data):
        return end == len(data)
    return data[max(begin, end - 3) : end] == _END_OF_TRACK or _is_chunk(data, end)


def _is_chunk(data: bytes, at: int) -> bool:
    """Tell whether a chunk of any kind seems to begin at a byte: a type of four letters, and a length that fits."""
    if at == len(data) or data[at : at + 4] == _TRACK:
        return True
    size = int.from_bytes(data[at + 4 : at + 8])
    return at + 8 <= len(data) and bool(_CHUNK_TYPE.match(data, at)) and at + 8 + size <= len(data)
