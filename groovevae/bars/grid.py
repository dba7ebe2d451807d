"""Notes placed on the grid: the way from a piece to a song of bars. Every note that is not carried over is counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

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
    MAX_CHORD_ONSETS,
    NUM_VOICES,
    OFFSET_UNITS,
    ONSET,
    PITCHED,
    ROLES,
    STEPS_PER_QUARTER,
    VOICE_PITCH,
    VOICES_OF_KEY,
)
from groovevae.bars.key import find_key, semitones_to_c
from groovevae.bars.metre import BarLines, bar_lines
from groovevae.bars.roles import NO_ROLE, assign_roles, chord_tracks_in_bar
from groovevae.bars.types import Bars, Song
from groovevae.errors import MidiError
from groovevae.midi import Piece

MAX_BARS = 20_000
SAME_STRIKE = 0.3  # steps: notes struck this close together are one chord, further apart a run

# Why a note is not carried over. Index 0 is a note that is.
REASONS = (
    "kept",
    "unsupported metre",
    "no role",
    "no drum voice",
    "voice struck already",
    "faster than the grid",
    "doubles another line",
    "another track",
    "thinned chord",
)
_KEPT, _METRE, _NO_ROLE, _NO_VOICE, _SAME_VOICE, _TOO_FAST, _DOUBLES, _OTHER_TRACK, _THINNED = range(len(REASONS))



@dataclass
class _Placed:
    """The notes of a piece on the grid, (N,) each; `step` counts from the first bar over all bars the grid holds."""

    step: np.ndarray
    end: np.ndarray  # the step before which it stops, above `step`
    offset: np.ndarray  # micro-timing in steps, -0.5 to 0.5
    bar: np.ndarray
    pitch: np.ndarray  # int, as in the file
    velocity: np.ndarray
    track: np.ndarray
    role: np.ndarray
    lost: np.ndarray  # index into REASONS
    voice: np.ndarray  # index into VOICES for a drum hit, -1 for any other note

    def alive(self, role: int) -> np.ndarray:
        """Indices of the notes that play a role and are not lost."""
        return np.flatnonzero((self.role == role) & (self.lost == _KEPT))


def piece_to_song(piece: Piece) -> Song:
    """The bars of a piece, in C major or A minor, with what was lost on the way counted by role and reason.

    Raises MidiError where nothing remains: no bar with a metre that the grid holds, or no note with a role.
    """
    lines = bar_lines(piece)
    if len(lines.start) > MAX_BARS:
        raise MidiError(f"{len(lines.start):,} bars; at most {MAX_BARS:,} are read")
    held = lines.num_steps > 0
    if not held.any():
        named = ", ".join(sorted({f"{n:g}/{d:g}" for n, d in lines.metre[~held]}))
        raise MidiError(f"unsupported metre ({named}); bars of whole sixteenths, 24 at most, are read")
    notes = _place(piece, lines)
    if (notes.lost > 0).all():
        raise MidiError("no notes that a role can play (only sound effects or unsupported metres)")
    _untangle_line(notes, BASS)
    _untangle_line(notes, LEAD)
    _merge_drums(notes)
    _thin_chords(notes)

    pitched = np.flatnonzero((notes.role != DRUMS) & (notes.lost == _KEPT))
    tonic, is_minor = find_key(notes.pitch[pitched], (notes.end - notes.step)[pitched] / STEPS_PER_QUARTER)
    transpose = semitones_to_c(tonic, is_minor)
    return Song(
        bars=_fill(notes, lines, _bar_tempos(piece, lines), transpose),
        transpose=transpose,
        is_minor=is_minor,
        programs=_programs(piece, notes),
        kit=_kit(notes),
        lead_in=max(0.0, -float(lines.start[0])),
        lost=_count_lost(notes),
        num_notes={name: int((notes.role == role).sum()) for role, name in enumerate(ROLES)},
    )


def _place(piece: Piece, lines: BarLines) -> _Placed:
    notes = piece.notes
    num_steps, first_step = lines.num_steps, np.cumsum(lines.num_steps) - lines.num_steps
    total = int(num_steps.sum())

    def position(quarters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        bar = np.clip(np.searchsorted(lines.start, quarters + 1e-6, side="right") - 1, 0, len(lines.start) - 1)
        inside = ((quarters - lines.start[bar]) * STEPS_PER_QUARTER).clip(0, num_steps[bar])
        return bar, first_step[bar] + inside

    bar, onset = position(notes["onset"])
    _, end = position(notes["onset"] + notes["duration"])
    step = np.rint(onset).astype(np.int64).clip(0, max(total - 1, 0))
    role = assign_roles(piece, bar)
    lost = np.where(role == NO_ROLE, _NO_ROLE, _KEPT).astype(np.int8)
    lost[num_steps[bar] == 0] = _METRE
    voice = np.where(role == DRUMS, voices_of_keys(notes["pitch"][role == DRUMS])[notes["pitch"]], -1)
    lost[(role == DRUMS) & (voice < 0) & (lost == _KEPT)] = _NO_VOICE
    return _Placed(
        step=step,
        end=np.maximum(np.rint(end).astype(np.int64), step + 1),
        offset=onset - step,
        bar=bar,
        pitch=notes["pitch"].astype(np.int64),
        velocity=notes["velocity"].astype(np.int64),
        track=notes["track"].astype(np.int64),
        role=role,
        lost=lost,
        voice=voice,
    )


def voices_of_keys(keys: np.ndarray) -> np.ndarray:
    """The voice that plays each percussion key of one song, (128,), -1 for a key that has none.

    `keys` are those the song sounds: which voices are free for hand percussion depends on what else is played.
    """
    voices, taken = np.full(128, -1), set()
    sounding = np.bincount(keys, minlength=128) > 0
    for key, fitting in VOICES_OF_KEY.items():
        if sounding[key]:
            voices[key] = next((voice for voice in fitting if voice not in taken), fitting[0])
            taken.add(voices[key])
    return voices


def _untangle_line(notes: _Placed, role: int) -> None:
    """Leaves one note a step in bass (the lowest) or lead (the highest); the others accompany, or are lost."""
    index = notes.alive(role)
    outer = notes.pitch[index] if role == BASS else -notes.pitch[index]
    index = index[np.lexsort([outer, notes.step[index]])]
    if not len(index):
        return
    is_first = np.append(True, np.diff(notes.step[index]) > 0)
    kept = index[is_first][np.cumsum(is_first) - 1]  # for each note, the one kept at its step
    rest = ~is_first
    run = rest & (np.abs(notes.offset[index] - notes.offset[kept]) > SAME_STRIKE)
    doubles = rest & ~run & ((notes.pitch[index] - notes.pitch[kept]) % 12 == 0)
    notes.lost[index[run]] = _TOO_FAST
    notes.lost[index[doubles]] = _DOUBLES
    notes.role[index[rest & ~run & ~doubles]] = CHORDS


def _merge_drums(notes: _Placed) -> None:
    """Leaves the loudest hit of each voice at a step."""
    index = notes.alive(DRUMS)
    key = notes.step[index] * NUM_VOICES + notes.voice[index]
    order = np.lexsort([-notes.velocity[index], key])
    again = order[1:][np.diff(key[order]) == 0] if len(order) else order
    notes.lost[index[again]] = _SAME_VOICE


def _thin_chords(notes: _Placed) -> None:
    """Leaves what one player can strike: the busiest tracks of a bar, each pitch once, MAX_CHORD_ONSETS at a step."""
    index = notes.alive(CHORDS)
    notes.lost[index[~chord_tracks_in_bar(notes.track[index], notes.bar[index])]] = _OTHER_TRACK
    index = notes.alive(CHORDS)
    key = notes.step[index] * 128 + notes.pitch[index]
    order = np.lexsort([-notes.end[index], key])
    again = order[1:][np.diff(key[order]) == 0] if len(order) else order
    notes.lost[index[again]] = _DOUBLES
    index = notes.alive(CHORDS)
    step = notes.step[index]
    if not len(step) or np.bincount(step).max() <= MAX_CHORD_ONSETS:
        return
    order = np.lexsort([notes.pitch[index], notes.pitch[index] % 12, step])  # octaves of one pitch class together
    octave = (np.diff(notes.pitch[index][order] % 12) == 0) & (np.diff(step[order]) == 0)
    is_octave = np.zeros(len(index), bool)
    is_octave[order[1:]] = octave
    order = np.lexsort([-notes.end[index], is_octave, step])
    place = np.arange(len(order)) - np.searchsorted(step[order], step[order])
    notes.lost[index[order[place >= MAX_CHORD_ONSETS]]] = _THINNED


def _fill(notes: _Placed, lines: BarLines, tempo: np.ndarray, transpose: int) -> Bars:
    held = lines.num_steps > 0
    num_steps = lines.num_steps[held]
    bars = Bars.empty(len(num_steps))
    bars.metre[:] = lines.metre[held]
    bars.tempo[:] = tempo[held]
    total = int(num_steps.sum())
    bar = np.repeat(np.arange(len(num_steps)), num_steps)  # (S,) where each step of the piece lies
    step = np.arange(total) - np.repeat(np.cumsum(num_steps) - num_steps, num_steps)  # (S,)

    index = notes.alive(DRUMS)
    place = (bar[notes.step[index]], step[notes.step[index]], notes.voice[index])
    bars.drums[place] = notes.velocity[index]
    bars.drums_offset[place] = _offset_units(notes.offset[index])
    for column, role in enumerate((BASS, CHORDS, LEAD)):
        index = notes.alive(role)
        velocity, offset = _step_means(notes, index, total)
        bars.velocity[bar, step, column] = velocity
        bars.offset[bar, step, column] = offset
    bars.bass[bar, step] = _line_tokens(notes, BASS, transpose, total, low=BASS_LOW, size=BASS_SIZE)
    bars.lead[bar, step] = _line_tokens(notes, LEAD, transpose, total, low=LEAD_LOW, size=LEAD_SIZE)
    bars.chords[bar, step] = _chord_states(notes, transpose, total)
    return bars


def _offset_units(offset: np.ndarray) -> np.ndarray:
    return np.rint(offset * OFFSET_UNITS).clip(-OFFSET_UNITS // 2, OFFSET_UNITS // 2 - 1).astype(np.int8)


def _step_means(notes: _Placed, index: np.ndarray, total: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean velocity and micro-timing of the notes struck at each step, (S,) u1 and i1."""
    step = notes.step[index]
    count = np.maximum(np.bincount(step, minlength=total), 1)
    velocity = np.bincount(step, weights=notes.velocity[index], minlength=total) / count
    offset = np.bincount(step, weights=notes.offset[index], minlength=total) / count
    return np.rint(velocity).astype(np.uint8), _offset_units(offset)


def fold_octaves(pitch: np.ndarray, low: int, size: int) -> np.ndarray:
    """Pitches moved by whole octaves into low .. low + size - 1."""
    below = np.maximum(0, -((pitch - low) // 12)) * (pitch < low)
    above = np.maximum(0, (pitch - low - size) // 12 + 1) * (pitch >= low + size)
    return pitch + 12 * below - 12 * above


def _line_tokens(notes: _Placed, role: int, transpose: int, total: int, *, low: int, size: int) -> np.ndarray:
    index = notes.alive(role)
    index = index[np.argsort(notes.step[index])]
    tokens = np.zeros(total, np.uint8)
    if len(index):
        step = notes.step[index]
        end = np.minimum(notes.end[index], np.append(step[1:], total))
        change = np.bincount(step, minlength=total + 1) - np.bincount(end, minlength=total + 1)
        tokens[np.cumsum(change[:total]) > 0] = HOLD
        tokens[step] = FIRST_PITCH + fold_octaves(notes.pitch[index] + transpose, low, size) - low
    return tokens


def _chord_states(notes: _Placed, transpose: int, total: int) -> np.ndarray:
    index = notes.alive(CHORDS)
    pitch = fold_octaves(notes.pitch[index] + transpose, CHORD_LOW, CHORD_SIZE) - CHORD_LOW
    key = np.unique(pitch * total + notes.step[index], return_index=True)  # a folded octave may meet its double
    index, pitch = index[key[1]], pitch[key[1]]
    step = notes.step[index]
    following = np.append(np.where(np.diff(pitch) == 0, step[1:], total), total)[: len(index)]
    end = np.minimum(notes.end[index], following)
    size = (total + 1) * CHORD_SIZE
    change = np.bincount(step * CHORD_SIZE + pitch, minlength=size) - np.bincount(
        end * CHORD_SIZE + pitch, minlength=size
    )
    sounding = np.cumsum(change.reshape(total + 1, CHORD_SIZE)[:total], axis=0) > 0  # (S, P)
    states = sounding.astype(np.uint8) * HOLD
    states[step, pitch] = ONSET
    return states


def _bar_tempos(piece: Piece, lines: BarLines) -> np.ndarray:
    """Mean tempo of each bar, quarter notes a minute: what keeps the bar's length in seconds, (N,)."""
    quarter, tempo = piece.tempos[:, 0], piece.tempos[:, 1]
    if len(tempo) == 1:
        return np.full(len(lines.start), tempo[0])
    seconds = np.append(0.0, np.cumsum(np.diff(quarter) * 60 / tempo[:-1]))

    def time(at: np.ndarray) -> np.ndarray:
        row = np.maximum(np.searchsorted(quarter, at, side="right") - 1, 0)
        return seconds[row] + (at - quarter[row]) * 60 / tempo[row]

    return (lines.end - lines.start) * 60 / (time(lines.end) - time(lines.start))


def _programs(piece: Piece, notes: _Placed) -> tuple[int, int, int]:
    """The program that plays most of each pitched role; the default of a role that nobody plays."""
    of_track = np.array([track.program for track in piece.tracks])
    programs = list(Song.programs)
    for column in range(len(PITCHED)):
        index = notes.alive(column + 1)
        if len(index):
            programs[column] = int(np.bincount(of_track[notes.track[index]]).argmax())
    return programs[0], programs[1], programs[2]


def _kit(notes: _Placed) -> tuple[int, ...]:
    """The percussion key that sounds most for each voice; General MIDI's own for a voice that is not played."""
    index = notes.alive(DRUMS)
    hits = np.bincount(notes.voice[index] * 128 + notes.pitch[index], minlength=NUM_VOICES * 128)
    hits = hits.reshape(NUM_VOICES, 128)
    return tuple(int(row.argmax()) if row.any() else VOICE_PITCH[voice] for voice, row in enumerate(hits))


def _count_lost(notes: _Placed) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    pairs = (notes.role.astype(int) + 1) * len(REASONS) + notes.lost
    for pair, count in zip(*np.unique(pairs[notes.lost > 0], return_counts=True), strict=True):
        role = int(pair) // len(REASONS) - 1
        name = "none" if role == NO_ROLE else ROLES[role]
        counts.setdefault(name, {})[REASONS[int(pair) % len(REASONS)]] = int(count)
    return counts
