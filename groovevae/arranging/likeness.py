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
    playing = [role for role, is_new in zip(ROLES, roles, strict=True) if is_new]
    return max(drawings, key=lambda bars: round(sum(_likeness(bars, around, role) for role in playing), 6))


def _likeness(bars: Bars, around: Bars, role: str) -> float:
    """Return how alike a role is played: by when it strikes, and by how many notes, of bars around in which it plays.

    Each bar counts by the one whose rhythm is nearest, and by the ratio of its notes to their geometric mean. Where the
    role does not play around, it counts in how many bars it plays.
    """
    column = ROLES.index(role)
    theirs, ours = around[np.flatnonzero(around.role_plays[:, column])], bars.onsets(role)
    if not len(theirs):
        return float(bars.role_plays[:, column].mean())
    rhythm = overlap(_rhythms(ours, role), _rhythms(theirs.onsets(role), role)).max(1).mean()
    return float(rhythm - np.abs(_log_counts(ours) - _log_counts(theirs.onsets(role)).mean()).mean())


def _rhythms(onsets: np.ndarray, role: str) -> np.ndarray:
    """Return when each bar strikes, (N, F) of 0 and 1; of drums, each voice."""
    when = np.asarray(onsets.any(-1)) if role == "chords" else onsets
    return when.reshape(len(when), -1).astype(np.float32)


def _log_counts(onsets: np.ndarray) -> np.ndarray:
    return np.log1p(onsets.reshape(len(onsets), -1).sum(1))
