"""Makes tables of what attribute vectors do; none where a model has no vectors."""

from __future__ import annotations

from collections.abc import Sequence

from groovevae.evaluation.attribute_response import STRENGTHS, AttributeResponse
from groovevae.measures.attributes import ATTRIBUTES
from groovevae.reports.evaluation.figures import number, with_interval
from groovevae.reports.table import Table


def responses(attributes: Sequence[AttributeResponse]) -> list[Table]:
    """Return what each vector does, and what it moves besides its own attribute."""
    return [_moved(attributes), _leaks(attributes)] if attributes else []


def _moved(attributes: Sequence[AttributeResponse]) -> Table:
    rows = []
    for one in attributes:
        worst = max(one.leaks, key=lambda name: abs(one.leaks[name].value))
        rows.append(
            (
                one.name,
                *(number(value) for value in one.measured),
                number(one.spearman),
                with_interval(one.gain),
                number(one.random_gain),
                f"{worst} {number(one.leaks[worst].value)}",
            )
        )
    header = ("vector", *(f"{strength:g}" for strength in STRENGTHS), "Spearman", "gain", "random", "largest leak")
    note = (
        "Mean of the attribute at each strength of its vector; Spearman's correlation of the two; standard "
        "deviations gained per strength, and by random vectors as long; and what moves most beside it, in standard "
        "deviations for each of its own."
    )
    return Table(header, tuple(rows), title="Attributes", note=note)


def _leaks(attributes: Sequence[AttributeResponse]) -> Table:
    rows = tuple(
        (one.name, *("1" if name == one.name else number(one.leaks[name].value) for name in ATTRIBUTES))
        for one in attributes
    )
    note = "Standard deviations for each of the moved one's own."
    return Table(("moved", *ATTRIBUTES), rows, title="Leaks between attributes", note=note)
