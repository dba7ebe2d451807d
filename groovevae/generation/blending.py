"""Turns a blend request into pieces ready to be decoded: latent points for each role, instruments, a description.

It decodes only what has to be heard beforehand, and writes no MIDI.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from groovevae.bars import Bars, Song
from groovevae.bars.constants import ROLES
from groovevae.generation.descriptions import describe_blend
from groovevae.generation.instruments import played_like, song_played, tempos_played
from groovevae.generation.latent_paths import Goal, find_path
from groovevae.generation.names import is_midi_path, weights_text
from groovevae.generation.parsing import amount_of_bars, normalised_weights
from groovevae.generation.requests import BAR_METHODS, BlendRequest
from groovevae.generation.sources import Source, Sources
from groovevae.model.genres import Genre
from groovevae.model.latent_arithmetic import LatentPath
from groovevae.model.vectors import find_vector
from groovevae.network.decoding import Take, decode


@dataclass(frozen=True)
class PreparedPiece:
    """A piece that is still to be decoded."""

    request: BlendRequest  # of this piece alone
    take: Take
    song: Song  # key, programs, kit
    description: str


def prepare_pieces(request: BlendRequest, sources: Sources) -> list[PreparedPiece]:
    """Return the pieces of a checked request. Raises what reading its files raises."""
    goal, shift = _goal_of(request, sources), _shift_of(request, sources)
    return [_prepare_piece(single, sources, goal, shift) for single in request.singles]


def _goal_of(request: BlendRequest, sources: Sources) -> Goal:
    weights = normalised_weights(request.targets) if request.targets else {}
    genres = {**sources.model.genres, **{word: sources.genre(word) for word in weights}}
    return Goal(weights, genres, sources.model.calibration)


def _shift_of(request: BlendRequest, sources: Sources) -> np.ndarray:
    """Return what the request's vectors add to every point, (Z,)."""
    shift = np.zeros(sources.model.config.latent_size, np.float32)
    for name, strength in request.vectors.items():
        shift += np.float32(strength) * find_vector(name, sources.model).z
    return shift


def _prepare_piece(request: BlendRequest, sources: Sources, goal: Goal, shift: np.ndarray) -> PreparedPiece:
    start = sources.start_of(request)
    end = sources.end_of(request, len(start.z)) if request.method in BAR_METHODS and goal.weights else None
    amounts = _amounts_of_roles(request, len(start.z))
    z = _points(find_path(request.method, start, goal, end), amounts, keep=request.keep) + shift
    genres = _genres_played(request, goal, end)
    like = replace(_kept_bars(request, start, sources), tempo=tempos_played(request, start, goal.weights, genres))
    return PreparedPiece(
        request=request,
        take=Take(z, like, request.seed, request.keep, request.temperature),
        song=song_played(request, start, goal.weights, genres),
        description=describe_blend(request, start, _goal_text(goal, end)),
    )


def _genres_played(request: BlendRequest, goal: Goal, end: Source | None) -> Mapping[str, Genre]:
    """Return all genres; a target that is reached bar by bar takes its tempo and instruments from those bars."""
    if end is None:
        return goal.genres
    [word] = request.targets
    return {**goal.genres, word: played_like(goal.genres[word], end)}


def _goal_text(goal: Goal, end: Source | None) -> str:
    return end.name if end is not None and not any(map(is_midi_path, goal.weights)) else weights_text(goal.weights)


def _kept_bars(request: BlendRequest, start: Source, sources: Sources) -> Bars:
    """Return the start's bars with the notes to keep: a file's as they are, a phrase's as the network decodes them."""
    if not request.keep or is_midi_path(request.start):
        return start.like
    return decode(sources.network, start.z, start.like, temperature=request.temperature, seed=request.seed)


def _amounts_of_roles(request: BlendRequest, num_bars: int) -> dict[str, np.ndarray]:
    """Return the amounts (N,) of the bars for each role; a kept role has the request's own amount."""
    amounts = {role: request.amount if role in request.keep else request.amount_of(role) for role in ROLES}
    return {role: amount_of_bars(amount, num_bars) for role, amount in amounts.items()}


def _points(path: LatentPath, amounts: Mapping[str, np.ndarray], *, keep: tuple[str, ...]) -> np.ndarray:
    """Return points (N, Z), or (4, N, Z) where roles that are not kept go to different points."""
    of_role = [path(role, own) for role, own in amounts.items()]
    free = [points for role, points in zip(ROLES, of_role, strict=True) if role not in keep] or of_role[:1]
    if all((points == free[0]).all() for points in free):
        return free[0]
    return np.stack(of_role)
