"""Maps percussion keys to the nine drum voices and back, song by song. Knows no grid."""

from __future__ import annotations

import numpy as np

from groovevae.bars.constants import NUM_VOICES, TOMS, VOICE_PITCH, VOICES, VOICES_OF_KEY

_LOW_TOM = VOICES.index("low tom")  # mid and high tom follow


def voices_of_keys(keys: np.ndarray) -> np.ndarray:
    """Return the voice that plays each percussion key of one song, (128,), -1 for a key that has none.

    `keys` are all hits of the song, (N,). The keys of a drum kit choose first, and three or more toms are spread from
    low to high. Then every other key, the most played first, takes the free voice that suits it best: shakers keep
    time on the closed hat, or on the ride where there is a hat already. Where no voice can be freed for a key, it
    shares the voice that suits it best.
    """
    voices = np.full(128, -1)
    if not len(keys):
        return voices
    hits = np.bincount(keys, minlength=128)
    toms = [key for key in TOMS if hits[key]]
    if len(toms) >= 3:
        voices[toms] = _LOW_TOM + np.arange(len(toms)) * 3 // len(toms)
    player = dict.fromkeys(voices[toms])  # of each taken voice: the key that may yet move, or None
    played = [key for key in VOICES_OF_KEY if hits[key] and voices[key] < 0]
    for key in sorted(played, key=lambda key: (len(VOICES_OF_KEY[key]) > 1, -hits[key])):
        voices[key] = VOICES_OF_KEY[key][0]
        if len(VOICES_OF_KEY[key]) == 1:
            player[voices[key]] = None
        else:
            _seat(key, player, voices, asked=set())
    return voices


def _seat(key: int, player: dict[int, int | None], voices: np.ndarray, asked: set[int]) -> bool:
    """Give `key` a voice of its own, moving others on where they fit elsewhere too (Kuhn's augmenting paths)."""
    fitting = VOICES_OF_KEY[key]
    for voice in sorted(fitting, key=lambda voice: voice in player):  # free ones first
        if voice in asked or (voice in player and player[voice] is None):
            continue
        asked.add(voice)
        other = player.get(voice)
        if other is None or _seat(other, player, voices, asked):
            player[voice], voices[key] = key, voice
            return True
    return False


def song_kit(voice: np.ndarray, key: np.ndarray) -> tuple[int, ...]:
    """Return the percussion key that each voice plays most; General MIDI's own for a voice that is not played.

    `voice` and `key` are those of each hit, (N,).
    """
    if not len(voice):
        return VOICE_PITCH
    hits = np.bincount(voice * 128 + key, minlength=NUM_VOICES * 128).reshape(NUM_VOICES, 128)
    return tuple(int(row.argmax()) if row.any() else VOICE_PITCH[voice] for voice, row in enumerate(hits))
