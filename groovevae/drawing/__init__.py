"""Draws scores as pictures: what goes where in a piano roll, and the piano roll as SVG. Makes no sound, writes no file.

Most people want `score_to_svg`.
"""

from groovevae.drawing.piano_roll import PianoRoll, reading_to_roll, score_to_roll
from groovevae.drawing.png import roll_to_png
from groovevae.drawing.svg import roll_to_svg, score_to_svg

__all__ = ["PianoRoll", "reading_to_roll", "roll_to_png", "roll_to_svg", "score_to_roll", "score_to_svg"]
