"""Joins the events of notes: which note-off ends which note-on, and how long a note sounds. It knows no parts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groovevae.midi.messages import CONTROLLER, NOTE_OFF, NOTE_ON
from groovevae.midi.timeline import Timeline

PEDAL, PEDAL_DOWN = 64, 64  # the controller, and the lowest value at which the pedal holds notes
NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Pairs:
    """Notes in file order, (N,) each."""

    on: np.ndarray  # index of the event that begins the note
    off: np.ndarray  # index of the event that ends it; -1: none
    end: np.ndarray  # tick of its end; NEVER where neither an event nor the next note of its key ends it
    again: np.ndarray  # tick at which its key is struck next, at or after its end; NEVER: not again


def pair_notes(line: Timeline) -> Pairs:
    """Return the notes. Of several that sound on one key, an end is the end of the one that began first.

    Where a key has more beginnings than ends, the next beginning ends a note, too: a lost end spoils one note only.
    """
    kind = line.status & 0xF0
    event = np.flatnonzero((kind == NOTE_ON) | (kind == NOTE_OFF)).astype(np.int32)  # half the memory of int64
    key = line.place[event] * 128 + line.data1[event]
    order = np.argsort(key, kind="stable")
    event, key = event[order], key[order]
    begins = (line.status[event] >= NOTE_ON) & (line.data2[event] > 0)
    whole = ~_stray_ends(_numbered(key), begins)
    event, group, begins = event[whole], _numbered(key[whole]), begins[whole]
    tick, on, off = line.tick[event], np.flatnonzero(begins), np.flatnonzero(~begins)
    closes = _first_in_first_out(group, on, off)
    end = np.where(closes >= 0, np.append(tick, NEVER)[closes], NEVER)
    if (closes < 0).any():
        hanging = np.flatnonzero(_hanging(group, begins)[on])
        closes[hanging], end[hanging] = _next_end(tick, group, on[hanging], off)
    again = _next_strike(group, tick, on, np.maximum(closes, on))
    in_file = np.argsort(event[on])
    off_event = np.where(closes >= 0, event[closes], -1)
    return Pairs(event[on][in_file], off_event[in_file], end[in_file], again[in_file])


def _numbered(key: np.ndarray) -> np.ndarray:
    """Return the number of each value among the different ones of sorted keys, (E,) from 0."""
    return np.cumsum(np.diff(key, prepend=key[:1]) > 0)


def _stray_ends(group: np.ndarray, begins: np.ndarray) -> np.ndarray:
    """Tell which events are ends while nothing sounds on their key, (E,) bool."""
    apart = group * (len(group) + 1)  # so far apart that the level of no key reaches that of the next
    level = np.cumsum(np.where(begins, 1, -1))
    level = level - _before_group(level, group) - apart
    lowest = np.append(1, np.minimum.accumulate(level)[:-1])[: len(level)]
    return ~begins & (level < np.minimum(lowest, -apart))


def _before_group(level: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Return the running count before the first event of each event's key, (E,)."""
    first = np.flatnonzero(np.diff(group, prepend=-1))
    return np.append(0, level)[first][group] if len(group) else level


def _first_in_first_out(group: np.ndarray, on: np.ndarray, off: np.ndarray) -> np.ndarray:
    """Return the place of the end of each note, (N,); -1 where its key has fewer ends than beginnings."""
    if not len(off):
        return np.full(len(on), -1)
    num_on, num_off = (np.bincount(group[places], minlength=int(group[-1]) + 1) for places in (on, off))
    rank = np.arange(len(on)) - (np.cumsum(num_on) - num_on)[group[on]]
    place = (np.cumsum(num_off) - num_off)[group[on]] + rank
    return np.where(rank < num_off[group[on]], off[np.minimum(place, len(off) - 1)], -1)


def _hanging(group: np.ndarray, begins: np.ndarray) -> np.ndarray:
    """Tell which events come after the last silence of a key that is not silent at its end, (E,) bool."""
    sounding = np.cumsum(np.where(begins, 1, -1))
    silent = np.flatnonzero(sounding == _before_group(sounding, group))
    last_silence = np.full(int(group[-1]) + 1 if len(group) else 0, -1)
    last_silence[group[silent]] = silent  # the last one written stays
    return np.arange(len(group)) > last_silence[group]


def _next_end(tick: np.ndarray, group: np.ndarray, on: np.ndarray, off: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the place of the event that ends each hanging note (-1: none), and the tick of its end (N,).

    An end, or a later beginning, of its key ends a note. Of notes that begin together, the last owns their end.
    """
    again = np.append(_next_strike(group, tick, on, on, later=True), NEVER)[: len(on)]
    place = np.append(off, -1)[np.searchsorted(off, on)]
    is_off = (place >= 0) & (group[place] == group[on]) & (tick[place] <= again)
    shared = np.append(place[1:] == place[:-1], [False])[: len(place)]
    return np.where(is_off & ~shared, place, -1), np.where(is_off, tick[place], again)


def _next_strike(
    group: np.ndarray, tick: np.ndarray, on: np.ndarray, place: np.ndarray, *, later: bool = False
) -> np.ndarray:
    """Return the tick of the first of the beginnings `on` behind each place (N,) on its key; NEVER: none.

    With `later`, the first at a later tick.
    """
    if not len(on):
        return np.empty(0, np.int64)
    after = np.searchsorted(on, place, side="right")
    if later:
        starts = np.diff(tick[on], append=NEVER) != 0
        starts |= np.diff(group[on], append=-1) != 0
        after = np.append(np.flatnonzero(starts), len(on))[np.searchsorted(np.flatnonzero(starts), after - 1)] + 1
    found = np.append(on, -1)[np.minimum(after, len(on))]
    return np.where((found >= 0) & (group[found] == group[place]), tick[found], NEVER)


def sounding_ends(line: Timeline, pairs: Pairs) -> np.ndarray:
    """Return the ticks (N,) at which notes fall silent: those that the sustain pedal holds, when it goes up.

    A held note also ends where its key is struck again, and at the last beginning or end of a note of its track.
    """
    pedal = np.flatnonzero(((line.status & 0xF0) == CONTROLLER) & (line.data1 == PEDAL))
    held = np.flatnonzero(pairs.off >= 0)
    if not len(pedal) or not len(held):
        return pairs.end
    state = line.latest(pedal, pairs.off[held])
    down = (state >= 0) & (line.data2[state] >= PEDAL_DOWN)
    held, state = held[down], state[down]
    release = np.minimum(_releases(line, pedal)[state], pairs.again[held])
    end = pairs.end.copy()
    last = np.zeros(len(line.first), np.int64)
    np.maximum.at(last, line.chunk[pairs.on], np.where(pairs.end < NEVER, pairs.end, line.tick[pairs.on]))
    release = np.where(release == NEVER, last[line.chunk[pairs.on[held]]], release)
    end[held] = np.maximum(end[held], release)
    return end


def _releases(line: Timeline, pedal: np.ndarray) -> np.ndarray:
    """Return, at each pedal event's index, the tick at which the pedal of its place goes up next, (E,); NEVER: not."""
    order = pedal[np.argsort(line.place[pedal], kind="stable")]
    up = np.flatnonzero(line.data2[order] < PEDAL_DOWN)
    following = np.append(order[up], -1)[np.searchsorted(up, np.arange(len(order)))]
    same = (following >= 0) & (line.place[following] == line.place[order])
    release = np.full(len(line.tick), NEVER)
    release[order] = np.where(same, line.tick[following], NEVER)
    return release
