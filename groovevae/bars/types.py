"""Bars and songs: the arrays that every other module speaks in. Holds shapes and meanings; converts nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import NamedTuple, Self

import numpy as np

from groovevae.bars.constants import (
    CHORD_SIZE,
    DEFAULT_PROGRAMS,
    MAX_STEPS,
    NUM_VOICES,
    PITCHED,
    ROLES,
    STEPS_PER_BEAT,
    VOICE_PITCH,
)


@dataclass(frozen=True)
class Bars:
    """N bars on the grid, T = 24 steps each; steps from `num_steps` on are silent padding.

    Pitches are those of the normalised key (C major or A minor). A HOLD at step 0 goes on with the note that sounds
    at the end of the bar before; where none does, it is a rest.
    """

    drums: np.ndarray  # (N, T, 9) u1: velocity of a hit, 0 for none
    drums_offset: np.ndarray  # (N, T, 9) i1: micro-timing of a hit, 1/256 step
    bass: np.ndarray  # (N, T) u1: REST, HOLD, or FIRST_PITCH + pitch - BASS_LOW
    chords: np.ndarray  # (N, T, 60) u1: OFF, HOLD or ONSET of each pitch from CHORD_LOW up
    lead: np.ndarray  # (N, T) u1: REST, HOLD, or FIRST_PITCH + pitch - LEAD_LOW
    velocity: np.ndarray  # (N, T, 3) u1: of the onsets of PITCHED roles at a step, 0 where none
    offset: np.ndarray  # (N, T, 3) i1: micro-timing of the onsets of PITCHED roles, 1/256 step
    metre: np.ndarray  # (N, 2) u1: numerator, denominator
    tempo: np.ndarray  # (N,) f4: quarter notes a minute, the bar's mean

    @classmethod
    def empty(cls, num_bars: int, *, metre: tuple[int, int] = (4, 4), tempo: float = 120.0) -> Self:
        """`num_bars` silent bars."""
        grid = (num_bars, MAX_STEPS)
        return cls(
            drums=np.zeros((*grid, NUM_VOICES), np.uint8),
            drums_offset=np.zeros((*grid, NUM_VOICES), np.int8),
            bass=np.zeros(grid, np.uint8),
            chords=np.zeros((*grid, CHORD_SIZE), np.uint8),
            lead=np.zeros(grid, np.uint8),
            velocity=np.zeros((*grid, len(PITCHED)), np.uint8),
            offset=np.zeros((*grid, len(PITCHED)), np.int8),
            metre=np.tile(np.array(metre, np.uint8), (num_bars, 1)),
            tempo=np.full(num_bars, tempo, np.float32),
        )

    @classmethod
    def concatenate(cls, parts: list[Self]) -> Self:
        """The bars of `parts`, one after another."""
        return cls(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls)))

    def __len__(self) -> int:
        return len(self.tempo)

    def __getitem__(self, index: slice | np.ndarray) -> Self:
        """The bars that a slice, an array of indices or a mask picks."""
        return type(self)(*(getattr(self, f.name)[index] for f in fields(self)))

    @property
    def num_steps(self) -> np.ndarray:
        """Steps (sixteenths) of each bar, (N,) int."""
        return 16 * self.metre[:, 0].astype(int) // self.metre[:, 1]

    @property
    def num_beats(self) -> np.ndarray:
        """Beats of each bar that the model takes, the last one perhaps short, (N,) int."""
        return -(-self.num_steps // STEPS_PER_BEAT)

    def batch(self, num_beats: int = MAX_STEPS // STEPS_PER_BEAT) -> BarBatch:
        """These bars as the network's input, cut to `num_beats` beats."""
        steps = slice(num_beats * STEPS_PER_BEAT)
        grids = (getattr(self, name)[:, steps] for name in BarBatch._fields[:7])
        is_compound = (self.metre[:, 1] == 8) & (self.metre[:, 0] % 3 == 0)
        return BarBatch._make((*grids, self.num_steps.astype(np.int32), is_compound.astype(np.int32)))

    @property
    def plays(self) -> tuple[bool, ...]:
        """Whether drums, bass, chords and lead play anywhere, in the order of ROLES."""
        return tuple(bool(getattr(self, role).any()) for role in ROLES)

    @property
    def has_notes(self) -> np.ndarray:
        """Whether anything sounds in each bar, (N,) bool."""
        roles = (self.drums, self.bass, self.chords, self.lead)
        return np.any([role.any(axis=tuple(range(1, role.ndim))) for role in roles], axis=0)


@dataclass(frozen=True)
class Song:
    """The bars of one score, and what the grid does not hold: its key, its instruments and its drum kit."""

    bars: Bars
    transpose: int = 0  # semitones that were added to reach C major or A minor, -5 to 6
    is_minor: bool = False
    programs: tuple[int, int, int] = (DEFAULT_PROGRAMS["bass"], DEFAULT_PROGRAMS["chords"], DEFAULT_PROGRAMS["lead"])
    kit: tuple[int, ...] = VOICE_PITCH  # General MIDI percussion key of each of the nine voices
    lead_in: float = 0.0  # quarter notes of rest that a pickup bar puts before the file's own start
    lost: dict[str, dict[str, int]] = field(default_factory=dict)  # role -> reason -> notes not carried over
    num_notes: dict[str, int] = field(default_factory=dict)  # role -> notes the file had


class BarBatch(NamedTuple):
    """What the network sees of B bars of at most S steps; S is whole beats. Arrays as in Bars, NumPy or JAX."""

    drums: np.ndarray  # (B, S, 9)
    drums_offset: np.ndarray  # (B, S, 9)
    bass: np.ndarray  # (B, S)
    chords: np.ndarray  # (B, S, 60)
    lead: np.ndarray  # (B, S)
    velocity: np.ndarray  # (B, S, 3)
    offset: np.ndarray  # (B, S, 3)
    num_steps: np.ndarray  # (B,) int
    is_compound: np.ndarray  # (B,) int: 1 where beats fall into threes (3/8, 6/8, 9/8, 12/8)
