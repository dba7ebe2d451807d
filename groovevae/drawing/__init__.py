"""Draws scores as pictures: what goes where in a piano roll, and the piano roll as SVG. Makes no sound, writes no file.

Most people want `score_to_svg`.
"""

from groovevae.drawing.piano_roll import PianoRoll, score_to_roll
from groovevae.drawing.svg import roll_to_svg, score_to_svg

__all__ = ["PianoRoll", "roll_to_svg", "score_to_roll", "score_to_svg"]
