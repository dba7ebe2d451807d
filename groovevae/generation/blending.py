"""Turns a blend request into pieces ready to be decoded: latent points for each role, instruments, a description.

It decodes only what has to be heard beforehand, and writes no MIDI.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np

from groovevae.arranging.presence import less_present
from groovevae.bars import Bars, Song
from groovevae.bars.constants import ROLES
from groovevae.generation.descriptions import describe_blend
from groovevae.generation.instruments import played_like, song_played, tempos_played
from groovevae.generation.latent_paths import Goal, find_path
from groovevae.generation.names import is_midi_path, weights_text
from groovevae.generation.parsing import amount_of_bars, normalised_weights
from groovevae.generation.piece_requests import PieceRequest
from groovevae.generation.requests import BAR_METHODS, BlendRequest
from groovevae.generation.song_requests import ArrangeRequest
from groovevae.generation.sources import Source, Sources
from groovevae.model.calibration import DosedPath
from groovevae.model.genres import Genre
from groovevae.model.latent_arithmetic import LatentPath
from groovevae.model.vectors import find_vector
from groovevae.network.decoding import Take, decode, without_stray_holds
from groovevae.tracks import Rewriting


@dataclass(frozen=True)
class PreparedPiece:
    """A piece that is still to be decoded."""

    request: PieceRequest  # of this piece alone
    take: Take
    presence: np.ndarray | None  # (N, 4) of roles that come in, for `less_present`; None where all are as they are
    song: Song  # key, programs, kit
    description: str
    rewriting: Rewriting | None = None  # of the file that it starts from

    def heard(self, bars: Bars) -> Bars:
        """Return the decoded bars with roles that come in as present as they are to be."""
        return bars if self.presence is None else without_stray_holds(less_present(bars, self.presence))


def prepare_pieces(request: BlendRequest, sources: Sources, *, add: Collection[str] = ()) -> list[PreparedPiece]:
    """Return the pieces of a checked request; roles in `add` are written anew. Raises what reading its files raises."""
    goal, shift = _goal_of(request, sources), _shift_of(request, sources)
    return [_prepare_piece(single, sources, goal, shift, add) for single in request.singles]


def prepare_arrangements(request: ArrangeRequest, sources: Sources) -> list[PreparedPiece]:
    """Return the pieces of a checked request: blends that add roles and keep the rest. Raises like `prepare_pieces`."""
    return [_prepare_arrangement(single, sources) for single in request.singles]


def _prepare_arrangement(request: ArrangeRequest, sources: Sources) -> PreparedPiece:
    asked = BlendRequest(request.start, request.targets, bars=request.bars, seed=request.seed, choices=request.choices)
    start = sources.start_of(asked)
    blend = request.as_blend(start.plays)
    [piece] = prepare_pieces(blend, sources, add=blend.roles)
    added = ", ".join(blend.roles)
    goal = weights_text(normalised_weights(request.targets))
    return replace(piece, request=request, description=f"{start.name} with {added} of {goal}")


def _goal_of(request: BlendRequest, sources: Sources) -> Goal:
    weights = normalised_weights(request.targets) if request.targets else {}
    genres = {**sources.model.genres, **{word: sources.genre(word) for word in weights}}
    forms = {word: sources.forms(word) for word in weights} if request.method == "arranged" else {}
    return Goal(weights, genres, sources.model.calibration, sources.arrangements, forms)


def _shift_of(request: BlendRequest, sources: Sources) -> np.ndarray:
    """Return what the request's vectors add to every point, (Z,)."""
    shift = np.zeros(sources.model.config.latent_size, np.float32)
    for name, strength in request.vectors.items():
        shift += np.float32(strength) * find_vector(name, sources.model).z
    return shift


def _prepare_piece(
    request: BlendRequest, sources: Sources, goal: Goal, shift: np.ndarray, add: Collection[str]
) -> PreparedPiece:
    start = sources.start_of(request)
    end = sources.end_of(request, len(start.z)) if request.method in BAR_METHODS and goal.weights else None
    amounts = _amounts_of_roles(request, len(start.z))
    path = find_path(request.method, start, goal, end, keep=request.keep, add=add, seed=request.seed)
    of_role = {role: path(role, own) for role, own in amounts.items()}
    still = None if shift.any() or not is_midi_path(request.start) else _still(of_role, start.z)
    genres = _genres_played(request, goal, end)
    like = replace(_kept_bars(request, start, sources), tempo=tempos_played(request, start, goal.weights, genres))
    return PreparedPiece(
        request=request,
        take=Take(_joined(of_role, request.keep) + shift, like, request.seed, request.keep, request.temperature, still),
        presence=_presence(path, amounts),
        song=song_played(request, start, goal.weights, genres),
        description=describe_blend(request, start, _goal_text(goal, end)),
        rewriting=_rewriting(request, start, still, sources),
    )


def _rewriting(request: BlendRequest, start: Source, still: np.ndarray | None, sources: Sources) -> Rewriting | None:
    """Return what of its file a blend writes anew; None for one that starts from a genre, or has four tracks only."""
    if start.bar_index is None or request.only_roles:
        return None
    fresh = np.ones((len(start.z), len(ROLES)), bool) if still is None else ~still
    fresh[:, [role in request.keep for role in ROLES]] = False
    return Rewriting(sources.original(request.file), start.bar_index, fresh)


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
        return start.bars
    return decode(sources.network, start.z, start.bars, temperature=request.temperature, seed=request.seed)


def _amounts_of_roles(request: BlendRequest, num_bars: int) -> dict[str, np.ndarray]:
    """Return the amounts (N,) of the bars for each role; a kept role has the request's own amount."""
    amounts = {role: request.amount if role in request.keep else request.amount_of(role) for role in ROLES}
    return {role: amount_of_bars(amount, num_bars) for role, amount in amounts.items()}


def _presence(path: LatentPath, amounts: Mapping[str, np.ndarray]) -> np.ndarray | None:
    """Return how present roles are to be, (N, 4); None where none comes in."""
    if not isinstance(path, DosedPath) or not path.comes_in.any():
        return None
    return np.stack([path.presence(role, own) for role, own in amounts.items()], axis=1)


def _still(of_role: Mapping[str, np.ndarray], z: np.ndarray) -> np.ndarray:
    """Return where roles have not moved, (N, 4) bool: there a file's own notes stay, which need no network."""
    return np.stack([np.all(points == z, axis=1) for points in of_role.values()], axis=1)


def _joined(of_role: Mapping[str, np.ndarray], keep: tuple[str, ...]) -> np.ndarray:
    """Return points (N, Z), or (4, N, Z) where roles that are not kept go to different points."""
    free = [points for role, points in of_role.items() if role not in keep] or list(of_role.values())[:1]
    if all((points == free[0]).all() for points in free):
        return free[0]
    return np.stack(list(of_role.values()))
