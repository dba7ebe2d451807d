"""Parts hidden and brought back: the lead of held-out bars, arranged in the bars' own genre, beside rivals.

The rivals bring the accompaniment of a training bar of the genre: of the one with the nearest lead, of a random one, of
the most usual one. `single_starts` asks whether parts come at all where a start has but one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from groovevae.arranging.arrangement import Brief, Setting
from groovevae.arranging.lead_sheet import only_roles
from groovevae.arranging.new_parts import added_by_role
from groovevae.arranging.plans import Plan, forms_of, make_plan, usual_roles
from groovevae.bars import Bars, Song
from groovevae.bars.constants import BASS, CHORDS, DRUMS, ROLES
from groovevae.evaluation.content import chroma_similarity
from groovevae.evaluation.excerpts import RUN_BARS
from groovevae.evaluation.soundness import soundness
from groovevae.evaluation.versions import Sides, splice
from groovevae.generation.latent_paths import Goal, Journey, find_paths
from groovevae.generation.sources import Source
from groovevae.measures.judges import Judges
from groovevae.measures.phrases import note_sets, overlap
from groovevae.model.genres import nearest_genre
from groovevae.network.decoding import DEFAULT_TEMPERATURE, Take, decode_takes
from groovevae.network.refining import close_points
from groovevae.progress import Progress, quiet

REAL, ARRANGED = "real bars", "arranged"
NEAREST, RANDOM, USUAL = "nearest lead's accompaniment", "random accompaniment", "most usual accompaniment"
VERSIONS = (REAL, ARRANGED, NEAREST, RANDOM, USUAL)
HIDDEN = {"all but the lead": (DRUMS, BASS, CHORDS), "bass": (BASS,), "chords": (CHORDS,), "drums": (DRUMS,)}
USUAL_OF = 200  # training bars among which the most usual one is sought
SINGLE_STARTS = 16  # runs for each role and target


@dataclass(frozen=True)
class HiddenParts:
    """What one genre's bars are like after some of their roles were hidden and brought back."""

    genre: str
    hidden: str  # one of HIDDEN
    num_bars: int
    recognised: dict[str, dict[str, float]]  # kind of judge -> version -> share of bars taken for the genre
    sound: dict[str, dict[str, float]]  # "in scale", "clashes" -> version
    chroma: dict[str, float]  # version -> similarity of bass and chords to the true ones, where both play


@dataclass(frozen=True)
class SingleStart:
    """Whether roles come in where a start plays one alone: blends at 1."""

    role: str  # that the start plays
    target: str
    num_runs: int
    comes: dict[str, float]  # usual role of the target -> share of the bars that should play it which do


@dataclass(frozen=True)
class Arranging:
    """What an arranger is worth; nothing for a model without one."""

    hidden: list[HiddenParts]
    starts: list[SingleStart]


def measure_arranging(
    sides: Sides, judges: Judges, training: Mapping[str, Bars], *, seed: int = 0, progress: Progress = quiet
) -> Arranging:
    """Measure hidden parts and starts of a single role."""
    if sides.arrangements is None:
        return Arranging([], [])
    return Arranging(
        measure_hidden(sides, judges, training, seed=seed, progress=progress),
        measure_single_starts(sides, seed=seed, progress=progress),
    )


def measure_hidden(
    sides: Sides, judges: Judges, training: Mapping[str, Bars], *, seed: int = 0, progress: Progress = quiet
) -> list[HiddenParts]:
    """Hide and bring back roles of each genre's excerpts, in the genre itself; `training` holds bars for the rivals."""
    found = []
    for done, name in enumerate(sides.excerpts):
        progress("hidden parts", done, len(sides.excerpts))
        found += [_hidden(sides, judges, name, hidden, training[name], seed) for hidden in HIDDEN]
    return found


def _hidden(sides: Sides, judges: Judges, genre: str, hidden: str, training: Bars, seed: int) -> HiddenParts:
    real, song_ids = sides.excerpts[genre].bars, sides.excerpts[genre].song_ids
    is_hidden = np.isin(np.arange(len(ROLES)), HIDDEN[hidden])
    rng = np.random.default_rng([seed, *genre.encode()])
    versions = {REAL: real, ARRANGED: brought_back(sides, genre, real, is_hidden, seed=seed)}
    for name, index in _rivals(real, training, is_hidden, rng).items():
        versions[name] = splice(real, training[index], np.tile(is_hidden, (len(real), 1)))
    recognised: dict[str, dict[str, float]] = {}
    for name, bars in versions.items():
        for kind, said in judges.of_songs(bars, song_ids.tolist()).items():
            taken = said.argmax(1) == judges.genres.index(genre)
            recognised.setdefault(kind, {})[name] = float(taken.mean())
    sound = {name: soundness(bars) for name, bars in versions.items()}
    harmony = np.isin(np.arange(len(ROLES)), (BASS, CHORDS))
    accompaniment = {name: only_roles(bars, harmony) for name, bars in versions.items()}
    return HiddenParts(
        genre=genre,
        hidden=hidden,
        num_bars=len(real),
        recognised=recognised,
        sound={
            measure: {name: float(np.nanmean(values[measure])) for name, values in sound.items()}
            for measure in ("in scale", "clashes")
        },
        chroma={
            name: float(np.nanmean(chroma_similarity(bars, accompaniment[REAL])))
            for name, bars in accompaniment.items()
        },
    )


def brought_back(sides: Sides, genre: str, real: Bars, is_hidden: np.ndarray, *, seed: int) -> Bars:
    """Return bars whose hidden roles (4,) are written anew where they played, run by run, as `Groove.arrange` does."""
    arrangements = sides.arrangements
    assert arrangements is not None
    forms, briefs = {genre: forms_of(sides.model.genres[genre], sides.model.prior, sides.model.arranger)}, []
    keep = tuple(role for role, is_gone in zip(ROLES, is_hidden, strict=True) if not is_gone)
    for number, start in enumerate(range(0, len(real), RUN_BARS)):
        bars = real[start : start + RUN_BARS]
        given = only_roles(bars, ~is_hidden)
        style = make_plan(forms, {genre: 1.0}, given, seed=seed + number).style
        plan, setting = Plan(bars.role_plays, style), Setting.of(bars)
        briefs.append(Brief(given, ~is_hidden, plan, {genre: 1.0}, setting, seed + number))
    added = added_by_role(arrangements, briefs, arrangements.given(briefs), [is_hidden] * len(briefs))
    takes = [
        Take(added[number], brief.bars, brief.seed, keep, DEFAULT_TEMPERATURE) for number, brief in enumerate(briefs)
    ]
    return Bars.concatenate(decode_takes(sides.network, takes))


def _rivals(real: Bars, training: Bars, is_hidden: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return by rival which training bar gives each bar its hidden roles, (N,)."""
    shared = overlap(*(note_sets(only_roles(bars, ~is_hidden)) for bars in (real, training)))
    among = rng.permutation(len(training))[:USUAL_OF]
    hidden = note_sets(only_roles(training[among], is_hidden))
    alike = overlap(hidden, hidden)
    return {
        NEAREST: shared.argmax(1),
        RANDOM: rng.integers(0, len(training), len(real)),
        USUAL: np.full(len(real), among[alike.sum(1).argmax()]),
    }


def measure_single_starts(sides: Sides, *, seed: int = 0, progress: Progress = quiet) -> list[SingleStart]:
    """Reduce runs of all genres to one role, blend them all the way to each genre, and see whether usual roles come.

    A bar counts that the plan of the piece, a form of the target, lets a role play.
    """
    runs = [run for own in sides.excerpts.values() for run in own.runs]
    order = np.random.default_rng(seed).permutation(len(runs)).tolist()
    found = []
    for column in range(len(ROLES)):
        starts = [runs[i] for i in order if runs[i].role_plays[:, column].all()][:SINGLE_STARTS]
        for done, target in enumerate(sides.excerpts if starts else ()):
            progress(f"starts of {ROLES[column]} alone", done, len(sides.excerpts))
            found.append(_single(sides, column, starts, target))
    return found


def _single(sides: Sides, column: int, starts: Sequence[Bars], target: str) -> SingleStart:
    forms = {target: forms_of(sides.model.genres[target], sides.model.prior, sides.model.arranger)}
    alone = np.arange(len(ROLES)) == column
    goal = Goal({target: 1.0}, sides.model.genres, arrangements=sides.arrangements, forms=forms)
    others = {name: genre for name, genre in sides.model.genres.items() if name != target}
    bars = [only_roles(run, alone) for run in starts]
    journeys = []
    for number, own in enumerate(bars):
        z = close_points(sides.network, own)
        source = nearest_genre(z, others)  # as for a file
        start = Source(z, own, Song(own), own.plays, source, source)
        journeys.append(Journey("arranged", start, goal, seed=number))
    takes = [
        Take(np.stack([path(role, np.ones(len(own))) for role in ROLES]), own, number, (), DEFAULT_TEMPERATURE)
        for number, (own, path) in enumerate(zip(bars, find_paths(journeys), strict=True))
    ]
    planned = [make_plan(forms, {target: 1.0}, own, seed=number).plays for number, own in enumerate(bars)]
    wanted, plays = np.concatenate(planned), Bars.concatenate(decode_takes(sides.network, takes)).role_plays
    usual = usual_roles(forms[target]) & ~alone
    asked = [i for i in np.flatnonzero(usual).tolist() if wanted[:, i].any()]
    comes = {ROLES[i]: float(plays[wanted[:, i], i].mean()) for i in asked}
    return SingleStart(ROLES[column], target, len(starts), comes)
