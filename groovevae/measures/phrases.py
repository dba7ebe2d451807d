"""Measures consecutive bars as a phrase: which parts repeat, how alike bars are, whether they stay in one key.

It looks at notes alone, never at a latent point, so that the same measures judge real phrases and sampled ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache

import numpy as np

from groovevae.bars.constants import FIRST_PITCH, LINES, MAJOR_SCALE, NUM_PITCHES, PITCHED, ROLES
from groovevae.bars.types import Bars

_MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: the odd multiplier of Fibonacci hashing
_MAJOR = np.array(MAJOR_SCALE)


@dataclass(frozen=True)
class PhraseMeasures:
    """One phrase in numbers; shares are 0 to 1, and NaN where there is nothing to measure."""

    similarity: float  # share of their notes that two bars have in common, mean over all pairs of bars
    next_similarity: float  # the same for bars that follow each other
    repeated_drums: float  # share of the bars that play the role and repeat it exactly from an earlier bar
    repeated_bass: float
    repeated_chords: float
    repeated_lead: float
    repeated_bars: float  # share of the bars after the first that repeat an earlier one in all roles
    in_key: float  # share of pitched notes, by bar, in the best major scale (or its relative minor) of the phrase
    key_stability: float  # mean correlation of a bar's pitch classes with those of the other bars
    empty_bars: float  # share of bars without a note

    def values(self) -> dict[str, float]:
        """Return the measures by name."""
        return asdict(self)


def onset_grids(bars: Bars) -> dict[str, np.ndarray]:
    """Return what each role strikes at each step, (N, T, voices or pitches) or (N, T) u1 tokens: onsets alone."""
    grids = {role: bars.onsets(role).astype(np.uint8) for role in ROLES}
    return grids | {role: grids[role] * getattr(bars, role) for role in LINES}


def role_digests(bars: Bars) -> np.ndarray:
    """Return a number (N, 4) uint64 for what each role strikes in each bar: equal for equal onsets, 0 for none."""
    return grid_digests(onset_grids(bars))


def grid_digests(grids: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return a number (N, R) uint64 for each bar of each grid (N, ...) u1: equal for equal bars, 0 for zeros."""
    columns = []
    for role, grid in grids.items():
        flat = grid.reshape(len(grid), -1)
        words = np.ascontiguousarray(np.pad(flat, ((0, 0), (0, -flat.shape[1] % 8)))).view(np.uint64)  # (N, W)
        key, of_silence = _key(role, words.shape[1])
        mixed = _mixed(words + key) - of_silence  # 0 for silence
        columns.append(_mixed(mixed.sum(1, dtype=np.uint64)))
    return np.stack(columns, axis=1)


@lru_cache(maxsize=32)
def _key(role: str, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return an odd number for each word (W,) of a grid, and these mixed."""
    key = np.random.default_rng(list(role.encode())).integers(1, 2**63, size, np.uint64) * 2 + 1
    return key, _mixed(key)


def _mixed(words: np.ndarray) -> np.ndarray:
    """Mix words so that every bit depends on every bit (a short form of splitmix64's finaliser); 0 stays 0."""
    words = (words ^ (words >> np.uint64(30))) * _MIX
    words = (words ^ (words >> np.uint64(27))) * (_MIX ^ np.uint64(0xAAAA))
    return words ^ (words >> np.uint64(31))


def note_sets(bars: Bars) -> np.ndarray:
    """Return all onsets of each bar as one row of 0 and 1, (N, F) float32: role, step, and pitch or voice."""
    grids = onset_grids(bars)
    parts = [grids["drums"], grids["chords"]]
    for role in LINES:
        parts.append(grids[role][..., None] == FIRST_PITCH + np.arange(NUM_PITCHES[role]))
    return np.concatenate([part.reshape(len(bars), -1) for part in parts], axis=1).astype(np.float32)


def pitch_classes(bars: Bars) -> np.ndarray:
    """Count how often each bar strikes each pitch class in its pitched roles, (N, 12) float."""
    return np.sum([bars.pitch_classes(role) for role in PITCHED], axis=0, dtype=float)


def semitones_apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Tell where two roles' chromas (N, T, 12) have pitch classes a semitone apart, (N, T) bool."""
    return (one & (np.roll(other, 1, -1) | np.roll(other, -1, -1))).any(-1)


def measure_phrase(bars: Bars) -> PhraseMeasures:
    """Measure one phrase of N bars."""
    notes = note_sets(bars)
    shared = overlap(notes, notes)
    sounding = bars.has_notes
    pairs = np.triu(np.outer(sounding, sounding), 1)
    following = np.diag(np.ones(len(bars) - 1, bool), 1) & pairs
    digests = role_digests(bars)
    classes = pitch_classes(bars)
    repeated = {f"repeated_{role}": _repeated(digests[:, [column]]) for column, role in enumerate(ROLES)}
    return PhraseMeasures(
        similarity=_mean(shared[pairs]),
        next_similarity=_mean(shared[following]),
        repeated_bars=_repeated(digests),
        in_key=_in_key(classes),
        key_stability=_key_stability(classes),
        empty_bars=float(1 - sounding.mean()),
        **repeated,
    )


def overlap(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return Dice's coefficient of rows of 0 and 1, (N, F) with (M, F), (N, M); rows without a note share nothing."""
    return np.asarray(2 * (one @ other.T) / np.maximum(one.sum(1)[:, None] + other.sum(1)[None], 1))


def _repeated(digests: np.ndarray) -> float:
    """Return the share of the sounding bars after the first that repeat an earlier one in these columns (N, C)."""
    sounding = np.flatnonzero(digests.any(1))
    rows = [tuple(row) for row in digests.tolist()]
    again = [rows[bar] in rows[:bar] for bar in sounding if bar > 0]
    return _mean(np.array(again, float))


def _in_key(classes: np.ndarray) -> float:
    """Return the share of notes within the best of the twelve diatonic scales for the phrase, mean over bars."""
    total = classes.sum(0)
    key = max(range(12), key=lambda tonic: total[(tonic + _MAJOR) % 12].sum())
    count = classes.sum(1)
    return _mean(classes[:, (key + _MAJOR) % 12].sum(1)[count > 0] / count[count > 0])


def _key_stability(classes: np.ndarray) -> float:
    """Return the mean correlation between the pitch classes of each bar and those of all others together."""
    rest = classes.sum(0) - classes
    varied = (classes.std(1) > 0) & (rest.std(1) > 0)
    pairs = zip(classes[varied], rest[varied], strict=True)
    return _mean(np.array([np.corrcoef(own, others)[0, 1] for own, others in pairs]))


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if values.size else float("nan")
