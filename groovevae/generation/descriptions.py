"""Describes a piece in a line of text: what was done to make it, and which roles play in it. It decides nothing."""

from __future__ import annotations

from groovevae.bars import Bars
from groovevae.bars.constants import ROLES
from groovevae.generation.names import strengths_text
from groovevae.generation.parsing import amount_text
from groovevae.generation.requests import BlendRequest
from groovevae.generation.sources import Source

_WAYS = {"line": " in a line", "sphere": " on the sphere"}


def describe_blend(request: BlendRequest, start: Source, goal: str, octaves: str = "") -> str:
    """Return a line that says what a blend does.

    `goal` names what it moves towards, if anything, and `octaves` says whose tempo is halved or doubled.
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


def describe_playing(bars: Bars) -> str:
    """Return a text that says which roles play."""
    playing = [role for role, plays in zip(ROLES, bars.plays, strict=True) if plays]
    return f"plays {', '.join(playing)}" if playing else "silent: no note came out"
