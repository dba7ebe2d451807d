"""Plays MIDI on a soundfont with midirenderer, the one synthesizer that installs without a system library everywhere.

What version 0.1.3 does, found by trying: 48 kHz, stereo, 16 bits, clipped at full scale; from the start of the file to
its last event, so that what still rings there is cut; at most 64 voices; SoundFont 2, not the compressed SoundFont 3.
A damaged soundfont may make it panic. It holds the interpreter's lock, so that threads would not help.
"""

from __future__ import annotations

import io
import wave

import numpy as np

from groovevae.audio.extra import package
from groovevae.audio.parts import Part
from groovevae.audio.soundfonts import Soundfont
from groovevae.errors import AudioError, GrooveError, MidiError

RATE = 48_000  # frames a second
CHANNELS = 2
_FULL_SCALE = 2**15
_QUIETER = 4.0  # amplitude that `Part.quieter` takes away
_ATTEMPTS = 3
DRUM_GAIN = 1.4  # 3 dB: drums would lie 10 LU below the mix and more, the other roles 4 to 7 (docs/sound.md)


def play_part(part: Part, soundfont: Soundfont) -> np.ndarray:
    """Return the sound of a part with its tail, (F, 2) float32; what would clip is above 1.

    Raises AudioError for a soundfont that cannot be played.
    """
    gain = DRUM_GAIN if part.is_drums else 1.0
    for attempt in range(_ATTEMPTS):
        samples = _played(part.midi(), soundfont)  # (F, 2) int16
        is_clipped = len(samples) and max(int(samples.max()), -int(samples.min())) >= _FULL_SCALE - 1
        if not is_clipped or attempt == _ATTEMPTS - 1:
            break
        part, gain = part.quieter(), gain * _QUIETER
    return samples.astype(np.float32) * np.float32(gain / _FULL_SCALE)


def _played(midi: bytes, soundfont: Soundfont) -> np.ndarray:
    try:
        data = package("midirenderer").render_wave_from(soundfont.data, midi)
    except (RuntimeError, ValueError) as error:
        raise _not_played(soundfont.path, str(error)) from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # Rust's, which belongs to no tree of exceptions
            raise
        raise _not_played(soundfont.path, "damaged") from None
    with wave.open(io.BytesIO(data), "rb") as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, CHANNELS, 2)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, CHANNELS)


def _not_played(path: str, reason: str) -> GrooveError:
    if reason.startswith("MIDI error: "):
        return MidiError(f"damaged MIDI file ({reason.removeprefix('MIDI error: ')})")
    if "SoundFont3" in reason:
        return AudioError(f"{path}: SoundFont 3 is not read; save it as .sf2, as Polyphone and sf3convert can")
    return AudioError(f"{path}: cannot be played ({reason.removeprefix('SoundFont error: ')}); take another soundfont")
