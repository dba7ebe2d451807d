"""Outliers as CSV, as JSON and as lines for a terminal; suspects as a warning."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Sequence

from groovevae.anomaly.outliers import Outliers
from groovevae.anomaly.suspects import Suspect
from groovevae.corpus import Corpus, most_alike
from groovevae.corpus.scan import shown_path

COLUMNS = ("rank", "path", "genre", "score", "flagged", "role", "bars", "reasons", "looks_like", "duplicate_of")
SHOWN_SUSPECTS = 5


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


def ranked(found: Outliers, *, top: int) -> list[str]:
    """The `top` files that belong least, two lines each: score and file, then where and why."""
    lines = []
    for file in found.files[:top]:
        mark = "!" if file.is_flagged else " "
        why = ", ".join(file.reasons) or "unusual as a whole"
        bars = ", ".join(map(str, file.bars))
        lines += [f"{mark} {file.score:5.1f}  {file.path}", f"         {why} (most in the {file.role}, bars {bars})"]
    return lines


def summary(found: Outliers) -> list[str]:
    """What the scores and the threshold mean, in lines."""
    flagged = sum(file.is_flagged for file in found.files)
    what = "the corpus itself, taken for normal" if found.own_normal else "the normal songs"
    lines = [
        f"{found.root}: {flagged:,} of {len(found.files):,} files score above {found.threshold:.2f} (!), as "
        f"{found.false_alarms:.0%} of {what} do ({found.num_normal:,} files).",
    ]
    if twins := sum(bool(file.duplicate_of) for file in found.files):
        lines.append(f"Near-duplicates of another file: {twins:,}.")
    if found.unused:
        lines.append(f"Files that hold no song, or one that is there already: {len(found.unused):,} (groove corpus).")
    return lines


def warning(corpus: Corpus, suspects: Sequence[Suspect]) -> list[str]:
    """What stands out in a corpus that is to be trained on, in a few lines; none where nothing does."""
    lines = []
    if suspects:
        lines.append(f"Files that look as if they did not belong: {len(suspects):,} of {len(corpus.songs):,}")
        for suspect in suspects[:SHOWN_SUSPECTS]:
            lines.append(f"  {shown_path(corpus.songs[suspect.song].entry.path, corpus.root)}: {suspect.reason}")
        if len(suspects) > SHOWN_SUSPECTS:
            lines.append(f"  ... and {len(suspects) - SHOWN_SUSPECTS:,} more")
    if twins := len(most_alike(corpus.near_duplicates)):
        lines.append(f"Near-duplicates of another file: {twins:,} (trained on or held out with their like)")
    return lines
