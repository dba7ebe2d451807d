"""Turns what can be heard in a bar into numbers: where each role strikes, its register and its pitch classes.

They come from notes alone, never from a latent point, so that judges built on them share nothing with the model. Tempo
and metre are left out: they are given to whoever makes a bar of a genre, and so prove nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groovevae.bars.constants import LINES, LOWEST_PITCH, OFFSET_UNITS, PITCHED, STEPS_PER_BEAT, VOICES
from groovevae.bars.types import Bars

KINDS = ("all", "without drums", "pitch", "rhythm")
_PLACES = 8  # equal parts of a bar; onsets are counted in each
_DRUMS, _RHYTHM, _PITCH = "drums", "rhythm", "pitch"
_KIND_OF = {
    "all": {_DRUMS, _RHYTHM, _PITCH},
    "without drums": {_RHYTHM, _PITCH},
    "pitch": {_PITCH},
    "rhythm": {_DRUMS, _RHYTHM},
}


@dataclass(frozen=True)
class Features:
    """Features of N bars; `names` and `groups` have one entry for each column."""

    values: np.ndarray  # (N, F) float32
    names: tuple[str, ...]
    groups: tuple[str, ...]  # drums, rhythm (of the pitched roles) or pitch

    def of_kind(self, kind: str) -> np.ndarray:
        """Return the columns of one of KINDS: all, without drums, pitch alone, rhythm alone (drums included)."""
        return self.values[:, [group in _KIND_OF[kind] for group in self.groups]]


def bar_features(bars: Bars) -> Features:
    """Compute the features of each bar."""
    parts = [*_drum_features(bars)]
    for column, role in enumerate(PITCHED):
        parts += _rhythm_features(bars, role, column)
        parts += _pitch_features(bars, role)
    parts += _chord_features(bars)
    names = tuple(name for _, name, _ in parts)
    values = np.stack([value for _, _, value in parts], axis=1).astype(np.float32)
    return Features(values, names, tuple(group for group, _, _ in parts))


_Part = tuple[str, str, np.ndarray]  # group, name, (N,)


def _drum_features(bars: Bars) -> list[_Part]:
    hits, strikes = bars.onsets("drums").astype(float), bars.strikes("drums")  # (N, T, 9), (N, T)
    late = _mean_where(bars.drums_offset / OFFSET_UNITS, hits > 0)
    parts = [(_DRUMS, "drums late", late), (_DRUMS, "drums swing", _swing(bars.drums_offset.max(-1), strikes))]
    for voice, name in enumerate(VOICES):
        parts.append((_DRUMS, f"{name} hits", hits[..., voice].sum(1)))
        parts += [(_DRUMS, f"{name} at {k}", v) for k, v in enumerate(_at_places(hits[..., voice], bars.num_steps).T)]
    return parts


def _rhythm_features(bars: Bars, role: str, column: int) -> list[_Part]:
    strikes, offset = bars.strikes(role), bars.offset[..., column]  # (N, T)
    parts = [
        (_RHYTHM, f"{role} strikes", strikes.sum(1)),
        (_RHYTHM, f"{role} sounds", bars.sounds(role).sum(1) / bars.num_steps),
        (_RHYTHM, f"{role} late", _mean_where(offset / OFFSET_UNITS, strikes)),
        (_RHYTHM, f"{role} swing", _swing(offset, strikes)),
    ]
    places = _at_places(strikes.astype(float), bars.num_steps)
    return parts + [(_RHYTHM, f"{role} at {k}", value) for k, value in enumerate(places.T)]


def _at_places(strikes: np.ndarray, num_steps: np.ndarray) -> np.ndarray:
    """Count strikes (N, T) in _PLACES equal parts of each bar, and on its odd sixteenths: (N, _PLACES + 1)."""
    step = np.arange(strikes.shape[1])
    place = step * _PLACES // num_steps[:, None]  # (N, T); past the bar's end nothing is struck
    counts = [(strikes * (place == k)).sum(1) for k in range(_PLACES)]
    return np.stack([*counts, strikes[:, 1::2].sum(1)], axis=1)


def _swing(offset: np.ndarray, strikes: np.ndarray) -> np.ndarray:
    """Return how late the strikes in the second half of each beat come, in steps, mean over a bar, (N,)."""
    off_beat = np.arange(strikes.shape[1]) % STEPS_PER_BEAT >= 2
    return _mean_where(offset / OFFSET_UNITS, strikes & off_beat)


def _pitch_features(bars: Bars, role: str) -> list[_Part]:
    counts = bars.pitch_counts(role)  # (N, P)
    pitch = LOWEST_PITCH[role] + np.arange(counts.shape[1])
    total = counts.sum(1)
    some = np.maximum(total, 1)
    mean = counts @ pitch / some
    spread = np.sqrt(np.maximum(counts @ pitch**2 / some - mean**2, 0))
    struck = counts > 0
    low = np.where(total > 0, np.where(struck, pitch, 999).min(1), 0)
    high = np.where(struck, pitch, 0).max(1)
    classes = bars.pitch_classes(role)  # (N, 12)
    parts = [
        (_PITCH, f"{role} mean", mean),
        (_PITCH, f"{role} spread", spread),
        (_PITCH, f"{role} lowest", low),
        (_PITCH, f"{role} highest", high),
        (_PITCH, f"{role} pitches", struck.sum(1)),
        (_PITCH, f"{role} pitch classes", (classes > 0).sum(1)),
    ]
    return parts + [(_PITCH, f"{role} class {c}", classes[:, c] / some) for c in range(12)]


def _chord_features(bars: Bars) -> list[_Part]:
    """Return the size and the intervals of chords, and how far lines move from note to note."""
    struck = bars.onsets("chords").astype(np.float32)  # (N, T, P)
    size = struck.sum(-1)
    parts: list[_Part] = [(_PITCH, "chord size", _mean_where(size, size > 0))]
    strikes = np.maximum((size > 0).sum(1), 1)
    for interval in range(1, 13):
        pairs = (struck[..., interval:] * struck[..., :-interval]).sum((1, 2))
        parts.append((_PITCH, f"chords interval {interval}", pairs / strikes))
    for role in LINES:
        moves, found = _moves(bars.pitches(role))
        for name, low, high in (("stays", 0, 0), ("steps", 1, 2), ("skips", 3, 5), ("leaps", 6, 99)):
            parts.append((_PITCH, f"{role} {name}", _mean_where((moves >= low) & (moves <= high), found)))
    return parts


def _moves(pitches: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the semitones (N, T) between each onset of a line and the one before it, and where there are both."""
    struck = pitches >= 0
    index = np.where(struck, np.arange(pitches.shape[1]), -1)
    before = np.maximum.accumulate(np.pad(index, ((0, 0), (1, 0)), constant_values=-1)[:, :-1], axis=1)  # (N, T)
    last = np.take_along_axis(pitches, np.maximum(before, 0), axis=1)
    return np.abs(pitches - last), struck & (before >= 0)


def _mean_where(values: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the mean of values (N, ...) over what the mask keeps of each bar, (N,); 0 where it keeps nothing."""
    values, mask = (array.reshape(len(array), -1) for array in (values, mask))
    return (values * mask).sum(1) / np.maximum(mask.sum(1), 1)
