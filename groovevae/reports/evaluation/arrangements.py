"""Makes tables of parts that were hidden and brought back, and of starts that play a single role."""

from __future__ import annotations

from collections.abc import Sequence

from groovevae.bars.constants import ROLES
from groovevae.evaluation.arrangements import HIDDEN, VERSIONS, HiddenParts, SingleStart
from groovevae.measures.features import KINDS
from groovevae.reports.evaluation.figures import mean, number
from groovevae.reports.table import Table

COMES = 0.9  # share of bars in which a role must play to count as coming in


def hidden_parts(found: Sequence[HiddenParts]) -> list[Table]:
    """Return for each set of hidden roles how bars are heard once it is brought back, means over genres."""
    return [_hidden([part for part in found if part.hidden == hidden], hidden) for hidden in HIDDEN if found]


def _hidden(found: Sequence[HiddenParts], hidden: str) -> Table:
    rows = tuple(
        (
            version,
            *(number(mean([part.recognised[kind][version] for part in found])) for kind in KINDS),
            *(number(mean([part.sound[measure][version] for part in found])) for measure in ("in scale", "clashes")),
            number(mean([part.chroma[version] for part in found])),
        )
        for version in VERSIONS
    )
    note = (
        f"Held-out bars of {len(found)} genres whose parts ({hidden}) are hidden and brought back in their own genre: "
        "share of bars that judges take for the genre, how sound they are, and the chroma of bass and chords against "
        "the true ones. Rivals take the parts of a training bar."
    )
    header = ("", *(f"genre, {kind}" for kind in KINDS), "in scale", "clashes", "chroma")
    return Table(header, rows, title=f"Hidden parts: {hidden}", note=note)


def single_starts(found: Sequence[SingleStart]) -> list[Table]:
    """Return how often the usual roles of a genre come in where the start plays one alone; none without an arranger."""
    if not found:
        return []
    rows = []
    for start in ROLES:
        own = [one for one in found if one.role == start]
        every = [share for one in own for share in one.comes.values()]
        cells = [number(mean([one.comes[role] for one in own if role in one.comes])) for role in ROLES]
        come = sum(share >= COMES for share in every)
        rows.append((start, str(sum(one.num_runs for one in own)), *cells, f"{come} of {len(every)}"))
    note = (
        "Runs of held-out bars reduced to one role, blended all the way to each genre: share of the bars in which the "
        f"plan lets a usual role play that it does play; last, in how many (genre, role) it is {COMES:g} or more."
    )
    header = ("start plays", "blends", *ROLES, f"{COMES:g} or more")
    return [Table(header, tuple(rows), title="Starts of a single role", note=note)]
