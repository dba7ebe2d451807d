"""Measures how much of some music is in other music already: runs of notes that they share, and copied bars.

Real songs share runs and bars as well, so a figure means something only beside the same figure of held-out songs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from groovevae.bars import Bars
from groovevae.bars.constants import CHORD_LOW, PITCHED
from groovevae.measures.phrases import role_digests

_MAX_TIME = 1023  # steps between two notes; longer times count as this
_MIX = np.uint64(0x9E3779B97F4A7C15)  # Fibonacci hashing, of which the top 24 bits are kept
_DOUBLINGS = 7  # runs of up to 2 * 2**_DOUBLINGS - 1 moves are measured


def moves(bars: Bars, role: str) -> np.ndarray:
    """Encode how a pitched role moves from strike to strike, (M,) int: semitones and steps, the same in every key.

    A strike of the chords is described by the intervals above its lowest note. n strikes make n - 1 moves.
    """
    first_step = np.cumsum(bars.num_steps) - bars.num_steps
    if role == "chords":
        struck = bars.onsets(role)
        bar, step = np.nonzero(struck.any(-1))
        rows = struck[bar, step]  # (M, P)
        pitch = CHORD_LOW + rows.argmax(1) if len(rows) else np.zeros(0, int)
        above = np.arange(rows.shape[1]) - rows.argmax(1)[:, None] if len(rows) else np.zeros(rows.shape, int)
        mask = (rows * (np.uint64(1) << np.maximum(above, 0).astype(np.uint64))).sum(1, dtype=np.uint64)  # 60 bits
        shape = ((mask * _MIX) >> np.uint64(40)).astype(int)
    else:
        bar, step = np.nonzero(bars.onsets(role))
        pitch = bars.pitches(role)[bar, step]
        shape = np.zeros(len(pitch), int)
    time = np.minimum(np.diff(first_step[bar] + step), _MAX_TIME)
    return ((shape[1:] * 256 + np.diff(pitch) + 128) * (_MAX_TIME + 1) + time).astype(np.int64)


def longest_shared_runs(queries: Sequence[np.ndarray], known: Sequence[np.ndarray]) -> np.ndarray:
    """Return the length of each query's longest run that occurs in one of the known sequences, (Q,) int.

    Sequences are integers from 0 up. The suffixes of all are ranked by prefix doubling (Manber & Myers 1993), cut at
    2**_DOUBLINGS; a query's best match among the known ones is its nearest neighbour in that order.
    """
    text, owner = _joined([*queries, *known])
    ranks = [np.unique(text, return_inverse=True)[1]]
    for power in range(_DOUBLINGS):
        last = ranks[-1]
        ahead = np.concatenate([last[1 << power :], np.zeros(min(1 << power, len(last)), last.dtype)])
        ranks.append(np.unique(last.astype(np.int64) * (last.max() + 1) + ahead, return_inverse=True)[1])
    order = np.argsort(ranks[-1], kind="stable")
    is_known = owner[order] >= len(queries)
    place = np.arange(len(order))
    before = np.maximum.accumulate(np.where(is_known, place, -1))
    after = np.minimum.accumulate(np.where(is_known, place, len(order))[::-1])[::-1]
    asked = np.flatnonzero(~is_known & (owner[order] >= 0))
    longest = np.zeros(len(queries), int)
    for neighbour in (before[asked], after[asked]):
        there = (neighbour >= 0) & (neighbour < len(order))
        own, other = order[asked[there]], order[neighbour[there]]
        np.maximum.at(longest, owner[own], _common(ranks, own, other))
    return longest


def _joined(parts: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Join all sequences, each ended by a number of its own, and return the owner of each place, -1 for the ends."""
    text = np.concatenate([np.append(part, -1 - number) for number, part in enumerate(parts)])
    owner = np.concatenate([np.append(np.full(len(part), number), -1) for number, part in enumerate(parts)])
    return text, owner


def _common(ranks: Sequence[np.ndarray], own: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return how far the text reads the same from places `own` and `other` (M,)."""
    length, end = np.zeros(len(own), int), len(ranks[0])
    for power in reversed(range(len(ranks))):
        here, there = own + length, other + length
        inside = np.maximum(here, there) + (1 << power) <= end
        same = inside & (ranks[power][np.minimum(here, end - 1)] == ranks[power][np.minimum(there, end - 1)])
        length += same << power
    return length


def longest_runs(phrases: Sequence[Bars], songs: Sequence[Bars]) -> dict[str, np.ndarray]:
    """Count, for each pitched role, the notes in a row (strikes of the chords) that each phrase shares with some song.

    Arrays are (Q,) int. Pitch and time from note to note must be the same; key, velocity and length are not compared.
    """
    out = {}
    for role in PITCHED:
        known = [moves(song, role) for song in songs]
        queries = [moves(phrase, role) for phrase in phrases]
        runs = longest_shared_runs(queries, known) + 1
        out[role] = np.where([phrase.onsets(role).any() for phrase in phrases], runs, 0)
    return out


def copied_bars(bars: Bars, known: set[tuple[int, ...]]) -> np.ndarray:
    """Tell which of the M bars that sound strike exactly what some known bar strikes, in all roles, (M,) bool."""
    return np.array([row in known for row in bar_keys(bars[bars.has_notes])], bool)


def bar_keys(bars: Bars) -> list[tuple[int, ...]]:
    """Return a key for each bar that tells it from all others: the digests of its four roles."""
    return [tuple(row) for row in role_digests(bars).tolist()]
