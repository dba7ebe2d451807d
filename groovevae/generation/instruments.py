"""Chooses what a blend is played with: tempos, programs and drum kit, between the start's and the targets'.

It never moves a latent point.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from groovevae.bars import Song
from groovevae.bars.constants import ROLES
from groovevae.bars.key import parse_key, semitones_to_c
from groovevae.generation.parsing import KEEP, ends_of, normalised_weights, share_of
from groovevae.generation.piece_requests import PieceRequest
from groovevae.generation.requests import BlendRequest
from groovevae.generation.sources import Source
from groovevae.model.genres import Genre

START = ""  # stands for the start among names of genres, none of which is empty


def song_played(
    request: BlendRequest, start: Source, weights: Mapping[str, float], genres: Mapping[str, Genre]
) -> Song:
    """Return the start's song with the key, programs and kit chosen for a blend; kept roles keep their instruments.

    The targets' `weights` sum to 1; `genres` say how each target is played.
    """
    rng = np.random.default_rng(request.seed)
    drums, *pitched = (_weights_of_role(request, role, weights) for role in ROLES)
    song = replace(
        start.song,
        programs=pick_programs(start.song.programs, start.plays[1:], pitched, genres, rng),
        kit=pick_kit(start.song.kit, start.plays[0], drums, genres, rng),
    )
    return in_key(song, request.key)


def in_key(song: Song, key: str | None) -> Song:
    """Return the song in a key, by its name; None leaves it as it is."""
    if key is None:
        return song
    tonic, is_minor = parse_key(key) or (0, False)  # a checked request names a key
    return replace(song, transpose=semitones_to_c(tonic, is_minor), is_minor=is_minor)


def played(song: Song, request: PieceRequest) -> Song:
    """Return the song in the key and at the tempo that a request asks for."""
    if request.tempo is not None and request.tempo != KEEP:
        song = replace(song, bars=replace(song.bars, tempo=np.full(len(song.bars), request.tempo, np.float32)))
    return in_key(song, request.key)


def _weights_of_role(request: BlendRequest, role: str, weights: Mapping[str, float]) -> dict[str, float]:
    """Return the weights of the start and of the targets in the choice of a role's instrument."""
    share = 0.0 if role in request.keep or not weights else share_of(request.amount_of(role))
    return {START: 1 - share, **{name: share * weight for name, weight in weights.items()}}


def tempos_played(
    request: BlendRequest, start: Source, weights: Mapping[str, float], genres: Mapping[str, Genre]
) -> np.ndarray:
    """Return the tempo of each bar, (N,): the requested one, or else one between the start's and the targets'.

    Half and double time are the same music: each target's tempo is halved or doubled until it is nearest to the
    start's. A start at 70 on its way to a genre at 120 goes to 60.
    """
    tempos = start.bars.tempo
    if request.tempo is not None and request.tempo != KEEP:
        return np.full(len(tempos), request.tempo, np.float32)
    if not weights or request.tempo == KEEP:
        return tempos
    usual = float(np.median(tempos))  # one octave for all bars
    targets = {name: nearest_octave(genres[name].tempo, usual) for name in weights}
    amounts = np.linspace(*ends_of(request.amount), len(tempos))
    pairs = zip(tempos.tolist(), amounts.tolist(), strict=True)
    return np.array([mixed_tempo(tempo, amount, weights, targets) for tempo, amount in pairs], np.float32)


def nearest_octave(tempo: float, other: float) -> float:
    """Return a tempo, halved or doubled until its ratio to the other is nearest to 1."""
    return float(tempo * 2.0 ** np.rint(np.log2(other / tempo)))


def octaves_played(
    request: BlendRequest, start: Source, weights: Mapping[str, float], genres: Mapping[str, Genre]
) -> dict[str, float]:
    """Return by target how many times its tempo `tempos_played` takes it, where that is not once: 0.5 is half."""
    if request.tempo is not None or not np.any(ends_of(request.amount)):
        return {}
    usual = float(np.median(start.bars.tempo))
    times = {name: nearest_octave(genres[name].tempo, usual) / genres[name].tempo for name in weights}
    return {name: ratio for name, ratio in times.items() if ratio != 1}


def mixed_tempo(start: float, amount: float, weights: Mapping[str, float], targets: Mapping[str, float]) -> float:
    """Return a tempo between the start's and the `targets`' by name, geometrically: half way between 60 and 90 is 73.

    The weights sum to 1. An amount past 1 goes no further than the targets' tempo.
    """
    target = sum(weight * np.log(targets[name]) for name, weight in weights.items())
    share = min(amount, 1.0)
    return float(np.exp((1 - share) * np.log(start) + share * target))


def played_like(genre: Genre, end: Source) -> Genre:
    """Return a genre with the tempo and the instruments of the bars in `end`."""
    programs = tuple(
        ((program, 1.0),) if plays else () for program, plays in zip(end.song.programs, end.plays[1:], strict=True)
    )
    return replace(genre, tempo=float(np.median(end.bars.tempo)), programs=programs, kit=end.song.kit)


def pick_programs(
    start: tuple[int, int, int],
    plays: Sequence[bool],
    weights: Sequence[Mapping[str, float]],
    genres: Mapping[str, Genre],
    rng: np.random.Generator,
) -> tuple[int, int, int]:
    """Pick programs for bass, chords and lead, each by weight: the start's own, or a target's most usual one.

    The weights of each role sum to 1; the weight of START counts only for a role that the start `plays` (3,).
    """
    programs = list(start)
    for column, has_role in enumerate(plays):
        name = pick_by_weight(_without_start(weights[column], keep=has_role), rng)
        if name != START and genres[name].programs[column]:
            programs[column] = genres[name].programs[column][0][0]
    return programs[0], programs[1], programs[2]


def pick_kit(
    start: tuple[int, ...],
    has_drums: bool,
    weights: Mapping[str, float],
    genres: Mapping[str, Genre],
    rng: np.random.Generator,
) -> tuple[int, ...]:
    """Pick the start's drum kit or a target's, by weight; a start without drums has none to give."""
    name = pick_by_weight(_without_start(weights, keep=has_drums), rng)
    return start if name == START else genres[name].kit


def pick_by_weight(weights: Mapping[str, float], rng: np.random.Generator) -> str:
    """Draw a name by its weight."""
    names = list(weights)
    return names[int(rng.choice(len(names), p=[weights[name] for name in names]))]


def _without_start(weights: Mapping[str, float], *, keep: bool) -> dict[str, float]:
    """Return the targets' weights, scaled to a sum of 1; all weights where START is kept or the targets have none."""
    targets = {name: weight for name, weight in weights.items() if name != START}
    return dict(weights) if keep or not sum(targets.values()) else normalised_weights(targets)
