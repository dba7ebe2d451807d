"""Requests that go on from a song and keep what is there: arrange, continue, infill and humanize.

Like `requests`, this module opens no files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from groovevae.bars.constants import ROLES
from groovevae.errors import Cure, RequestError
from groovevae.generation.names import file_stem, is_midi_path, short_name
from groovevae.generation.parsing import number_text, parse_targets, target_words
from groovevae.generation.piece_requests import (
    DEFAULT_BARS,
    MAX_BARS,
    StartRequest,
    check_file,
    check_range,
    command_of,
    split_stems,
)
from groovevae.generation.requests import BlendRequest, check_arranger, check_roles, spelt
from groovevae.model.file import ModelFile
from groovevae.model.genres import find_genre


@dataclass(frozen=True)
class ArrangeRequest(StartRequest):
    """A request to add the parts that a song lacks, as genres play them; what is there stays note for note.

    >>> ArrangeRequest("melody.mid", {"rock": 1.0})
    >>> ArrangeRequest("song.mid", {"jazz": 0.7, "soul": 0.3}, add=("drums", "bass"))
    """

    targets: dict[str, float]  # genres, MIDI files and folders, with weights
    add: tuple[str, ...] = ()  # roles to write, even where the start plays them; (): those that it lacks

    @classmethod
    def from_words(cls, words: Sequence[str], *, together: bool = False) -> ArrangeRequest:
        """Return the request for ["song.mid", "rock"] or ["song.mid", "rock=0.7", "jazz=0.3"].

        With `together`, all files that the words begin with sound together.
        """
        start, stems, rest = split_stems(words, together=together)
        if not rest:
            raise _no_style()
        return cls(start, parse_targets(rest), together=stems)

    def command(self, *, model: str = "") -> str:
        """Return the command that makes the first piece again, with the `model` of this path."""
        words = ["arrange", *self.file.paths, *target_words(self.targets), *self._flags]
        return command_of(words, [("--add", ",".join(self.add)), *self._options(model)])

    @property
    def stem(self) -> str:
        """A name for the files of this request, such as "song-arranged-rock": safe in every file system."""
        return file_stem([short_name(self.start), "arranged", *map(short_name, self.targets)])

    def checked(self, model: ModelFile) -> ArrangeRequest:
        """Return the request with genres spelt as in the model. Raises RequestError where it does not fit the model."""
        self._check_piece()
        self._check_start()
        check_arranger(model)
        check_roles(self.add)
        if not self.targets:
            raise _no_style()
        start, targets = spelt(self.start, self.targets, model)
        return replace(self, start=start, targets=targets)

    def as_start(self) -> BlendRequest:
        """Return a request that starts from the same bars."""
        return BlendRequest(
            self.start, self.targets, bars=self.bars, seed=self.seed, together=self.together, choices=self.choices
        )

    def as_blend(self, plays: Sequence[bool]) -> BlendRequest:
        """Return the blend that adds these roles to a start that `plays` (4,) some, and keeps the rest.

        Raises RequestError where there is nothing to add.
        """
        add = self.add or tuple(role for role, is_there in zip(ROLES, plays, strict=True) if not is_there)
        if not add:
            raise RequestError(f"{self.start} plays all four roles already", cure=Cure.NAME_ROLES)
        return BlendRequest(
            self.start,
            self.targets,
            amount=0.0,
            roles=dict.fromkeys(add, 1.0),
            keep=tuple(role for role in ROLES if role not in add),
            method="arranged",
            bars=self.bars,
            seed=self.seed,
            temperature=self.temperature,
            tempo=self.tempo,
            key=self.key,
            together=self.together,
            choices=self.choices,
            only_roles=self.only_roles,
        )


@dataclass(frozen=True)
class ContinueRequest(StartRequest):
    """A request to go on where a song ends, as it began: its parts, its repeats, its style.

    >>> ContinueRequest("song.mid", bars=8, genre="rock")
    """

    genre: str | None = None  # that goes on; None: the nearest to the song
    alone: bool = False  # without the song itself

    @property
    def num_bars(self) -> int:
        """The bars to add."""
        return DEFAULT_BARS if self.bars is None else self.bars

    def command(self, *, model: str = "") -> str:
        """Return the command that makes the first piece again, with the `model` of this path."""
        options = [("--genre", self.genre or ""), *self._options(model)]
        return command_of(["continue", self.start, *(["--alone"] if self.alone else []), *self._flags], options)

    @property
    def stem(self) -> str:
        """A name for the files of this request, such as "song-continued": safe in every file system."""
        return file_stem([short_name(self.start), "continued"])

    def checked(self, model: ModelFile) -> ContinueRequest:
        """Return the request with the genre spelt as in the model. Raises RequestError where it does not fit it."""
        self._check_piece()
        check_file(self.start)
        check_arranger(model)
        return self if self.genre is None else replace(self, genre=_genre_named(self.genre, model))


@dataclass(frozen=True)
class InfillRequest(StartRequest):
    """A request to write some bars of a song anew, so that they fit those around them.

    >>> InfillRequest("song.mid", only_bars=(5, 8), roles=("bass",))
    """

    only_bars: tuple[int, int]  # the first and the last, counted from 1
    roles: tuple[str, ...] = ()  # to write anew; (): those that play around the gap
    genre: str | None = None  # None: the nearest to the song

    def command(self, *, model: str = "") -> str:
        """Return the command that makes the first piece again, with the `model` of this path."""
        first, last = self.only_bars
        where = [("--only-bars", f"{first}..{last}"), ("--roles", ",".join(self.roles))]
        return command_of(
            ["infill", self.start, *self._flags], [*where, ("--genre", self.genre or ""), *self._options(model)]
        )

    @property
    def stem(self) -> str:
        """A name for the files of this request, such as "song-infilled-5_8": safe in every file system."""
        first, last = self.only_bars
        return file_stem([short_name(self.start), "infilled", f"{first}_{last}"])

    def checked(self, model: ModelFile) -> InfillRequest:
        """Return the request with the genre spelt as in the model. Raises RequestError where it does not fit it."""
        self._check_piece()
        check_file(self.start)
        check_arranger(model)
        check_roles(self.roles)
        first, last = self.only_bars
        if last < first:
            raise RequestError(f"bars {first}..{last} end before they begin; write {last}..{first}")
        if first < 1:
            raise RequestError(f"bars {first}..{last} begin before the first one, which is bar 1")
        check_range("number of bars", last - first + 1, 1, MAX_BARS)
        return self if self.genre is None else replace(self, genre=_genre_named(self.genre, model))


@dataclass(frozen=True)
class HumanizeRequest(StartRequest):
    """A request for other velocities and micro-timing under the same notes.

    >>> HumanizeRequest("stiff.mid", like="jazz")
    """

    like: str | None = None  # the genre whose feel is wanted; None: the nearest to the song
    amount: float = 1.0  # how far from the song's own feel to the new one

    def command(self, *, model: str = "") -> str:
        """Return the command that makes the first piece again, with the `model` of this path."""
        options = [("--like", self.like or ""), ("--amount", "" if self.amount == 1 else number_text(self.amount))]
        own = [(name, value) for name, value in self._options(model) if name != "--temperature"]  # nothing is drawn
        return command_of(["humanize", self.start, *self._flags], [*options, *own])

    @property
    def stem(self) -> str:
        """A name for the files of this request, such as "song-humanized": safe in every file system."""
        return file_stem([short_name(self.start), "humanized", *([self.like] if self.like else [])])

    def checked(self, model: ModelFile) -> HumanizeRequest:
        """Return the request with the genre spelt as in the model. Raises RequestError where it does not fit it."""
        self._check_piece()
        check_file(self.start)
        check_arranger(model)
        check_range("amount", self.amount, 0, 1)
        return self if self.like is None else replace(self, like=_genre_named(self.like, model))


def _genre_named(word: str, model: ModelFile) -> str:
    """Return a genre's name as the model spells it. Raises RequestError for one that it lacks, and for a file."""
    if is_midi_path(word):
        raise RequestError(f"{word!r} is a MIDI file, where a genre is wanted: one of {', '.join(model.genres)}")
    return find_genre(word, model.genres)


def _no_style() -> RequestError:
    return RequestError("no genre to arrange in", cure=Cure.NAME_STYLE)
