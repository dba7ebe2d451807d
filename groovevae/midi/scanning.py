"""Finds the events in the bytes of a MIDI file's tracks: a short step of Python for each event, NumPy for the rest.

Where an event ends depends on its first bytes alone, except for running status with one data byte. So the sizes of the
events that could begin at each byte are looked up for the whole file at once, and then walked from event to event.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from groovevae.midi.messages import END_OF_TRACK, ESCAPE, META, SYSEX

CUT_OFF = "events cut off"
_END = bytes([END_OF_TRACK])
_BLOCK = 2**20  # bytes whose sizes are found at a time
_PAD = 16  # zero bytes behind the last: no event looks further ahead
_CABLE_DATA = {0xF1: 1, 0xF2: 2, 0xF3: 1}  # data bytes of messages that belong on a cable, not into a file

_SIZE = np.zeros(256, np.uint8)  # of an event by its status byte, without delta time; 0: not told by it alone
_SIZE[:0x80] = 2  # running status, two data bytes
_SIZE[0x80:0xF0] = 3
_SIZE[0xC0:0xE0] = 2  # program change, channel pressure


@dataclass
class Scan:
    """The events of all tracks, (E,) each, in file order."""

    tick: np.ndarray
    status: np.ndarray
    data1: np.ndarray
    data2: np.ndarray
    payloads: list[bytes]  # of meta events and SysEx, in file order
    first: list[int]  # index of the first event of each track
    end: list[int]  # tick of the end of each track


@dataclass
class _Walk:
    """What is found on the way from event to event."""

    data: bytes
    step: bytes  # size of the event that begins at each byte, with its delta time; 0: see `_odd_event`
    seen: bytearray  # 1 where an event begins
    long_waits: list[tuple[int, int, int]] = field(default_factory=list)  # event, bytes of its delta time, ticks
    payloads: list[bytes] = field(default_factory=list)
    mended: Counter[str] = field(default_factory=Counter)


def scan_chunks(data: bytes, spans: Iterable[tuple[int, int]], mended: Counter[str]) -> Scan:
    """Return the events in the spans (first byte, end) of `data`, one span for each track; count what is mended.

    Reads each span up to its end-of-track or to its last whole event.
    """
    padded = np.frombuffer(data + bytes(_PAD), np.uint8)
    wait_size, step = _event_sizes(padded)
    walk = _Walk(data, step.tobytes(), bytearray(len(data) + _PAD), mended=mended)
    first_bytes = []
    for start, end in spans:
        first_bytes.append(start)
        if not _walk_track(walk, start, end):
            mended["tracks without an end"] += 1
    position = np.flatnonzero(np.frombuffer(walk.seen, np.uint8)).astype(np.int32)  # half the memory of int64
    return _decode(padded, position, wait_size[position].astype(np.int32), first_bytes, walk)


def _event_sizes(padded: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return, for an event that begins at each byte, the size of its delta time (1 to 4), and of all of it (or 0)."""
    size = len(padded) - _PAD
    wait = np.empty(size, np.uint8)
    step = np.zeros(size, np.uint8)
    for begin in range(0, size, _BLOCK):
        end = min(begin + _BLOCK, size)
        wait[begin:end], step[begin:end] = _block_sizes(padded[begin : end + _PAD])
    return wait, step


def _block_sizes(block: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    goes_on = (block >= 0x80).view(np.uint8)
    size = len(block) - 4
    wait, still = np.ones(size, np.uint8), goes_on[:size]
    for ahead in (1, 2, 3):
        wait += still
        still = still & goes_on[ahead : size + ahead]
    status = block[np.arange(size) + wait]
    step = _SIZE[status]
    step += wait * (step > 0)
    step[still > 0] = 0  # delta times of more than four bytes
    has_one = np.flatnonzero((status[: size - 7] & 0xE0) == 0xC0)
    following = status[has_one + step[has_one]]
    step[has_one[(following < 0x80) | (following >= SYSEX)]] = 0  # running status may follow
    kept = len(block) - _PAD
    return wait[:kept], step[:kept]


def _walk_track(walk: _Walk, begin: int, end: int) -> bool:
    """Mark the events from byte `begin` on; tell whether an end-of-track was found."""
    step, seen, at = walk.step, walk.seen, begin
    has_one = False  # whether running status has one data byte here
    while at < end:
        size = step[at]
        if size and not has_one:
            seen[at] = 1
            at += size
            continue
        at, has_one, is_last = _odd_event(walk, at, end, has_one=has_one)
        if is_last:
            return True
    if at > end:
        seen[seen.rfind(1, begin, end)] = 0
        walk.mended[CUT_OFF] += 1
    return False


def _odd_event(walk: _Walk, event: int, end: int, *, has_one: bool) -> tuple[int, bool, bool]:
    """Mark an event that the table does not size; return its end, the next `has_one`, whether it ends the track."""
    data = walk.data
    wait, at = _read_quantity(data, event, end)
    walk.seen[event] = 1
    if at - event > 4:
        is_negative = wait >= 2**31
        walk.mended["negative delta times, set to 0" if is_negative else "delta times of more than four bytes"] += 1
        walk.long_waits.append((event, at - event, 0 if is_negative else wait))
    if at >= end:
        return end + 1, False, False
    status = data[at]
    if status < SYSEX:
        has_one = has_one if status < 0x80 else status & 0xE0 == 0xC0
        return at + (status >= 0x80) + (1 if has_one else 2), has_one, False
    if status not in (META, SYSEX, ESCAPE):
        return at + 1 + _CABLE_DATA.get(status, 0), has_one, False
    if status == META and data[at + 1 : at + 2] == _END:
        return at, False, True
    size, begin = _read_quantity(data, at + 1 + (status == META), end)
    if begin > end:
        return begin, has_one, False
    if begin + size > end:
        size = end - begin
        walk.mended[CUT_OFF] += 1
    walk.payloads.append(data[begin : begin + size])
    return begin + size, has_one, False


def _read_quantity(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Return a number in groups of seven bits, its lowest 32 of them, and where it ends."""
    value = 0
    while at < end:
        byte = data[at]
        at += 1
        value = (value << 7 | byte & 0x7F) & 0xFFFFFFFF
        if byte < 0x80:
            break
    return value, at


def _decode(
    padded: np.ndarray, position: np.ndarray, wait_size: np.ndarray, starts: Sequence[int], walk: _Walk
) -> Scan:
    """Return the events at the byte positions (E,), whose delta times have `wait_size` bytes; tracks begin at bytes."""
    tick = np.cumsum(_waits(padded, position, wait_size, walk.long_waits))  # from the start of the file
    at = position + wait_size
    status = padded[at]
    is_running = status < 0x80
    is_channel = status < SYSEX
    first = np.searchsorted(position, np.array(starts, int))  # (tracks,) index of the first event
    count = np.diff(first, append=len(position))
    giver = _latest(is_channel & ~is_running)
    has_status = ~is_running | (giver >= np.repeat(first, count))
    status = np.where(is_running, status[giver], status)
    at += ~is_running
    has_two = is_channel & ((status & 0xE0) != 0xC0)
    data1 = np.where(is_channel | (status == META), padded[at], 0).astype(np.uint8)
    data2 = np.where(has_two, padded[at + 1], 0).astype(np.uint8)

    begin = np.append(0, tick)[first]  # ticks before each track
    last = np.append(0, tick)[first + count]
    tick -= np.repeat(begin, count)
    is_end = (status == META) & (data1 == END_OF_TRACK)
    is_cable = (status > SYSEX) & (status < META) & (status != ESCAPE)
    over = (is_channel & has_status & (data1 > 127)) | (data2 > 127)
    _count(walk.mended, "values above 127, lowered to 127", over)
    _count(walk.mended, "events without a status, left out", ~has_status)
    after_other = is_running & has_status & np.append(False, ~is_channel)[:-1]
    _count(walk.mended, "running status after a meta event or SysEx", after_other)
    _count(walk.mended, "messages that belong on a cable, left out", is_cable)
    kept = has_status & ~is_end & ~is_cable
    data1[is_channel] = np.minimum(data1[is_channel], 127)
    before = np.append(0, np.cumsum(kept))
    tick, status, data1, data2 = (column[kept] for column in (tick, status, data1, np.minimum(data2, 127)))
    return Scan(tick, status, data1, data2, walk.payloads, before[first].tolist(), (last - begin).tolist())


def _latest(is_giver: np.ndarray) -> np.ndarray:
    """Return the index of the latest giver up to each event, (E,); -1: none."""
    return np.maximum.accumulate(np.where(is_giver, np.arange(len(is_giver), dtype=np.int32), -1))


def _waits(
    padded: np.ndarray, position: np.ndarray, size: np.ndarray, long: Iterable[tuple[int, int, int]]
) -> np.ndarray:
    """Return the delta times (E,) in ticks, and put the sizes of `long` ones right."""
    wait = (padded[position] & 0x7F).astype(np.int64)
    for ahead in (1, 2, 3):
        more = np.flatnonzero(size > ahead)
        if not len(more):
            break
        wait[more] = wait[more] << 7 | padded[position[more] + ahead] & 0x7F
    for event, long_size, ticks in long:
        index = np.searchsorted(position, event)
        if index < len(position) and position[index] == event:
            wait[index], size[index] = ticks, long_size
    return wait


def _count(mended: Counter[str], what: str, where: np.ndarray) -> None:
    if number := int(np.count_nonzero(where)):
        mended[what] += number
