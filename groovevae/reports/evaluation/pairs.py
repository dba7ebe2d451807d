"""Makes tables with a row for each ordered pair of genres."""

from __future__ import annotations

from collections.abc import Sequence

from groovevae.evaluation.bootstrap import LEVEL
from groovevae.evaluation.dose_response import REAL, UNRELATED, PairResponse
from groovevae.evaluation.versions import AMOUNTS, RANDOM, SHUFFLED, SPLICE, blend_name
from groovevae.reports.evaluation.blends import HALF, MEASURES, WHOLE
from groovevae.reports.evaluation.figures import number, with_interval
from groovevae.reports.table import Table


def shares(pairs: Sequence[PairResponse], kind: str) -> Table:
    """Return how far blends of each pair are heard to go by one kind of judge."""
    rows = []
    for pair in pairs:
        of_way = pair.shares[kind]
        cells = (number(of_way[blend_name(amount)].value) for amount in AMOUNTS)
        controls = (number(of_way[name].value) for name in (RANDOM, SHUFFLED, SPLICE))
        levels = [pair.levels[kind][name].value for name in (REAL, f"real {pair.target}")]
        rows.append(
            (
                f"{pair.source} to {pair.target}",
                str(pair.num_songs),
                *map(number, levels),
                *cells,
                with_interval(of_way[HALF]),
                number(pair.spearman[kind]),
                *controls,
                number(pair.by_third[HALF]),
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
    return Table(header, tuple(rows), title=f"Share of the way by pair: {kind}")


def content(pairs: Sequence[PairResponse]) -> Table:
    """Return what blends of each pair keep of the source."""
    rows = []
    for pair in pairs:
        cells = []
        for measure in MEASURES:
            cells += [number(pair.content[measure][name].value) for name in (HALF, WHOLE, UNRELATED)]
        rows.append((f"{pair.source} to {pair.target}", *cells))
    header = (f"{measure}, {name}" for measure in MEASURES for name in (HALF, WHOLE, "unrelated"))
    return Table(("pair", *header), tuple(rows), title="What blends keep, by pair")
