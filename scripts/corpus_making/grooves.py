"""Finds the grooves in MMA's library: bodies, introductions, fills and endings of each file. Plays none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

OWN = Path(__file__).with_name("own_grooves.mma")
LIBRARY = Path("/usr/share/mma/lib/stdlib")  # where Debian's package puts it
DEFINED = re.compile(
    r"^\s*(?:DefGroove\s+(?P<name>\S+)|SeqSize\s+(?P<size>\d+)|Time(?:sig)?\s+(?P<beats>\d+))", re.I | re.M
)
INTRO = re.compile(r"intro(?!8|sus8)(?<!8intro)", re.IGNORECASE)  # those of eight bars are left out
END = re.compile(r"End(Sus)?\d*$")
FILL = re.compile(r"Fill", re.IGNORECASE)
NO_BODY = re.compile(rf"intro|metronome|{FILL.pattern}|(?-i:{END.pattern})", re.IGNORECASE)
LONGEST_END = 4  # bars; larger numbers in a file are of grooves defined before


@dataclass(frozen=True)
class Grooves:
    """The grooves of one file of MMA's library: names, and bars of each ending."""

    use: str  # what MMA's command Use names
    bodies: tuple[str, ...]
    intros: tuple[str, ...]
    fills: tuple[str, ...]
    ends: tuple[tuple[str, int], ...]
    beats: int  # in a bar


@cache
def grooves_of(file: str) -> Grooves:
    """Return the grooves that a style's file defines."""
    if file.startswith("own:"):
        *bodies, end = file.removeprefix("own:").split(",")
        return Grooves(str(OWN.with_suffix("")), tuple(bodies), (), (), ((end, 1),), 4)
    names: list[tuple[str, int]] = []
    size, beats = 1, 4
    for found in DEFINED.finditer((LIBRARY / f"{file}.mma").read_text("utf-8", errors="replace")):
        size = int(found["size"] or size)
        beats = int(found["beats"] or beats)
        if found["name"]:
            names.append((found["name"], size))
    return Grooves(
        f"stdlib/{file}",
        tuple(name for name, _ in names if not NO_BODY.search(name)),
        tuple(name for name, _ in names if INTRO.search(name)),
        tuple(name for name, _ in names if FILL.search(name)),
        tuple((name, size if size <= LONGEST_END else 2) for name, size in names if END.search(name)),
        beats,
    )
