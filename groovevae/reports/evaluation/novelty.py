"""Makes a table of how much of the new music is in the training songs already."""

from __future__ import annotations

from collections.abc import Sequence

from groovevae.bars.constants import PITCHED
from groovevae.evaluation.excerpts import RUN_BARS
from groovevae.evaluation.novelty import Novelty
from groovevae.reports.evaluation.figures import number
from groovevae.reports.table import Table


def copied(novelty: Sequence[Novelty]) -> Table:
    """Return how long a run of notes each version shares with training songs, and how many bars it copies."""
    rows = tuple(
        (
            one.version,
            f"{one.num_phrases:,}",
            *(f"{number(one.mean[role], 1)} ({one.longest[role]})" for role in PITCHED),
            number(one.copied_bars, 3),
        )
        for one in novelty
    )
    note = (
        f"Phrases of {RUN_BARS} bars: notes (strikes of the chords) in a row that some training song has too, in any "
        "key: mean of each phrase's longest run, and the longest of all; and bars that are copies of a training bar."
    )
    return Table(("", "phrases", *PITCHED, "copied bars"), rows, title="Novelty", note=note)
