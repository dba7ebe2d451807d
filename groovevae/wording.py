"""How requests and results are put into words, for descriptions, commands and errors."""

from __future__ import annotations

from groovevae.bars import Bars
from groovevae.bars.constants import ROLES
from groovevae.errors import RequestError


def number(value: float) -> str:
    """A number as short as can be and still the same when it is read again: 0.5, 1, 0.3333333333333333."""
    return short if float(short := f"{value:g}") == value else repr(float(value))


def printable(text: str) -> str:
    """A text without the odd bytes of a file name that is no valid UTF-8."""
    return text.encode("utf-8", "replace").decode()


def playing(bars: Bars) -> str:
    """Which roles play."""
    names = [role for role in ROLES if getattr(bars, role).any()]
    return " ".join(["plays", ", ".join(names)]) if names else "silent: no note came out"


def check_range(name: str, value: float, low: float, high: float) -> None:
    """Raises RequestError for a value outside `low` to `high`, or none at all (NaN)."""
    if not low <= value <= high:
        raise RequestError(f"{name} {value:g} is outside {low:g} to {high:g}")
