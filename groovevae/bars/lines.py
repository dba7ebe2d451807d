"""Measures how the tracks of a score play: how low, how often, one note at a time or in chords, how like a melody.

It decides no roles.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MONOPHONIC = 0.15  # share of a line's notes that may overlap the next
_LEGATO = 0.2  # quarter notes that a note may sound into the next: fingers and breath join notes of a line
_TOGETHER = 0.03  # share of a single line's notes that may be struck with another
_LINE_RANGE = 24  # semitones that a single line spans, however long its notes ring on
_STRIKES = 4  # in a quarter note: notes within one are struck together
_CHORDS = 0.8  # share of the strikes of block chords that have three notes or more
_ONE_HAND, _TWO_HANDS = 16, 28  # semitones that block chords span
_MOVES_ONE_HAND, _MOVES_TWO_HANDS = 1.0, 0.3  # changes of the top note for each quarter note: a melody moves more


@dataclass(frozen=True)
class Lines:
    """Statistics of the K tracks by which their roles are told."""

    count: np.ndarray  # (K,) notes
    mean_pitch: np.ndarray  # (K,)
    overlap: np.ndarray  # (K,) share of notes that still sound well into the next
    plays: np.ndarray  # (K, N) whether the track plays in the bar


def measure_lines(notes: np.ndarray, bar: np.ndarray, num_tracks: int) -> Lines:
    """Return the statistics of all tracks; `bar` (N,) is where each note begins."""
    order = np.argsort(notes["track"], kind="stable")
    track, onset, duration = notes["track"][order], notes["onset"][order], notes["duration"][order]
    held = onset[:-1] + duration[:-1] - np.maximum(_LEGATO, 0.25 * duration[:-1])
    overlaps = (track[1:] == track[:-1]) & (onset[1:] < held)
    count = np.bincount(track, minlength=num_tracks)
    total = np.maximum(count, 1)
    pitch = np.bincount(track, weights=notes["pitch"][order], minlength=num_tracks) / total
    overlap = np.bincount(track[:-1], weights=overlaps, minlength=num_tracks) / total
    plays = np.zeros((num_tracks, int(bar.max()) + 1), bool)
    plays[notes["track"], bar] = True
    return Lines(count, pitch, overlap, plays)


def notes_of_tracks(notes: np.ndarray, num_tracks: int) -> list[np.ndarray]:
    """Return the notes of each track, in the order in which they stand."""
    notes = notes[np.argsort(notes["track"], kind="stable")]
    return np.split(notes, np.searchsorted(notes["track"], np.arange(1, num_tracks)))


def is_single_line(notes: np.ndarray, overlap: float) -> bool:
    """Tell whether one track, (N,) by onset, plays one note at a time, even if each rings into the next."""
    together = float((np.diff(np.rint(notes["onset"] * _STRIKES * 2)) == 0).sum()) / len(notes)
    low, high = np.percentile(notes["pitch"], [5, 95])
    return together <= _TOGETHER and (overlap <= MONOPHONIC or high - low <= _LINE_RANGE)


def is_block_chords(notes: np.ndarray, lowest_root: int = 0) -> bool:
    """Tell whether one track, (N,) by onset, strikes whole chords and hardly anything else: no melody lies in them.

    The median of their lowest notes is `lowest_root` or higher.
    """
    strike = np.unique(np.rint(notes["onset"] * _STRIKES).astype(np.int64), return_inverse=True)[1]
    count = np.bincount(strike)
    if (count >= 3).mean() < _CHORDS:
        return False
    top, bottom = np.zeros(len(count), int), np.full(len(count), 127)
    np.maximum.at(top, strike, notes["pitch"])
    np.minimum.at(bottom, strike, notes["pitch"])
    if np.median(bottom) < lowest_root:
        return False
    span = float(np.median(top - bottom))
    quarters = float((notes["onset"] + notes["duration"]).max() - notes["onset"][0])
    moves = np.count_nonzero(np.diff(top)) / max(quarters, 1.0)
    return bool(span <= _TWO_HANDS and moves <= (_MOVES_ONE_HAND if span <= _ONE_HAND else _MOVES_TWO_HANDS))


# How likely a line is the melody: log-odds beside the other lines of its file. Fitted to half of the files whose track
# names tell the melody; `scripts/find_melodies.py` measures what they are worth.
_PLAYS, _PITCH, _HIGHEST_PITCH, _LEAPS, _GAPS, _FILLED, _LOUD, _DENSE = 3.4, 0.2, 76, -7.3, -8.5, 3.2, 0.18, -1.05
LEAP = 7  # semitones, and more
GAP = 1.9  # quarter notes between onsets, and more


def melody_score(notes: np.ndarray, plays: np.ndarray) -> float:
    """Return how much one line, (N,) by onset, plays like a melody; `plays` (M,) is in which bars that anyone plays in.

    Melodies play most of the time, high and loud, with few leaps, long gaps and rapid notes.
    """
    first = np.unique(np.rint(notes["onset"] * 12).astype(np.int64), return_index=True)[1]
    pitch, onset = notes["pitch"][first].astype(int), notes["onset"][first]
    moves, waits = np.abs(np.diff(pitch)), np.diff(onset)
    length = float((notes["onset"] + notes["duration"]).max() - notes["onset"][0])
    return float(
        _PLAYS * plays.mean()
        + _PITCH * min(float(notes["pitch"].mean()), _HIGHEST_PITCH)
        + _LEAPS * (moves > LEAP).sum() / max(len(moves), 1)
        + _GAPS * (waits > GAP).sum() / max(len(waits), 1)
        + _FILLED * min(float(notes["duration"].sum()) / max(length, 1e-6), 1.5)
        + _LOUD * float(notes["velocity"].mean())
        + _DENSE * np.log2(len(notes) / max(int(plays.sum()), 1))
    )
