"""Gives every note of a score its place: its step, its role and its drum voice.

A note that a song cannot hold keeps the reason why. The notes that remain fit the grid exactly as they stand.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groovevae.bars.choices import NO_CHOICES, Choices
from groovevae.bars.constants import BASS, CHORDS, DRUMS, LEAD, MAX_CHORD_ONSETS, NUM_VOICES, ROLES
from groovevae.bars.drums import voices_of_keys
from groovevae.bars.metre import BarLines
from groovevae.bars.roles import NO_ROLE, DrumsFound, chord_tracks_in_bar, read_roles
from groovevae.midi.score import Score

SAME_STRIKE = 0.3  # steps: notes struck this close together are a chord; further apart, they are a run
ASIDE = 0.3  # steps: a note this far from its nearest step may take the step on its other side
GRACE = 0.05  # steps: notes that overlap by less follow each other
CHORD_ASIDE = 0.45  # ASIDE for chords, whose notes are strummed more often than run

# Why a note is not carried over. Index 0 stands for a note that is.
REASONS = (
    "kept",
    "unsupported metre",
    "no role",
    "not a percussion key",
    "voice struck already",
    "faster than the grid",
    "doubles another line",
    "another track",
    "thinned chord",
    "left out by hand",
)
KEPT = 0
_METRE, _NO_ROLE, _NO_VOICE, _SAME_VOICE, _TOO_FAST, DOUBLES, _OTHER_TRACK, _THINNED, _LEFT_OUT = range(1, len(REASONS))
SIMPLIFIED = (_SAME_VOICE, _TOO_FAST, DOUBLES, _THINNED)  # the bars hold what the note belongs to in a simpler form


@dataclass
class Placed:
    """The notes of a score, (N,) each, sorted by step and pitch; steps are counted through all bars that are held."""

    note: np.ndarray  # index into Score.notes
    step: np.ndarray
    stop: np.ndarray  # when it stops, in steps
    end: np.ndarray  # the step before which it stops on the grid, above `step`
    offset: np.ndarray  # micro-timing in steps, -0.5 to 0.5
    bar: np.ndarray
    pitch: np.ndarray  # as in the file
    velocity: np.ndarray
    track: np.ndarray
    role: np.ndarray  # index into ROLES, or NO_ROLE
    lost: np.ndarray  # index into REASONS
    voice: np.ndarray  # index into VOICES for a drum hit, -1 for any other note
    by_hand: np.ndarray  # (K,) bool: tracks whose role a person gave
    why: dict[tuple[int, int], str]  # (track, role) -> why the track was given the role, in a few words

    def kept(self, role: int) -> np.ndarray:
        """Return the indices of the notes that play a role and are carried over, by step and pitch."""
        return ((self.role == role) & (self.lost == KEPT)).nonzero()[0]

    def in_file_order(self, of_placed: np.ndarray) -> np.ndarray:
        """Return what is known of each placed note, (N,), in the order of `Score.notes`."""
        out = np.empty_like(of_placed)
        out[self.note] = of_placed
        return out


def place_notes(
    score: Score, lines: BarLines, choices: Choices = NO_CHOICES, *, drums: DrumsFound | None = None
) -> Placed:
    """Return the notes of a score, each with its place or the reason why it has none.

    `drums` are those that `roles.find_drums` found, where that was done before.
    """
    notes = _on_steps(score, lines, choices, drums)
    _untangle_line(notes, BASS)
    _untangle_line(notes, LEAD)
    _merge_drums(notes)
    _choose_chord_tracks(notes)
    _thin_chords(notes)
    return notes


def _on_steps(score: Score, lines: BarLines, choices: Choices, drums: DrumsFound | None) -> Placed:
    notes = score.notes
    bar, onset, end = _positions(notes, lines)
    roles = read_roles(score, bar, choices, drums=drums)
    role = roles.of_note
    is_drum = role == DRUMS
    voice = np.full(len(notes), -1)
    keys = notes["pitch"][is_drum]
    voice[is_drum] = voices_of_keys(keys)[keys]
    for track, named in roles.voices.items():
        voice[is_drum & (notes["track"] == track)] = named
    lane = np.where(is_drum, len(ROLES) + voice, role)
    aside = np.where(role == CHORDS, CHORD_ASIDE, ASIDE)
    step = _nearest_free_steps(onset, lane, aside, total=lines.total_steps)
    lost = np.full(len(notes), KEPT, np.int8)
    lost[role == NO_ROLE] = _NO_ROLE
    lost[roles.left_out] = _LEFT_OUT
    lost[roles.beside] = _OTHER_TRACK
    silent = is_drum & (voice < 0)
    role[silent], lost[silent] = NO_ROLE, _NO_VOICE
    lost[lines.num_steps[bar] == 0] = _METRE
    order = np.argsort(step * 128 + notes["pitch"], kind="stable")
    return Placed(
        note=order,
        step=step[order],
        stop=end[order],
        end=np.maximum(np.rint(end).astype(np.int64), step + 1)[order],
        offset=(onset - step)[order],
        bar=bar[order],
        pitch=notes["pitch"][order].astype(np.int64),
        velocity=notes["velocity"][order].astype(np.int64),
        track=notes["track"][order].astype(np.int64),
        role=role[order],
        lost=lost[order],
        voice=voice[order],
        by_hand=roles.by_hand,
        why=roles.why,
    )


def _positions(notes: np.ndarray, lines: BarLines) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the bar of each note, and its onset and end in steps from the first bar.

    The steps of a bar are spread over its length: exact, except in an odd bar that was rounded to whole steps.
    """
    quarters = np.concatenate([notes["onset"], notes["onset"] + notes["duration"]])
    bar = np.maximum(np.searchsorted(lines.start, quarters + 1e-6, side="right") - 1, 0)
    inside = (quarters - lines.start[bar]) * lines.steps_per_quarter[bar]
    steps = lines.first_step[bar] + np.minimum(np.maximum(inside, 0), lines.num_steps[bar])
    return bar[: len(notes)], steps[: len(notes)], steps[len(notes) :]


def _nearest_free_steps(onset: np.ndarray, lane: np.ndarray, aside: np.ndarray, *, total: int) -> np.ndarray:
    """Return the nearest step of each note, or the step beside it where two notes share their nearest step.

    A note moves only if it lies at least `aside` from its step and apart from the other note, and only to a free step.
    Notes of different lanes (a role, a drum voice) do not disturb each other. Without this, the second of two
    thirty-second notes would always be lost.
    """
    step = np.minimum(np.rint(onset).astype(np.int64), max(total - 1, 0))
    key = (lane + 1) * (total + 2) + step + 1
    offset = onset - step
    num_at = np.bincount(key, minlength=int(key.max()) + 2)
    for side in (1, -1):
        late = side * offset
        movable = ((late >= aside) & (num_at[key] > 1) & (num_at[key + side] == 0)).nonzero()[0]
        movable = movable[(step[movable] + side >= 0) & (step[movable] + side < total)]
        if not len(movable):
            continue
        others = (late < aside).nonzero()[0]
        latest = np.full(len(num_at), -np.inf)
        np.maximum.at(latest, key[others], late[others])
        gap = late[movable] - latest[key[movable]]
        step[movable[(gap >= SAME_STRIKE) & np.isfinite(gap)]] += side
    return step


def _untangle_line(notes: Placed, role: int) -> None:
    """Leave one note at each step of the bass (the lowest) or lead (the highest); the others accompany, or are lost.

    Those of a track that was given the role by hand never accompany.
    """
    index = notes.kept(role)
    first, group = _groups(notes.step[index])
    if len(first) == len(index):
        return
    onset, beside = notes.step[index] + notes.offset[index], np.abs(notes.offset[index])
    is_far = beside > np.minimum.reduceat(beside, first)[group] + SAME_STRIKE
    is_grace = notes.stop[index] < np.maximum.reduceat(onset, first)[group] + GRACE  # over before the main note begins
    outer = notes.pitch[index] if role == BASS else -notes.pitch[index]
    order = np.lexsort([outer, is_grace, is_far, group])
    index, onset = index[order], onset[order]
    kept = index[first][group]  # for each note, the one kept at its step
    rest = index != kept
    apart = np.abs(onset - onset[first][group]) > SAME_STRIKE
    follows = np.minimum(notes.stop[index], notes.stop[kept]) < np.maximum(onset, onset[first][group]) + GRACE
    run = rest & (apart | follows)
    doubles = rest & ~run & ((notes.pitch[index] - notes.pitch[kept]) % 12 == 0)
    notes.lost[index[run]] = _TOO_FAST
    notes.lost[index[doubles]] = DOUBLES
    chord, by_hand = rest & ~run & ~doubles, notes.by_hand[notes.track[index]]
    notes.lost[index[chord & by_hand]] = _THINNED
    notes.role[index[chord & ~by_hand]] = CHORDS


def _groups(key: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where each run of equal values begins in a sorted array, and which run each of its items is in."""
    begins = np.empty(len(key), bool)
    begins[:1] = True
    np.not_equal(key[1:], key[:-1], out=begins[1:])
    return begins.nonzero()[0], np.cumsum(begins) - 1


def _merge_drums(notes: Placed) -> None:
    """Leave the loudest hit of each voice at a step."""
    index = notes.kept(DRUMS)
    key = notes.step[index] * NUM_VOICES + notes.voice[index]
    order = np.argsort(key, kind="stable")
    notes.lost[_repeated(index[order], key[order], -notes.velocity[index[order]])] = _SAME_VOICE


def _repeated(index: np.ndarray, key: np.ndarray, rank: np.ndarray) -> np.ndarray:
    """Return, of the notes at `index` that share a (sorted) key, all but the first of lowest rank."""
    if not len(key):
        return index
    first, group = _groups(key)
    if len(first) == len(key):
        return index[:0]
    rank = rank * len(key) + np.arange(len(key))
    return index[rank > np.minimum.reduceat(rank, first)[group]]


def _choose_chord_tracks(notes: Placed) -> None:
    """Leave each pitch once at a step, and only the accompanying tracks that one player's two hands can cover."""
    bass, index = notes.kept(BASS), notes.kept(CHORDS)
    if not len(index):
        return
    bass_pitch = np.full(int(notes.step[-1]) + 1, -1)
    bass_pitch[notes.step[bass]] = notes.pitch[bass]
    step, pitch, track = notes.step[index], notes.pitch[index], notes.track[index]
    in_bass = bass_pitch[step] == pitch
    busy = np.bincount(track)
    repeated = _repeated(index, step * 128 + pitch, np.where(in_bass, 0, -busy[track]))
    notes.lost[index[in_bass]] = DOUBLES
    notes.lost[repeated] = DOUBLES
    index = notes.kept(CHORDS)
    notes.lost[index[~chord_tracks_in_bar(notes.track[index], notes.bar[index], notes.by_hand)]] = _OTHER_TRACK


def _thin_chords(notes: Placed) -> None:
    """Leave the longest notes at each step, MAX_CHORD_ONSETS at most; octaves of another note go first."""
    index = notes.kept(CHORDS)
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
