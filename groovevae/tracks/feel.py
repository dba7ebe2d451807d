"""Plays the notes of a user's file with other velocities and micro-timing; no note comes or goes."""

from __future__ import annotations

import numpy as np

from groovevae.bars import Bars
from groovevae.bars.constants import DRUMS, MAX_VELOCITY, OFFSET_UNITS, PITCHED, ROLES
from groovevae.bars.roles import NO_ROLE
from groovevae.tracks.original import NOWHERE, Original
from groovevae.tracks.played import keys_of


def with_feel(original: Original, notes: np.ndarray, felt: Bars, *, ticks: int) -> np.ndarray:
    """Return the original's `notes` (M,) PLAYED_DTYPE, louder, softer, earlier or later as `felt` is than its own bars.

    `felt` has the notes of the original's bars. The notes of a chord keep their differences, and notes that ended
    before their key was struck again still do. `ticks` is a quarter note.
    """
    own, placed = original.reading.song.bars, original.reading.notes
    lines = original.reading.lines
    louder, later = np.zeros(len(notes), int), np.zeros(len(notes))
    bar = original.bar[placed.note]
    has_place = original.carried[placed.note] & (bar != NOWHERE) & (placed.role != NO_ROLE)
    index, bar = placed.note[has_place], bar[has_place]
    step = placed.step[has_place] - lines.first_step[original.rows[bar]]
    inside = (step >= 0) & (step < own.drums.shape[1])
    index, bar, step = index[inside], bar[inside], step[inside]
    role, voice = placed.role[has_place][inside], placed.voice[has_place][inside]
    per_step = ticks / lines.steps_per_quarter[original.rows[bar]]
    is_drum = role == DRUMS
    for of_role, column, names in (
        (is_drum, voice, ("drums", "drums_offset")),
        (~is_drum, role - (len(ROLES) - len(PITCHED)), ("velocity", "offset")),
    ):
        place = bar[of_role], step[of_role], column[of_role]
        velocity, offset = ((getattr(felt, name).astype(int) - getattr(own, name))[place] for name in names)
        louder[index[of_role]] = velocity
        later[index[of_role]] = offset / OFFSET_UNITS * per_step[of_role]
    out = notes.copy()
    shift = np.rint(later).astype(np.int64)
    out["on"] = np.maximum(notes["on"] + shift, 0)
    out["off"] = np.maximum(notes["off"] + shift, out["on"] + 1)
    out["velocity"] = np.clip(notes["velocity"].astype(int) + louder, 1, MAX_VELOCITY)
    out["off"] = _ended_in_time(out, notes)
    return out


def _ended_in_time(felt: np.ndarray, notes: np.ndarray) -> np.ndarray:
    """Return where `felt` notes (M,) end: not after their key is struck again, unless the `notes` they were did so."""
    key = keys_of(notes)
    order = np.lexsort([notes["on"], key])
    one, following = order[:-1], order[1:]
    ended = (key[one] == key[following]) & (notes["off"][one] <= notes["on"][following])
    one, following = one[ended], following[ended]
    off = felt["off"].copy()
    off[one] = np.minimum(off[one], np.maximum(felt["on"][following], felt["on"][one] + 1))
    return off
