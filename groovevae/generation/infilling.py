"""Writes some bars of a song anew, all parts or a few, so that they fit what is around them and what stays."""

from __future__ import annotations

import dataclasses

import numpy as np

from groovevae.arranging.arrangement import Brief, Setting
from groovevae.arranging.lead_sheet import only_roles
from groovevae.arranging.plans import Plan
from groovevae.bars import Bars, Song
from groovevae.bars.constants import ROLES
from groovevae.errors import RequestError
from groovevae.generation.song_requests import InfillRequest
from groovevae.generation.sources import Sources
from groovevae.model.genres import nearest_genre
from groovevae.network.decoding import decode, without_stray_holds
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
    around = bars[max(gap.start - AROUND, 0) : gap.stop + AROUND]
    is_new = np.array([role in request.roles for role in ROLES]) if request.roles else np.array(around.plays)
    plays = np.where(is_new, np.array(around.plays) | bool(request.roles), bars[gap].role_plays)  # what is named, plays
    z = close_points(sources.network, bars)
    heard = z[bars.has_notes] if bars.has_notes.any() else z
    genre = request.genre or nearest_genre(heard, sources.model.genres)
    brief = Brief(
        only_roles(bars[gap], ~is_new),
        ~is_new,
        Plan(plays, heard.mean(0)),
        {genre: 1.0},
        Setting.of(bars, is_minor=song.is_minor),
        seed=request.seed,
        before=z[gap.start - 1] if gap.start else None,
        after=z[gap.stop] if gap.stop < len(z) else None,
        is_varied=True,
    )
    [points] = arrangements.added([brief], arrangements.given([brief]))
    keep = tuple(role for role, is_free in zip(ROLES, is_new, strict=True) if not is_free)
    new = decode(sources.network, points, bars[gap], temperature=request.temperature, seed=request.seed, keep=keep)
    together = without_stray_holds(Bars.concatenate([bars[: gap.start], new, bars[gap.stop :]]))
    written = ", ".join(role for role, is_free in zip(ROLES, is_new, strict=True) if is_free)
    text = f"{request.start} with new {written} in bars {first} to {last}, like {genre}"
    fresh = np.zeros((len(bars), len(ROLES)), bool)
    fresh[gap] = is_new
    rewriting = Rewriting(sources.original(request.file), np.arange(len(bars)), fresh)
    return dataclasses.replace(song, bars=together), text, rewriting
