"""Measures how well notes were carried over: precision, recall and F1 between bars, or between notes in seconds.

The definition is that of onset-only note transcription in mir_eval (Raffel et al., "mir_eval: A Transparent
Implementation of Common MIR Metrics", ISMIR 2014): a note is found when one of the same pitch begins at the same
time, each estimated note answers for one reference note, and how long notes last does not count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from groovevae.bars.constants import LINES, ROLES
from groovevae.bars.types import Bars

ONSET_TOLERANCE = 0.030  # seconds; mir_eval's default is 0.050, for pianos heard through microphones
PLAYS = 0.05  # share of a genre's bars that a role plays in, at least, for the genre to have that role
_ROUNDING = 1e-9  # seconds: so that a note that is late by exactly the tolerance counts


class NoteCounts(NamedTuple):
    """Counts of notes that agree, of reference notes and of estimated notes. Counts of several songs add up."""

    true_positives: int
    num_reference: int
    num_estimate: int


def f1(true_positives: int, num_reference: int, num_estimate: int) -> float:
    """Return the harmonic mean of precision and recall, 0 to 1; NaN where neither side has a note."""
    total = num_reference + num_estimate
    return 2 * true_positives / total if total else float("nan")


def bars_note_counts(reference: Bars, estimate: Bars) -> dict[str, NoteCounts]:
    """Count, for each role, the onsets that agree in bar, step and pitch (or drum voice), over equally many bars.

    Velocity, micro-timing and length are not compared. A role absent from both sides counts (0, 0, 0), whose F1 is
    NaN and not 1: add up the counts of all songs before taking their `f1`.
    """
    if len(reference) != len(estimate):
        raise ValueError(f"{len(reference)} reference bars but {len(estimate)} estimated bars")
    return {role: NoteCounts(*(int(n.sum()) for n in role_note_counts(reference, estimate, role))) for role in ROLES}


def role_note_counts(reference: Bars, estimate: Bars, role: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Count, in each bar, the onsets of a role that agree, those of the reference and the estimated ones, (N,) each."""
    struck, answered = reference.onsets(role), estimate.onsets(role)
    agree = struck & answered
    if role in LINES:  # the token of a line is its pitch
        agree &= getattr(reference, role) == getattr(estimate, role)
    axes = tuple(range(1, agree.ndim))
    return agree.sum(axes), struck.sum(axes), answered.sum(axes)


def f1_by_genre(
    reference: Bars, estimate: Bars, genre: np.ndarray, genres: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Return the note F1 of equally many bars as genre -> role -> F1; `genre` (N,) indexes `genres`.

    Genres without bars are left out. A role that plays in less than PLAYS of a genre's bars has no F1, NaN, whatever
    the estimate adds: a few drum hits in a string quartet's folder are no drums of classical music.
    """
    table = {}
    for number, name in enumerate(genres):
        own = genre == number
        if own.any():
            true, counts = reference[own], bars_note_counts(reference[own], estimate[own])
            plays = dict(zip(ROLES, true.role_plays.mean(0) >= PLAYS, strict=True))
            table[name] = {role: f1(*counts[role]) if plays[role] else float("nan") for role in ROLES}
    return table


def macro_f1(table: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Return the mean over genres of each role's F1; a genre without the role does not count."""
    rows = np.array([[genre[role] for role in ROLES] for genre in table.values()])  # (G, 4)
    known = ~np.isnan(rows)
    total = np.where(known, rows, 0).sum(0)
    return {role: float(total[i] / n) if (n := known[:, i].sum()) else float("nan") for i, role in enumerate(ROLES)}


def match_notes(
    reference_onset: np.ndarray,
    reference_pitch: np.ndarray,
    estimate_onset: np.ndarray,
    estimate_pitch: np.ndarray,
    *,
    tolerance: float = ONSET_TOLERANCE,
) -> tuple[np.ndarray, np.ndarray]:
    """Match reference and estimated notes one to one, as many as possible; return the indices of both, (M,) each.

    Onsets are in seconds. The notes of one pitch are points on a line, and each may be matched with points in an
    interval of fixed width around it. On such a line, taking the earliest pair first finds as many pairs as mir_eval's
    bipartite matching (uncrossing two pairs that cross moves neither further apart), so no graph is needed.
    """
    reference_order = np.lexsort([reference_onset, reference_pitch])
    estimate_order = np.lexsort([estimate_onset, estimate_pitch])
    wanted = _pairs(reference_pitch[reference_order], reference_onset[reference_order])
    found = _pairs(estimate_pitch[estimate_order], estimate_onset[estimate_order])
    pairs = []
    i = j = 0
    while i < len(wanted) and j < len(found):
        same_pitch = wanted[i][0] == found[j][0]
        if same_pitch and abs(wanted[i][1] - found[j][1]) <= tolerance + _ROUNDING:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif wanted[i] < found[j]:
            i += 1
        else:
            j += 1
    matched = np.array(pairs, int).reshape(-1, 2)
    return reference_order[matched[:, 0]], estimate_order[matched[:, 1]]


def _pairs(pitch: np.ndarray, onset: np.ndarray) -> list[tuple[int, float]]:
    return list(zip(pitch.tolist(), onset.tolist(), strict=True))
