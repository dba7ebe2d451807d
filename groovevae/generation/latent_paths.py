"""Paths through the latent space: where each role of each bar lies at an amount. `find_paths` serves all methods.

This module chooses the path; the maths is in `model.latent_arithmetic`, and nothing is decoded here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from groovevae.arranging.arrangement import Arrangements, Brief, Setting
from groovevae.arranging.lead_sheet import kept_harmony
from groovevae.arranging.new_parts import added_by_role
from groovevae.arranging.plans import make_plan
from groovevae.bars.constants import BASS, CHORDS, DRUMS, ROLES
from groovevae.generation.sources import Source
from groovevae.model.calibration import Calibration, DosedPath, calibrated_path, find_curves
from groovevae.model.genres import Genre
from groovevae.model.latent_arithmetic import (
    Displacement,
    LatentPath,
    find_displacement,
    genre_arithmetic,
    mixed_vector,
    moved,
    slerp,
    translation_matrix,
    transport_matrix,
)
from groovevae.model.phrase_forms import Form
from groovevae.network.chunks import on_all_processors

TOGETHER = 128  # pieces arranged together: enough for many processors, and few enough for memory


class Goal:
    """The genres that bars go to, by weight, among all that a request knows, and the maps that lead to them."""

    def __init__(
        self,
        weights: Mapping[str, float],
        genres: Mapping[str, Genre],
        calibration: Calibration | None = None,
        arrangements: Arrangements | None = None,
        forms: Mapping[str, Sequence[Form]] | None = None,
        *,
        find_matrix: Callable[[Genre, Genre], np.ndarray] = translation_matrix,
    ) -> None:
        """Take `weights` that sum to 1, or are empty, and the `genres` of the model and of named files and folders.

        The method "arranged" needs the model's `arrangements`, and the `forms` of the genres in `weights`.
        `find_matrix` returns what `translation_matrix` does, perhaps from memory.
        """
        self.weights, self.genres, self.calibration = weights, genres, calibration or {}
        self.arrangements, self.forms, self.find_matrix = arrangements, forms or {}, find_matrix
        self.to_all = cache(self._to_all)  # by the name of the source genre
        self.to_each = cache(self._to_each)

    def _to_all(self, source: str) -> Displacement:
        """Return the displacement by optimal transport to all targets together."""
        return find_displacement(self.genres[source], self.weights, self.genres, find_matrix=transport_matrix)

    def _to_each(self, source: str) -> dict[str, Displacement]:
        """Return the displacement to each target by itself: by song codes if both genres have one, else transport."""
        names = [name for name in self.weights if name != source]

        def to_one(name: str) -> Displacement:
            return find_displacement(self.genres[source], {name: 1.0}, self.genres, find_matrix=self.find_matrix)

        return dict(zip(names, on_all_processors(to_one, names), strict=True))


@dataclass(frozen=True)
class Journey:
    """Bars that are to be moved to a goal, and how."""

    method: str
    start: Source
    goal: Goal
    end: Source | None = None  # bars that it leads to one by one; otherwise it leads to genres
    keep: Collection[str] = ()  # roles that an arrangement fits
    add: Collection[str] = ()  # roles that an arrangement writes anew
    seed: int = 0  # chooses among the ways in which the genres arrange


def find_paths(journeys: Sequence[Journey]) -> list[LatentPath]:
    """Return the path of each journey; without a goal, bars stay where they are. Arrangements are drawn together."""
    to_arrange = [journey for journey in journeys if _is_arranged(journey)]
    portions = [to_arrange[first : first + TOGETHER] for first in range(0, len(to_arrange), TOGETHER)]
    arranged = iter([path for portion in portions for path in _arranged(portion)])
    return [next(arranged) if _is_arranged(journey) else _path_alone(journey) for journey in journeys]


def _is_arranged(journey: Journey) -> bool:
    """Tell whether the arranger moves the bars: not where the start's own genre is the only goal."""
    others = [weight for name, weight in journey.goal.weights.items() if name != journey.start.genre]
    return journey.method == "arranged" and sum(others) > 0


def _path_alone(journey: Journey) -> LatentPath:
    start, goal = journey.start, journey.goal
    if not goal.weights or journey.method == "arranged":
        return lambda role, amounts: start.z
    if journey.end is not None:
        return _TO_BARS[journey.method](start.z, journey.end.z)
    return _TO_GENRES[journey.method](start, goal)


def _arranged(journeys: Sequence[Journey]) -> list[LatentPath]:
    """Return the paths of journeys by the method "arranged", at least one, all with the same arrangements."""
    arrangements = journeys[0].goal.arrangements
    assert arrangements is not None
    briefs = [_brief(journey) for journey in journeys]
    given, starts = arrangements.given(briefs), [journey.start for journey in journeys]
    sources = [start.genre for start in starts]
    new = [_comes_in(*both) for both in zip(journeys, briefs, strict=True)]
    draws: list[Callable[[], Any]] = [
        lambda: arrangements.rearranged(briefs, given, [start.z for start in starts], sources),
        lambda: added_by_role(arrangements, briefs, given, new),
    ]
    arranged, added = on_all_processors(lambda draw: draw(), draws)
    return [
        _arranged_path(journey, brief, arranged[number], added.get(number, arranged[number]), new[number])
        for number, (journey, brief) in enumerate(zip(journeys, briefs, strict=True))
    ]


def _brief(journey: Journey) -> Brief:
    """Return what is asked of the arranger; the start's own genre among the goals leads nowhere and is left out."""
    start, goal = journey.start, journey.goal
    others = {name: weight for name, weight in goal.weights.items() if name != start.genre}
    weights = {name: weight / sum(others.values()) for name, weight in others.items()}
    is_added = np.array([role in journey.add for role in ROLES])
    is_kept = np.array([role in journey.keep or role == "lead" for role in ROLES]) & ~is_added
    plan = make_plan(goal.forms, weights, start.bars, seed=journey.seed, wanted=is_added)
    setting = Setting.of(start.bars, is_minor=start.song.is_minor)
    return Brief(start.bars, is_kept, plan, weights, setting, journey.seed)


def _comes_in(journey: Journey, brief: Brief) -> np.ndarray:
    """Return which roles come in, (4,) bool: those that the start lacks, or that are to be written, where planned."""
    is_added = np.array([role in journey.add for role in ROLES])
    return (~np.array(journey.start.plays) | is_added) & np.any(brief.plan.plays, axis=0)


def _arranged_path(
    journey: Journey, brief: Brief, arranged: np.ndarray, added: np.ndarray, new: np.ndarray
) -> LatentPath:
    """Return the path to where bars lie once `arranged` (N, Z); for `new` roles (4,), to `added`, (4, N, Z) as well.

    A bass keeps to the harmony of the start: by its point alone it would stay on the pitches that its new genre plays
    most, whatever the chords. One that is new over chords that stay was drawn to fit them.
    """
    start, goal, arrangements = journey.start, journey.goal, journey.goal.arrangements
    assert arrangements is not None
    weights, doses = brief.weights, arrangements.arranger.doses
    curves = np.sum([weight * find_curves(doses, start.genre, name) for name, weight in weights.items()], axis=0)
    parts = [weight * _arranges(arrangements, start.genre, name) for name, weight in weights.items()]
    rewritten = np.sum(parts, axis=0)  # (4,)
    own = start.z + rewritten[:, None, None] * (arranged - start.z)  # (4, N, Z)
    if (rewritten < 1).any():
        by_name = goal.to_each(start.genre)
        transported = np.sum([weight * by_name[name](start.z) for name, weight in weights.items()], axis=0)
        own = own + (1 - rewritten)[:, None, None] * transported
    ways = np.where(new[:, None, None], added, own) - start.z
    left = sum(weight for name, weight in goal.weights.items() if name != start.genre)
    fits_anyway = bool(new[BASS] and brief.is_given[CHORDS])
    harmony = None if fits_anyway else kept_harmony(start.bars)
    return DosedPath(start.z, ways, curves, comes_in=new, goes_out=_goes_out(brief), scale=left, harmony=harmony)


def _goes_out(brief: Brief) -> np.ndarray:
    """Return which roles go out, (4,) bool: those that the plan never plays."""
    return np.array(brief.bars.plays) & ~np.any(brief.plan.plays, axis=0)


def _arranges(arrangements: Arrangements, source: str, target: str) -> np.ndarray:
    """Return which roles are arranged between two genres, (4,) 0 or 1: all, where it was not measured."""
    return np.asarray(arrangements.arranger.arranges.get((source, target), np.ones(len(ROLES), bool)), np.float32)


def _calibrated(start: Source, goal: Goal) -> LatentPath:
    displacements = {name: displacement(start.z) for name, displacement in goal.to_each(start.genre).items()}
    curves = {name: find_curves(goal.calibration, start.genre, name) for name in goal.weights}
    path = calibrated_path(start.z, displacements, goal.weights, curves)
    return path if start.plays[DRUMS] else _with_steady_drums(path, start.z, displacements, goal.weights, curves)


def _with_steady_drums(
    path: LatentPath,
    z: np.ndarray,
    displacements: Mapping[str, np.ndarray],
    weights: Mapping[str, float],
    curves: Mapping[str, np.ndarray],
) -> LatentPath:
    """Return the path with drums that set out from the mean of all bars, for a start that has no drums of its own.

    From their own points, bars that happen to lie a little nearer to drums would get them first, and the drums would
    start and stop.
    """

    def mean(points: np.ndarray) -> np.ndarray:
        return np.broadcast_to(points.mean(0), points.shape)

    steady = calibrated_path(mean(z), {name: mean(own) for name, own in displacements.items()}, weights, curves)

    def with_drums(role: str, amounts: np.ndarray) -> np.ndarray:
        own = path(role, amounts)
        return np.where((amounts > 0)[:, None], steady(role, amounts), own) if role == "drums" else own

    return with_drums


def _transported(start: Source, goal: Goal) -> LatentPath:
    displacement = goal.to_all(start.genre)(start.z)
    return lambda role, amounts: moved(start.z, displacement, amounts)


def _by_genre_vectors(start: Source, goal: Goal) -> LatentPath:
    source, target = goal.genres[start.genre].mean, mixed_vector(goal.weights, goal.genres)
    return lambda role, amounts: genre_arithmetic(start.z, source, target, amounts)


def _straight(z: np.ndarray, end: np.ndarray) -> LatentPath:
    return lambda role, amounts: moved(z, end - z, amounts)


def _spherical(z: np.ndarray, end: np.ndarray) -> LatentPath:
    return lambda role, amounts: slerp(z, end, amounts)


_TO_GENRES = {"calibrated": _calibrated, "transport": _transported, "mean": _by_genre_vectors}
_TO_BARS = {"line": _straight, "sphere": _spherical}
