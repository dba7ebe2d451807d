"""The versions of bars that are measured for a pair of genres: blends, and the rivals that a blend has to beat.

This module makes versions and never judges them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from groovevae.arranging.arrangement import Arrangements
from groovevae.arranging.plans import forms_of
from groovevae.arranging.register import in_register
from groovevae.bars import Bars, Song
from groovevae.bars.constants import LEAD, PITCHED, ROLES
from groovevae.evaluation.excerpts import RUN_BARS, Excerpts
from groovevae.fitting.calibration import transported
from groovevae.generation.latent_paths import Goal, Journey, find_paths
from groovevae.generation.sources import Source
from groovevae.model.calibration import DosedPath, find_curves
from groovevae.model.file import ModelFile
from groovevae.model.latent_arithmetic import genre_arithmetic
from groovevae.network.decoding import DEFAULT_TEMPERATURE, Take, decode_takes, without_stray_holds
from groovevae.network.forward import Network
from groovevae.network.refining import close_points

AMOUNTS = (0.25, 0.5, 0.75, 1.0)  # in addition to 0, which is the same for all targets
IDENTITY = "amount 0"
DOUBLED = (0.5, 1.0)  # amounts at which the other methods are measured
RANDOM, SHUFFLED = "random direction, 1", "shuffled labels, 1"
SPLICE, COPY = "splice of roles, 0.5", "copy of a target bar, 1"
UNDER_LEAD = "a target bar under the source's lead, 1"  # what an arranger that keeps the lead could reach at best


def blend_name(amount: float) -> str:
    """Name the blend by the default method at this amount."""
    return f"blend, {amount:g}"


def literal_name(amount: float) -> str:
    """Name the blend by the plain formula at this amount."""
    return f"plain formula, {amount:g}"


def transported_name(amount: float) -> str:
    """Name the blend by song codes or optimal transport at this amount."""
    return f"calibrated, {amount:g}"


@dataclass(frozen=True)
class Sides:
    """Everything that the versions of all pairs are made from."""

    model: ModelFile
    network: Network
    excerpts: Mapping[str, Excerpts]  # of held-out songs, by genre
    training: Mapping[str, np.ndarray]  # latent points (M, Z) of bars of training songs, by genre

    @cached_property
    def arrangements(self) -> Arrangements | None:
        """The model's arranger; None where it has none."""
        return None if self.model.arranger is None else Arrangements(self.model.arranger, self.network)


def versions_of(sides: Sides, source: str, targets: Sequence[str], *, seed: int = 0) -> dict[tuple[str, str], Bars]:
    """Make each version of the source's excerpts for each target, by (target, version); IDENTITY is ("", IDENTITY).

    All versions are decoded with the same random numbers, bar for bar.
    """
    like = sides.excerpts[source].bars
    z = close_points(sides.network, like)
    takes: dict[tuple[str, str], Take] = {("", IDENTITY): _take(z, like, seed)}
    out: dict[tuple[str, str], Bars] = {}
    for target in targets:
        rng = np.random.default_rng([seed, *source.encode(), 0, *target.encode()])
        paths = blend_paths(sides, source, target, like, z)
        harmony = _harmony_kept(paths)
        for name, points in points_of(sides, source, target, paths, z, rng).items():
            take = _take(points, like, seed, still=points == z)
            takes[target, name] = take._replace(harmony=harmony) if name in _LIKE_BLENDS else take
        other = sides.excerpts[target].bars
        other = other[rng.integers(0, len(other), len(like))]
        out[target, SPLICE] = splice(like, other, rng.random((len(like), len(ROLES))) < 0.5)
        out[target, COPY] = other
        out[target, UNDER_LEAD] = splice(like, other, np.tile(np.arange(len(ROLES)) != LEAD, (len(like), 1)))
    decoded = dict(zip(takes, decode_takes(sides.network, list(takes.values())), strict=True))
    blends = [(target, blend_name(amount)) for target in targets for amount in AMOUNTS]
    heard = {key: _heard(decoded[key], takes[key]) for key in blends}
    return {**decoded, **heard, **out}


_LIKE_BLENDS = (*map(blend_name, AMOUNTS), RANDOM, SHUFFLED)


def _harmony_kept(paths: Sequence[DosedPath]) -> np.ndarray | None:
    """Return what basses of all runs keep to, (N, 6, 12); None on paths that no arranger drew."""
    kept = [path.harmony for path in paths if path.harmony is not None]
    return np.concatenate(kept) if kept else None


def _take(points: np.ndarray, like: Bars, seed: int, *, still: np.ndarray | None = None) -> Take:
    """Return a take of points (N, Z) or (4, N, Z); roles that are `still` keep their notes, as in a blend."""
    by_role = None if still is None or still.ndim == 2 else np.all(still, axis=-1).T  # (N, 4)
    return Take(points, like, seed, (), DEFAULT_TEMPERATURE, by_role)


def _heard(bars: Bars, take: Take) -> Bars:
    """Return the decoded bars of a take as a blend plays them, run by run."""
    fresh = np.ones((len(bars), len(ROLES)), bool) if take.still is None else ~take.still
    return Bars.concatenate([in_register(bars[run], fresh[run]) for run in _runs(fresh)])


def points_of(
    sides: Sides, source: str, target: str, paths: Sequence[DosedPath], z: np.ndarray, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Return where each version moves points (N, Z) of the source's bars: to (N, Z), or to (4, N, Z) by role.

    `paths` are those of the blends, run by run.
    """
    genres = sides.model.genres
    older = transported_paths(sides, source, target, z)

    def along(runs: Sequence[DosedPath], amount: float) -> np.ndarray:
        """Return the points (4, N, Z) of all runs, each on its own path, at an amount."""
        by_role = [[path(role, np.full(len(path.z), amount)) for path in runs] for role in ROLES]
        return np.stack([np.concatenate(points) for points in by_role])

    def turned(direction: np.ndarray) -> list[DosedPath]:
        """Return paths as long as the blends' own, by the same doses, but along other directions (N, Z)."""
        unit = direction / np.linalg.norm(direction, axis=1, keepdims=True)
        return [_turned(path, unit[number * RUN_BARS :][:RUN_BARS]) for number, path in enumerate(paths)]

    vectors = (genres[source].mean, genres[target].mean)
    shuffled = _shuffled_differences(sides.training[source], sides.training[target], len(z), rng)
    return {
        **{blend_name(amount): along(paths, amount) for amount in AMOUNTS},
        **{literal_name(amount): genre_arithmetic(z, *vectors, amount) for amount in DOUBLED},
        **{transported_name(amount): along(older, amount) for amount in DOUBLED},
        RANDOM: along(turned(rng.standard_normal(z.shape)), 1.0),
        SHUFFLED: along(turned(shuffled), 1.0),
    }


def blend_paths(sides: Sides, source: str, target: str, like: Bars, z: np.ndarray) -> list[DosedPath]:
    """Return the path by which the default method of the model moves each run of RUN_BARS bars, as a blend would."""
    if sides.arrangements is None:
        return transported_paths(sides, source, target, z)
    model = sides.model
    forms = {target: forms_of(model.genres[target], model.prior, model.arranger)}
    goal = Goal({target: 1.0}, model.genres, model.calibration, sides.arrangements, forms)
    journeys = []
    for number, run in enumerate(_runs(z)):
        bars = like[run]
        start = Source(z[run], bars, Song(bars), bars.plays, source, source)
        journeys.append(Journey("arranged", start, goal, seed=number))
    paths = [path for path in find_paths(journeys) if isinstance(path, DosedPath)]
    assert len(paths) == len(journeys)
    return paths


def transported_paths(sides: Sides, source: str, target: str, z: np.ndarray) -> list[DosedPath]:
    """Return the path by which song codes or optimal transport move each run of RUN_BARS bars: method "calibrated"."""
    displacement = transported(sides.model, source, target)(z)  # (N, Z)
    curves = find_curves(sides.model.calibration, source, target)
    return [DosedPath(z[run], np.stack([displacement[run]] * len(ROLES)), curves) for run in _runs(z)]


def _runs(z: np.ndarray) -> list[slice]:
    return [slice(start, start + RUN_BARS) for start in range(0, len(z), RUN_BARS)]


def _turned(path: DosedPath, unit: np.ndarray) -> DosedPath:
    """Return the path along other directions (N, Z) of length 1, as far as each role went along its own."""
    length = np.linalg.norm(path.displacement, axis=-1, keepdims=True)  # (4, N, 1)
    return dataclasses.replace(path, displacement=(length * unit).astype(np.float32))


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
