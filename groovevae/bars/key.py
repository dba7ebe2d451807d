"""Finds and names the key of a score, and its distance from C major or A minor. Works on pitch classes alone."""

from __future__ import annotations

import numpy as np

# Krumhansl & Kessler (1982), probe-tone ratings of the twelve pitch classes above the tonic.
_MAJOR = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
_MINOR = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])


def _normalised(profile: np.ndarray) -> np.ndarray:
    return (profile - profile.mean()) / profile.std()


# (24, 12): twelve major keys from C up, then twelve minor keys from C up.
_PROFILES = np.array([np.roll(_normalised(profile), tonic) for profile in (_MAJOR, _MINOR) for tonic in range(12)])
_MAJOR_NAMES = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_MINOR_NAMES = ("Cm", "C#m", "Dm", "Ebm", "Em", "Fm", "F#m", "Gm", "G#m", "Am", "Bbm", "Bm")


def find_key(pitch: np.ndarray, duration: np.ndarray) -> tuple[int, bool]:
    """Return the tonic (0 to 11, C = 0) and whether the key is minor, by the Krumhansl-Schmuckler algorithm.

    The durations of each pitch class are correlated with the probe-tone profile of every key (Krumhansl, Cognitive
    Foundations of Musical Pitch, 1990, ch. 4). Without notes: C major. `pitch` and `duration` are (N,).
    """
    histogram = np.bincount(np.asarray(pitch, int) % 12, weights=np.minimum(duration, 4.0), minlength=12)  # (12,)
    best = int(np.argmax(_PROFILES @ histogram))
    return best % 12, best >= 12


def semitones_to_c(tonic: int, is_minor: bool) -> int:
    """Return the semitones, -5 to 6, that bring a key to C major or A minor when added."""
    shift = ((9 if is_minor else 0) - tonic) % 12
    return shift - 12 if shift > 6 else shift


def key_name(transpose: int, is_minor: bool) -> str:
    """Return the name of the key that `transpose` semitones brought to C major or A minor: "F#", "Bbm"."""
    tonic = ((9 if is_minor else 0) - transpose) % 12
    return (_MINOR_NAMES if is_minor else _MAJOR_NAMES)[tonic]


def parse_key(name: str) -> tuple[int, bool] | None:
    """Parse a key's name ("C", "f#", "Bbm", "A minor") into (tonic, is_minor), None where it names no key."""
    text = name.strip().replace("♯", "#").replace("♭", "b")
    lowered = text.lower()
    is_minor = lowered.endswith(("m", "min", "minor")) and not lowered.endswith("maj")
    for ending in ("minor", "major", "min", "maj", "m"):
        if lowered.endswith(ending):
            lowered = lowered[: -len(ending)].strip()
            break
    if not lowered or lowered[0] not in "cdefgab" or lowered[1:] not in ("", "#", "b"):
        return None
    tonic = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}[lowered[0]]
    return (tonic + {"": 0, "#": 1, "b": -1}[lowered[1:]]) % 12, is_minor
