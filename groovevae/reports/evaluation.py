"""An evaluation as tables of text, the same for a terminal, for HTML and for Markdown; and as JSON."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from groovevae.bars.constants import PITCHED, ROLES
from groovevae.evaluation.attribute_response import STRENGTHS
from groovevae.evaluation.bootstrap import LEVEL, Estimate
from groovevae.evaluation.dose_response import REAL, UNRELATED, PairResponse
from groovevae.evaluation.excerpts import RUN_BARS
from groovevae.evaluation.reconstruction import NUM_BARS, Reconstruction
from groovevae.evaluation.run import Evaluation
from groovevae.evaluation.truth import LATENT
from groovevae.evaluation.versions import (
    AMOUNTS,
    COPY,
    IDENTITY,
    LITERAL,
    RANDOM,
    SHUFFLED,
    SPLICE,
    blend_name,
    literal_name,
)
from groovevae.measures.attributes import ATTRIBUTES
from groovevae.measures.features import KINDS

HALF, WHOLE = blend_name(0.5), blend_name(1.0)
VERSIONS = (
    IDENTITY,
    *map(blend_name, AMOUNTS),
    *map(literal_name, LITERAL),
    RANDOM,
    SHUFFLED,
    SPLICE,
    COPY,
)
HALF_RANGE = (0.35, 0.65)  # of the way: what counts as half
WHOLE_LEAST = 0.85  # of the way: what counts as having arrived
SPEARMAN_LEAST = 0.95
CHROMA_LEAST = {HALF: 0.85, WHOLE: 0.75}


@dataclass(frozen=True)
class Table:
    """A table of text; the first column names the rows."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    def to_markdown(self) -> str:
        """The table in Markdown, with its title as a heading."""
        lines = [f"## {self.title}", ""]
        lines += [self.note, ""] if self.note else []
        lines += [_row(self.header), "|---" + "|---:" * (len(self.header) - 1) + "|", *map(_row, self.rows)]
        return "\n".join(lines)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def to_json(evaluation: Evaluation) -> str:
    """Everything that was measured; an estimate is [value, low, high], what could not be measured null."""
    return json.dumps(_plain(dataclasses.asdict(evaluation)), indent=1)


def to_markdown(evaluation: Evaluation, *, title: str) -> str:
    """The summary as a Markdown page."""
    return "\n\n".join([f"# {title}", *(table.to_markdown() for table in summary(evaluation))]) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return round(value, 4) if math.isfinite(value) else None
    return value


def summary(evaluation: Evaluation) -> list[Table]:
    """What a reader wants to know first: means over genres and pairs."""
    return [
        reconstruction_means(evaluation.reconstruction),
        _accuracy(evaluation),
        _shares(evaluation),
        _marks(evaluation),
        _content(evaluation),
        *_truth(evaluation),
        *_attributes(evaluation),
        _soundness(evaluation),
        _novelty(evaluation),
    ]


def details(evaluation: Evaluation) -> list[Table]:
    """Each genre and each pair by itself."""
    return [
        reconstruction_by_genre(evaluation.reconstruction),
        *(_pairs(evaluation, kind) for kind in KINDS),
        _pair_content(evaluation),
        *_pair_truth(evaluation),
    ]


def _number(value: float, digits: int = 2) -> str:
    return f"{value:.{digits}f}" if math.isfinite(value) else "–"


def _with_interval(value: Estimate, digits: int = 2) -> str:
    return f"{_number(value.value, digits)} ({_number(value.low, digits)} to {_number(value.high, digits)})"


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if math.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")


def reconstruction_means(found: Reconstruction) -> Table:
    """Note F1 by role, how full the latent space is, and errors of feel."""
    rows = [(name, *(_number(mean[role], 3) for role in ROLES)) for name, mean in found.means.items()]
    feel = [
        (
            f"{role}: errors of velocity and timing",
            f"{one.velocity:.1f}",
            f"(median {one.velocity_of_median:.1f})",
            f"{one.offset:.3f}",
            f"(median {one.offset_of_median:.3f})",
        )
        for role, one in found.feel.items()
    ]
    nats = f"{found.latent_nats:.0f} nats a bar, " if math.isfinite(found.latent_nats) else ""
    note = (
        f"Note F1 of bars encoded to their means and decoded greedily and freely, mean of {len(found.held_out)} "
        f"genres, up to {NUM_BARS} bars of each. Latent space: {nats}{found.active_units} of {found.latent_size} "
        "units active. Mean absolute errors of velocity (1 to 127) and timing (sixteenths) where both strike, and "
        "of always saying the role's median."
    )
    return Table("Reconstruction", ("", *ROLES), (*rows, *feel), note)


def reconstruction_by_genre(found: Reconstruction) -> Table:
    """Note F1 of each genre's held-out songs."""
    rows = tuple(
        (name, str(found.num_songs[name]), str(found.num_bars[name]), *(_number(row[role], 3) for role in ROLES))
        for name, row in found.held_out.items()
    )
    return Table("Reconstruction of held-out songs by genre, note F1", ("genre", "songs", "bars", *ROLES), rows)


def _accuracy(evaluation: Evaluation) -> Table:
    genres = evaluation.genres
    rows = [(name, *(_number(evaluation.accuracy[kind][name]) for kind in KINDS)) for name in genres]
    means = ("mean", *(_number(_mean(list(evaluation.accuracy[kind].values()))) for kind in KINDS))
    pairs = ("of two genres", *(_number(_mean([pair.accuracy[kind] for pair in evaluation.pairs])) for kind in KINDS))
    note = (
        f"Share of real held-out bars that the judges take for their genre, out of {len(genres)}; each bar is judged "
        "by one that has not heard its song. Judges never see the model. Last row: judges of two genres, which "
        "measure how far blends go, mean over pairs."
    )
    left = f" Too few held-out songs: {', '.join(evaluation.left_out)}." if evaluation.left_out else ""
    return Table("Judges of genre", ("genre", *KINDS), (*rows, means, pairs), note + left)


def _shares(evaluation: Evaluation) -> Table:
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
        f"percentile). {evaluation.num_runs} runs of {RUN_BARS} bars a genre, played at the default temperature."
    )
    return Table("How far blends are heard to go", ("", *KINDS), tuple(rows), note)


def _marks(evaluation: Evaluation) -> Table:
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
    count = len(evaluation.pairs)
    rows = [
        (name, *(f"{sum(test(pair, kind) for pair in evaluation.pairs)} of {count}" for kind in KINDS))
        for name, test in figures.items()
    ]
    return Table("Pairs that meet each mark", ("", *KINDS), tuple(rows))


def _content(evaluation: Evaluation) -> Table:
    rows = []
    for version in (*VERSIONS, UNRELATED):
        values = [
            _mean([pair.content[measure][version].value for pair in evaluation.pairs])
            for measure in ("chroma", "groove", "melody")
        ]
        rows.append((version, *map(_number, values)))
    meets = [
        f"{sum(pair.content['chroma'][name].value >= least for pair in evaluation.pairs)} pairs keep {least} at {name}"
        for name, least in CHROMA_LEAST.items()
    ]
    note = (
        "Of the source bar in its place, mean over pairs: cosine of the pitch classes of two beats, share of steps "
        f"at which both strike or both do not, note F1 of the lead. Chroma: {'; '.join(meets)}, of "
        f"{len(evaluation.pairs)}."
    )
    return Table("What blends keep", ("", "chroma", "groove", "melody"), tuple(rows), note)


def _truth(evaluation: Evaluation) -> list[Table]:
    truth = evaluation.truth
    if not truth.pairs:
        return []
    rivals = list(truth.overall[LATENT])
    rows = tuple((name, *(_with_interval(truth.overall[row][name]) for row in (*ROLES, LATENT))) for name in rivals)
    note = (
        "Held-out songs that the corpus has in several genres: how near to the song as it is in the target genre, "
        f"over {len(truth.pairs)} ordered pairs of genres. Note F1 by role (more is nearer) and distance of latent "
        f"points (less is nearer), with {LEVEL} % intervals over songs."
    )
    return [Table("Truth: the same song in two genres", ("", *ROLES, LATENT), rows, note)]


def _pair_truth(evaluation: Evaluation) -> list[Table]:
    if not evaluation.truth.pairs:
        return []
    rivals = list(evaluation.truth.overall[LATENT])
    tables = []
    for role in ("drums", "bass"):
        rows = tuple(
            (f"{pair.source} to {pair.target}", str(pair.num_songs), *(_number(pair.f1[role][name]) for name in rivals))
            for pair in evaluation.truth.pairs
        )
        tables.append(Table(f"Truth by pair: note F1 of the {role}", ("pair", "songs", *rivals), rows))
    return tables


def _attributes(evaluation: Evaluation) -> list[Table]:
    if not evaluation.attributes:
        return []
    names = list(ATTRIBUTES)
    rows = []
    for one in evaluation.attributes:
        worst = max(one.leaks, key=lambda name: abs(one.leaks[name].value))
        rows.append(
            (
                one.name,
                *(_number(value) for value in one.measured),
                _number(one.spearman),
                _with_interval(one.gain),
                _number(one.random_gain),
                f"{worst} {_number(one.leaks[worst].value)}",
            )
        )
    header = ("vector", *(f"{strength:g}" for strength in STRENGTHS), "Spearman", "gain", "random", "largest leak")
    note = (
        "Mean of the attribute at each strength of its vector; Spearman's correlation of the two; standard "
        "deviations gained per strength, and by random vectors as long; and what moves most beside it, in standard "
        "deviations for each of its own."
    )
    leaks = tuple(
        (one.name, *("1" if name == one.name else _number(one.leaks[name].value) for name in names))
        for one in evaluation.attributes
    )
    return [
        Table("Attributes", header, tuple(rows), note),
        Table(
            "Leaks between attributes", ("moved", *names), leaks, "Standard deviations for each of the moved one's own."
        ),
    ]


def _soundness(evaluation: Evaluation) -> Table:
    measures = list(evaluation.pairs[0].soundness)
    rows = []
    for version in (REAL, *VERSIONS):
        values = [_mean([pair.soundness[measure][version] for pair in evaluation.pairs]) for measure in measures]
        rows.append((version, *map(_number, values)))
    note = (
        "Mean over pairs. In scale: share of notes within the best major or minor scale. Clashes: share of steps "
        "where roles that sound together are a semitone apart. Polyphony in notes, range in semitones, entropy in "
        "bits."
    )
    return Table("Soundness", ("", *measures), tuple(rows), note)


def _novelty(evaluation: Evaluation) -> Table:
    rows = tuple(
        (
            one.version,
            f"{one.num_phrases:,}",
            *(f"{_number(one.mean[role], 1)} ({one.longest[role]})" for role in PITCHED),
            _number(one.copied_bars, 3),
        )
        for one in evaluation.novelty
    )
    note = (
        f"Phrases of {RUN_BARS} bars: notes (strikes of the chords) in a row that some training song has too, in any "
        "key: mean of each phrase's longest run, and the longest of all; and bars that are copies of a training bar."
    )
    return Table("Novelty", ("", "phrases", *PITCHED, "copied bars"), rows, note)


def _pairs(evaluation: Evaluation, kind: str) -> Table:
    rows = []
    for pair in evaluation.pairs:
        shares = pair.shares[kind]
        cells = (_number(shares[blend_name(amount)].value) for amount in AMOUNTS)
        controls = (_number(shares[name].value) for name in (RANDOM, SHUFFLED, SPLICE))
        levels = [pair.levels[kind][name].value for name in (REAL, f"real {pair.target}")]
        rows.append(
            (
                f"{pair.source} to {pair.target}",
                str(pair.num_songs),
                *map(_number, levels),
                *cells,
                _with_interval(shares[HALF]),
                _number(pair.spearman[kind]),
                *controls,
                _number(pair.by_third[HALF]),
            )
        )
    header = (
        "pair",
        "songs",
        "real source",
        "real target",
        *(f"{amount:g}" for amount in AMOUNTS),
        f"at 0.5, {LEVEL} %",
        "Spearman",
        "random",
        "shuffled",
        "splice",
        "heard as a third genre at 0.5",
    )
    return Table(f"Share of the way by pair: {kind}", header, tuple(rows))


def _pair_content(evaluation: Evaluation) -> Table:
    rows = []
    for pair in evaluation.pairs:
        cells = []
        for measure in ("chroma", "groove", "melody"):
            cells += [_number(pair.content[measure][name].value) for name in (HALF, WHOLE, UNRELATED)]
        rows.append((f"{pair.source} to {pair.target}", *cells))
    header = tuple(
        f"{measure}, {name}" for measure in ("chroma", "groove", "melody") for name in (HALF, WHOLE, "unrelated")
    )
    return Table("What blends keep, by pair", ("pair", *header), tuple(rows))
