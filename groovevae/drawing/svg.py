"""Writes a piano roll as SVG: text that browsers and notebooks show, on light and dark pages alike."""

from __future__ import annotations

from html import escape

import numpy as np

from groovevae.drawing.piano_roll import COLOURS, LAYERS, PianoRoll, score_to_roll
from groovevae.midi.score import Score

_LEFT, _TOP, _RIGHT, _BOTTOM = 44.0, 40.0, 8.0, 6.0  # pixels around the notes
_QUARTER = 24.0  # pixels of a quarter note, fewer where the picture would be wider than this:
_WIDEST = 12_000.0
_ROW, _DRUM_ROW, _GAP = 6.0, 8.0, 8.0  # pixels of a row of each lane, and between the lanes
_SHORTEST = 1.5  # pixels of a note
_BAR_NUMBER = 28.0  # pixels that a bar's number needs
_GREY = "#868686"  # of text and lines: read on white and on black
_HALF_TONES = 12


def score_to_svg(score: Score, *, title: str = "") -> str:
    """Return a score as a piano roll in SVG: a colour for each role, lines at bars and octaves, percussion below.

    `title` is read by screen readers. Raises MidiError for too many bars.
    """
    return roll_to_svg(score_to_roll(score), title=title)


def roll_to_svg(roll: PianoRoll, *, title: str = "") -> str:
    """Return a piano roll in SVG, as `score_to_svg` does."""
    page = _Page(roll)
    size = f'width="{page.width:.0f}" height="{page.height:.0f}" viewBox="0 0 {page.width:.0f} {page.height:.0f}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {size} font-family="sans-serif" font-size="11">',
        f"<title>{escape(title)}</title>" if title else "",
        *_grid(roll, page),
        *_legend(roll),
        *(_notes(roll, page, index) for index in range(len(LAYERS)) if (roll.layer == index).any()),
        "</svg>",
    ]
    return "".join(parts)


class _Page:
    """Turns times and rows of a roll into pixels."""

    def __init__(self, roll: PianoRoll) -> None:
        self.first = min(0.0, float(roll.bar_starts[0]))
        quarters = max(roll.end_of_score - self.first, 1.0)
        self.quarter = min(_QUARTER, _WIDEST / quarters)
        self.width = _LEFT + quarters * self.quarter + _RIGHT
        self.floor = _TOP + roll.num_rows * _ROW  # of the pitched lane
        gap = _GAP if roll.num_rows and roll.drum_keys else 0.0
        self.drum_floor = self.floor + gap + len(roll.drum_keys) * _DRUM_ROW
        self.height = self.drum_floor + _BOTTOM

    def x(self, quarters: np.ndarray) -> np.ndarray:
        """Return where times lie from the left."""
        return _LEFT + (quarters - self.first) * self.quarter

    def y(self, rows: np.ndarray, *, is_drum: bool) -> np.ndarray:
        """Return the middle of rows, from the top."""
        return self.drum_floor - (rows + 0.5) * _DRUM_ROW if is_drum else self.floor - (rows + 0.5) * _ROW


def _grid(roll: PianoRoll, page: _Page) -> list[str]:
    """Return bar lines, bar numbers, and lines and names of the octaves."""
    starts = page.x(roll.bar_starts)
    lines = "".join(f"M{_text(x)} {_TOP:g}V{_text(page.drum_floor)}" for x in [*starts, page.width - _RIGHT])
    octaves = np.arange(-roll.low % _HALF_TONES, roll.num_rows, _HALF_TONES)
    floors = page.floor - octaves * _ROW
    ends = _text(page.width - _RIGHT)
    lines += "".join(f"M{_LEFT:g} {_text(y)}H{ends}" for y in floors)
    apart = max(int(np.ceil(_BAR_NUMBER / max(np.diff(starts).max(initial=0.0), 1.0))), 1)
    labels = [_label(x + 3, _TOP - 4, str(bar + 1)) for bar, x in enumerate(starts) if bar % apart == 0]
    for octave, y in zip((roll.low + octaves) // _HALF_TONES - 1, floors, strict=True):
        labels.append(_label(_LEFT - 5, y, f"C{octave}", anchor="end"))
    if roll.drum_keys:
        labels.append(_label(_LEFT - 5, page.drum_floor - 2, "drums", anchor="end"))
    return [f'<path d="{lines}" stroke="{_GREY}" stroke-opacity="0.35" fill="none"/>', *labels]


def _legend(roll: PianoRoll) -> list[str]:
    parts, x = [], _LEFT
    for name in roll.layers:
        parts.append(f'<rect x="{x:g}" y="6" width="10" height="10" fill="{COLOURS[name]}"/>')
        parts.append(_label(x + 14, 15, name))
        x += 24 + 7 * len(name)
    return parts


def _notes(roll: PianoRoll, page: _Page, index: int) -> str:
    """Return all notes of a layer as one path: a stroke for each."""
    of_layer, name = roll.layer == index, LAYERS[index]
    is_drum = name == "drums"
    x = page.x(roll.start[of_layer])
    width = np.maximum(page.x(roll.end[of_layer]) - x - 0.5, _SHORTEST)  # notes that follow at once stay apart
    y = page.y(roll.row[of_layer], is_drum=is_drum)
    strokes = "".join(f"M{_text(a)} {_text(b)}h{_text(c)}" for a, b, c in zip(x, y, width, strict=True))
    thick = (_DRUM_ROW if is_drum else _ROW) - 2
    return f'<path d="{strokes}" stroke="{COLOURS[name]}" stroke-width="{thick:g}" fill="none"/>'


def _label(x: float, y: float, text: str, *, anchor: str = "start") -> str:
    return f'<text x="{_text(x)}" y="{_text(y)}" fill="{_GREY}" text-anchor="{anchor}">{escape(text)}</text>'


def _text(pixels: float) -> str:
    return f"{pixels:.1f}".removesuffix(".0")
