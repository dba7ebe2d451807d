"""The notes of a written file: those of the original that stay, and those that are new. Times are ticks."""

from __future__ import annotations

import numpy as np

from groovevae.bars import Song
from groovevae.bars.constants import DRUMS, ROLES, STEPS_PER_QUARTER
from groovevae.bars.render import notes_of_roles
from groovevae.midi.messages import NOTE_ON, NUM_CHANNELS
from groovevae.tracks.original import NOWHERE, Original
from groovevae.tracks.timeline import Run, Timeline

PLAYED_DTYPE = np.dtype(
    [
        ("chunk", "i4"),  # track of the file that it is written in
        ("channel", "u1"),
        ("on", "i8"),
        ("off", "i8"),
        ("pitch", "u1"),
        ("velocity", "u1"),
        ("release", "u1"),
        ("bar", "i4"),  # of the piece, or NOWHERE
        ("role", "i1"),  # index into ROLES, or NO_ROLE
        ("carried", "?"),  # whether the bars stand for it
        ("doubles", "?"),  # whether its track does nothing but double another one there
    ]
)
PLAIN_RELEASE = 64  # release velocity of new notes: the MIDI standard's default


def own_notes(original: Original, timeline: Timeline, *, ticks: int, semitones: int) -> np.ndarray:
    """Return the original's notes as they come in a piece, (M,) PLAYED_DTYPE, moved by `semitones` unless drums.

    `ticks` is a quarter note of the written file: a whole multiple of the original's.
    """
    notes = _as_written(original, factor=ticks // original.file.ticks_per_quarter)
    if semitones:
        is_drum = np.array([track.is_drum for track in original.reading.score.tracks])
        moves = ~is_drum[original.reading.score.notes["track"]] & (original.role != DRUMS)
        pitch = notes["pitch"].astype(int) + semitones
        pitch += 12 * ((pitch < 0).astype(int) - (pitch > 127))
        notes["pitch"] = np.where(moves, pitch, notes["pitch"])
    return np.concatenate([notes[:0], *(_in_run(original, notes, run, timeline, ticks) for run in timeline.runs)])


def _as_written(original: Original, *, factor: int) -> np.ndarray:
    score, file = original.reading.score, original.file
    assert score.origin is not None
    out = np.zeros(len(score.notes), PLAYED_DTYPE)
    for chunk in np.unique(score.origin["chunk"]):
        events, here = file.tracks[chunk].events, np.flatnonzero(score.origin["chunk"] == chunk)
        on, off = score.origin["on"][here], score.origin["off"][here]
        tick = events["tick"] * factor
        sounding = np.rint(score.notes["duration"][here] * file.ticks_per_quarter * factor).astype(np.int64)
        out["on"][here] = tick[on]
        out["off"][here] = np.where(off >= 0, tick[off], tick[on] + sounding)
        out["channel"][here] = events["status"][on] & 15
        out["release"][here] = np.where(off >= 0, _release(events[off]), PLAIN_RELEASE)
        out["chunk"][here] = chunk
    out["pitch"], out["velocity"] = score.notes["pitch"], score.notes["velocity"]
    out["bar"], out["role"] = original.bar, original.role
    out["carried"], out["doubles"] = original.carried, original.doubles
    return out


def _release(off: np.ndarray) -> np.ndarray:
    """Return the release velocity of the ends of notes; a note-on of velocity 0 has the default."""
    return np.where(off["status"] < NOTE_ON, off["data2"], PLAIN_RELEASE)


def _in_run(original: Original, notes: np.ndarray, run: Run, timeline: Timeline, ticks: int) -> np.ndarray:
    last = timeline.bars[run.first + run.num_bars - 1]
    bar = notes["bar"]
    if np.isinf(run.end):
        inside = np.ones(len(notes), bool)
    elif run.is_leading:  # with what lies between its bars, in metres that the grid cannot hold
        inside = notes["on"] < np.rint(run.end * ticks)
        inside = np.where(bar == NOWHERE, inside, bar <= last)
    else:
        inside = (bar >= timeline.bars[run.first]) & (bar <= last)
    out = notes[inside].copy()
    own = out["bar"] != NOWHERE
    out["bar"][own] += run.first - timeline.bars[run.first]
    at, shift = round(run.at * ticks), round((run.at - run.begin) * ticks)
    out["on"], out["off"] = np.maximum(out["on"] + shift, at), np.maximum(out["off"] + shift, at)
    if np.isfinite(run.end):
        end = round((run.at + run.end - run.begin) * ticks)
        out["off"] = np.minimum(out["off"], end)
        out["on"] = np.minimum(out["on"], end - 1)
    return out


def new_notes(song: Song, fresh: np.ndarray, timeline: Timeline, *, ticks: int) -> np.ndarray:
    """Return the notes of the `fresh` (N, 4) bars of each role, (M,) PLAYED_DTYPE, without chunk and channel.

    What would sound before the file begins, in the empty part of a pickup bar, is left out.
    """
    first_step = np.cumsum(timeline.num_steps) - timeline.num_steps
    parts = []
    for role, notes in notes_of_roles(song, in_range=True).items():
        number = ROLES.index(role)
        onset, end = notes["onset"] * STEPS_PER_QUARTER, (notes["onset"] + notes["duration"]) * STEPS_PER_QUARTER
        bar = _bar_of(np.rint(onset), first_step)
        notes, onset, end, bar = (part[fresh[bar, number]] for part in (notes, onset, end, bar))
        part = np.zeros(len(notes), PLAYED_DTYPE)
        part["on"] = _ticks(onset, bar, first_step, timeline, ticks)
        part["off"] = _ticks(end, _bar_of(np.ceil(end) - 1, first_step), first_step, timeline, ticks)
        part["off"] = np.maximum(part["off"], part["on"] + 1)
        part["pitch"], part["velocity"], part["release"] = notes["pitch"], notes["velocity"], PLAIN_RELEASE
        part["bar"], part["role"], part["carried"] = bar, number, True
        parts.append(part[part["off"] > 0])
    out = np.concatenate([np.zeros(0, PLAYED_DTYPE), *parts])
    out["on"] = np.maximum(out["on"], 0)
    return out


def played_again(notes: np.ndarray, like: np.ndarray, timeline: Timeline, *, ticks: int) -> np.ndarray:
    """Return the notes that bars stand for as they would come again in added bars: those of the bar `like` (N,)."""
    out = [notes[:0]]
    for bar in np.flatnonzero(timeline.bars == NOWHERE):
        again = notes[notes["carried"] & (notes["bar"] == like[bar])]
        shift = round((timeline.start[bar] - timeline.start[like[bar]]) * ticks)
        again["on"], again["off"], again["bar"] = again["on"] + shift, again["off"] + shift, bar
        out.append(again)
    return np.concatenate(out)


def _bar_of(step: np.ndarray, first_step: np.ndarray) -> np.ndarray:
    return np.maximum(np.searchsorted(first_step, step, side="right") - 1, 0)


def _ticks(step: np.ndarray, bar: np.ndarray, first_step: np.ndarray, timeline: Timeline, ticks: int) -> np.ndarray:
    inside = (step - first_step[bar]) * timeline.per_step[bar]
    return np.rint((timeline.start[bar] + inside) * ticks).astype(np.int64)


def shortened(notes: np.ndarray, fresh: np.ndarray, timeline: Timeline, *, ticks: int) -> np.ndarray:
    """End notes that the bars stand for where the next bar in which their role is `fresh` (N, 4) begins."""
    starts = np.append(np.rint(timeline.start * ticks), np.inf)
    num_bars = len(fresh)
    following = np.where(fresh, np.arange(num_bars)[:, None], num_bars)
    following = np.minimum.accumulate(following[::-1], axis=0)[::-1]  # (N, 4) first fresh bar from each bar on
    out = notes.copy()
    cut = np.flatnonzero(out["carried"] & (out["bar"] != NOWHERE) & (out["role"] != DRUMS))
    limit = starts[following[out["bar"][cut], out["role"][cut]]]
    limit = np.maximum(limit, out["on"][cut] + 1)
    out["off"][cut] = np.minimum(out["off"][cut], limit)
    return out


def keys_of(notes: np.ndarray) -> np.ndarray:
    """Return a number for the key that each note (M,) strikes: one for each pitch of each channel of each track."""
    return (notes["chunk"].astype(np.int64) * NUM_CHANNELS + notes["channel"]) * 128 + notes["pitch"]


def untangled(new: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Return the new notes (M,) without any that would strike a key that sounds already on their track and channel.

    A note of the original keeps its place; a new one ends where the next of its key begins.
    """
    notes = np.concatenate([own, new])
    is_new = np.arange(len(notes)) >= len(own)
    key = keys_of(notes)
    order = np.lexsort([is_new, notes["on"], key])
    notes, is_new, key = notes[order], is_new[order], key[order]
    far = int(notes["off"].max(initial=0)) + 1
    sounds_until = np.maximum.accumulate(np.where(is_new, -1, notes["off"]) + key * far) - key * far
    again = np.append(False, (key[1:] == key[:-1]) & (notes["on"][1:] == notes["on"][:-1]))[: len(notes)]
    stays = ~is_new | ~((sounds_until > notes["on"]) | again)
    notes, is_new, key = notes[stays], is_new[stays], key[stays]
    following = np.append(np.where(key[1:] == key[:-1], notes["on"][1:], far), far)[: len(notes)]
    notes["off"] = np.where(is_new, np.minimum(notes["off"], following), notes["off"])
    return notes[is_new]
