"""Makes tables of how near blends come to songs that a corpus has in several genres; none where there are none."""

from __future__ import annotations

from groovevae.bars.constants import ROLES
from groovevae.evaluation.bootstrap import LEVEL
from groovevae.evaluation.true_versions import LATENT, Truth
from groovevae.reports.evaluation.figures import number, with_interval
from groovevae.reports.table import Table


def overall(truth: Truth) -> list[Table]:
    """Return how near each rival comes, over all pairs of genres."""
    if not truth.pairs:
        return []
    rivals = list(truth.overall[LATENT])
    rows = tuple((name, *(with_interval(truth.overall[row][name]) for row in (*ROLES, LATENT))) for name in rivals)
    note = (
        "Held-out songs that the corpus has in several genres: how near to the song as it is in the target genre, "
        f"over {len(truth.pairs)} ordered pairs of genres. Note F1 by role (more is nearer) and distance of latent "
        f"points (less is nearer), with {LEVEL} % intervals over songs."
    )
    return [Table(("", *ROLES, LATENT), rows, title="Truth: the same song in two genres", note=note)]


def by_pair(truth: Truth) -> list[Table]:
    """Return how near each rival comes in each pair, for the drums and for the bass."""
    if not truth.pairs:
        return []
    rivals = list(truth.overall[LATENT])
    tables = []
    for role in ("drums", "bass"):
        rows = tuple(
            (f"{pair.source} to {pair.target}", str(pair.num_songs), *(number(pair.f1[role][name]) for name in rivals))
            for pair in truth.pairs
        )
        tables.append(Table(("pair", "songs", *rivals), rows, title=f"Truth by pair: note F1 of the {role}"))
    return tables
