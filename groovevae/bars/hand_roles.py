"""Finds the tracks that a person gives roles to by hand."""

from __future__ import annotations

import re

from groovevae.bars.choices import LEFT_OUT
from groovevae.bars.constants import ROLES
from groovevae.bars.track_names import plain_name
from groovevae.errors import MidiError
from groovevae.midi.score import Track
from groovevae.wording import one_line, shown_name

_NUMBER = re.compile(r"(?:track\s*)?#?(\d+)")


def roles_by_hand(tracks: tuple[Track, ...], pairs: tuple[tuple[str, str], ...]) -> dict[int, str]:
    """Return the role, or LEFT_OUT, of each track that a pair (word, role) names, in the order of the pairs.

    A word is a name, or a number where no track has that name; a later pair overrides an earlier one. Raises MidiError
    for a word that names no track and for a role that there is not.
    """
    given: dict[int, str] = {}
    for word, role in pairs:
        if role not in (*ROLES, LEFT_OUT):
            raise MidiError(
                f"no role {role!r} for track {word!r}; roles are {', '.join(ROLES)}, and {LEFT_OUT} for none"
            )
        for index in _named(tracks, word):
            given.pop(index, None)  # the place of the later pair counts too
            given[index] = role
    return given


def _named(tracks: tuple[Track, ...], word: str) -> list[int]:
    """Return the indices of the tracks that a word names."""
    by_name = [index for index, track in enumerate(tracks) if track.name and _same(track.name, word)]
    if by_name:
        return by_name
    number = _NUMBER.fullmatch(plain_name(word))
    found = [index for index in range(len(tracks)) if number and track_number(tracks, index) == int(number[1])]
    if not found:
        known = "; ".join(
            f"{track_number(tracks, i)}: {shown_name(track.name) or 'unnamed'}" for i, track in enumerate(tracks)
        )
        raise MidiError(f"no track {word!r}; the tracks are {known}")
    return found


def _same(name: str, word: str) -> bool:
    return one_line(name.casefold()) == one_line(word.casefold())


def track_number(tracks: tuple[Track, ...], index: int) -> int:
    """Return the number by which people know a track: that of its part in the file, or its place from 1."""
    return tracks[index].number or index + 1
