"""Writes placed notes into the arrays of the grid: the way from a score to a song of bars.

`render` is the way back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groovevae.bars.beat_tracking import retimed
from groovevae.bars.choices import ESTIMATED, NO_CHOICES, Choices
from groovevae.bars.constants import (
    BASS,
    BASS_LOW,
    BASS_SIZE,
    CHORD_LOW,
    CHORD_SIZE,
    CHORDS,
    DRUMS,
    FIRST_PITCH,
    HOLD,
    LEAD,
    LEAD_LOW,
    LEAD_SIZE,
    MAX_STEPS,
    OFFSET_UNITS,
    ONSET,
    ROLES,
    STEPS_PER_QUARTER,
)
from groovevae.bars.drums import song_kit
from groovevae.bars.key import find_key, semitones_to_c
from groovevae.bars.metre import BarLines, bar_lines
from groovevae.bars.note_places import KEPT, REASONS, Placed, place_notes
from groovevae.bars.roles import NO_ROLE, find_drums
from groovevae.bars.types import Bars, Song
from groovevae.errors import MidiError
from groovevae.midi.score import Score


@dataclass(frozen=True)
class Reading:
    """A score with all that was found in it: where its bars lie, the place of each note, and its song."""

    score: Score  # in estimated beats, where a person chose them
    lines: BarLines
    notes: Placed
    song: Song


def score_to_song(score: Score, choices: Choices = NO_CHOICES) -> Song:
    """Return the bars of a score, in C major or A minor, and count the notes lost on the way by role and reason.

    Raises what `read_score` raises.
    """
    return read_score(score, choices).song


def read_score(score: Score, choices: Choices = NO_CHOICES, *, is_retimed: bool = False) -> Reading:
    """Return what is found in a score, with a person's `choices` before all that is guessed.

    Where `choices` ask for estimated beats, a score that `is_retimed` has them already.
    Raises MidiError for too many bars, and where nothing remains: no bar with a metre that the grid holds, or no note
    with a role.
    """
    if choices.beats == ESTIMATED and not is_retimed:
        score = retimed(score)
    drums = find_drums(score, choices)
    lines = bar_lines(drums.marked(), choices)
    held = lines.num_steps > 0
    if not held.any():
        named = ", ".join(sorted({f"{n:g}/{d:g}" for n, d in lines.metre[~held]}))
        raise MidiError(f"unsupported metre ({named}); no bar is shorter than a sixteenth")
    notes = place_notes(score, lines, choices, drums=drums)
    kept = notes.lost == KEPT
    if not kept.any():
        raise MidiError(_why_nothing_is_left(notes))
    pitched = (kept & (notes.role != DRUMS)).nonzero()[0]
    tonic, is_minor = find_key(notes.pitch[pitched], (notes.end - notes.step)[pitched] / STEPS_PER_QUARTER)
    transpose = semitones_to_c(tonic, is_minor)
    of_role = [notes.kept(role) for role in range(len(ROLES))]
    num_notes = np.bincount(notes.role - NO_ROLE, minlength=len(ROLES) + 1)[1:].tolist()
    song = Song(
        bars=_fill(notes, of_role, lines, bar_tempos(score, lines), transpose),
        transpose=transpose,
        is_minor=is_minor,
        programs=_programs(score, notes, of_role),
        kit=song_kit(notes.voice[of_role[DRUMS]], notes.pitch[of_role[DRUMS]]),
        lead_in=max(0.0, -float(lines.start[0])),
        lost=_count_lost(notes),
        num_notes=dict(zip(ROLES, num_notes, strict=True)),
        guesses=lines.guesses,
        mended=dict(score.mended),
    )
    return Reading(score, lines, notes, song)


def _why_nothing_is_left(notes: Placed) -> str:
    if np.isin(notes.lost, REASONS.index("not a percussion key")).all():
        keys = ", ".join(map(str, np.unique(notes.pitch).tolist()[:8]))
        return f"none of its drum keys is General MIDI's; move {keys} to 36 (kick), 38 (snare), 42 (hi-hat) ..."
    if np.isin(notes.lost, REASONS.index("left out by hand")).all():
        return "all its tracks are left out by hand; leave one in"
    return "no notes that a role can play (only sound effects or unsupported metres)"


def _fill(notes: Placed, of_role: list[np.ndarray], lines: BarLines, tempo: np.ndarray, transpose: int) -> Bars:
    """Return the bars that the grid holds; `of_role` are the indices of the notes that each role plays."""
    held = lines.num_steps > 0
    num_steps = lines.num_steps[held]
    bars = Bars.empty(len(num_steps))
    bars.metre[:] = lines.metre[held]
    bars.tempo[:] = tempo[held]
    cell = np.flatnonzero(np.arange(MAX_STEPS) < num_steps[:, None])  # (S,) where each step lies in (N * T)

    index = of_role[DRUMS]
    place = cell[notes.step[index]], notes.voice[index]
    _by_cell(bars.drums)[place] = notes.velocity[index]
    _by_cell(bars.drums_offset)[place] = _offset_units(notes.offset[index])
    for column, role in enumerate((BASS, CHORDS, LEAD)):
        index = of_role[role]
        if not len(index):
            continue
        struck, velocity, offset = _step_timing(notes, index)
        _by_cell(bars.velocity)[cell[struck], column] = velocity
        _by_cell(bars.offset)[cell[struck], column] = offset
        if role == CHORDS:
            _write_chords(_by_cell(bars.chords), cell, notes, index, transpose)
        elif role == BASS:
            pitch = fold_octaves(notes.pitch[index] + transpose, BASS_LOW, BASS_SIZE) - BASS_LOW
            _write_line(_by_cell(bars.bass), cell, notes, index, pitch)
        else:
            pitch = fold_octaves(notes.pitch[index] + transpose, LEAD_LOW, LEAD_SIZE) - LEAD_LOW
            _write_line(_by_cell(bars.lead), cell, notes, index, pitch)
    return bars


def _by_cell(array: np.ndarray) -> np.ndarray:
    """Reshape (N, T, ...) -> (N * T, ...), the same memory."""
    return array.reshape(-1, *array.shape[2:])


def _offset_units(offset: np.ndarray) -> np.ndarray:
    """Convert micro-timing to 1/256 step, kept short of half a step so that the nearest step stays the same."""
    limit = OFFSET_UNITS // 2 - 1
    return np.minimum(np.maximum(np.rint(offset * OFFSET_UNITS), -limit), limit).astype(np.int8)


def _step_timing(notes: Placed, index: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the steps at which notes are struck, with the mean velocity (u1) and median micro-timing (i1) at each."""
    step, velocity, offset = notes.step[index], notes.velocity[index], notes.offset[index]
    count = np.bincount(step)
    struck = count.nonzero()[0]
    if len(struck) == len(step):
        return step, velocity.astype(np.uint8), _offset_units(offset)
    count = count[struck]
    mean = np.rint(np.bincount(step, weights=velocity)[struck] / count).astype(np.uint8)
    middle = np.cumsum(count) - count + (count - 1) // 2  # one stray note does not move a chord
    return struck, mean, _offset_units(offset[np.lexsort([offset, step])[middle]])


def fold_octaves(pitch: np.ndarray, low: int, size: int) -> np.ndarray:
    """Move pitches by whole octaves into low .. low + size - 1."""
    up = -np.minimum((pitch - low) // 12, 0)
    down = np.maximum((pitch - low - size) // 12 + 1, 0)
    return pitch + 12 * (up - down)


def _spans(step: np.ndarray, end: np.ndarray) -> np.ndarray:
    """List every step at which the notes sound, one note after another."""
    length = end - step
    begins = np.cumsum(length) - length
    return np.arange(int(length.sum())) + np.repeat(step - begins, length)


def _write_line(tokens: np.ndarray, cell: np.ndarray, notes: Placed, index: np.ndarray, pitch: np.ndarray) -> None:
    """Write notes that follow one another into tokens (N * T,); each ends where the next begins."""
    step = notes.step[index]
    end = np.minimum(notes.end[index], np.append(step[1:], len(cell)))
    tokens[cell[_spans(step, end)]] = HOLD
    tokens[cell[step]] = FIRST_PITCH + pitch


def _write_chords(states: np.ndarray, cell: np.ndarray, notes: Placed, index: np.ndarray, transpose: int) -> None:
    """Write notes into states (N * T, P); each ends at the latest where its pitch is struck again."""
    pitch = fold_octaves(notes.pitch[index] + transpose, CHORD_LOW, CHORD_SIZE) - CHORD_LOW
    order = np.lexsort([notes.step[index], pitch])
    step, pitch, end = notes.step[index][order], pitch[order], notes.end[index][order]
    again = np.append(np.where(pitch[1:] == pitch[:-1], step[1:], len(cell)), len(cell))
    end = np.minimum(end, again)
    states[cell[_spans(step, end)], np.repeat(pitch, end - step)] = HOLD
    states[cell[step], pitch] = ONSET


def bar_tempos(score: Score, lines: BarLines) -> np.ndarray:
    """Return the mean tempo of each bar in quarter notes per minute, (N,): it keeps the bar's length in seconds."""
    if len(score.tempos) == 1:
        return score.tempos[0, 1] * lines.steps_per_quarter / STEPS_PER_QUARTER
    seconds = score.seconds(lines.end) - score.seconds(lines.start)
    return lines.num_steps / STEPS_PER_QUARTER * 60 / seconds


def _programs(score: Score, notes: Placed, of_role: list[np.ndarray]) -> tuple[int, int, int]:
    """Return the program that plays most of each pitched role, or the default for a role that nothing plays."""
    of_track = np.array([track.program for track in score.tracks])
    programs = list(Song.programs)
    for column, index in enumerate(of_role[BASS:]):
        if len(index):
            programs[column] = int(np.bincount(of_track[notes.track[index]]).argmax())
    return programs[0], programs[1], programs[2]


def _count_lost(notes: Placed) -> dict[str, dict[str, int]]:
    """Count the lost notes as role -> reason -> notes; notes without a role count as "none"."""
    table = np.bincount((notes.role - NO_ROLE) * len(REASONS) + notes.lost, minlength=(len(ROLES) + 1) * len(REASONS))
    counts: dict[str, dict[str, int]] = {}
    for row, reason in zip(*table.reshape(-1, len(REASONS)).nonzero(), strict=True):
        if reason != KEPT:
            role = ("none", *ROLES)[row]
            counts.setdefault(role, {})[REASONS[reason]] = int(table[row * len(REASONS) + reason])
    return counts
