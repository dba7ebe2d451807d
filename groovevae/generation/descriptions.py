"""Describes a piece in a line of text: what was done to make it, and which roles play in it. It decides nothing."""

from __future__ import annotations

from collections.abc import Mapping

from groovevae.bars import Bars
from groovevae.bars.constants import ROLES
from groovevae.generation.names import strengths_text, weights_text
from groovevae.generation.parsing import amount_text
from groovevae.generation.requests import BlendRequest
from groovevae.generation.sources import Source
from groovevae.model.genres import Genre

_OCTAVES = {0.5: "halved", 2.0: "doubled"}
_WAYS = {"line": " in a line", "sphere": " on the sphere"}


def describe_blend(request: BlendRequest, start: Source, goal: str, octaves: str = "") -> str:
    """Return a line that says what a blend does.

    `goal` names what it moves towards, if anything; `octaves` is what `describe_octaves` returned.
    """
    text = start.name
    if goal:
        amount = amount_text(request.amount).replace("..", " to ")
        if request.method == "mean":
            text += f" + {amount} x ({goal} - {start.genre})"
        else:
            text += f", {amount} of the way{_WAYS.get(request.method, '')} to {goal}"
    if request.roles:
        amounts = (f"{role} {amount_text(amount).replace('..', ' to ')}" for role, amount in request.roles.items())
        text += f" ({', '.join(amounts)})"
    text += octaves + strengths_text(request.vectors)
    return text + (f", keeping {', '.join(request.keep)}" if request.keep else "")


def describe_octaves(times: Mapping[str, float], genres: Mapping[str, Genre]) -> str:
    """Return a text that says which targets' tempos are taken so many `times`: ", tempo of rock (120) halved"."""
    named: dict[float, list[str]] = {}
    for name, ratio in times.items():
        named.setdefault(ratio, []).append(f"{weights_text({name: 1.0})} ({genres[name].tempo:.0f})")
    return "".join(
        f", tempo{'s' * (len(names) > 1)} of {' and '.join(names)} {_OCTAVES.get(ratio, f'times {ratio:g}')}"
        for ratio, names in named.items()
    )


def describe_playing(bars: Bars) -> str:
    """Return a text that says which roles play."""
    playing = [role for role, plays in zip(ROLES, bars.plays, strict=True) if plays]
    return f"plays {', '.join(playing)}" if playing else "silent: no note came out"
