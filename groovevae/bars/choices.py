"""What a person says of a file where they know better than what is guessed from its notes. Decides nothing itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Self

from groovevae.bars.constants import MAX_STEPS, ROLES, STEPS_PER_WHOLE
from groovevae.bars.states import bar_length
from groovevae.errors import RequestError

WRITTEN, ESTIMATED = "written", "estimate"
LEFT_OUT = "-"  # in the place of a role: the track has no part in the bars
MAX_PICKUP = MAX_STEPS / 4  # quarter notes: a bar is no longer


@dataclass(frozen=True)
class Choices:
    """How one file is to be read; by default all is guessed.

    >>> Choices(roles=(("Track 3", "drums"), ("Strings", "-")), metre=(3, 4))
    """

    roles: tuple[tuple[str, str], ...] = ()  # a track's name, or its number from 1, and a role or LEFT_OUT
    metre: tuple[int, int] | None = None  # of the whole file
    pickup: float | None = None  # quarter notes before the first whole bar
    beats: str = WRITTEN  # ESTIMATED: from the notes, where the file was played without a click

    @classmethod
    def from_words(
        cls,
        roles: Sequence[str] = (),
        *,
        metre: str | None = None,
        pickup: str | float | None = None,
        beats: str | None = None,
    ) -> Self:
        """Return the choices that words stand for. Raises RequestError for words that mean nothing.

        >>> Choices.from_words(["Track 3=drums", "Strings=-"], metre="3/4", pickup="1", beats="estimate")
        """
        return cls(
            roles=parse_roles(roles),
            metre=parse_metre(metre) if metre else None,
            pickup=_parse_pickup(pickup) if pickup not in (None, "") else None,
            beats=_parse_beats(beats or WRITTEN),
        )

    def words(self) -> list[tuple[str, str]]:
        """Return the options of the command line that stand for these choices, with their values."""
        options = [("--roles", f"{track}={role}") for track, role in self.roles]
        if self.metre is not None:
            options.append(("--metre", f"{self.metre[0]}/{self.metre[1]}"))
        if self.pickup is not None:
            options.append(("--pickup", f"{self.pickup:g}"))
        if self.beats != WRITTEN:
            options.append(("--beats", self.beats))
        return options

    def to_json(self) -> str:
        """Return the choices as text, "" where there are none."""
        return "" if self == Choices() else json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the choices that `to_json` wrote."""
        if not text:
            return cls()
        values = json.loads(text)
        roles = tuple((track, role) for track, role in values["roles"])
        metre = None if values["metre"] is None else (values["metre"][0], values["metre"][1])
        return cls(roles, metre, values["pickup"], values["beats"])


NO_CHOICES = Choices()


def parse_roles(words: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return (("Track 3", "drums"),) for ["Track 3=drums"]. Raises RequestError for a word without track or role."""
    pairs = []
    for word in words:
        track, _, role = (part.strip() for part in word.rpartition("="))
        role = role.lower()
        if not track or role not in (*ROLES, LEFT_OUT):
            raise RequestError(
                f"{word!r} gives no track a role; write TRACK=ROLE, like 'Track 3=drums': "
                f"{', '.join(ROLES)}, or {LEFT_OUT} to leave it out"
            )
        pairs.append((track, role))
    return tuple(pairs)


def parse_metre(text: str) -> tuple[int, int]:
    """Return (3, 4) for "3/4". Raises RequestError for a metre that the bars of a model cannot have."""
    parts = text.split("/")
    numbers = [int(part) for part in parts if part.strip().isdigit()]
    if len(parts) == len(numbers) == 2 and numbers[1] in (32, 64, 128):
        raise RequestError(f"metre {text} is finer than sixteenths, of which bars are made; write one like 5/16")
    if len(parts) != 2 or len(numbers) != 2 or numbers[1] not in (1, 2, 4, 8, 16) or not numbers[0]:
        raise RequestError(f"no metre {text!r}; write one like 3/4")
    length = bar_length((numbers[0], numbers[1]))
    if not 1 <= length <= MAX_STEPS or length * numbers[1] != STEPS_PER_WHOLE * numbers[0]:
        raise RequestError(f"metre {text} is longer than a bar can be, which is six quarter notes")
    return numbers[0], numbers[1]


def _parse_pickup(value: str | float) -> float:
    try:
        quarters = float(value)
    except ValueError:
        quarters = -1.0
    if not 0 <= quarters <= MAX_PICKUP:
        raise RequestError(
            f"no pickup {value!r}; write the quarter notes before the first whole bar: 0 to {MAX_PICKUP:g}"
        )
    return quarters


def _parse_beats(text: str) -> str:
    if text not in (WRITTEN, ESTIMATED):
        raise RequestError(f"no beats {text!r}; they are taken as {WRITTEN}, or from the notes: {ESTIMATED}")
    return text
