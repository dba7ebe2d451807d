"""MIDI files, byte by byte, for tests of what is read."""

from __future__ import annotations

import struct

TICKS = 480
END = b"\x00\xff\x2f\x00"


def chunk(*events: bytes, kind: bytes = b"MTrk") -> bytes:
    """A track of events that bring their delta times along, and their end."""
    body = b"".join(events)
    return kind + struct.pack(">I", len(body)) + body


def midi_file(*chunks: bytes, kind: int = 1, ticks: int = TICKS, num_tracks: int | None = None) -> bytes:
    count = len(chunks) if num_tracks is None else num_tracks
    return b"MThd" + struct.pack(">IHHH", 6, kind, count, ticks) + b"".join(chunks)


def quantity(value: int) -> bytes:
    out = [value & 0x7F]
    while value := value >> 7:
        out.append(0x80 | value & 0x7F)
    return bytes(reversed(out))


def on(wait: int, pitch: int, velocity: int = 80, channel: int = 0) -> bytes:
    return quantity(wait) + bytes([0x90 | channel, pitch, velocity])


def off(wait: int, pitch: int, channel: int = 0) -> bytes:
    return quantity(wait) + bytes([0x80 | channel, pitch, 64])


def control(wait: int, controller: int, value: int, channel: int = 0) -> bytes:
    return quantity(wait) + bytes([0xB0 | channel, controller, value])


def program(number: int, channel: int = 0) -> bytes:
    return bytes([0, 0xC0 | channel, number])


def meta(kind: int, data: bytes, wait: int = 0) -> bytes:
    return quantity(wait) + bytes([0xFF, kind]) + quantity(len(data)) + data


def sysex(text: str) -> bytes:
    """A SysEx message given in hexadecimal, without its first byte and its last, F7."""
    data = bytes.fromhex(text) + b"\xf7"
    return b"\x00\xf0" + quantity(len(data)) + data


def end(wait: int = 0) -> bytes:
    return quantity(wait) + b"\xff\x2f\x00"
