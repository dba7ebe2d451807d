"""Puts all tables of an evaluation in order, as lists and as Markdown, and everything as JSON."""

from __future__ import annotations

from groovevae.evaluation.run import Evaluation
from groovevae.measures.features import KINDS
from groovevae.reports import values
from groovevae.reports.evaluation import arrangements, attributes, blends, novelty, pairs, reconstruction, truth
from groovevae.reports.table import Table
from groovevae.wording import printable


def summary(evaluation: Evaluation) -> list[Table]:
    """Return the tables that a reader wants first: means over genres and pairs."""
    return [
        reconstruction.means(evaluation.reconstruction),
        blends.accuracy(evaluation),
        blends.shares(evaluation),
        blends.marks(evaluation.pairs),
        blends.content(evaluation.pairs),
        *truth.overall(evaluation.truth),
        *attributes.responses(evaluation.attributes),
        blends.soundness(evaluation.pairs),
        blends.style(evaluation.pairs),
        *arrangements.hidden_parts(evaluation.arranging.hidden),
        *arrangements.single_starts(evaluation.arranging.starts),
        novelty.copied(evaluation.novelty),
    ]


def details(evaluation: Evaluation) -> list[Table]:
    """Return the tables of each genre and each pair."""
    return [
        reconstruction.by_genre(evaluation.reconstruction),
        *(pairs.shares(evaluation.pairs, kind) for kind in KINDS),
        pairs.content(evaluation.pairs),
        *truth.by_pair(evaluation.truth),
    ]


def to_markdown(evaluation: Evaluation, *, title: str) -> str:
    """Return the summary as a Markdown page."""
    return printable("\n\n".join([f"# {title}", *(table.to_markdown() for table in summary(evaluation))]) + "\n")


def to_json(evaluation: Evaluation) -> str:
    """Return everything measured as JSON; an estimate is [value, low, high], null what could not be measured."""
    return values.to_json(evaluation, indent=1, digits=4)
