"""Outliers as CSV, as JSON and as a table for a terminal."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from typing import TYPE_CHECKING

from groovevae.anomaly.outliers import Outliers
from groovevae.corpus.report import text_table

if TYPE_CHECKING:
    from rich.table import Table

COLUMNS = ("rank", "path", "genre", "score", "flagged", "role", "bars", "reasons", "looks_like", "duplicate_of")


def to_json(found: Outliers) -> str:
    """Everything, as indented JSON."""
    return json.dumps(dataclasses.asdict(found), indent=1)


def to_csv(found: Outliers) -> str:
    """A row a file, those that belong least first; bars and reasons are joined by "; "."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for rank, file in enumerate(found.files, 1):
        bars, reasons = "; ".join(map(str, file.bars)), "; ".join(file.reasons)
        flagged = "yes" if file.is_flagged else "no"
        last = (file.looks_like, file.duplicate_of)
        writer.writerow([rank, file.path, file.genre, file.score, flagged, file.role, bars, reasons, *last])
    return out.getvalue()


def to_table(found: Outliers, *, top: int) -> Table:
    """The `top` files that belong least."""
    from rich.text import Text

    table = text_table("file", "score", "role")
    table.add_column("bars")
    table.add_column("why")
    for file in found.files[:top]:
        score = f"{file.score:.1f}{'' if file.is_flagged else ' ok'}"
        why = ", ".join(file.reasons) or "unusual as a whole"
        table.add_row(*map(Text, (file.path, score, file.role, " ".join(map(str, file.bars)), why)))
    return table


def summary(found: Outliers) -> list[str]:
    """What the scores and the threshold mean, in lines."""
    flagged = sum(file.is_flagged for file in found.files)
    what = "the corpus itself, taken for normal" if found.own_normal else "the normal songs"
    lines = [
        f"{found.root}: {flagged:,} of {len(found.files):,} files score above {found.threshold:.2f}, as "
        f"{found.false_alarms:.0%} of {what} do ({found.num_normal:,} files).",
    ]
    if twins := sum(bool(file.duplicate_of) for file in found.files):
        lines.append(f"Near-duplicates of another file of their genre: {twins:,}.")
    if found.unused:
        lines.append(f"Files that hold no song, or one that is there already: {len(found.unused):,} (groove corpus).")
    return lines
