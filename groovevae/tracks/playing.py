"""Makes a track ready for new notes: its program, and no bend, pressure or pedal that belonged to the old ones."""

from __future__ import annotations

import numpy as np

from groovevae.midi.events import EVENT_DTYPE, EventTrack
from groovevae.midi.messages import BEND, CONTROLLER, KEY_PRESSURE, PRESSURE, PROGRAM, kind_of
from groovevae.tracks.seats import Seat

MODULATION, PEDALS = 1, range(64, 70)
BANKS = (0, 32)
_CENTRE = (0, 64)  # the two bytes of a pitch bend that bends nothing


def settled(track: EventTrack, seat: Seat, spans: list[tuple[int, int]], own: np.ndarray) -> EventTrack:
    """Return a track for the new notes of a seat; `spans` are the ticks in which they play, `own` the notes that stay.

    Where notes that stay sound among the new ones on one channel, what belongs to them stays as well.
    """
    events = track.events
    if seat.program is not None:
        events = _with_program(events, seat)
    on = own["on"][own["channel"] == seat.channel]
    if not any(((on >= begin) & (on < end)).any() for begin, end in spans):
        for begin, end in spans:
            events = _at_rest(events, seat.channel, begin, end)
    return EventTrack(events, track.payloads, track.end)


def _with_program(events: np.ndarray, seat: Seat) -> np.ndarray:
    kind, channel = kind_of(events), events["status"] & 15
    is_bank = (kind == CONTROLLER) & np.isin(events["data1"], BANKS)
    is_old = (channel == seat.channel) & ((kind == PROGRAM) | is_bank)
    program = _message(0, PROGRAM | seat.channel, seat.program or 0, 0)
    events = np.concatenate([program, events[~is_old]])
    return events[np.argsort(events["tick"], kind="stable")]


def _at_rest(events: np.ndarray, channel: int, begin: int, end: int) -> np.ndarray:
    """Return events in which bends, pressure, modulation and pedals of a channel rest from one tick to another."""
    kind, tick = kind_of(events), events["tick"]
    is_pedal = (kind == CONTROLLER) & np.isin(events["data1"], (MODULATION, *PEDALS))
    moves = ((events["status"] & 15) == channel) & (is_pedal | np.isin(kind, (BEND, PRESSURE, KEY_PRESSURE)))
    before, inside = moves & (tick < begin), moves & (tick >= begin) & (tick < end)
    resets = [_message(begin, *rest) for state, rest in _last(events[before]).items() if state != rest]
    resets += [_message(end, *state) for state, rest in _last(events[before | inside]).items() if state != rest]
    is_over = not (tick >= end).any()  # nothing follows that the last values would matter for
    out = np.concatenate([events[~inside], *(part for part in resets if not (is_over and part["tick"][0] >= end))])
    return out[np.argsort(out["tick"], kind="stable")]


def _last(events: np.ndarray) -> dict[tuple[int, int, int], tuple[int, int, int]]:
    """Return the last message of each state in order of time, with the message that brings it to rest."""
    last: dict[tuple[int, int], tuple[int, int, int]] = {}
    for event in events:
        status, data = int(event["status"]), (int(event["data1"]), int(event["data2"]))
        which = data[0] if status & 0xF0 in (CONTROLLER, KEY_PRESSURE) else 0
        last[status, which] = (status, *data)
    return {message: _rest(message) for message in last.values()}


def _rest(message: tuple[int, int, int]) -> tuple[int, int, int]:
    status, first, _ = message
    if status & 0xF0 == BEND:
        return status, *_CENTRE
    return (status, 0, 0) if status & 0xF0 == PRESSURE else (status, first, 0)


def _message(tick: int, status: int, data1: int, data2: int) -> np.ndarray:
    return np.array([(tick, status, data1, data2, -1)], EVENT_DTYPE)
