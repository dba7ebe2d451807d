"""Gives the notes of a song other velocities and micro-timing, as the music of a genre is played. No note changes."""

from __future__ import annotations

import dataclasses

import numpy as np

from groovevae.arranging.arrangement import Brief, Setting
from groovevae.arranging.lead_sheet import without_feel
from groovevae.arranging.plans import Plan
from groovevae.bars import Bars, Song
from groovevae.bars.constants import ROLES
from groovevae.generation.song_requests import HumanizeRequest
from groovevae.generation.sources import Sources
from groovevae.model.genres import nearest_genre
from groovevae.network.decoding import Take, decode_takes, encode
from groovevae.tracks import Rewriting

FEEL = ("drums", "drums_offset", "velocity", "offset")


def humanized(request: HumanizeRequest, sources: Sources) -> tuple[Song, str, Rewriting]:
    """Return the song of a checked request for one piece, what was done, and the file that it is done to.

    Raises MidiError.
    """
    song, arrangements = sources.song(request.file), sources.arrangements
    assert arrangements is not None
    stiff = without_feel(song.bars)
    z, _ = encode(sources.network, stiff)
    genre = request.like or nearest_genre(z, sources.model.genres)
    brief = Brief(
        stiff,
        np.ones(4, bool),
        Plan(stiff.role_plays, sources.model.genres[genre].mean),
        {genre: 1.0},
        Setting.of(song.bars, is_minor=song.is_minor),
        seed=request.seed,
    )
    [points] = arrangements.added([brief], arrangements.given([brief]))
    [felt] = decode_takes(sources.network, [Take(points, stiff, request.seed, feel_alone=True)])
    bars = between(song.bars, felt, request.amount)
    original, nothing = sources.original(request.file), np.zeros((len(bars), len(ROLES)), bool)
    rewriting = Rewriting(original, np.arange(len(bars)), nothing, is_feel=True)
    return dataclasses.replace(song, bars=bars), f"{request.start} played with the feel of {genre}", rewriting


def between(own: Bars, other: Bars, amount: float) -> Bars:
    """Return the same notes with a feel between their own and another, (1 - amount) own + amount other."""
    mixed = {}
    for name in FEEL:
        one, two = getattr(own, name), getattr(other, name)
        value = np.round((1 - amount) * one.astype(float) + amount * two.astype(float))
        mixed[name] = value.astype(one.dtype)
    return dataclasses.replace(own, **mixed)
