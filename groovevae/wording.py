"""Words texts for people: counts with their nouns, names on one line, what can be printed. It knows no music."""

from __future__ import annotations

LONGEST_NAME = 60  # characters of a name that is shown; some programs put texts there


def printable(text: str) -> str:
    """Return a text with file names in a form that can be printed: bytes that are not UTF-8 become question marks."""
    return text.encode("utf-8", "replace").decode()


def one_line(text: str) -> str:
    """Return a text without line ends and runs of spaces, such as the name of a track that spreads over lines."""
    return " ".join(text.split())


def shown_name(name: str) -> str:
    """Return a name as it is shown in a sentence: on one line, and cut where it is longer than LONGEST_NAME."""
    name = one_line(name)
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 3] + "..."


def counted(count: int, noun: str) -> str:
    """Return a count with its noun: "1 bar", "1,024 bars"."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
