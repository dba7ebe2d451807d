"""Chooses which pairs of genres are measured where there are many, and fills in the others from these.

What is measured pair by pair would otherwise take a time that grows with the square of the genres. It measures nothing
itself. docs/scale.md says how good what is filled in is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations, permutations

import numpy as np

from groovevae.model.calibration import Calibration

MOST_GENRES = 20  # of which every pair is measured
MEASURED = 70  # unordered pairs of more genres, where no genre has fewer than two partners: each takes some 8 seconds
SHRINKAGE = 2.0  # pairs' worth of evidence that a genre is like any other: chosen on a model of six genres

Pair = tuple[str, str]


def measured_pairs(names: Sequence[str]) -> list[Pair]:
    """Return the unordered pairs of genres that are measured: all of MOST_GENRES; of more, MEASURED, or one a genre."""
    if len(names) <= MOST_GENRES:
        return list(combinations(names, 2))
    return in_a_circle(names, max(MEASURED, len(names)))


def in_a_circle(names: Sequence[str], number: int, *, seed: int = 0) -> list[Pair]:
    """Choose so many unordered pairs of genres that stand near each other in a circle, which is drawn with `seed`.

    First come those side by side, then those two steps apart, and so on: all genres have about as many partners.
    """
    count = len(names)
    order = np.random.default_rng(seed).permutation(count).tolist()
    steps, left = divmod(number, count)
    places = [(at, step) for step in range(1, steps + 1) for at in range(count)]
    places += [(at * count // left, steps + 1) for at in range(left)]
    pairs = {frozenset((order[at], order[(at + step) % count])) for at, step in places}
    return [(names[one], names[other]) for one, other in sorted(tuple(sorted(pair)) for pair in pairs)]


def filled_in(measured: Calibration, kind: Callable[[Pair], bool] = lambda pair: False) -> dict[Pair, np.ndarray]:
    """Return what was measured of ordered pairs, and for all others of their genres what these say, alike in shape.

    It is the mean of the measured pairs of the same kind, plus an effect of the source, plus one of the target, by
    least squares with a ridge; and never beyond what was measured of any pair.
    """
    names = sorted({name for pair in measured for name in pair})
    missing = [pair for pair in permutations(names, 2) if pair not in measured]
    if not missing or not measured:
        return dict(measured)
    values = np.stack(list(measured.values())).astype(np.float64)  # (P, ...)
    means = _means(measured, values, kind)
    known = list(measured)
    design, wanted = _effects(known, names), _effects(missing, names)
    left = (values - np.stack([means[kind(pair)] for pair in known])).reshape(len(known), -1)
    effects = np.linalg.solve(design.T @ design + SHRINKAGE * np.eye(design.shape[1]), design.T @ left)
    guessed = (wanted @ effects).reshape(len(missing), *values.shape[1:])
    guessed += np.stack([means[kind(pair)] for pair in missing])
    guessed = np.clip(guessed, values.min(0), values.max(0))
    dtype = next(iter(measured.values())).dtype
    return {**measured, **dict(zip(missing, guessed.astype(dtype), strict=True))}


def filled_in_choices(measured: Calibration, kind: Callable[[Pair], bool]) -> dict[Pair, np.ndarray]:
    """Return choices (bool) of ordered pairs, and for all others of their genres the likelier ones, as `filled_in`."""
    shares = filled_in({pair: own.astype(np.float32) for pair, own in measured.items()}, kind)
    return {pair: share > 0.5 for pair, share in shares.items()}


def _means(
    measured: Mapping[Pair, np.ndarray], values: np.ndarray, kind: Callable[[Pair], bool]
) -> dict[bool, np.ndarray]:
    """Return the mean of the pairs of each kind; of all pairs where there is none of a kind."""
    is_kind = np.array([kind(pair) for pair in measured])
    return {of: values[is_kind == of].mean(0) if (is_kind == of).any() else values.mean(0) for of in (False, True)}


def _effects(pairs: Sequence[Pair], names: Sequence[str]) -> np.ndarray:
    """Return which source and which target each pair has, (P, 2 G) of 0 and 1."""
    place = {name: index for index, name in enumerate(names)}
    rows = np.zeros((len(pairs), 2 * len(names)))
    for row, (source, target) in enumerate(pairs):
        rows[row, [place[source], len(names) + place[target]]] = 1
    return rows
