"""Carries the events of a file's tracks, all but notes, to where the stretches of a piece lie. Times are ticks.

Where a stretch begins within the file, its controllers, programs and pitch bends are set as they stood there.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from groovevae.midi.events import EventTrack
from groovevae.midi.messages import BEND, CONTROLLER, NOTE_OFF, NOTE_ON, PRESSURE, PROGRAM, is_meta, kind_of

NAMES = range(1, 8)  # meta types of texts: names, lyrics, markers
_STATES = (CONTROLLER, PROGRAM, PRESSURE, BEND)


class Stretch(NamedTuple):
    """Ticks from `begin` to `end` of a file (None: all that follow), written from `at` on."""

    begin: int
    end: int | None
    at: int


def without_notes(events: np.ndarray) -> np.ndarray:
    """Return the events that are neither the beginning nor the end of a note."""
    return events[~np.isin(kind_of(events), (NOTE_OFF, NOTE_ON))]


def carried_over(track: EventTrack, stretches: list[Stretch]) -> np.ndarray:
    """Return the events of a track, without notes, as they come in the stretches, (E,) EVENT_DTYPE."""
    events = without_notes(track.events)
    parts = [_of_stretch(events, stretch, is_first=number == 0) for number, stretch in enumerate(stretches)]
    return np.concatenate([events[:0], *parts])


def _of_stretch(events: np.ndarray, stretch: Stretch, *, is_first: bool) -> np.ndarray:
    tick = events["tick"]
    inside = (tick >= stretch.begin) & (stretch.end is None or tick < stretch.end)
    own = events[inside].copy()
    own["tick"] += stretch.at - stretch.begin
    if stretch.begin <= 0:
        return own
    before = events[tick < stretch.begin]
    states = before[_last_states(before)]
    if is_first:  # a track keeps its name
        is_name = is_meta(before, *NAMES) & (before["tick"] == 0)
        states = np.concatenate([before[is_name], states])
    states["tick"] = stretch.at
    return np.concatenate([states, own])


def _last_states(events: np.ndarray) -> np.ndarray:
    """Return the indices of the last event of each controller, program, pressure and bend of each channel, in order."""
    kind = kind_of(events)
    index = np.flatnonzero(np.isin(kind, _STATES))
    which = np.where(kind[index] == CONTROLLER, events["data1"][index], 0)
    key = events["status"][index].astype(int) * 128 + which
    last = len(index) - 1 - np.unique(key[::-1], return_index=True)[1]
    return index[np.sort(last)]
