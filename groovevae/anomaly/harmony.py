"""Measures how a song's pitches hold together: in one scale, role with role, and better so than if they were moved.

Most measures compare the song with itself, transposed or some bars apart, so that they mean the same in every genre.
"""

from __future__ import annotations

import numpy as np

from groovevae.bars import Bars
from groovevae.bars.constants import CHORD_SIZE, LINES, MAJOR_SCALE, MAX_STEPS, PITCHED, STEPS_PER_BEAT

LAGS = (1, 2, 3, 5, 7)  # bars by which roles are moved against each other
FEW_NOTES = 4  # below, nothing is measured
CLASH = 0.5  # what a note a semitone beside another's costs, in notes that are shared
ODD_LEAPS = (6, 8, 10, 11, 13, 18)  # semitones that a tune seldom moves by
# (12, 12): the pitch classes of each major scale.
_SCALES = np.array([[(tone - tonic) % 12 in MAJOR_SCALE for tone in range(12)] for tonic in range(12)], float)
_APART = (np.arange(12) - np.arange(12)[:, None]) % 12  # (12, 12) semitones from a row's pitch class up to a column's

Values = dict[str, float]  # by name; NaN where there is too little to measure


def harmony(bars: Bars) -> Values:
    """Measure the pitches of a song's bars. Names begin with a role, or with "all", and are the same for all songs."""
    counts = {role: bars.pitch_classes(role).astype(float) for role in PITCHED}  # (N, 12)
    out = _whole(np.sum(list(counts.values()), axis=0)) | _chords(bars)
    for role in LINES:
        out |= _line(bars, role)
    struck = {role: _by_beat(bars.struck_chroma(role)) for role in PITCHED}
    sounding = {role: _by_beat(bars.chroma(role)) for role in PITCHED}
    for role in PITCHED:
        others = [other for other in PITCHED if other != role]
        out |= _scale(counts[role].sum(0), np.sum([counts[other].sum(0) for other in others], axis=0), role)
        out |= _fit(struck[role], np.max([sounding[other] for other in others], axis=0), role)
    return out


def _whole(counts: np.ndarray) -> Values:
    """Measure the pitch classes of all roles, counted by bar (N, 12)."""
    out = unknown("all", "in scale", "entropy", "bars in scale", "classes of a bar", "entropy of a bar")
    total, of_bar = counts.sum(0), counts.sum(1)
    full = counts[of_bar >= FEW_NOTES]
    if total.sum() >= FEW_NOTES:
        out |= {"all in scale": float((_SCALES @ total).max() / total.sum()), "all entropy": _entropy(total)}
    if len(full):
        size = full.sum(1)
        out["all bars in scale"] = float(((full @ _SCALES.T).max(1) / size).mean())
        out["all classes of a bar"] = float(((full > 0).sum(1) / np.minimum(size, 12)).mean())
        out["all entropy of a bar"] = float(np.mean([_entropy(row) for row in full]))
    return out


def _line(bars: Bars, role: str) -> Values:
    """Measure the intervals between the notes of a line that follow each other."""
    out = unknown(role, "leap", "leaps far", "steps", "stays", "odd leaps")
    leap = np.abs(np.diff(getattr(bars, role)[bars.onsets(role)].astype(int)))
    if len(leap) < FEW_NOTES:
        return out
    return out | {
        f"{role} leap": float(np.minimum(leap, 24).mean()),
        f"{role} leaps far": float((leap > 7).mean()),
        f"{role} steps": float((leap <= 2).mean()),
        f"{role} stays": float((leap == 0).mean()),
        f"{role} odd leaps": float(np.isin(leap, ODD_LEAPS).mean()),
    }


def _chords(bars: Bars) -> Values:
    """Measure chords as one player's: how many notes at once, how close, how long."""
    onsets, chroma = bars.onsets("chords"), bars.chroma("chords")
    at, sounds = onsets.any(-1), chroma.any(-1)
    throughout = bars.holds("chords").sum(1) == bars.num_steps[:, None]  # (N, P)
    held, longest = np.zeros(CHORD_SIZE), 0.0
    for row in throughout:
        held = (held + 1) * row
        longest = max(longest, float(held.max()))
    out = unknown("chords", "size", "size spread", "strike semitones", "sound semitones", "leap") | {
        "chords longest hold": float(np.log1p(longest)),
        "chords held throughout": float(throughout.sum() / len(bars)),
        "chords sounding": float(bars.sounding("chords").sum() / bars.num_steps.sum()),
    }
    if at.sum() >= FEW_NOTES:
        struck, size = bars.struck_chroma("chords")[at], onsets.sum(-1)[at]
        top = np.where(onsets, np.arange(CHORD_SIZE), 0).max(-1)[at]
        out |= {"chords size": float(size.mean()), "chords size spread": float(size.std())}
        out["chords strike semitones"] = float((struck & np.roll(struck, 1, -1)).any(-1).mean())
        out["chords sound semitones"] = float((chroma & np.roll(chroma, 1, -1)).any(-1).sum() / sounds.sum())
        out["chords leap"] = float(np.minimum(np.abs(np.diff(top)), 24).mean())
    return out


def _scale(own: np.ndarray, others: np.ndarray, role: str) -> Values:
    """Measure a role's pitch classes (12,) alone and beside those of the other roles, also transposed."""
    beside = ("in the others' scale", "like the others", "like the others, not transposed")
    out = unknown(role, "in its scale", *beside)
    if own.sum() < FEW_NOTES:
        return out
    out[f"{role} in its scale"] = float((_SCALES @ own).max() / own.sum())
    if others.sum() >= FEW_NOTES and own.std() > 0 and others.std() > 0:
        alike = np.array([np.corrcoef(np.roll(own, by), others)[0, 1] for by in range(12)])
        out[f"{role} in the others' scale"] = float(_SCALES[(_SCALES @ others).argmax()] @ own / own.sum())
        out[f"{role} like the others"] = float(alike[0])
        out[f"{role} like the others, not transposed"] = float(alike[0] - alike[1:].max())
    return out


def _fit(own: np.ndarray, others: np.ndarray, role: str) -> Values:
    """Measure how a role's notes fit what sounds in the same beat (N, beats, 12), also transposed and bars apart."""
    out = unknown(role, "fits", "fits, not transposed", "fits, not at random", "fits, not bars apart")
    both = own.any(-1) & others.any(-1)
    if both.sum() < FEW_NOTES:
        return out
    fits = _fits(own[both], others[both])
    out |= {
        f"{role} fits": float(fits[0]),
        f"{role} fits, not transposed": float(fits[0] - fits[1:].max()),
        f"{role} fits, not at random": float(fits[0] - fits.mean()),
    }
    apart = []
    for lag in (lag for lag in LAGS if lag < len(own)):
        later = np.roll(others, lag, axis=0)
        both = own.any(-1) & later.any(-1)
        if both.sum() >= FEW_NOTES:
            apart.append(_fits(own[both], later[both])[0])
    if apart:
        out[f"{role} fits, not bars apart"] = float(fits[0] - np.mean(apart))
    return out


def _fits(own: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the share of a role's notes (M, 12) that others (M, 12) sound, less CLASH for clashes, by transposition.

    A clash is a semitone beside what others sound. The result is (12,): the role as it is, then higher by semitones.
    """
    clashing = np.maximum(np.roll(others, 1, -1), np.roll(others, -1, -1)) * (1 - others)
    pairs = own.T @ (others - CLASH * clashing)  # (12, 12): how often a pitch class meets each of the others'
    shared = np.bincount(_APART.ravel(), weights=pairs.ravel(), minlength=12)
    return np.asarray(shared / own.sum())


def _by_beat(chroma: np.ndarray) -> np.ndarray:
    """Return the pitch classes (N, T, 12) of each beat, (N, T / 4, 12) float of 0 and 1."""
    beats = chroma.reshape(len(chroma), MAX_STEPS // STEPS_PER_BEAT, STEPS_PER_BEAT, 12)
    return np.any(beats, axis=2).astype(np.float32)


def unknown(role: str, *names: str) -> Values:
    """Return NaN for each of a role's measures: what stays so could not be measured."""
    return {f"{role} {name}": float("nan") for name in names}


def _entropy(counts: np.ndarray) -> float:
    """Return the entropy in nats of counts (V,) with a sum above 0."""
    share = counts[counts > 0] / counts.sum()
    return float(-(share * np.log(share)).sum())
