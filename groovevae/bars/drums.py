"""Percussion keys and the nine voices that play them: which key sounds which voice in a song. Knows no grid."""

from __future__ import annotations

import numpy as np

from groovevae.bars.constants import NUM_VOICES, TOMS, VOICE_PITCH, VOICES, VOICES_OF_KEY

_LOW_TOM = VOICES.index("low tom")  # mid and high tom follow


def voices_of_keys(keys: np.ndarray) -> np.ndarray:
    """The voice that plays each percussion key of one song, (128,), -1 for a key that has none.

    `keys` are all hits of the song, (N,): a drum kit's own keys come first, three or more toms are spread from low to
    high, and what else is played takes the fittest voice that is still free, the most played first (shakers keep
    time on the closed hat, or on the ride where there is a hat already). Where all are taken it shares the fittest.
    """
    voices = np.full(128, -1)
    if not len(keys):
        return voices
    hits = np.bincount(keys, minlength=128)
    played = [key for key in VOICES_OF_KEY if hits[key]]
    played.sort(key=lambda key: (len(VOICES_OF_KEY[key]) > 1, -hits[key]))
    toms = [key for key in TOMS if hits[key]]
    if len(toms) >= 3:
        voices[toms] = _LOW_TOM + np.arange(len(toms)) * 3 // len(toms)
    taken = set(voices[toms])
    for key in played:
        if voices[key] < 0:
            fitting = VOICES_OF_KEY[key]
            voices[key] = next((voice for voice in fitting if voice not in taken), fitting[0])
            taken.add(voices[key])
    return voices


def song_kit(voice: np.ndarray, key: np.ndarray) -> tuple[int, ...]:
    """The percussion key that sounds most for each voice; General MIDI's own for a voice that is not played.

    `voice` and `key` of each hit, (N,).
    """
    if not len(voice):
        return VOICE_PITCH
    hits = np.bincount(voice * 128 + key, minlength=NUM_VOICES * 128).reshape(NUM_VOICES, 128)
    return tuple(int(row.argmax()) if row.any() else VOICE_PITCH[voice] for voice, row in enumerate(hits))
