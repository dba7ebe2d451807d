"""Turns blend requests into pieces ready to be decoded: latent points for each role, instruments, a description.

It decodes only what has to be heard beforehand, and writes no MIDI.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from groovevae.arranging import guitar
from groovevae.arranging.loudness import about_as_loud, as_loud, loudness_between, loudness_of, mixed_loudness
from groovevae.arranging.register import in_register
from groovevae.arranging.tonality import in_tonality
from groovevae.bars import Bars, Song
from groovevae.bars.constants import LEAD, PITCHED, ROLES
from groovevae.generation.descriptions import describe_blend, describe_octaves
from groovevae.generation.instruments import octaves_played, played_like, song_played, tempos_played
from groovevae.generation.latent_paths import Goal, Journey, find_paths
from groovevae.generation.names import is_midi_path, weights_text
from groovevae.generation.parsing import amount_of_bars, normalised_weights, share_of
from groovevae.generation.piece_requests import PieceRequest
from groovevae.generation.requests import BAR_METHODS, BlendRequest
from groovevae.generation.song_requests import ArrangeRequest
from groovevae.generation.sources import Source, Sources
from groovevae.model.calibration import DosedPath
from groovevae.model.genres import Genre
from groovevae.model.latent_arithmetic import LatentPath
from groovevae.model.vectors import find_vector
from groovevae.network.decoding import Take, decode_takes

if TYPE_CHECKING:
    from groovevae.tracks import Rewriting


class Loudness(NamedTuple):
    """How loud roles are to be."""

    of_roles: np.ndarray  # (12,)
    new: np.ndarray  # (4,) bool: roles that come in, and are so loud
    moved: np.ndarray  # (N, 4) bool: where others move, and are about so loud


@dataclass(frozen=True)
class PreparedPiece:
    """A piece that is still to be decoded."""

    request: PieceRequest  # of this piece alone
    take: Take
    song: Song  # key, programs, kit
    description: str
    fresh: np.ndarray  # (N, 4) bool: where roles are written anew
    transpose: int  # of the start, in whose key parts are written; another one that is asked for only moves them
    rewriting: Rewriting | None = None  # of the file that it starts from
    loudness: Loudness | None = None  # None where it is as drawn

    def heard(self, bars: Bars) -> Bars:
        """Return the decoded bars: new lines in one register, new chords on a guitar, if it is one, within its reach.

        Roles are as loud as they are to be, and a new lead keeps to the key.
        """
        bars = in_register(bars, self.fresh)
        if self.song.programs[PITCHED.index("chords")] in guitar.PROGRAMS:
            is_new = self.fresh[:, ROLES.index("chords")]
            bars = guitar.on_guitar(bars, is_new, transpose=self.transpose)
        if self.take.new_lead:
            bars = in_tonality(bars, self.fresh[:, LEAD])
        if self.loudness is None:
            return bars
        of_roles, new, moved = self.loudness
        return about_as_loud(as_loud(bars, of_roles, new), of_roles, moved)


@dataclass(frozen=True)
class _Asked:
    """A piece that is asked for, with what it shares with the others of its request."""

    request: BlendRequest  # of this piece alone
    goal: Goal
    shift: np.ndarray  # (Z,) what the request's vectors add to every point
    add: Collection[str] = ()  # roles that are written anew


def prepare_pieces(requests: Sequence[BlendRequest], sources: Sources) -> list[PreparedPiece]:
    """Return the pieces of checked requests, one after another. Raises what reading their files raises."""
    return _prepared([piece for request in requests for piece in _asked(request, sources)], sources)


def prepare_arrangements(request: ArrangeRequest, sources: Sources) -> list[PreparedPiece]:
    """Return the pieces of a checked request: blends that add roles and keep the rest. Raises like `prepare_pieces`."""
    starts = sources.starts_of([single.as_start() for single in request.singles])
    blends = [single.as_blend(start.plays) for single, start in zip(request.singles, starts, strict=True)]
    asked = [replace(piece, add=piece.request.roles) for blend in blends for piece in _asked(blend, sources)]
    goal = weights_text(normalised_weights(request.targets))
    return [
        replace(piece, request=single, description=f"{start.name} with {', '.join(one.add)} of {goal}")
        for single, start, one, piece in zip(request.singles, starts, asked, _prepared(asked, sources), strict=True)
    ]


def _asked(request: BlendRequest, sources: Sources) -> list[_Asked]:
    goal, shift = _goal_of(request, sources), _shift_of(request, sources)
    return [_Asked(single, goal, shift) for single in request.singles]


def _prepared(asked: Sequence[_Asked], sources: Sources) -> list[PreparedPiece]:
    """Prepare pieces together: what the networks have to do for all of them, they do at once."""
    requests = [one.request for one in asked]
    starts = sources.starts_of(requests)
    journeys = [_journey(one, start, sources) for one, start in zip(asked, starts, strict=True)]
    paths, kept = find_paths(journeys), _kept_bars(requests, starts, sources)
    return [_prepared_piece(*parts, sources) for parts in zip(asked, journeys, paths, kept, strict=True)]


def _journey(asked: _Asked, start: Source, sources: Sources) -> Journey:
    request = asked.request
    goes_to_bars = request.method in BAR_METHODS and asked.goal.weights
    end = sources.end_of(request, len(start.z)) if goes_to_bars else None
    return Journey(request.method, start, asked.goal, end, request.keep, asked.add, request.seed)


def _goal_of(request: BlendRequest, sources: Sources) -> Goal:
    weights = normalised_weights(request.targets) if request.targets else {}
    genres = {**sources.model.genres, **{word: sources.genre(word) for word in weights}}
    forms = {word: sources.forms(word) for word in weights} if request.method == "arranged" else {}
    calibration, arrangements = sources.model.calibration, sources.arrangements
    return Goal(weights, genres, calibration, arrangements, forms, find_matrix=sources.translation_matrix)


def _shift_of(request: BlendRequest, sources: Sources) -> np.ndarray:
    """Return what the request's vectors add to every point, (Z,)."""
    shift = np.zeros(sources.model.config.latent_size, np.float32)
    for name, strength in request.vectors.items():
        shift += np.float32(strength) * find_vector(name, sources.model).z
    return shift


def _prepared_piece(asked: _Asked, journey: Journey, path: LatentPath, kept: Bars, sources: Sources) -> PreparedPiece:
    """Return the piece whose bars go along a path; `kept` are the start's bars with the notes to keep."""
    request, start, goal, end = asked.request, journey.start, journey.goal, journey.end
    amounts = _amounts_of_roles(request, len(start.z))
    of_role = {role: path(role, own) for role, own in amounts.items()}
    not_moved = _still(of_role, start.z) & (not asked.shift.any())
    fresh = ~not_moved & [role not in request.keep for role in ROLES]
    still = not_moved if is_midi_path(request.start) else None
    genres = _genres_played(request, goal, end)
    played_by = (request, start, goal.weights, genres)
    octaves = describe_octaves(octaves_played(*played_by), genres)
    like = replace(kept, tempo=tempos_played(*played_by))
    z = _joined(of_role, request.keep) + asked.shift
    arranged = path if isinstance(path, DosedPath) else None
    has_new_lead = arranged is not None and bool(arranged.comes_in[LEAD])
    take = Take(z, like, request.seed, request.keep, request.temperature, still, new_lead=has_new_lead)
    return PreparedPiece(
        request=request,
        take=take if arranged is None else take._replace(harmony=arranged.harmony),
        loudness=None if arranged is None else _loudness(asked, journey, arranged.comes_in, fresh, sources),
        song=song_played(*played_by),
        description=describe_blend(request, start, _goal_text(goal, end), octaves),
        fresh=fresh,
        transpose=start.song.transpose,
        rewriting=_rewriting(request, start, fresh, sources),
    )


def _rewriting(request: BlendRequest, start: Source, fresh: np.ndarray, sources: Sources) -> Rewriting | None:
    """Return what of its file a blend writes anew; None for one that starts from a genre, or has four tracks only."""
    if start.bar_index is None or request.only_roles:
        return None
    from groovevae.tracks import Rewriting

    return Rewriting(sources.original(request.file), start.bar_index, fresh)


def _genres_played(request: BlendRequest, goal: Goal, end: Source | None) -> Mapping[str, Genre]:
    """Return all genres; a target that is reached bar by bar takes its tempo and instruments from those bars."""
    if end is None:
        return goal.genres
    [word] = request.targets
    return {**goal.genres, word: played_like(goal.genres[word], end)}


def _goal_text(goal: Goal, end: Source | None) -> str:
    return end.name if end is not None and not any(map(is_midi_path, goal.weights)) else weights_text(goal.weights)


def _kept_bars(requests: Sequence[BlendRequest], starts: Sequence[Source], sources: Sources) -> list[Bars]:
    """Return starts' bars with the notes to keep: a file's as they are, a phrase's as the network decodes them."""
    bars = [start.bars for start in starts]
    numbers = [number for number, one in enumerate(requests) if one.keep and not is_midi_path(one.start)]
    takes = [
        Take(starts[number].z, bars[number], requests[number].seed, (), requests[number].temperature)
        for number in numbers
    ]
    for number, decoded in zip(numbers, decode_takes(sources.network, takes), strict=True):
        bars[number] = decoded
    return bars


def _amounts_of_roles(request: BlendRequest, num_bars: int) -> dict[str, np.ndarray]:
    """Return the amounts (N,) of the bars for each role; a kept role has the request's own amount."""
    amounts = {role: request.amount if role in request.keep else request.amount_of(role) for role in ROLES}
    return {role: amount_of_bars(amount, num_bars) for role, amount in amounts.items()}


def _loudness(
    asked: _Asked, journey: Journey, comes_in: np.ndarray, fresh: np.ndarray, sources: Sources
) -> Loudness | None:
    """Return how loud `fresh` (N, 4) bars of roles are to be: between start and targets, those that come in as targets.

    A lead that does not come in stays as it is.
    """
    moved = fresh & ~comes_in & (np.arange(len(ROLES)) != LEAD)
    if not (comes_in.any() or moved.any()):
        return None
    weights = journey.goal.weights
    of_targets = mixed_loudness({word: sources.loudness(word) for word in weights}, weights)
    amounts = [share_of(asked.request.amount_of(role)) for role in ROLES]
    shares = np.where(comes_in, 1.0, amounts)
    of_roles = loudness_between(loudness_of(journey.start.bars), of_targets, shares)
    return Loudness(of_roles, comes_in, moved)


def _still(of_role: Mapping[str, np.ndarray], z: np.ndarray) -> np.ndarray:
    """Return where roles have not moved, (N, 4) bool: there a file's own notes stay, which need no network."""
    return np.stack([np.all(points == z, axis=1) for points in of_role.values()], axis=1)


def _joined(of_role: Mapping[str, np.ndarray], keep: tuple[str, ...]) -> np.ndarray:
    """Return points (N, Z), or (4, N, Z) where roles that are not kept go to different points."""
    free = [points for role, points in of_role.items() if role not in keep] or list(of_role.values())[:1]
    if all((points == free[0]).all() for points in free):
        return free[0]
    return np.stack(list(of_role.values()))
