"""Measures how far roles go to where they are arranged until amount 0.5 is heard as half way, as `calibration` does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from groovevae.arranging.arrangement import Arrangements
from groovevae.arranging.lead_sheet import kept_harmony
from groovevae.arranging.plans import forms_of
from groovevae.bars.constants import BASS, CHORDS, DRUMS, LEAD, PITCHED, ROLES
from groovevae.corpus.dataset import Dataset
from groovevae.fitting.calibration import ARRIVED, PairHeard, pairs_heard, transported
from groovevae.fitting.form_turns import brief_of, with_form_turns
from groovevae.fitting.heard_bars import RUN_BARS
from groovevae.fitting.pair_sample import filled_in, filled_in_choices
from groovevae.model.calibration import AMOUNTS, DosedPath
from groovevae.model.file import ModelFile
from groovevae.progress import Progress, quiet

FARTHEST = (0.0, 0.0, 0.125, 0.25)  # for the lead, by amount: farther, it loses notes, and judges hear no more
LEAST = 1.0  # the nearest, at amount 1, for the other roles: where they are arranged, in the harmony of the song
FARTHER = 1.25  # the same where together they are not heard to arrive; at 1.5, more harmony is lost than genre gained
PREFERRED = 0.1  # how much farther another way must be heard at 1 before it takes the place of arranging
CODED = 0.03  # and arranging, before it takes the place of song codes


def with_arranger_doses(
    model: ModelFile,
    *,
    data: Dataset | None = None,
    set_aside: np.ndarray | None = None,
    progress: Progress = quiet,
) -> ModelFile:
    """Return the model with the doses of its arranger measured for all pairs of genres; without one, the model.

    Of many genres, some pairs are measured, and the others filled in.

    What is moved are runs of bars, first of the songs of `data` that were `set_aside` (songs,): the arranger knows the
    others, but a few songs alone say little about a genre.
    """
    if model.arranger is None or model.prior is None:
        return model
    network, model = model.network(), with_form_turns(model, progress=progress)
    assert model.arranger is not None
    arrangements = Arrangements(model.arranger, network)
    doses, arranges = {}, {}
    for pair in pairs_heard(model, network, data=data, in_runs=True, first=set_aside, progress=progress):
        ways = _ways(model, arrangements, pair)
        pair = replace(pair, harmony=kept_harmony(pair.like))
        doses[pair.source, pair.target], arranges[pair.source, pair.target] = chosen(
            pair, ways, share_songs=share_songs(model, pair.source, pair.target)
        )
    doses, arranges = filled_in(doses), filled_in_choices(arranges, lambda pair: share_songs(model, *pair))
    return replace(model, arranger=replace(model.arranger, doses=doses, arranges=arranges))


class Ways(NamedTuple):
    """Where the bars of a pair lie once arranged, and once transported, and which roles change over at once."""

    arranged: np.ndarray  # (N, Z), as a displacement
    transported: np.ndarray  # (N, Z)
    comes_in: np.ndarray  # (R, 4) bool, run by run of RUN_BARS bars
    goes_out: np.ndarray  # (R, 4) bool


def _ways(model: ModelFile, arrangements: Arrangements, pair: PairHeard) -> Ways:
    """Return the ways of a pair's bars, each run arranged as a piece with a plan of its own, as in a blend."""
    forms = forms_of(model.genres[pair.target], model.prior, model.arranger)
    runs = runs_in(len(pair.z))
    briefs = [brief_of(pair.like[run], pair.target, forms, seed=number) for number, run in enumerate(runs)]
    points = [pair.z[run] for run in runs]
    arranged = arrangements.rearranged(briefs, arrangements.given(briefs), points, [pair.source] * len(runs))
    played = np.array([brief.bars.plays for brief in briefs])
    planned = np.array([brief.plan.plays.any(0) for brief in briefs])
    transport = transported(model, pair.source, pair.target)(pair.z)
    return Ways(np.concatenate(arranged) - pair.z, transport, planned & ~played, played & ~planned)


def runs_in(count: int) -> list[slice]:
    """Return the runs of RUN_BARS that so many bars consist of."""
    return [slice(start, start + RUN_BARS) for start in range(0, count, RUN_BARS)]


def share_songs(model: ModelFile, source: str, target: str) -> bool:
    """Tell whether song codes lead from genre to genre."""
    return all(model.genres[name].code is not None for name in (source, target))


def chosen(pair: PairHeard, ways: Ways, *, share_songs: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return each role's curve (4, K) along the way that is chosen for it, and which roles arrange, (4,).

    That is arranging unless the other way is clearly heard to lead farther; between genres that share songs, whose
    true versions song codes know, it is the other way round.
    """
    some = slice(None, None, 3)  # of the bars: for each role by itself, all would say little more
    ours, theirs = (pair[some].responses(way[some]) for way in (ways.arranged, ways.transported))
    ahead = np.array([ours[role][1] - theirs[role][1] for role in ROLES])
    arranges = ahead > CODED if share_songs else ~(ahead < -PREFERRED)
    arranges[LEAD] = True
    curves = np.array([(ours if own else theirs)[role][0] for role, own in zip(ROLES, arranges, strict=True)])
    curves[:, -1] = np.maximum(curves[:, -1], LEAST)
    curves[LEAD] = np.minimum(curves[LEAD], FARTHEST)
    displacement = np.where(arranges[:, None, None], ways.arranged, ways.transported)  # (4, N, Z)
    paths = [
        DosedPath(pair.z[run], displacement[:, run], curves, comes_in, goes_out)
        for run, comes_in, goes_out in zip(runs_in(len(pair.z)), ways.comes_in, ways.goes_out, strict=True)
    ]
    return _together_half(pair, paths, curves).astype(np.float32), arranges


def _together_half(pair: PairHeard, paths: Sequence[DosedPath], curves: np.ndarray) -> np.ndarray:
    """Return curves (4, K) corrected so that all roles together are heard as far as each amount.

    Roles that are each heard half way need not be so together, least of all under a melody that stays. The runs go
    along their `paths` as they do in a blend.
    """
    steps = pair.heard([_points(paths, amount) for amount in AMOUNTS])
    corrected = curves.copy()
    for columns, roles in (((DRUMS,), ROLES), ((BASS, CHORDS), PITCHED)):
        heard = pair.shares(roles, steps)
        if np.isfinite(heard).all():
            rising = np.maximum.accumulate([0.0, *heard]) + 1e-6 * np.arange(len(AMOUNTS) + 1)
            amounts = np.interp(aims(rising[-1]), rising, (0.0, *AMOUNTS))
            for column in columns:
                corrected[column] = np.interp(amounts, (0.0, *AMOUNTS), (0.0, *curves[column]))
                corrected[column, -1] = max(curves[column, -1], LEAST if heard[-1] >= ARRIVED else FARTHER)
    return corrected


def _points(paths: Sequence[DosedPath], amount: float) -> np.ndarray:
    """Return the points (4, N, Z) of all runs at an amount."""
    by_role = [[path(role, np.full(len(path.z), amount)) for path in paths] for role in ROLES]
    return np.stack([np.concatenate(points) for points in by_role])


def aims(end: float) -> np.ndarray:
    """Return how far roles together are to be heard at AMOUNTS, (K,), where `end` is how far they are heard at 1.

    That is the geometric mean of the amount itself and of this share of `end`: judges of other songs hear an end that
    seems near to these farther off, and bars that are half way by these are past it.
    """
    return np.minimum(np.array(AMOUNTS) * np.sqrt(min(end, 1.0)), end)
