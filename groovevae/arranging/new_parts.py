"""Draws the parts that come into pieces, each as its role asks: lines keep closer to the harmony, a lead is livelier.

`arrangement` draws whole bars; this module says what is asked of it for whom.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from groovevae.arranging.arrangement import Arrangements, Brief
from groovevae.bars.constants import BASS, CHORDS, DRUMS, LEAD, ROLES

# Size of the noise that a lead which comes in is drawn from. With as little as other parts get, it holds one note.
OF_LEAD = 1.25
OF_LEAD_BETWEEN = 0.8  # between known bars; with more, it plays more notes than real leads
# How lines that come in are guided, and how strongly they read the harmony. As other parts are, a bass would stay on
# the pitches that its genre plays most, away from the roots of the chords, and a lead would clash with them more often;
# unguided, fewer are heard as their genre.
GUIDANCE_OF_LINES, HARMONY_OF_LINES = 1.0, 2.0


def added_by_role(
    arrangements: Arrangements, briefs: Sequence[Brief], given: Sequence[np.ndarray], new: Sequence[np.ndarray]
) -> dict[int, np.ndarray]:
    """Return the points (4, N, Z) of the pieces, by number, in which `new` roles (4,) come in.

    Only those of new roles mean anything. `given` is what `Arrangements.given` returned.
    """
    draws = [
        (number, roles & new[number], asked(brief))
        for roles, asked in _DRAWN_TOGETHER
        for number, brief in enumerate(briefs)
        if (roles & new[number]).any()
    ]
    drawn = arrangements.added([brief for *_, brief in draws], [given[number] for number, *_ in draws])
    points: dict[int, np.ndarray] = {}
    for (number, roles, _), z in zip(draws, drawn, strict=True):
        points.setdefault(number, np.stack([z] * len(ROLES)))[roles] = z
    return points


def _only(*roles: int) -> np.ndarray:
    return np.isin(np.arange(len(ROLES)), roles)


def _as_line(brief: Brief) -> Brief:
    return replace(brief, guidance=GUIDANCE_OF_LINES, harmony=HARMONY_OF_LINES)


def _as_lead(brief: Brief) -> Brief:
    noise = OF_LEAD if brief.before is None or brief.after is None else OF_LEAD_BETWEEN
    return replace(_as_line(brief), noise=noise, is_varied=True)


# Roles (4,) that are drawn together, and what is asked of the arranger for them.
_DRAWN_TOGETHER: tuple[tuple[np.ndarray, Callable[[Brief], Brief]], ...] = (
    (_only(DRUMS, CHORDS), lambda brief: brief),
    (_only(BASS), _as_line),
    (_only(LEAD), _as_lead),
)
