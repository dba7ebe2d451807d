"""Makes tables of blends over all pairs of genres: their judges, how far they go, what they keep, how they sound."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from groovevae.evaluation.dose_response import REAL, UNRELATED, PairResponse
from groovevae.evaluation.excerpts import RUN_BARS
from groovevae.evaluation.run import Evaluation
from groovevae.evaluation.style_profile import STYLED
from groovevae.evaluation.versions import (
    AMOUNTS,
    COPY,
    DOUBLED,
    IDENTITY,
    RANDOM,
    SHUFFLED,
    SPLICE,
    UNDER_LEAD,
    blend_name,
    literal_name,
    transported_name,
)
from groovevae.measures.features import KINDS
from groovevae.reports.evaluation.figures import mean, number
from groovevae.reports.table import Table

HALF, WHOLE = blend_name(0.5), blend_name(1.0)
VERSIONS = (
    IDENTITY,
    *map(blend_name, AMOUNTS),
    *map(transported_name, DOUBLED),
    *map(literal_name, DOUBLED),
    RANDOM,
    SHUFFLED,
    SPLICE,
    UNDER_LEAD,
    COPY,
)
HALF_RANGE = (0.35, 0.65)  # of the way: what counts as half
WHOLE_LEAST = 0.85  # of the way: what counts as having arrived
SPEARMAN_LEAST = 0.95
LEAST_APART = 0.1  # between the mean probabilities that judges give to real bars of two genres
CHROMA_LEAST = {HALF: 0.85, WHOLE: 0.8}
MEASURES = ("chroma", "groove", "melody")  # of what is kept


def accuracy(evaluation: Evaluation) -> Table:
    """Return how often judges recognise real bars of each genre."""
    genres = evaluation.genres
    rows = [(name, *(number(evaluation.accuracy[kind][name]) for kind in KINDS)) for name in genres]
    means = ("mean", *(number(mean(list(evaluation.accuracy[kind].values()))) for kind in KINDS))
    pairs = ("of two genres", *(number(mean([pair.accuracy[kind] for pair in evaluation.pairs])) for kind in KINDS))
    note = (
        f"Share of real held-out bars that the judges take for their genre, out of {len(genres)}; each bar is judged "
        "by one that has not heard its song. Judges never see the model. Last row: judges of two genres, which "
        "measure how far blends go, mean over pairs."
    )
    left = f" Too few held-out songs: {', '.join(evaluation.left_out)}." if evaluation.left_out else ""
    return Table(("genre", *KINDS), (*rows, means, pairs), title="Judges of genre", note=note + left)


def shares(evaluation: Evaluation) -> Table:
    """Return how far each version is heard to go, over all pairs."""
    rows = []
    for version in VERSIONS:
        cells = []
        for kind in KINDS:
            values = [pair.shares[kind][version].value for pair in evaluation.pairs]
            low, middle, high = np.percentile(values, [10, 50, 90])
            cells.append(f"{middle:.2f} ({low:.2f} to {high:.2f})")
        rows.append((version, *cells))
    note = (
        "Share of the way from the source's real level to the target's, of the probability that judges give to the "
        f"target rather than the source: median of {len(evaluation.pairs)} ordered pairs (and 10th to 90th "
        f"percentile). {evaluation.num_runs} runs of {RUN_BARS} bars for each genre, played at the default temperature."
    )
    return Table(("", *KINDS), tuple(rows), title="How far blends are heard to go", note=note)


def tells_apart(pair: PairResponse, kind: str) -> bool:
    """Tell whether judges tell the real bars of a pair's genres apart; where they hardly do, a share says nothing."""
    levels = pair.levels[kind]
    return levels[f"real {pair.target}"].value - levels[REAL].value >= LEAST_APART


def marks(pairs: Sequence[PairResponse]) -> Table:
    """Return how many pairs meet each mark."""
    low, high = HALF_RANGE
    figures: dict[str, Callable[[PairResponse, str], bool]] = {
        f"Spearman of amount and probability at least {SPEARMAN_LEAST}": lambda pair, kind: (
            pair.spearman[kind] >= SPEARMAN_LEAST
        ),
        f"{low} to {high} of the way at 0.5": lambda pair, kind: low <= pair.shares[kind][HALF].value <= high,
        f"at least {WHOLE_LEAST} of the way at 1": lambda pair, kind: pair.shares[kind][WHOLE].value >= WHOLE_LEAST,
        "random direction: interval holds 0": lambda pair, kind: pair.shares[kind][RANDOM].holds_zero,
        "shuffled labels: interval holds 0": lambda pair, kind: pair.shares[kind][SHUFFLED].holds_zero,
    }
    apart = {kind: [pair for pair in pairs if tells_apart(pair, kind)] for kind in KINDS}
    rows = [
        (name, *(f"{sum(test(pair, kind) for pair in own)} of {len(own)}" for kind, own in apart.items()))
        for name, test in figures.items()
    ]
    note = f"Of the pairs whose real bars judges tell apart by {LEAST_APART:g} or more."
    return Table(("", *KINDS), tuple(rows), title="Pairs that meet each mark", note=note)


def content(pairs: Sequence[PairResponse]) -> Table:
    """Return what each version keeps of the source, mean over pairs."""
    rows = _means((*VERSIONS, UNRELATED), MEASURES, pairs, lambda pair, kept, name: pair.content[kept][name].value)
    meets = [
        f"{sum(pair.content['chroma'][name].value >= least for pair in pairs)} pairs keep {least} at {name}"
        for name, least in CHROMA_LEAST.items()
    ]
    note = (
        "Of the source bar in its place, mean over pairs: cosine of the pitch classes of two beats, share of steps "
        f"at which both strike or both do not, note F1 of the lead. Chroma: {'; '.join(meets)}, of "
        f"{len(pairs)}."
    )
    return Table(("", *MEASURES), rows, title="What blends keep", note=note)


def soundness(pairs: Sequence[PairResponse]) -> Table:
    """Return how sound each version is, compared with real bars, mean over pairs."""
    measures = list(pairs[0].soundness)
    rows = _means((REAL, *VERSIONS), measures, pairs, lambda pair, measure, name: pair.soundness[measure][name])
    note = (
        "Mean over pairs. In scale: share of notes within the best major or minor scale. Clashes: share of steps "
        "where roles that sound together are a semitone apart. Polyphony in notes, range in semitones, entropy in "
        "bits."
    )
    return Table(("", *measures), rows, title="Soundness", note=note)


def style(pairs: Sequence[PairResponse]) -> Table:
    """Return how alike the style profiles of each version and of the target's real bars are, mean over pairs."""
    rows = _means((REAL, *VERSIONS), STYLED, pairs, lambda pair, role, name: pair.style[role][name])
    note = (
        "Mean over pairs of the cosine between the style profiles of these bars and of real bars of the target: which "
        "intervals lie how far apart in time (Groove2Groove's measure of style; its measure of content is the chroma "
        "above)."
    )
    return Table(("", *STYLED), rows, title="Style profiles", note=note)


def _means(
    versions: Sequence[str],
    measures: Sequence[str],
    pairs: Sequence[PairResponse],
    value_of: Callable[[PairResponse, str, str], float],
) -> tuple[tuple[str, ...], ...]:
    """Return a row for each version: its name, and the mean of each measure over pairs."""
    return tuple(
        (name, *(number(mean([value_of(pair, measure, name) for pair in pairs])) for measure in measures))
        for name in versions
    )
