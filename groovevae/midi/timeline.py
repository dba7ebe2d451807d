"""The events of all tracks of a file, one track after another, and what holds on a channel at each of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groovevae.midi.events import MidiFile


@dataclass(frozen=True)
class Timeline:
    """Columns of all events of a file, (E,) each. A place is a channel of a track: 16 * track + channel."""

    tick: np.ndarray
    status: np.ndarray
    data1: np.ndarray
    data2: np.ndarray
    chunk: np.ndarray  # index into MidiFile.tracks
    place: np.ndarray
    first: np.ndarray  # (tracks,) index of the first event of each track

    def latest(self, giver: np.ndarray, at: np.ndarray) -> np.ndarray:
        """Return, for each event of `at` (N,), the latest event of `giver` before it on its place; -1: none.

        `giver` is in file order.
        """
        if not len(giver):
            return np.full(len(at), -1)
        by_place = giver[np.argsort(self.place[giver], kind="stable")]
        rows = [self.place[events].astype(np.int64) * len(self.tick) + events for events in (by_place, at)]
        found = np.searchsorted(*rows) - 1
        latest = by_place[found]  # of another place where there is none: also where `found` is -1
        return np.where((found >= 0) & (self.place[latest] == self.place[at]), latest, -1)


def file_timeline(file: MidiFile) -> Timeline:
    """Return the events of all tracks, one track after another."""
    tick, status, data1, data2 = (
        np.concatenate([np.empty(0, kind), *(track.events[name] for track in file.tracks)])
        for name, kind in (("tick", "i8"), ("status", "u1"), ("data1", "u1"), ("data2", "u1"))
    )
    count = np.array([len(track.events) for track in file.tracks], int)
    chunk = np.repeat(np.arange(len(count), dtype=np.int32), count)
    return Timeline(tick, status, data1, data2, chunk, chunk * 16 + (status & 15), np.cumsum(count) - count)
