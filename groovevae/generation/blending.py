"""A request to pieces ready to be decoded: where each bar goes, role by role, and what it is played with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import PurePath

import numpy as np

from groovevae.bars import Bars, Song
from groovevae.bars.constants import DRUMS, ROLES
from groovevae.bars.key import parse_key, semitones_to_c
from groovevae.errors import RequestError
from groovevae.generation.requests import DEFAULT_BARS, BlendRequest, amount_text, is_midi_path, is_path, strengths_text
from groovevae.generation.sources import Places, Start
from groovevae.model.calibration import dose, find_curves
from groovevae.model.genres import Genre
from groovevae.model.moving import (
    BAR_METHODS,
    Way,
    amount_of_bars,
    find_way,
    go,
    mixed_tempo,
    normalised_weights,
    pick_kit,
    pick_programs,
    share_of,
    slerp,
)
from groovevae.model.vectors import find_vector
from groovevae.network.decoding import Take, decode

Path = Callable[[np.ndarray, str], np.ndarray]  # amounts of the bars (N,), and a role, to points (N, Z)


@dataclass(frozen=True)
class Plan:
    """A piece that is still to be decoded."""

    request: BlendRequest  # of this piece alone
    take: Take
    song: Song  # key, programs, kit
    what: str  # is done, for the description


def plan_pieces(request: BlendRequest, places: Places) -> list[Plan]:
    """The pieces of a checked request, of the seeds from its own on. Raises what reading its files raises."""
    targets = normalised_weights(request.targets) if request.targets else {}
    genres = {**places.model.genres, **{word: places.genre(word) for word in targets}}
    shift = np.zeros(places.model.config.latent_size, np.float32)
    for name, strength in request.vectors.items():
        shift += np.float32(strength) * find_vector(name, places.model).z
    find = cache(lambda source: _find_ways(request.method, source, targets, genres))
    num_bars, is_all = request.bars or DEFAULT_BARS, request.bars is None
    plans = []
    for seed in range(request.seed, request.seed + request.count):
        start = places.start(request.start, seed=seed, num_bars=num_bars, is_all=is_all, targets=targets)
        played, goal = genres, _named(targets)
        if not targets:
            path = _stay(start.z)
        elif request.method in BAR_METHODS:
            [word] = targets
            end = _end(request, places, seed, start)
            path = _bar_to_bar(start.z, end.z, request.method)
            played = {**genres, word: _played_like(genres[word], end)}
            goal = goal if is_midi_path(word) else end.name
        elif request.method == "calibrated":
            curves = {name: find_curves(places.model.doses, start.genre, name) for name in targets}
            ways = {name: way(start.z) for name, way in find(start.genre).items()}
            path = calibrated_path(start.z, ways, targets, curves)
            if not start.plays[DRUMS]:
                path = _with_steady_drums(path, start.z, ways, targets, curves)
        else:
            path = _straight(start.z, find(start.genre)[""](start.z))
        one = replace(request, seed=seed, count=1)
        plans.append(
            Plan(
                request=one,
                take=_take(one, places, start, path, shift, targets, played),
                song=_played(one, start, targets, played),
                what=_what(one, start, goal),
            )
        )
    return plans


def _find_ways(method: str, source: str, targets: Mapping[str, float], genres: Mapping[str, Genre]) -> dict[str, Way]:
    """The way from a source to each target by itself where each has doses of its own, else to all of them together."""
    if method != "calibrated":
        return {"": find_way(genres[source], targets, genres, method=method)}
    return {name: find_way(genres[source], {name: 1.0}, genres, method=method) for name in targets if name != source}


def _stay(z: np.ndarray) -> Path:
    return lambda amounts, role: z


def _straight(z: np.ndarray, way: np.ndarray) -> Path:
    return lambda amounts, role: go(z, way, amounts)


def calibrated_path(
    z: np.ndarray, ways: Mapping[str, np.ndarray], weights: Mapping[str, float], curves: Mapping[str, np.ndarray]
) -> Path:
    """Each role goes towards each target as far as it must to be heard to have gone `amount` times its weight."""

    def path(amounts: np.ndarray, role: str) -> np.ndarray:
        out = z.astype(np.float32)
        for name, way in ways.items():
            share = dose(curves[name][ROLES.index(role)], amounts * weights[name])  # (N,)
            out = out + share[:, None].astype(np.float32) * way
        return out

    return path


def _with_steady_drums(
    path: Path,
    z: np.ndarray,
    ways: Mapping[str, np.ndarray],
    weights: Mapping[str, float],
    curves: Mapping[str, np.ndarray],
) -> Path:
    """The path with drums that set out from the mean of all bars: where there were none, no bar has its own to give.

    Else bars that happen to lie a little nearer to drums than others get them first, and they start and stop.
    """

    def mean(points: np.ndarray) -> np.ndarray:
        return np.broadcast_to(points.mean(0), points.shape)

    steady = calibrated_path(mean(z), {name: mean(way) for name, way in ways.items()}, weights, curves)

    def with_drums(amounts: np.ndarray, role: str) -> np.ndarray:
        own = path(amounts, role)
        return np.where((amounts > 0)[:, None], steady(amounts, role), own) if role == "drums" else own

    return with_drums


def _bar_to_bar(z: np.ndarray, end: np.ndarray, method: str) -> Path:
    if method == "sphere":
        return lambda amounts, role: slerp(z, end, amounts)
    return _straight(z, end - z)


def _end(request: BlendRequest, places: Places, seed: int, start: Start) -> Start:
    """The bars that those of a start go to one by one, as many: a file's, or a phrase's, not the start's own."""
    [word] = request.targets
    if is_path(word, places.model.genres) and not is_midi_path(word):
        raise RequestError(
            f"{word}: method {request.method} goes from bar to bar, to a genre or a MIDI file, not a folder"
        )
    other = seed + (word == request.start)
    return places.start(word, seed=other, num_bars=len(start.z), is_all=False, targets=())


def _played_like(genre: Genre, end: Start) -> Genre:
    """A genre with the tempo and the instruments of bars of it."""
    programs = tuple(
        ((program, 1.0),) if plays else () for program, plays in zip(end.song.programs, end.plays[1:], strict=True)
    )
    return replace(genre, tempo=float(np.median(end.like.tempo)), programs=programs, kit=end.song.kit)


def _take(
    request: BlendRequest,
    places: Places,
    start: Start,
    path: Path,
    shift: np.ndarray,
    targets: Mapping[str, float],
    genres: Mapping[str, Genre],
) -> Take:
    like = _kept_bars(request, places, start) if request.keep else start.like
    like = replace(like, tempo=_tempos(request, start.like.tempo, targets, genres))
    return Take(_points(request, path, len(like)) + shift, like, request.seed, request.keep, request.temperature)


def _kept_bars(request: BlendRequest, places: Places, start: Start) -> Bars:
    """The bars whose notes are kept: a file's as they are, a phrase's as the network plays it."""
    if is_midi_path(request.start):
        return start.like
    return decode(places.network, start.z, start.like, temperature=request.temperature, seed=request.seed)


def _points(request: BlendRequest, path: Path, num_bars: int) -> np.ndarray:
    """(N, Z), or (4, N, Z) where roles that are not kept go to different points."""
    of_role = [
        path(amount_of_bars(request.amount if role in request.keep else request.amount_of(role), num_bars), role)
        for role in ROLES
    ]
    free = [points for role, points in zip(ROLES, of_role, strict=True) if role not in request.keep] or of_role[:1]
    if all((points == free[0]).all() for points in free):
        return free[0]
    return np.stack(of_role)


def _tempos(
    request: BlendRequest, tempos: np.ndarray, targets: Mapping[str, float], genres: Mapping[str, Genre]
) -> np.ndarray:
    """The tempo of each bar, (N,): what was asked for, else between the start's and the targets'."""
    if request.tempo is not None:
        return np.full(len(tempos), request.tempo, np.float32)
    if not targets:
        return tempos
    amounts = request.amount if isinstance(request.amount, tuple) else (request.amount, request.amount)
    each = np.linspace(*amounts, len(tempos)).tolist()
    mixed = [mixed_tempo(tempo, amount, targets, genres) for tempo, amount in zip(tempos.tolist(), each, strict=True)]
    return np.array(mixed, np.float32)


def _played(request: BlendRequest, start: Start, targets: Mapping[str, float], genres: Mapping[str, Genre]) -> Song:
    """The start's song with key, programs and kit chosen; what is kept sounds as it did."""
    rng = np.random.default_rng(request.seed)
    drums, *pitched = (_weights(request, role, targets) for role in ROLES)
    song = replace(
        start.song,
        programs=pick_programs(start.song.programs, start.plays[1:], pitched, genres, rng),
        kit=pick_kit(start.song.kit, start.plays[0], drums, genres, rng),
    )
    if not request.key:
        return song
    tonic, is_minor = parse_key(request.key) or (0, False)  # a checked request names a key
    return replace(song, transpose=semitones_to_c(tonic, is_minor), is_minor=is_minor)


def _weights(request: BlendRequest, role: str, targets: Mapping[str, float]) -> dict[str, float]:
    """What start ("") and targets have to say in how a role sounds."""
    share = 0.0 if role in request.keep or not targets else share_of(request.amount_of(role))
    return {"": 1 - share, **{name: share * weight for name, weight in targets.items()}}


def _what(request: BlendRequest, start: Start, goal: str) -> str:
    """What is done, in a short line; `goal` is where it goes to, if anywhere."""
    text = start.name
    if goal:
        amount = amount_text(request.amount).replace("..", " to ")
        if request.method == "mean":
            text += f" + {amount} x ({goal} - {start.genre})"
        else:
            way = {"line": " in a line", "sphere": " on the sphere"}.get(request.method, "")
            text += f", {amount} of the way{way} to {goal}"
    if request.roles:
        amounts = (f"{role} {amount_text(amount).replace('..', ' to ')}" for role, amount in request.roles.items())
        text += f" ({', '.join(amounts)})"
    text += strengths_text(request.vectors)
    return text + (f", keeping {', '.join(request.keep)}" if request.keep else "")


def _named(weights: Mapping[str, float]) -> str:
    names = {name: PurePath(name).name or name for name in weights}
    if len(weights) < 2:
        return "".join(names.values())
    return "(" + " + ".join(f"{weight:.2g} {names[name]}" for name, weight in weights.items()) + ")"
