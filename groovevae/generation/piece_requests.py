"""Common to all requests for new music: how long, how many, how free, how fast; from which file, and how it is read.

Like `requests`, this module opens no files.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Self

from groovevae.bars.choices import NO_CHOICES, Choices
from groovevae.bars.key import parse_key
from groovevae.config import MAX_SEED
from groovevae.errors import RequestError
from groovevae.generation.names import is_midi_path
from groovevae.generation.parsing import KEEP, Tempo, number_text, tempo_text
from groovevae.model.file import ModelFile
from groovevae.network.decoding import DEFAULT_TEMPERATURE
from groovevae.systems import command_text

DEFAULT_BARS = 8  # of a piece that starts from a genre
MAX_BARS = 1024
MAX_COUNT = 1000
MAX_TEMPERATURE = 2.0
TEMPO_RANGE = (20.0, 400.0)  # quarter notes per minute that may be asked for


@dataclass(frozen=True, kw_only=True)
class PieceRequest:
    """A request for new music of any kind: how long, how many, how free, how fast and in which key."""

    bars: int | None = None  # None: DEFAULT_BARS from a genre, all bars of a file
    count: int = 1  # pieces, with the seeds from `seed` on
    seed: int = 0
    temperature: float = DEFAULT_TEMPERATURE  # 0: the likeliest notes; 1: drawn as the model believes
    tempo: Tempo | None = None  # quarter notes per minute; "keep": the start's; None: a blend's moves with its amount
    key: str | None = None  # such as "F#m" or "D minor"; None: that of the music it starts from

    @property
    def stem(self) -> str:
        """A name for the files of this request: safe in every file system."""
        raise NotImplementedError

    def command(self, *, model: str = "") -> str:
        """Return the command that makes the first piece again, with the `model` of this path."""
        raise NotImplementedError

    def checked(self, model: ModelFile) -> Self:
        """Return the request with genres spelt as in the model. Raises RequestError where it does not fit the model."""
        raise NotImplementedError

    @property
    def singles(self) -> list[Self]:
        """A request for each of the pieces alone."""
        return [replace(self, seed=self.seed + number, count=1) for number in range(self.count)]

    def _options(self, model: str) -> list[tuple[str, str]]:
        """Return the options that all requests have, with their values; empty ones are not written."""
        return [
            ("--bars", "" if self.bars is None else str(self.bars)),
            ("--seed", str(self.seed)),
            ("--temperature", number_text(self.temperature)),
            ("--tempo", "" if self.tempo is None else tempo_text(self.tempo)),
            ("--key", self.key or ""),
            ("--model", model),
        ]

    def _check_piece(self) -> None:
        """Raise RequestError for values that no piece can have."""
        check_range("bars", self.bars if self.bars is not None else 1, 1, MAX_BARS)
        check_range("count", self.count, 1, MAX_COUNT)
        check_range("seed", self.seed, 0, MAX_SEED)
        check_range("temperature", self.temperature, 0, MAX_TEMPERATURE)
        if self.tempo is not None and self.tempo != KEEP:
            check_range("tempo", self.tempo, *TEMPO_RANGE)
        if self.key is not None and parse_key(self.key) is None:
            raise RequestError(f"no key {self.key!r}; write one like C, F#m, Bb or 'D minor'")


class StartFile(NamedTuple):
    """A MIDI file, or several that sound together, and how they are to be read."""

    paths: tuple[str, ...]
    choices: Choices = NO_CHOICES


@dataclass(frozen=True)
class StartRequest(PieceRequest):
    """A request for music made from a start, which may be a MIDI file: how the file is read, and what comes back."""

    start: str  # a MIDI file or a genre
    together: tuple[str, ...] = field(default=(), kw_only=True)  # further files that sound with the start's: its stems
    choices: Choices = field(default=NO_CHOICES, kw_only=True)  # how the files are read, where not all is to be guessed
    only_roles: bool = field(default=False, kw_only=True)  # write the four roles, without the file's other tracks

    @property
    def file(self) -> StartFile:
        """The file that it starts from."""
        return StartFile((self.start, *self.together), self.choices)

    def _check_start(self) -> None:
        """Raise RequestError for stems that are no MIDI files, and for words about a file where there is none."""
        if self.together:
            for path in self.file.paths:
                check_file(path)
        if replace(self.choices, metre=None) != NO_CHOICES and not is_midi_path(self.start):
            raise RequestError(
                f"{self.start!r} names no MIDI file; roles, pickup and beats say how the file is read that the "
                "music starts from"
            )

    def _options(self, model: str) -> list[tuple[str, str]]:
        return [*self.choices.words(), *super()._options(model)]

    @property
    def _flags(self) -> list[str]:
        return [*(["--together"] if self.together else []), *(["--only-roles"] if self.only_roles else [])]


def split_stems(words: Sequence[str], *, together: bool) -> tuple[str, tuple[str, ...], list[str]]:
    """Return the start, the files that sound with it, and the words after them.

    >>> split_stems(["kick.mid", "bass.mid", "rock"], together=True)
    ('kick.mid', ('bass.mid',), ['rock'])

    Raises RequestError where the words begin with no MIDI file, and such are to sound together.
    """
    if together:
        check_file(words[0] if words else "")
    count = 1
    while together and count < len(words) and is_midi_path(words[count]):
        count += 1
    return (words[0] if words else ""), tuple(words[1:count]), list(words[count:])


def check_file(word: str) -> None:
    """Raise RequestError for a word that does not name a MIDI file."""
    if not is_midi_path(word):
        raise RequestError(f"{word!r} names no MIDI file; this needs one, like song.mid")


def check_range(name: str, value: float, low: float, high: float) -> None:
    """Raise RequestError for a value out of range, NaN among them."""
    if not low <= value <= high:
        raise RequestError(f"{name} {value:.10g} is outside {low:.10g} to {high:.10g}")


def command_of(words: Sequence[str], options: Iterable[tuple[str, str]]) -> str:
    """Return the text of a groove command; options without a value are left out."""
    given = [part for name, value in options if value for part in (name, value)]
    return command_text(["groove", *words, *given])
