"""Turns MIDI files into sound: parts, soundfonts, a synthesizer, levels, formats. Needs the extra `studio`.

Sound is 48 kHz stereo, as NumPy arrays (F, 2) of F frames, full scale at 1. Most people want `render`, and `encode` for
the bytes of a file.
"""

from groovevae.audio.encoding import encode
from groovevae.audio.render import Sound, render

__all__ = ["Sound", "encode", "render"]
