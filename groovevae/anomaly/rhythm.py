"""Measures how a song's rhythm holds together: in its metre, role with role, bar with bar, and each drum in its place.

Most measures compare the song with itself, moved by steps or bars, so that they mean the same in every genre.
"""

from __future__ import annotations

import numpy as np

from groovevae.anomaly.harmony import FEW_NOTES, LAGS, Values, unknown
from groovevae.bars import Bars
from groovevae.bars.constants import MAX_STEPS, ROLES, STEPS_PER_BEAT, VOICES

_STEP = np.arange(MAX_STEPS)
_WEIGHT = np.where(_STEP % STEPS_PER_BEAT == 0, 1.0, np.where(_STEP % 2 == 0, 0.3, -0.5))  # of steps in the metre
_MOVED = (1, -1, 2, -2)  # steps
_PLACES = {
    "on one": [0],
    "on beats": _STEP % STEPS_PER_BEAT == 0,
    "on backbeats": [4, 12],
    "off eighths": _STEP % 2 == 1,
}
LONGEST_GAP = 25  # steps; longer gaps count as this


def rhythm(bars: Bars) -> Values:
    """Measure the rhythm of a song's bars. Names begin with a role, and are the same for all songs."""
    strikes = {role: bars.strikes(role) for role in ROLES}  # (N, T)
    out: Values = {}
    for role, struck in strikes.items():
        others = np.any([strikes[other] for other in ROLES if other != role], axis=0)
        out |= _density(struck, role) | _metre(struck, bars.inside, role) | _together(struck, others, bars.inside, role)
        out |= _repeated(struck, f"{role} rhythm") | _repeated(_notes(bars, role), f"{role} notes")
    return out | _drums(bars.onsets("drums"))


def _density(struck: np.ndarray, role: str) -> Values:
    """Measure how many strikes (N, T) the bars have, and how regular the gaps between them are."""
    out = unknown(role, "density", "density spread", "gaps")
    if struck.sum() < FEW_NOTES:
        return out
    count = struck.sum(1)
    count = count[count > 0]
    gaps = np.bincount(np.minimum(np.diff(np.flatnonzero(struck)), LONGEST_GAP))
    share = gaps[gaps > 0] / gaps.sum()
    return out | {
        f"{role} density": float(np.log(count.mean())),
        f"{role} density spread": float(count.std() / count.mean()),
        f"{role} gaps": float(-(share * np.log(share)).sum()),
    }


def _metre(struck: np.ndarray, inside: np.ndarray, role: str) -> Values:
    """Measure how strong the steps are that a role strikes (N, T), beside the same rhythm moved by some steps."""
    out = unknown(role, "in the metre", "in the metre, not moved", "in the metre, not early")
    if struck.sum() < FEW_NOTES:
        return out
    flat, weight = struck[inside], np.broadcast_to(_WEIGHT, struck.shape)[inside]
    here, *moved = (float((np.roll(flat, by) * weight).sum() / flat.sum()) for by in (0, *_MOVED))
    return out | {
        f"{role} in the metre": here,
        f"{role} in the metre, not moved": here - max(moved),
        f"{role} in the metre, not early": here - moved[1],
    }


def _together(struck: np.ndarray, others: np.ndarray, inside: np.ndarray, role: str) -> Values:
    """Measure how often others strike with a role (N, T), beside the same rhythm moved by a step or by bars."""
    beside = ("together, not moved", "together, not early", "together, not bars apart")
    out = unknown(role, "together", *beside)
    if struck.sum() < FEW_NOTES or not others.any():
        return out
    flat, rest = struck[inside], others[inside]
    here, late, early = (float((np.roll(flat, by) & rest).sum() / flat.sum()) for by in (0, 1, -1))
    apart = [float((struck & np.roll(others, lag, axis=0)).sum() / flat.sum()) for lag in LAGS if lag < len(struck)]
    out |= {
        f"{role} together": here,
        f"{role} together, not moved": here - max(late, early),
        f"{role} together, not early": here - early,
    }
    return out | ({f"{role} together, not bars apart": here - float(np.mean(apart))} if apart else {})


def _notes(bars: Bars, role: str) -> np.ndarray:
    return bars.onsets(role) if role == "drums" else bars.struck_chroma(role)


def _repeated(grid: np.ndarray, name: str) -> Values:
    """Measure how alike bars (N, ...) bool are: each with the one most like it, and with all (Jaccard's index)."""
    out = unknown(name, "repeated", "alike")
    rows = grid.reshape(len(grid), -1).astype(np.float32)
    rows = rows[rows.any(1)]
    if len(rows) < 3:
        return out
    shared, count = rows @ rows.T, rows.sum(1)
    alike = shared / (count[:, None] + count - shared)
    np.fill_diagonal(alike, 0)
    mean = alike.sum() / (len(rows) * (len(rows) - 1))
    return out | {f"{name} repeated": float(alike.max(1).mean()), f"{name} alike": float(mean)}


def _drums(hits: np.ndarray) -> Values:
    """Measure how often and where each drum voice is hit, of hits (N, T, 9)."""
    num_bars = hits.any((1, 2)).sum()
    out: Values = {}
    for voice, own in zip(VOICES, np.moveaxis(hits, -1, 0), strict=True):
        out |= unknown(f"drums {voice}", "hits", *_PLACES, "spread")
        if hits.sum() >= FEW_NOTES:
            out[f"drums {voice} hits"] = float(np.log1p(own.sum() / num_bars))
        if own.sum() >= 2:
            count = own.sum(1)
            out |= {f"drums {voice} {where}": float(own[:, at].sum() / own.sum()) for where, at in _PLACES.items()}
            out[f"drums {voice} spread"] = float(count.std() / count.mean())
    return out
