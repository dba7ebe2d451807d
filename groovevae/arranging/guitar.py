"""Lets one guitar play new chords: notes beyond its reach move by octaves, and no more sound than it has strings.

Music on the grid has one part for all that accompanies, and in rock that is often two guitars and an organ. Written for
a single guitar, their notes together would lie three octaves apart, down among those of the bass.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from groovevae.bars import Bars
from groovevae.bars.constants import CHORD_LOW, HOLD
from groovevae.network.decoding import without_stray_holds

PROGRAMS = range(24, 32)  # of General MIDI, counted from 0
LOWEST = 40  # MIDI key of the lowest open string, E2
REACH = 24  # semitones: two octaves, as open and barre chords span
STRINGS = 6


def on_guitar(bars: Bars, is_new: np.ndarray, *, transpose: int = 0) -> Bars:
    """Return bars (N) whose chords one guitar can play, where they are new, (N,) bool; `transpose` is as in Song.

    All new bars lie in the two octaves in which most of them lies already, from the lowest string on. Where more sound
    at once than there are strings, the lowest of those whose pitch class is doubled go first.
    """
    chords = np.where(is_new[:, None, None], bars.chords, 0)  # (N, S, P)
    sounding = (chords >= HOLD).sum((0, 1))
    if not sounding.any():
        return bars
    lowest = max(LOWEST + transpose - CHORD_LOW, 0)  # of a song that lies so many semitones lower
    low = lowest + int(np.convolve(sounding[lowest:], np.ones(REACH + 1, int), "valid").argmax())
    folded = np.zeros_like(chords)
    for pitch in np.flatnonzero(sounding).tolist():
        place = _within(pitch, low)
        folded[..., place] = np.maximum(folded[..., place], chords[..., pitch])
    for bar in np.flatnonzero((folded >= HOLD).sum(-1).max(-1) > STRINGS).tolist():
        _drop_doubled(folded[bar])
    out = replace(bars, chords=np.where(is_new[:, None, None], folded, bars.chords))
    out = without_stray_holds(out)
    struck = out.pitched_strikes()
    return replace(out, velocity=out.velocity * struck, offset=out.offset * struck)


def _within(pitch: int, low: int) -> int:
    """Return a pitch moved by octaves into the reach from `low` on, the nearest way."""
    if pitch < low:
        return low + (pitch - low) % 12
    return low + REACH - (low + REACH - pitch) % 12 if pitch > low + REACH else pitch


def _drop_doubled(chords: np.ndarray) -> None:
    """Silence notes of a bar (S, P) until no more sound at once than there are strings."""
    while (chords >= HOLD).sum(-1).max() > STRINGS:
        full = (chords >= HOLD).sum(-1).argmax()
        pitches = np.flatnonzero(chords[full] >= HOLD).tolist()
        classes = [pitch % 12 for pitch in pitches]
        doubled = [pitch for number, pitch in enumerate(pitches) if pitch % 12 in classes[number + 1 :]]
        chords[:, (doubled or pitches)[0]] = 0
