"""Puts faults into songs, to measure which detectors find them: what broken conversions and careless edits leave.

Each function returns a broken copy of consecutive bars, and `inject` breaks a share of a song. None changes its input.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from groovevae.bars import Bars
from groovevae.bars.constants import (
    CHORD_LOW,
    CHORD_SIZE,
    FIRST_PITCH,
    HOLD,
    LINES,
    NUM_PITCHES,
    NUM_VOICES,
    OFF,
    ONSET,
    PITCHED,
    REST,
    ROLES,
)
from groovevae.network.decoding import without_stray_holds

Fault = Callable[[Bars, Bars, np.random.Generator], Bars]  # from bars, bars of another song, and a source of chance
SHIFTS = tuple(by for by in range(-6, 7) if by)  # semitones by which a track is transposed


def inject(bars: Bars, name: str, *, strength: float, other: Bars, seed: int) -> Bars | None:
    """Return a song's bars with the named fault in one run of them, the share `strength` (0 to 1) of the song.

    `other` is another song, for the fault that mixes two. Returns None where the fault leaves the song as it is.
    """
    rng = np.random.default_rng([seed, *name.encode()])
    count = max(1, round(strength * len(bars)))
    start = int(rng.integers(len(bars) - count + 1))
    run = slice(start, start + count)
    broken = FAULTS[name](bars[run], other, rng)
    whole = without_stray_holds(Bars.concatenate([bars[:start], broken, bars[start + count :]]))
    same = all((getattr(whole, role) == getattr(bars, role)).all() for role in ROLES)
    return None if same else whole


def transpose_track(bars: Bars, other: Bars, rng: np.random.Generator) -> Bars:
    """Transpose one pitched track by some semitones; notes that leave the role's range are lost."""
    role = _some_role(bars, rng, PITCHED)
    by = int(rng.choice(SHIFTS))
    if role is None:
        return bars
    states = getattr(bars, role)
    if role == "chords":
        moved = np.zeros_like(states)
        source, target = (slice(None, -by), slice(by, None)) if by > 0 else (slice(-by, None), slice(None, by))
        moved[..., target] = states[..., source]
    else:
        pitch = states.astype(int) + by
        inside = (pitch >= FIRST_PITCH) & (pitch < FIRST_PITCH + NUM_PITCHES[role])
        moved = np.where(bars.onsets(role), np.where(inside, pitch, REST), states).astype(np.uint8)
    return dataclasses.replace(bars, **{role: moved})


def shuffle_steps(bars: Bars, other: Bars, rng: np.random.Generator) -> Bars:
    """Shuffle the steps of each bar, in the same order for all roles."""
    order = np.tile(np.arange(bars.bass.shape[1]), (len(bars), 1))  # (N, T)
    for row, count in zip(order, bars.num_steps, strict=True):
        row[:count] = rng.permutation(count)
    return _map_steps(bars, lambda grid: grid[np.arange(len(bars))[:, None], order])


def scramble_pitches(bars: Bars, other: Bars, rng: np.random.Generator) -> Bars:
    """Move every pitched note to a random pitch between the lowest and the highest of its role."""
    out = {}
    for role in LINES:
        tokens, struck = getattr(bars, role), bars.onsets(role)
        if struck.any():
            drawn = rng.integers(tokens[struck].min(), tokens[struck].max() + 1, tokens.shape)
            out[role] = np.where(struck, drawn, tokens).astype(np.uint8)
    used = np.flatnonzero(bars.onsets("chords").any((0, 1)))
    if len(used):
        chords = bars.chords.copy()
        span = np.arange(used[0], used[-1] + 1)
        for bar in range(len(bars)):
            # Each pitch of the bar moves as a whole, so that a held note stays held.
            chords[bar][:, span] = bars.chords[bar][:, rng.permutation(span)]
        out["chords"] = chords
    return dataclasses.replace(bars, **out)


def shift_onsets(bars: Bars, other: Bars, rng: np.random.Generator) -> Bars:
    """Play one track a sixteenth late, across the bar lines."""
    role = _some_role(bars, rng, ROLES)
    if role is None:
        return bars
    bar = np.repeat(np.arange(len(bars)), bars.num_steps)
    step = np.concatenate([np.arange(count) for count in bars.num_steps])

    def later(grid: np.ndarray) -> np.ndarray:
        moved = np.zeros_like(grid)
        moved[bar[1:], step[1:]] = grid[bar[:-1], step[:-1]]
        return moved

    if role == "drums":
        return dataclasses.replace(bars, drums=later(bars.drums), drums_offset=later(bars.drums_offset))
    column = PITCHED.index(role)
    feel = {name: getattr(bars, name).copy() for name in ("velocity", "offset")}
    for grid in feel.values():
        grid[..., column] = later(grid[..., column])
    return dataclasses.replace(bars, **{role: later(getattr(bars, role))}, **feel)


def stick_notes(bars: Bars, other: Bars, rng: np.random.Generator) -> Bars:
    """Leave a note of every fourth bar unreleased: it sounds among the chords to the end."""
    chords, onsets = bars.chords.copy(), bars.onsets("chords")
    lines = [bars.pitches(role) for role in LINES]
    for bar in range(0, len(bars), 4):
        struck = [(step, CHORD_LOW + pitch) for step, pitch in np.argwhere(onsets[bar]).tolist()]
        for pitches in lines:
            struck += [(step, pitch) for step, pitch in enumerate(pitches[bar].tolist()) if pitch >= 0]
        struck = [(step, pitch) for step, pitch in struck if CHORD_LOW <= pitch < CHORD_LOW + CHORD_SIZE]
        if not struck:
            continue
        step, pitch = struck[rng.integers(len(struck))]
        column = pitch - CHORD_LOW
        chords[bar, step:, column] = HOLD
        chords[bar + 1 :, :, column] = HOLD
        chords[bar, step, column] = ONSET
    chords *= bars.inside[..., None]
    return dataclasses.replace(bars, chords=chords)


def wrong_voices(bars: Bars, other: Bars, rng: np.random.Generator) -> Bars:
    """Let every drum voice play what another should, as under another maker's drum map."""
    voices = rng.permutation(NUM_VOICES)
    while (voices == np.arange(NUM_VOICES)).any():
        voices = rng.permutation(NUM_VOICES)
    return dataclasses.replace(bars, drums=bars.drums[..., voices], drums_offset=bars.drums_offset[..., voices])


def mix_songs(bars: Bars, other: Bars, rng: np.random.Generator) -> Bars:
    """Take two or three of the roles from another song, bar by bar; notes past a bar's end are cut."""
    taken = rng.permutation(len(ROLES))[: rng.integers(2, 4)]
    source = other[np.arange(len(bars)) % len(other)]
    grids, inside = {name: grid.copy() for name, grid in bars.grids.items()}, bars.inside
    for number in taken:
        role = ROLES[number]
        for name in (role, "drums_offset") if role == "drums" else (role,):
            part = getattr(source, name)
            grids[name] = part * inside.reshape(*inside.shape, *(1,) * (part.ndim - 2))
        if role in PITCHED:
            for name in ("velocity", "offset"):
                grids[name][..., number - 1] = getattr(source, name)[..., number - 1] * inside
    return dataclasses.replace(bars, **grids)


def drop_notes(bars: Bars, other: Bars, rng: np.random.Generator) -> Bars:
    """Drop each note with probability one half, and leave silence in its place."""
    out = {"drums": bars.drums * (rng.random(bars.drums.shape) < 0.5)}
    for role in PITCHED:
        states = getattr(bars, role)
        out[role] = np.where(bars.onsets(role) & (rng.random(states.shape) < 0.5), OFF, states)
    return dataclasses.replace(bars, **{name: grid.astype(np.uint8) for name, grid in out.items()})


FAULTS: dict[str, Fault] = {
    "one track transposed": transpose_track,
    "steps shuffled": shuffle_steps,
    "pitches scrambled": scramble_pitches,
    "a track a sixteenth late": shift_onsets,
    "stuck notes": stick_notes,
    "drums on wrong voices": wrong_voices,
    "two songs mixed": mix_songs,
    "half the notes dropped": drop_notes,
}


def _some_role(bars: Bars, rng: np.random.Generator, among: tuple[str, ...]) -> str | None:
    playing = [role for role, plays in zip(ROLES, bars.plays, strict=True) if plays and role in among]
    return playing[rng.integers(len(playing))] if playing else None


def _map_steps(bars: Bars, change: Callable[[np.ndarray], np.ndarray]) -> Bars:
    return dataclasses.replace(bars, **{name: change(grid) for name, grid in bars.grids.items()})
