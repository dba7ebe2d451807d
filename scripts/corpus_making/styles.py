"""What a rendered genre is: the grooves, instruments and hand-played takes that it may use. Names no genre."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Style:
    """A way to play a genre: a file of grooves, and the tempos that suit it."""

    file: str  # within MMA's standard library; "own" with names after a colon: our own grooves
    slowest: int
    fastest: int
    swung: bool = False  # off-beat eighths come late
    takes: str = ""  # a regular expression, where the style asks for other takes than its genre


@dataclass(frozen=True)
class Rendered:
    """A genre of renderings."""

    styles: tuple[Style, ...]
    leads: tuple[int, ...]  # General MIDI programs, counted from 0
    takes: str = ""  # a regular expression for the style of the Groove MIDI Dataset; "": no hands
    files: int = 0  # to render
    basses: tuple[int, ...] = ()  # programs that may take the place of the groove's own
    follows_kick: float = 0.0  # the share of the files whose bass plays with the drummer's kick
    only_hands: bool = False  # leave out tunes that no take suits
    genre: str = ""  # the folder, where a genre is rendered in several ways; "": as the entry is called


def read_styles(text: str) -> tuple[Style, ...]:
    """Read styles from lines: a file, its slowest and fastest tempo, `swing` where it swings, its own takes if any."""
    styles = []
    for line in text.strip().splitlines():
        file, slowest, fastest, *more = line.split()
        takes = "".join(word for word in more if word != "swing")
        styles.append(Style(file, int(slowest), int(fastest), "swing" in more, takes))
    return tuple(styles)
