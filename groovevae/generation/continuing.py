"""Goes on where a song ends, like those of its bars that are most like what is to follow.

They say what harmony comes, and which parts rest, repeat or play something new; the last bars say on which tracks. The
arranger draws what is new.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from groovevae.arranging.arrangement import Brief, Setting
from groovevae.arranging.lead_sheet import harmony
from groovevae.arranging.likeness import drawings_of, most_alike
from groovevae.arranging.loudness import as_loud, loudness_of
from groovevae.arranging.new_parts import added_by_role
from groovevae.arranging.plans import Plan
from groovevae.arranging.recurring import HALF_PHRASE, bars_ahead
from groovevae.arranging.register import PHRASE, in_register
from groovevae.arranging.tonality import in_tonality
from groovevae.bars import Bars, Song
from groovevae.bars.constants import LEAD, ROLES
from groovevae.errors import MidiError
from groovevae.generation.sampling import follow_plan
from groovevae.generation.song_requests import ContinueRequest
from groovevae.generation.sources import Sources
from groovevae.measures.phrases import role_digests
from groovevae.model.genres import nearest_genre
from groovevae.model.phrase_forms import FORM_BARS, NEW, SILENT
from groovevae.network.decoding import Take, decode_takes, without_stray_holds
from groovevae.network.refining import close_points
from groovevae.tracks import NOWHERE, Rewriting

ENDING = 0.5  # share of the strikes of a usual bar: bars at a song's end that have fewer are its ending
_IS_LEAD = np.arange(len(ROLES)) == LEAD
USUAL = 0.5  # share of the last bars that a role plays in to go on also where the bars ahead are without it


def continued(request: ContinueRequest, sources: Sources) -> tuple[Song, str, Rewriting | None]:
    """Return the song of a checked request for one piece, what was done, and the file that it goes on from.

    Raises MidiError.
    """
    song = sources.song(request.file)
    sounding = np.flatnonzero(song.bars.has_notes)
    if not len(sounding):
        raise MidiError("none of its notes has a place in the bars", path=request.start)
    whole = song.bars[: int(sounding[-1]) + 1]
    past = without_ending(whole)
    z = close_points(sources.network, past[-FORM_BARS:])
    genre = request.genre or nearest_genre(z, sources.model.genres)
    ahead = after_ending(past, request.num_bars, num_ending=len(whole) - len(past))
    last = np.resize(np.arange(len(past))[-PHRASE:], request.num_bars)
    plan = plan_ahead(past, roles_ahead(past, ahead, last))
    plays = plan[len(past) :] != SILENT
    brief = _brief(dataclasses.replace(song, bars=past), ahead, plays, z, genre, request.seed)
    drawn = most_alike(
        _drawn(brief, sources, request.temperature), past[np.union1d(ahead, last)], plays.any(0) & ~_IS_LEAD
    )
    new = as_loud(drawn, loudness_of(past[-FORM_BARS:]), plays.any(0))
    new = _like(past, follow_plan(Bars.concatenate([past, new]), plan)[len(past) :])
    text = f"{request.start} continued by {request.num_bars} bars of {genre}"
    if request.alone:
        return dataclasses.replace(song, bars=new), text, None
    index = np.append(np.arange(len(whole)), np.full(len(new), NOWHERE))
    fresh = np.tile((index == NOWHERE)[:, None], (1, len(ROLES)))
    rewriting = Rewriting(sources.original(request.file), index, fresh, like=np.append(np.arange(len(whole)), last))
    joined = without_stray_holds(Bars.concatenate([whole, new]))
    return dataclasses.replace(song, bars=joined), text, rewriting


def after_ending(past: Bars, num_bars: int, *, num_ending: int) -> np.ndarray:
    """Return the bars (M,) of the past that M bars are like which follow it and so many bars of an ending.

    An ending within a phrase stands for the bars that would complete it; after a whole one, the next begins after it.
    """
    left_out = num_ending if len(past) % HALF_PHRASE else 0
    return bars_ahead(past, left_out + num_bars)[left_out:]


def _brief(past: Song, ahead: np.ndarray, plays: np.ndarray, z: np.ndarray, genre: str, seed: int) -> Brief:
    """Return what is asked for M bars after a song's `past`, the last bars of which lie at z (L, Z).

    They have the harmony of the bars `ahead` (M,) of it; roles play as in `plays` (M, 4).
    """
    numerator, denominator = past.bars.metre[-1].tolist()
    empty = Bars.empty(len(ahead), metre=(numerator, denominator), tempo=float(past.bars.tempo[-1]))
    return Brief(
        empty,
        np.zeros(len(ROLES), bool),
        Plan(plays, z.mean(0)),
        {genre: 1.0},
        Setting.of(empty, is_minor=past.is_minor),
        seed=seed,
        before=z[-1],
        is_varied=True,
        sounding=harmony(past.bars[ahead]),
    )


def _drawn(brief: Brief, sources: Sources, temperature: float) -> list[Bars]:
    """Return drawings of the bars of a brief, of which nothing is given."""
    arrangements, new = sources.arrangements, np.asarray(brief.plan.plays.any(0))
    assert arrangements is not None
    briefs = drawings_of(brief)
    points = added_by_role(arrangements, briefs, arrangements.given(briefs), [new] * len(briefs))
    takes = [
        Take(points[number], one.bars, one.seed, temperature=temperature, new_lead=True)
        for number, one in enumerate(briefs)
    ]
    return decode_takes(sources.network, takes)


def roles_ahead(past: Bars, ahead: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Return for each role the bars of the past (M, 4) that M bars are to go on like: those `ahead` (M,).

    A role that plays in most of the `last` bars (M,), but not in the one ahead, goes on as there.
    """
    lacks = ~past[ahead].role_plays & (past[last].role_plays.mean(0) > USUAL)
    return np.where(lacks, last[:, None], ahead[:, None])


def plan_ahead(past: Bars, like: np.ndarray) -> np.ndarray:
    """Return the plan (L + M, 4) of L past bars, as they are, and of M bars that go on like some of them (M, 4).

    Each role rests where it does there, repeats the nearest of the last bars that equals the one there, though not that
    one itself, or plays something new. A lead repeats no past bars; nor does any role where nothing else would be new.
    """
    plan = _repeats(past, like, _IS_LEAD)
    return plan if (plan[len(past) :] == NEW).any() else _repeats(past, like, np.ones(len(ROLES), bool))


def _repeats(past: Bars, like: np.ndarray, leaves_past: np.ndarray) -> np.ndarray:
    """Return a plan (L + M, 4) in which some roles (4,) repeat bars among the M new ones alone."""
    digests = role_digests(past)
    joined = np.concatenate([digests, np.take_along_axis(digests, like, axis=0)])
    plan = np.full(joined.shape, NEW, np.int8)
    for bar in range(len(past), len(joined)):
        for role, digest in enumerate(joined[bar].tolist()):
            first = max(bar - FORM_BARS + 1, len(past) if leaves_past[role] else 0)
            own = like[bar - len(past), role]
            equals = (bar - n for n in range(bar - 1, first - 1, -1) if joined[n, role] == digest and n != own)
            plan[bar, role] = next(equals, NEW) if digest else SILENT
    return plan


def _like(past: Bars, new: Bars) -> Bars:
    """Return new bars whose lines lie in the register of the last past ones, and whose lead keeps to their key.

    Each bar is heard after the past alone: it is the same however many follow.
    """
    tail = past[-(PHRASE - 1) :]
    is_last = np.arange(len(tail) + 1) == len(tail)
    out = []
    for bar in range(len(new)):
        heard = Bars.concatenate([tail, new[bar : bar + 1]])
        heard = in_tonality(in_register(heard, np.repeat(is_last[:, None], len(ROLES), axis=1)), is_last)
        out.append(heard[-1:])
    return Bars.concatenate(out)


def without_ending(bars: Bars) -> Bars:
    """Return bars without those at their end in which hardly anything is struck any more.

    A song's last chord, held, is where it stops; what follows goes on from the bars before it.
    """
    strikes = bars.pitched_strikes().sum((1, 2)) + bars.strikes("drums").sum(1)
    goes_on = np.flatnonzero(strikes >= ENDING * np.median(strikes))
    return bars[: int(goes_on[-1]) + 1]
