"""How phrases are built: in each bar, a role rests, repeats an earlier bar, or plays something new.

A `Form` is this plan of one real phrase, with its song's tempo, key and instruments but none of its notes. A `Prior` is
all that a model file holds for making new phrases. This module needs only NumPy; `training.prior` fills a prior.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from groovevae.bars import Song
from groovevae.bars.constants import ROLES
from groovevae.config import PriorConfig
from groovevae.measures.phrases import role_digests
from groovevae.model.genres import Genre

SILENT, NEW = -1, 0  # what a role does in a bar; a number n above 0 means that it repeats what it played n bars ago
FORM_BARS = 16
MIN_FORM_BARS = 4
RIDGE = 0.05  # variance added in every direction: a move smaller than this changes no note
MAX_FORMS = 48  # for each genre: one from each song, or several where there are few songs
_START_EVERY = 4  # bars between the places in a song where a form may start

_PLAYED = ("metre", "programs", "kit")


@dataclass(frozen=True)
class Form:
    """The plan of a phrase of L bars in one metre, and how the song it was taken from is played."""

    roles: np.ndarray  # (L, 4) int8: SILENT, NEW, or the number of bars since the one that is repeated
    metre: tuple[int, int]
    tempo: float  # quarter notes per minute
    transpose: int  # as in Song
    is_minor: bool
    programs: tuple[int, int, int]
    kit: tuple[int, ...]
    style: np.ndarray  # (Z,) float16: the mean of the song's latent points, which gives away none of its bars

    @cached_property
    def playing(self) -> np.ndarray:
        """The share of the bars in which each role plays, (4,)."""
        return np.asarray((self.roles != SILENT).mean(0))

    def at(self, num_bars: int) -> np.ndarray:
        """Return the plan for any number of bars, (num_bars, 4); after its end it starts over."""
        plan = self.roles[np.arange(num_bars) % len(self.roles)]
        return np.where(plan > np.arange(num_bars)[:, None], NEW, plan)


@dataclass(frozen=True)
class Prior:
    """Everything that new phrases are made from: a network's weights, and forms by genre."""

    config: PriorConfig
    genres: tuple[str, ...]
    weights: dict[str, np.ndarray]
    forms: dict[str, tuple[Form, ...]]


class Coordinates:
    """Whitening for one genre: in its own coordinates, the genre's Gaussian has mean 0 and covariance 1.

    It uses the symmetric square root of the covariance, which rotates the axes as little as possible, so an axis means
    about the same in every genre.
    """

    def __init__(self, genre: Genre) -> None:
        values, vectors = np.linalg.eigh(genre.covariance.astype(np.float64))
        spread = np.sqrt(np.maximum(values, 0.0) + RIDGE)
        self._mean = genre.mean
        self._root = (vectors * spread) @ vectors.T  # (Z, Z)
        self._inverse = (vectors / spread) @ vectors.T

    def of(self, z: np.ndarray) -> np.ndarray:
        """Convert latent points (..., Z) to coordinates (..., Z)."""
        return ((z - self._mean) @ self._inverse).astype(np.float32)

    def points(self, coordinates: np.ndarray) -> np.ndarray:
        """Convert coordinates (..., Z) to latent points (..., Z): the inverse of `of`."""
        return (self._mean + coordinates @ self._root).astype(np.float32)


def plan_of(digests: np.ndarray) -> np.ndarray:
    """Return the plan (L, 4) int8 of bars with these role digests (L, 4): each role rests, repeats, or is new.

    A role repeats the nearest earlier bar that equals it, less than FORM_BARS bars back.
    """
    plan = np.full(digests.shape, NEW, np.int8)
    for lag in range(min(len(digests), FORM_BARS) - 1, 0, -1):  # the nearest is written last
        plan[lag:][digests[lag:] == digests[:-lag]] = lag
    plan[digests == 0] = SILENT
    return plan


def form_starts(song: Song) -> list[int]:
    """Return the bars at which a phrase in one metre can start: FORM_BARS long, or as long as a shorter song."""
    bars = song.bars
    sounding = np.flatnonzero(bars.has_notes)
    if not len(sounding):
        return []
    first, end = int(sounding[0]), int(sounding[-1]) + 1
    length = min(FORM_BARS, end - first)
    starts = range(first, end - length + 1, _START_EVERY) if length >= MIN_FORM_BARS else range(0)
    return [
        start
        for start in starts
        if bars.has_notes[start] and (bars.metre[start : start + length] == bars.metre[start]).all()
    ]


def form_of(song: Song, start: int, digests: np.ndarray, style: np.ndarray) -> Form:
    """Return the form of a song's bars from `start` on; `digests` (N, 4) and `style` (Z,) describe the whole song."""
    window = slice(start, start + FORM_BARS)
    last = int(np.flatnonzero(song.bars.has_notes)[-1]) + 1
    numerator, denominator = song.bars.metre[start].tolist()
    return Form(
        roles=plan_of(digests[window][: last - start]),
        metre=(numerator, denominator),
        tempo=float(np.median(song.bars.tempo[window])),
        transpose=song.transpose,
        is_minor=song.is_minor,
        programs=song.programs,
        kit=song.kit,
        style=style.astype(np.float16),
    )


def pick_forms(name: str, songs: Sequence[Song], styles: Sequence[np.ndarray]) -> tuple[Form, ...]:
    """Pick up to MAX_FORMS forms for a genre, from as many different songs as possible; its `name` seeds the choice.

    `styles` holds the mean (Z,) of each song's latent points.
    """
    rng = np.random.default_rng(list(name.encode()))
    places = [(*pair, rng.permutation(form_starts(pair[0])).tolist()) for pair in zip(songs, styles, strict=True)]
    places = [places[i] for i in rng.permutation(len(places)) if places[i][2]]
    forms: list[Form] = []
    digests = [role_digests(song.bars) for song, _, _ in places[:MAX_FORMS]]
    for turn in range(FORM_BARS):
        for (song, style, starts), own in zip(places, digests, strict=False):
            if turn < len(starts) and len(forms) < MAX_FORMS:
                forms.append(form_of(song, starts[turn], own, style))
    return tuple(forms)


def prior_to_file(prior: Prior) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Convert a prior to the arrays and JSON values of a model file; weights become float16."""
    tensors = {f"weights/{name}": array.astype(np.float16) for name, array in prior.weights.items()}
    played: dict[str, list[dict[str, Any]]] = {}
    for index, name in enumerate(prior.genres):
        forms = prior.forms.get(name, ())
        played[name] = [{**asdict(form), "roles": len(form.roles), "style": 0} for form in forms]
        if forms:
            tensors[f"styles/{index}"] = np.stack([form.style for form in forms])
        tensors[f"forms/{index}"] = np.concatenate([np.zeros((0, len(ROLES)), np.int8), *(f.roles for f in forms)])
    return tensors, {"config": prior.config.to_json(), "genres": list(prior.genres), "forms": played}


def prior_from_file(tensors: Mapping[str, np.ndarray], texts: Mapping[str, Any]) -> Prior:
    """Build a prior from what `prior_to_file` returned, the arrays now named "prior/...".

    Raises KeyError, TypeError or ValueError for damaged values.
    """
    tensors = {name.removeprefix("prior/"): array for name, array in tensors.items() if name.startswith("prior/")}
    forms = {}
    for index, name in enumerate(texts["genres"]):
        played = texts["forms"][name]
        ends = np.cumsum([values["roles"] for values in played])
        plans = np.split(tensors[f"forms/{index}"], ends)[:-1] if played else []
        forms[name] = tuple(
            Form(**{**values, **{key: tuple(values[key]) for key in _PLAYED}, "roles": plan, "style": style})
            for values, plan, style in zip(played, plans, tensors[f"styles/{index}"] if played else [], strict=True)
        )
    weights = {name.removeprefix("weights/"): array for name, array in tensors.items() if name.startswith("weights/")}
    return Prior(
        config=PriorConfig.from_json(texts["config"]),
        genres=tuple(texts["genres"]),
        weights=weights,
        forms=forms,
    )
