"""Paths through the latent space: where each role of each bar lies at an amount. `find_path` serves all methods.

This module chooses the path; the maths is in `model.latent_arithmetic`, and nothing is decoded here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache

import numpy as np

from groovevae.arranging.arrangement import Arrangements, Setting
from groovevae.arranging.plans import make_plan
from groovevae.bars.constants import DRUMS, ROLES
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


class Goal:
    """The genres that bars go to, by weight, among all that a request knows, and the maps that lead to them."""

    def __init__(
        self,
        weights: Mapping[str, float],
        genres: Mapping[str, Genre],
        calibration: Calibration | None = None,
        arrangements: Arrangements | None = None,
        forms: Mapping[str, Sequence[Form]] | None = None,
    ) -> None:
        """Take `weights` that sum to 1, or are empty, and the `genres` of the model and of named files and folders.

        The method "arranged" needs the model's `arrangements`, and the `forms` of the genres in `weights`.
        """
        self.weights, self.genres, self.calibration = weights, genres, calibration or {}
        self.arrangements, self.forms = arrangements, forms or {}
        self.to_all = cache(self._to_all)  # by the name of the source genre
        self.to_each = cache(self._to_each)

    def _to_all(self, source: str) -> Displacement:
        """Return the displacement by optimal transport to all targets together."""
        return find_displacement(self.genres[source], self.weights, self.genres, find_matrix=transport_matrix)

    def _to_each(self, source: str) -> dict[str, Displacement]:
        """Return the displacement to each target by itself: by song codes if both genres have one, else transport."""
        return {
            name: find_displacement(self.genres[source], {name: 1.0}, self.genres, find_matrix=translation_matrix)
            for name in self.weights
            if name != source
        }


def find_path(
    method: str,
    start: Source,
    goal: Goal,
    end: Source | None = None,
    *,
    keep: Collection[str] = (),
    add: Collection[str] = (),
    seed: int = 0,
) -> LatentPath:
    """Return the path on which a method moves the bars of `start`; without a goal, they stay where they are.

    With an `end`, the path leads from bar to bar to those bars; otherwise it leads to genres. An arrangement fits the
    roles in `keep`, writes those in `add` anew, and `seed` chooses among the ways in which the genres arrange.
    """
    if not goal.weights:
        return lambda role, amounts: start.z
    if end is not None:
        return _TO_BARS[method](start.z, end.z)
    if method == "arranged":
        return _arranged(start, goal, keep, add, seed)
    return _TO_GENRES[method](start, goal)


def _arranged(start: Source, goal: Goal, keep: Collection[str], add: Collection[str], seed: int) -> LatentPath:
    others = {name: weight for name, weight in goal.weights.items() if name != start.genre}
    left = sum(others.values())  # the rest of the way leads nowhere: the start's own genre is among the goals
    if not left:
        return lambda role, amounts: start.z
    weights = {name: weight / left for name, weight in others.items()}
    assert goal.arrangements is not None
    bars, arrangements = start.bars, goal.arrangements
    is_added = np.array([role in add for role in ROLES])
    plan = make_plan(goal.forms, weights, bars, seed=seed, wanted=is_added)
    setting = Setting.of(bars, is_minor=start.song.is_minor)
    is_kept = np.array([role in keep or role == "lead" for role in ROLES]) & ~is_added
    arranged = arrangements.rearranged(start.z, bars, is_kept, start.genre, plan, weights, setting)
    new = (~np.array(start.plays) | is_added) & np.any(plan.plays, axis=0)
    added = arrangements.added(bars, is_kept, plan, weights, setting, seed=seed) if new.any() else arranged
    doses = arrangements.arranger.doses
    curves = np.sum([weight * find_curves(doses, start.genre, name) for name, weight in weights.items()], axis=0)
    parts = [weight * _arranges(arrangements, start.genre, name) for name, weight in weights.items()]
    rewritten = np.sum(parts, axis=0)  # (4,)
    own = start.z + rewritten[:, None, None] * (arranged - start.z)  # (4, N, Z)
    if (rewritten < 1).any():
        by_name = goal.to_each(start.genre)
        transported = np.sum([weight * by_name[name](start.z) for name, weight in weights.items()], axis=0)
        own = own + (1 - rewritten)[:, None, None] * transported
    ways = np.where(new[:, None, None], added, own) - start.z
    return DosedPath(start.z, ways, curves, comes_in=new, scale=left)


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
