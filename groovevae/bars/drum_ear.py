"""Tells from its notes alone how likely a track is to be drums: a logistic model of what its keys and lengths show.

It knows no names, programs or channels; `drum_tracks` weighs those beside it.
"""

from __future__ import annotations

import numpy as np

from groovevae.bars.constants import MAJOR_SCALE
from groovevae.bars.drum_ear_weights import BIAS, FEATURES, MEAN, PAIRS, SPREAD, WEIGHTS

FAMILIES = ("kick", "snare", "hat", "tom", "cymbal", "percussion")
_KEYS_OF_FAMILY = (
    (35, 36),
    (37, 38, 39, 40),
    (22, 26, 42, 44, 46),
    (41, 43, 45, 47, 48, 50),
    (49, 51, 52, 53, 55, 57, 59),
    (54, 56, 58, *range(60, 83)),
)
_FAMILY_OF_KEY = np.full(128, len(FAMILIES))
for _family, _keys in enumerate(_KEYS_OF_FAMILY):
    _FAMILY_OF_KEY[list(_keys)] = _family
_KICK, _SNARE, _HAT, _, _CYMBAL, _PERCUSSION = range(len(FAMILIES))
_BETWEEN = [39, 41, 43, 45, 47, 50, 52, 53, 55]  # keys of the same octaves that few kits play often
CYMBALS = (*_KEYS_OF_FAMILY[_HAT], *_KEYS_OF_FAMILY[_CYMBAL])
_SCALES = np.array([np.isin(np.arange(12), [(tonic + degree) % 12 for degree in MAJOR_SCALE]) for tonic in range(12)])
_CONSONANT = np.isin(np.arange(12), (3, 4, 5, 7, 8, 9))  # semitones, without octaves
_DISSONANT = np.isin(np.arange(12), (1, 2, 6, 10, 11))

TICKS = 12  # in a quarter note: notes struck within one sound together
MOST_NOTES = 2000  # of a track that are heard: more tell no more
LEAST_HITS = 8  # fewer tell nothing
HELD = 1.5  # quarter notes: a track half of whose notes are held longer is none of drums
MOST_TOLD = 9.0  # octaves of notes: the evidence of 512 is as good as that of more
_OCTAVES_OF_NOTES, _CERTAIN = (4.0, 6.0), (2.0, -0.5)  # 16 hits need this much evidence, 64 and more that much
_FEW = 2  # keys of a line that a bass could play; twice as many without a hat
_LINE = -1.0  # what is heard at most in a line that a bass could play
PRESENT = 0.02  # share of the hits from which a family counts as played


def drum_features(onset: np.ndarray, duration: np.ndarray, pitch: np.ndarray) -> dict[str, float]:
    """Return what one track's notes show, sorted by onset: times in quarter notes, (N,) each, N at least 1."""
    pitch = pitch.astype(int)
    tick, at = np.unique(np.rint(onset * TICKS).astype(np.int64), return_inverse=True)  # (U,), (N,)
    return _keys_played(pitch) | _struck_together(pitch, at, len(tick)) | _lengths(duration, tick, at)


def _keys_played(pitch: np.ndarray) -> dict[str, float]:
    share = np.bincount(_FAMILY_OF_KEY[pitch], minlength=len(FAMILIES) + 1) / len(pitch)
    of_key = np.bincount(pitch, minlength=128) / len(pitch)
    keys = of_key.nonzero()[0]
    kick, snare = share[_KICK] > PRESENT, share[_SNARE] > PRESENT
    time = share[_HAT] + share[_CYMBAL] > PRESENT
    classes = np.bincount(keys % 12, minlength=12) > 0
    return dict(zip((*FAMILIES, "no drum"), share.tolist(), strict=True)) | {
        "kick and snare": float(kick & snare),
        "kick and time": float(kick & time),
        "snare and time": float(snare & time),
        "key 36": float(np.sqrt(of_key[36])),
        "key 38": float(np.sqrt(of_key[38])),
        "between": float(np.sqrt(of_key[_BETWEEN].sum())),
        "in one scale": float((_SCALES @ classes).max() / classes.sum()),
        "keys": float(np.log2(len(keys))),
        "range": float(np.log2(keys[-1] - keys[0] + 1)),
        "notes": min(float(np.log2(len(pitch))), MOST_TOLD),
        "height": abs(float(pitch.mean()) - 44) / 12,
    }


def _struck_together(pitch: np.ndarray, at: np.ndarray, num_ticks: int) -> dict[str, float]:
    """Return what is struck at once: kits strike a drum with a cymbal, chords are thirds; and how the top moves."""
    struck = np.zeros((num_ticks, len(FAMILIES) + 1), bool)
    struck[at, _FAMILY_OF_KEY[pitch]] = True
    low = struck[:, _KICK] | struck[:, _SNARE]
    high = struck[:, _HAT] | struck[:, _CYMBAL] | struck[:, _PERCUSSION]
    order = np.lexsort([pitch, at])
    interval = np.diff(pitch[order])[np.diff(at[order]) == 0] % 12
    top = np.full(num_ticks, -1)
    np.maximum.at(top, at, pitch)
    move = np.append(np.abs(np.diff(top)), 99)  # none, in a track that strikes once
    return {
        "drum with time": float((low & high).mean()),
        "voices": float(np.log2(len(pitch) / num_ticks)),
        "consonant": float(_CONSONANT[interval].sum() / len(pitch)),
        "dissonant": float(_DISSONANT[interval].sum() / len(pitch)),
        "by step": float(((move == 1) | (move == 2)).mean()),
        "repeated": float((move == 0).mean()),
    }


def _lengths(duration: np.ndarray, tick: np.ndarray, at: np.ndarray) -> dict[str, float]:
    length = np.sort(np.log2(np.minimum(np.maximum(duration, 1 / 64), 16)))
    quarter, half, three = length[[len(length) // 4, len(length) // 2, 3 * len(length) // 4]]
    gap = (np.append(tick[1:], tick[-1] + 10**6)[at] - tick[at]) / TICKS
    return {
        "length": float(half),
        "lengths differ": float(three - quarter),
        "legato": float((np.abs(duration - gap) < 0.03).mean()),
        "overlap": float(((duration > gap + 0.06) & (gap < 10**4)).mean()),
    }


def drum_evidence(notes: np.ndarray) -> float:
    """Return the log-odds that the notes of one track, (N,) NOTE_DTYPE by onset, are drums; 0 is as likely as not.

    It is a logistic model of the features and their products: bias + WEIGHTS . x + x . PAIRS x.
    """
    notes = notes[:MOST_NOTES]
    if len(notes) < LEAST_HITS or np.median(notes["duration"]) > HELD:
        return -np.inf
    found = drum_features(notes["onset"], notes["duration"], notes["pitch"])
    num_keys = 2 ** found["keys"]
    if not found["voices"] and (num_keys <= _FEW or (num_keys <= 2 * _FEW and not found["hat"])):
        return min(_LINE, _model(found))  # one note at a time, of a few: a bass line would look the same
    return _model(found)


def _model(found: dict[str, float]) -> float:
    x = (np.array([found[name] for name in FEATURES]) - MEAN) / SPREAD
    return float(BIAS + WEIGHTS @ x + x @ PAIRS @ x)


def certain_evidence(num_notes: int) -> float:
    """Return the log-odds from which so many notes are certainly drums: a short clip has to show more."""
    return float(np.interp(np.log2(max(num_notes, 1)), _OCTAVES_OF_NOTES, _CERTAIN))
