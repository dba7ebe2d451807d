"""What a person says of a file where they know better than what is guessed from its notes. Decides nothing itself."""

from __future__ import annotations

from dataclasses import dataclass

WRITTEN, ESTIMATED = "written", "estimated"
LEFT_OUT = "-"  # in the place of a role: the track has no part in the bars


@dataclass(frozen=True)
class Choices:
    """How one file is to be read; by default all is guessed.

    >>> Choices(roles=(("Track 3", "drums"), ("Strings", "-")), metre=(3, 4))
    """

    roles: tuple[tuple[str, str], ...] = ()  # a track's name, or its number from 1, and a role or LEFT_OUT
    metre: tuple[int, int] | None = None  # of the whole file
    pickup: float | None = None  # quarter notes before the first whole bar
    beats: str = WRITTEN  # ESTIMATED: from the notes, where the file was played without a click


NO_CHOICES = Choices()
