"""Makes the sound of a MIDI file: plays its parts one by one, cuts or folds what rings on, and sets the level."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from groovevae.audio.levels import gain, peak, ratio
from groovevae.audio.parts import TAIL_SECONDS, split_midi
from groovevae.audio.soundfonts import read_soundfont
from groovevae.audio.synthesis import CHANNELS, RATE, play_part
from groovevae.midi.reading import file_bytes, naming

_DIED_AWAY = -66.0  # dB below the peak: what rings on more softly is cut
_FADE_SECONDS = 0.02


@dataclass(frozen=True)
class Sound:
    """A mix and the stems whose sum it is, (F, 2) float32 each, of one length, full scale at 1."""

    mix: np.ndarray
    stems: dict[str, np.ndarray]  # by name; empty unless asked for
    rate: int = RATE  # frames a second

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.mix) / self.rate


def render(midi: bytes, *, soundfont: str | None = None, stems: bool = False, loop: bool = False) -> Sound:
    """Return the sound of the bytes of a MIDI file, with its stems where asked.

    A `loop` is exactly as long as the file, and what would ring on after it sounds at its start. `soundfont` is the
    path of an .sf2 file; without one, pretty_midi's is played. Raises MidiError for what cannot be read or is too long,
    AudioError where the extra is not installed or the soundfont cannot be played.

    >>> render(midi).mix.shape
    (815360, 2)
    """
    found, font = split_midi(midi, apart=stems), read_soundfont(soundfont)
    end = max(round(found.seconds * RATE), 1)
    played = {}
    mix = np.zeros((end + round(TAIL_SECONDS * RATE), CHANNELS), np.float32)
    for part in found.parts:
        sound = of_length(play_part(part, font), len(mix))
        mix += sound
        if stems:
            played[part.name] = sound
    length = 0 if loop else heard_length(mix, end)
    mix = folded(mix, end) if loop else faded(mix[:length])
    played = {name: folded(sound, end) if loop else faded(sound[:length]) for name, sound in played.items()}
    level = np.float32(gain(mix, list(played.values())))
    return Sound(mix * level, {name: sound * level for name, sound in played.items()})


def render_file(path: str | Path, *, soundfont: str | None = None, stems: bool = False, loop: bool = False) -> Sound:
    """Return the sound of a MIDI file, as `render` does. Raises MidiError that names the path."""
    with naming(path):
        return render(file_bytes(path), soundfont=soundfont, stems=stems, loop=loop)


def heard_length(sound: np.ndarray, end: int) -> int:
    """Return how many frames of a sound (F, 2) are worth keeping: `end`, and on to where it has died away."""
    threshold = peak(sound) * ratio(_DIED_AWAY)
    tail = np.flatnonzero((np.abs(sound[end:]) > threshold).any(1))
    return min(end + (int(tail[-1]) + 1 if len(tail) else 0), len(sound))


def of_length(sound: np.ndarray, length: int) -> np.ndarray:
    """Return a sound (F, 2) cut or filled up to a length: a synthesizer that sums up times may be a frame off."""
    missing = max(length - len(sound), 0)
    return np.concatenate([sound[:length], np.zeros((missing, CHANNELS), sound.dtype)])


def faded(sound: np.ndarray) -> np.ndarray:
    """Return a sound (F, 2) whose last frames fade out."""
    count = min(round(_FADE_SECONDS * RATE), len(sound))
    fade = np.linspace(1, 0, count, dtype=np.float32)[:, None]
    return np.concatenate([sound[: len(sound) - count], sound[len(sound) - count :] * fade])


def folded(sound: np.ndarray, end: int) -> np.ndarray:
    """Return the first `end` frames of a sound (F, 2), with what follows them added from the start on."""
    rounds = -(-len(sound) // end)
    padded = np.zeros((rounds * end, CHANNELS), sound.dtype)
    padded[: len(sound)] = sound
    return np.asarray(padded.reshape(rounds, end, CHANNELS).sum(0))
