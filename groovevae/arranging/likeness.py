"""Chooses the drawing of new bars in which they are played most like the bars around them. Uses no network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from groovevae.arranging.arrangement import Brief
from groovevae.bars import Bars
from groovevae.bars.constants import ROLES
from groovevae.config import MAX_SEED
from groovevae.measures.phrases import overlap

DRAWINGS = 8  # of which one is chosen: one alone often thins an arpeggio out, or fills a sparse part up


def drawings_of(brief: Brief) -> list[Brief]:
    """Return a brief for each drawing: the same, with seeds that small other seeds do not lead to."""
    seeds = [(brief.seed * DRAWINGS + number) % (MAX_SEED + 1) for number in range(DRAWINGS)]
    return [replace(brief, seed=seed) for seed in seeds]


def most_alike(drawings: Sequence[Bars], around: Bars, roles: np.ndarray) -> Bars:
    """Return the drawing in which `roles` (4,) play most as busily, and most in the rhythms, as in the bars around."""
    likeness = np.zeros(len(drawings))
    for column in np.flatnonzero(roles).tolist():
        likeness += _likeness(drawings, around, column)
    return drawings[int(np.argmax(np.round(likeness, 6)))]


def _likeness(drawings: Sequence[Bars], around: Bars, column: int) -> np.ndarray:
    """Return how alike each drawing plays a role, (D,), in rhythm and number of notes, to the bars around that play it.

    Each bar counts by the one whose rhythm is nearest, and by the ratio of its notes to their geometric mean. Where the
    role does not play around, it counts in how many bars it plays.
    """
    role, plays = ROLES[column], np.flatnonzero(around.role_plays[:, column])
    if not len(plays):
        return np.array([bars.role_plays[:, column].mean() for bars in drawings])
    theirs = around[plays].onsets(role)
    rhythms, count = _rhythms(theirs, role), _log_counts(theirs).mean()

    def alike(onsets: np.ndarray) -> float:
        rhythm = overlap(_rhythms(onsets, role), rhythms).max(1).mean()
        return float(rhythm - np.abs(_log_counts(onsets) - count).mean())

    return np.array([alike(bars.onsets(role)) for bars in drawings])


def _rhythms(onsets: np.ndarray, role: str) -> np.ndarray:
    """Return when each bar strikes, (N, F) of 0 and 1; of drums, each voice."""
    when = np.asarray(onsets.any(-1)) if role == "chords" else onsets
    return when.reshape(len(when), -1).astype(np.float32)


def _log_counts(onsets: np.ndarray) -> np.ndarray:
    return np.log1p(onsets.reshape(len(onsets), -1).sum(1))
