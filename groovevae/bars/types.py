"""Bars and songs: the arrays that all other modules exchange, and questions about what they hold. Converts no notes."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Self

import numpy as np

from groovevae.bars.batch import BarBatch
from groovevae.bars.constants import (
    CHORD_SIZE,
    DEFAULT_PROGRAMS,
    FIRST_PITCH,
    HOLD,
    LINES,
    LOWEST_PITCH,
    MAX_STEPS,
    NUM_PITCHES,
    NUM_VOICES,
    PITCHED,
    ROLES,
    STEPS_PER_BEAT,
    VOICE_PITCH,
)
from groovevae.bars.states import GRIDS, bar_length, is_compound, is_onset, is_struck


@dataclass(frozen=True)
class Bars:
    """N bars on the grid, T = 24 steps each; steps from `num_steps` on are silent padding.

    Pitches are those of the normalised key (C major or A minor). A HOLD at step 0 continues the note that sounds
    at the end of the bar before; where none does, it is a rest.

    An onset is one note that begins; a strike is a step at which a role has one onset or more.
    """

    drums: np.ndarray  # (N, T, 9) u1: velocity of a hit, 0 for none
    drums_offset: np.ndarray  # (N, T, 9) i1: micro-timing of a hit, 1/256 step
    bass: np.ndarray  # (N, T) u1: REST, HOLD, or FIRST_PITCH + pitch - BASS_LOW
    chords: np.ndarray  # (N, T, 60) u1: OFF, HOLD or ONSET of each pitch from CHORD_LOW up
    lead: np.ndarray  # (N, T) u1: REST, HOLD, or FIRST_PITCH + pitch - LEAD_LOW
    velocity: np.ndarray  # (N, T, 3) u1: of the onsets of PITCHED roles at a step, 0 where none
    offset: np.ndarray  # (N, T, 3) i1: micro-timing of the onsets of PITCHED roles, 1/256 step
    metre: np.ndarray  # (N, 2) u1: numerator, denominator
    tempo: np.ndarray  # (N,) f4: quarter notes per minute, the bar's mean

    @classmethod
    def empty(cls, num_bars: int, *, metre: tuple[int, int] = (4, 4), tempo: float = 120.0) -> Self:
        """Make `num_bars` silent bars."""
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
        """Return the bars of `parts`, one after another."""
        return cls(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls)))

    def __len__(self) -> int:
        return len(self.tempo)

    def __getitem__(self, index: slice | np.ndarray) -> Self:
        """Return the bars that a slice, an array of indices or a mask picks."""
        return type(self)(*(getattr(self, f.name)[index] for f in fields(self)))

    @property
    def grids(self) -> dict[str, np.ndarray]:
        """All that is played, by name: GRIDS, without metre and tempo. The arrays themselves, not copies."""
        return {name: getattr(self, name) for name in GRIDS}

    @property
    def num_steps(self) -> np.ndarray:
        """Steps (sixteenths) of each bar, (N,) int."""
        return bar_length(self.metre)

    @property
    def num_beats(self) -> np.ndarray:
        """Beats (quarter notes) of each bar as the model counts them, the last one perhaps short, (N,) int."""
        return -(-self.num_steps // STEPS_PER_BEAT)

    @property
    def is_compound(self) -> np.ndarray:
        """Whether the beats of each bar fall into threes, (N,) bool."""
        return is_compound(self.metre)

    @property
    def inside(self) -> np.ndarray:
        """Whether each step lies inside its bar, (N, T) bool: the other steps are padding."""
        return np.arange(self.bass.shape[1]) < self.num_steps[:, None]

    def batch(self, num_beats: int = MAX_STEPS // STEPS_PER_BEAT) -> BarBatch:
        """Return these bars as the network's input, cut to `num_beats` beats."""
        steps = slice(num_beats * STEPS_PER_BEAT)
        grids = (grid[:, steps] for grid in self.grids.values())
        return BarBatch._make((*grids, self.num_steps.astype(np.int32), self.is_compound.astype(np.int32)))

    def onsets(self, role: str) -> np.ndarray:
        """Tell where the notes of a role begin, bool: drums (N, T, 9), chords (N, T, 60), bass and lead (N, T)."""
        return np.asarray(is_onset(getattr(self, role), role))

    def strikes(self, role: str) -> np.ndarray:
        """Return the steps at which a role strikes, (N, T) bool."""
        return np.asarray(is_struck(getattr(self, role), role))

    def pitched_strikes(self) -> np.ndarray:
        """Return the steps at which bass, chords and lead strike, (N, T, 3) bool: those for which `velocity` is set."""
        return np.stack([self.strikes(role) for role in PITCHED], axis=-1)

    def sounding(self, role: str) -> np.ndarray:
        """Tell where a pitched role sounds, struck or held, bool in the shape of `onsets`."""
        return np.asarray(getattr(self, role) >= HOLD)

    def holds(self, role: str) -> np.ndarray:
        """Tell where the notes of a pitched role are held, bool in the shape of `onsets`."""
        return np.asarray(getattr(self, role) == HOLD)

    def sounds(self, role: str) -> np.ndarray:
        """Return the steps at which a pitched role sounds, (N, T) bool."""
        sounding = self.sounding(role)
        return sounding if role in LINES else np.any(sounding, axis=-1)

    def pitches(self, role: str) -> np.ndarray:
        """Return the MIDI pitch of each onset of a pitched role, -1 elsewhere, int in the shape of `onsets`."""
        return _midi_pitches(getattr(self, role), self.onsets(role), role)

    def sounding_pitches(self, role: str) -> np.ndarray:
        """Return the MIDI pitch that a pitched role sounds, -1 where none, int in the shape of `onsets`.

        A bar does not say which pitch a line holds from the bar before; such a note gives -1.
        """
        states = getattr(self, role)
        if role not in LINES:
            return _midi_pitches(states, self.sounding(role), role)
        struck = np.maximum.accumulate(np.where(self.holds(role), 0, np.arange(states.shape[1])), axis=1)
        states = np.take_along_axis(states, struck, axis=1)  # of the last step that is not a hold
        return _midi_pitches(states, is_onset(states, role), role)

    def pitch_counts(self, role: str) -> np.ndarray:
        """Count how often each bar strikes each pitch of a pitched role, from LOWEST_PITCH up, (N, pitches) int."""
        if role not in LINES:
            return self.onsets(role).sum(1)
        size = NUM_PITCHES[role]
        bar, step = np.nonzero(self.onsets(role))
        place = bar * size + getattr(self, role)[bar, step] - FIRST_PITCH
        return np.bincount(place, minlength=len(self) * size).reshape(-1, size)

    def pitch_classes(self, role: str) -> np.ndarray:
        """Count how often each bar strikes each pitch class of a pitched role, C first, (N, 12) int."""
        return np.roll(_octaves(self.pitch_counts(role)).sum(-2), LOWEST_PITCH[role] % 12, axis=-1)

    def chroma(self, role: str) -> np.ndarray:
        """Return the pitch classes that a pitched role sounds at each step, C first, (N, T, 12) bool."""
        return _classes(self.sounding_pitches(role) if role in LINES else self.sounding(role), role)

    def struck_chroma(self, role: str) -> np.ndarray:
        """Return the pitch classes that a pitched role strikes at each step, C first, (N, T, 12) bool."""
        return _classes(self.pitches(role) if role in LINES else self.onsets(role), role)

    @property
    def role_plays(self) -> np.ndarray:
        """Whether drums, bass, chords and lead play in each bar, struck or held, (N, 4) bool."""
        return np.stack([getattr(self, role).any(tuple(range(1, getattr(self, role).ndim))) for role in ROLES], axis=1)

    @property
    def plays(self) -> tuple[bool, ...]:
        """Whether drums, bass, chords and lead play anywhere, in the order of ROLES."""
        return tuple(np.any(self.role_plays, axis=0).tolist())

    @property
    def has_notes(self) -> np.ndarray:
        """Whether anything sounds in each bar, (N,) bool."""
        return np.any(self.role_plays, axis=1)


def _midi_pitches(states: np.ndarray, where: np.ndarray, role: str) -> np.ndarray:
    if role in LINES:
        return np.where(where, states.astype(int) - FIRST_PITCH + LOWEST_PITCH[role], -1)
    return np.where(where, LOWEST_PITCH[role] + np.arange(states.shape[-1]), -1)


def _classes(notes: np.ndarray, role: str) -> np.ndarray:
    """Return the pitch classes of a line's pitches (N, T), -1 for none, or of a mask of chord pitches (N, T, 60)."""
    if role in LINES:
        return np.where(notes < 0, -1, notes % 12)[..., None] == np.arange(12)
    return np.roll(_octaves(notes).any(-2), LOWEST_PITCH[role] % 12, axis=-1)


def _octaves(pitches: np.ndarray) -> np.ndarray:
    return pitches.reshape(*pitches.shape[:-1], pitches.shape[-1] // 12, 12)  # (..., P) -> (..., P / 12, 12)


@dataclass(frozen=True)
class Song:
    """The bars of one score, with what the grid does not hold: its key, its instruments and its drum kit."""

    bars: Bars
    transpose: int = 0  # semitones that were added to bring it to C major or A minor, -5 to 6
    is_minor: bool = False
    programs: tuple[int, int, int] = (DEFAULT_PROGRAMS["bass"], DEFAULT_PROGRAMS["chords"], DEFAULT_PROGRAMS["lead"])
    kit: tuple[int, ...] = VOICE_PITCH  # General MIDI percussion key of each of the nine voices
    lead_in: float = 0.0  # quarter notes of rest that a pickup bar puts before the file's own start
    lost: dict[str, dict[str, int]] = field(default_factory=dict)  # role -> reason -> notes not carried over
    num_notes: dict[str, int] = field(default_factory=dict)  # role -> notes the file had
    guesses: tuple[str, ...] = ()  # what is not as its file says, in the user's words
    mended: dict[str, int] = field(default_factory=dict)  # what was mended in its file -> how often
