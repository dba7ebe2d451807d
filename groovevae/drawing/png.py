"""Turns a piano roll into PNG, with resvg, which needs no system library. It is in the extra `studio`."""

from __future__ import annotations

from groovevae.drawing.piano_roll import PianoRoll
from groovevae.drawing.svg import roll_to_svg
from groovevae.errors import OutputError


def roll_to_png(roll: PianoRoll, *, title: str = "") -> bytes:
    """Return a piano roll as the bytes of a PNG file on white. Raises OutputError where the extra is not installed."""
    try:
        import resvg_py
    except ModuleNotFoundError:
        raise OutputError("resvg-py is missing, which draws PNG; pip install 'groovevae[studio]'") from None
    return bytes(resvg_py.svg_to_bytes(svg_string=roll_to_svg(roll, title=title), background="white"))
