"""Writes some bars of a song anew, all parts or a few, so that they fit what is around them and what stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from groovevae.arranging.arrangement import Arrangements, Brief, Setting
from groovevae.arranging.harmonise import harmonised
from groovevae.arranging.lead_sheet import only_roles
from groovevae.arranging.likeness import drawings_of, most_alike
from groovevae.arranging.loudness import as_loud, loudness_of
from groovevae.arranging.new_parts import added_by_role
from groovevae.arranging.plans import Plan
from groovevae.arranging.recurring import recurring_harmony
from groovevae.arranging.register import in_register
from groovevae.arranging.tonality import in_tonality
from groovevae.bars import Bars, Song
from groovevae.bars.constants import BASS, CHORDS, LEAD, ROLES
from groovevae.errors import RequestError
from groovevae.generation.song_requests import InfillRequest
from groovevae.generation.sources import Sources
from groovevae.model.genres import Genre, nearest_genre
from groovevae.network.decoding import Take, decode_takes, without_stray_holds
from groovevae.network.refining import close_points
from groovevae.tracks import Rewriting

AROUND = 4  # bars on either side that say which roles play in a gap


def infilled(request: InfillRequest, sources: Sources) -> tuple[Song, str, Rewriting]:
    """Return the song of a checked request for one piece, what was done, and what of the file is written anew.

    Raises MidiError for a file that cannot be read, RequestError for bars that it does not have.
    """
    song = sources.song(request.file)
    bars, (first, last) = song.bars, request.only_bars
    if last > len(bars):
        raise RequestError(f"{request.start} has {len(bars):,} bars; bars {first} to {last} are not all among them")
    arrangements, gap = sources.arrangements, slice(first - 1, last)
    assert arrangements is not None
    z = close_points(sources.network, bars)
    heard = z[bars.has_notes] if bars.has_notes.any() else z
    genre = request.genre or nearest_genre(heard, sources.model.genres)
    others = Bars.concatenate([bars[max(gap.start - AROUND, 0) : gap.start], bars[gap.stop : gap.stop + AROUND]])
    around = np.array(others.plays) | bars[gap].plays
    is_new = np.array([role in request.roles for role in ROLES]) if request.roles else around
    plays = np.where(is_new, around | bool(request.roles), bars[gap].role_plays)  # what is named, plays
    brief = _brief(song, gap, z, is_new, Plan(plays, heard.mean(0)), genre, request.seed)
    briefs = drawings_of(brief)
    drawn = _drawn(arrangements, briefs, z[gap], is_new, np.array(bars.plays), sources.model.genres[genre])
    keep = tuple(role for role, is_free in zip(ROLES, is_new, strict=True) if not is_free)
    takes = [
        Take(points, bars[gap], one.seed, keep, request.temperature, new_lead=bool(is_new[LEAD]))
        for points, one in zip(drawn, briefs, strict=True)
    ]
    new = most_alike(decode_takes(sources.network, takes), others, is_new)
    new = as_loud(new, loudness_of(others), is_new)
    fresh = np.zeros((len(bars), len(ROLES)), bool)
    fresh[gap] = is_new
    together = in_register(Bars.concatenate([bars[: gap.start], new, bars[gap.stop :]]), fresh)
    together = in_tonality(together, fresh[:, LEAD])
    rewriting = Rewriting(sources.original(request.file), np.arange(len(bars)), fresh)
    return replace(song, bars=without_stray_holds(together)), _text(request, is_new, new.plays, genre), rewriting


def _text(request: InfillRequest, is_new: np.ndarray, plays: Sequence[bool], genre: str) -> str:
    """Return what was done: which new roles (4,) play in which bars, and which do not though they were to."""
    first, last = request.only_bars
    new = [(role, does) for role, is_free, does in zip(ROLES, is_new, plays, strict=True) if is_free]
    written, lacking = (", ".join(role for role, does in new if does == is_there) for is_there in (True, False))
    where = f"bar {first}" if first == last else f"bars {first} to {last}"
    without = f", and no note for {lacking}" if lacking else ""
    return f"{request.start} with {'new ' * bool(written)}{written or 'nothing'} in {where}, like {genre}{without}"


def _brief(song: Song, gap: slice, z: np.ndarray, is_new: np.ndarray, plan: Plan, genre: str, seed: int) -> Brief:
    """Return what is asked for a gap of M bars in a song at z (N, Z), where new roles (4,) play as planned."""
    given = only_roles(song.bars[gap], ~is_new)
    known = Bars.concatenate([song.bars[: gap.start], given, song.bars[gap.stop :]])
    return Brief(
        given,
        ~is_new,
        plan,
        {genre: 1.0},
        Setting.of(song.bars, is_minor=song.is_minor),
        seed=seed,
        before=z[gap.start - 1] if gap.start else None,
        after=z[gap.stop] if gap.stop < len(z) else None,
        is_varied=True,
        sounding=_harmony(known, gap, plan, is_minor=song.is_minor, seed=seed),
    )


def _drawn(
    arrangements: Arrangements,
    briefs: Sequence[Brief],
    z: np.ndarray,
    is_new: np.ndarray,
    is_played: np.ndarray,
    genre: Genre,
) -> list[np.ndarray]:
    """Return points (4, M, Z) of a gap at z (M, Z) for each brief: new roles (4,) drawn, the others where they were.

    The style of a song does not say how roles would go that are not played (4,) in it: there the genre's stands for it.
    """
    of_genre = [replace(brief, plan=Plan(brief.plan.plays, genre.mean)) for brief in briefs]
    asked = [*briefs, *of_genre]
    new = [is_new & is_played] * len(briefs) + [is_new & ~is_played] * len(briefs)
    points = [np.stack([z] * len(ROLES)) for _ in briefs]
    for number, own in added_by_role(arrangements, asked, arrangements.given(asked), new).items():
        points[number % len(briefs)][new[number]] = own[new[number]]
    return points


def _harmony(known: Bars, gap: slice, plan: Plan, *, is_minor: bool, seed: int) -> np.ndarray | None:
    """Return the harmony (M, 144) of a gap in which none is `known`, where bass or chords are to play there.

    It is that of bars elsewhere in the song, or of its whole tune where nothing accompanies it.
    """
    harmonic = [BASS, CHORDS]
    if known[gap].role_plays[:, harmonic].any() or not plan.plays[:, harmonic].any():
        return None
    found = recurring_harmony(known, gap)
    return harmonised(known, is_minor=is_minor, seed=seed)[gap] if found is None else found
