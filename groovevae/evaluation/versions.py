"""The versions of bars that are measured for a pair of genres: blends, and the rivals that a blend has to beat.

This module makes versions and never judges them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from groovevae.bars import Bars
from groovevae.bars.constants import PITCHED, ROLES
from groovevae.evaluation.excerpts import Excerpts
from groovevae.model.calibration import calibrated_path, find_curves
from groovevae.model.file import ModelFile
from groovevae.model.latent_arithmetic import find_displacement, genre_arithmetic, translation_matrix
from groovevae.network.decoding import DEFAULT_TEMPERATURE, Take, decode_takes, encode, without_stray_holds
from groovevae.network.forward import Network

AMOUNTS = (0.25, 0.5, 0.75, 1.0)  # in addition to 0, which is the same for all targets
IDENTITY = "amount 0"
LITERAL = (0.5, 1.0)  # amounts of the plain formula
RANDOM, SHUFFLED = "random direction, 1", "shuffled labels, 1"
SPLICE, COPY = "splice of roles, 0.5", "copy of a target bar, 1"


def blend_name(amount: float) -> str:
    """Name the blend by the default method at this amount."""
    return f"blend, {amount:g}"


def literal_name(amount: float) -> str:
    """Name the blend by the plain formula at this amount."""
    return f"plain formula, {amount:g}"


@dataclass(frozen=True)
class Sides:
    """Everything that the versions of all pairs are made from."""

    model: ModelFile
    network: Network
    excerpts: Mapping[str, Excerpts]  # of held-out songs, by genre
    training: Mapping[str, np.ndarray]  # latent points (M, Z) of bars of training songs, by genre


def versions_of(sides: Sides, source: str, targets: Sequence[str], *, seed: int = 0) -> dict[tuple[str, str], Bars]:
    """Make each version of the source's excerpts for each target, by (target, version); IDENTITY is ("", IDENTITY).

    All versions are decoded with the same random numbers, bar for bar.
    """
    like = sides.excerpts[source].bars
    z, _ = encode(sides.network, like)
    takes: dict[tuple[str, str], Take] = {("", IDENTITY): _take(z, like, seed)}
    out: dict[tuple[str, str], Bars] = {}
    for target in targets:
        rng = np.random.default_rng([seed, *source.encode(), 0, *target.encode()])
        for name, points in points_of(sides, source, target, z, rng).items():
            takes[target, name] = _take(points, like, seed)
        other = sides.excerpts[target].bars
        other = other[rng.integers(0, len(other), len(like))]
        out[target, SPLICE] = splice(like, other, rng.random((len(like), len(ROLES))) < 0.5)
        out[target, COPY] = other
    decoded = decode_takes(sides.network, list(takes.values()))
    return {**dict(zip(takes, decoded, strict=True)), **out}


def _take(points: np.ndarray, like: Bars, seed: int) -> Take:
    return Take(points, like, seed, (), DEFAULT_TEMPERATURE)


def points_of(sides: Sides, source: str, target: str, z: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return where each decoded version moves points (N, Z) of the source: to (N, Z), or to (4, N, Z) by role."""
    model = sides.model
    genres = model.genres
    to_target = find_displacement(genres[source], {target: 1.0}, genres, find_matrix=translation_matrix)
    displacement = to_target(z)  # (N, Z)
    length = np.linalg.norm(displacement, axis=1, keepdims=True)
    curves = {target: find_curves(model.calibration, source, target)}

    def along(direction: np.ndarray, amount: float) -> np.ndarray:
        """Move as a blend does, each role as far as its calibration says, but along any direction (N, Z)."""
        path = calibrated_path(z, {target: direction}, {target: 1.0}, curves)
        return np.stack([path(role, np.full(len(z), amount)) for role in ROLES])

    def as_long(direction: np.ndarray) -> np.ndarray:
        return (direction / np.linalg.norm(direction, axis=1, keepdims=True) * length).astype(np.float32)

    vectors = (genres[source].mean, genres[target].mean)
    shuffled = _shuffled_differences(sides.training[source], sides.training[target], len(z), rng)
    return {
        **{blend_name(amount): along(displacement, amount) for amount in AMOUNTS},
        **{literal_name(amount): genre_arithmetic(z, *vectors, amount) for amount in LITERAL},
        RANDOM: along(as_long(rng.standard_normal(z.shape)), 1.0),
        SHUFFLED: along(as_long(shuffled), 1.0),
    }


def _shuffled_differences(one: np.ndarray, other: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return differences (count, Z) between two genres' means, the labels of their bars shuffled anew for each."""
    both = np.concatenate([one, other])
    belongs = np.stack([rng.permutation(len(both)) < len(other) for _ in range(count)]).astype(np.float32)  # (count, M)
    return belongs @ both / len(other) - (1 - belongs) @ both / len(one)


def splice(bars: Bars, other: Bars, is_other: np.ndarray) -> Bars:
    """Replace roles of bars by those of other bars where `is_other` (N, 4) says so, as a musician could by hand.

    Metre and tempo stay; notes past a bar's end are cut.
    """
    grids, inside = {name: grid.copy() for name, grid in bars.grids.items()}, bars.inside  # (N, T)
    for column, role in enumerate(ROLES):
        rows = is_other[:, column]
        for name in (role, "drums_offset") if role == "drums" else (role,):
            taken = getattr(other, name)[rows]
            mask = inside[rows].reshape(*taken.shape[:2], *(1,) * (taken.ndim - 2))
            grids[name][rows] = taken * mask
        if role in PITCHED:
            for name in ("velocity", "offset"):
                grids[name][rows, :, column - 1] = getattr(other, name)[rows, :, column - 1] * inside[rows]
    return without_stray_holds(dataclasses.replace(bars, **grids))
