"""Reports outliers as lines, CSV and JSON, and suspects as a warning. Scores nothing itself."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from groovevae.anomaly.outliers import Outliers
from groovevae.anomaly.suspects import Suspect, looked_at_before_training
from groovevae.corpus import Corpus, most_alike
from groovevae.reports import values
from groovevae.wording import printable

COLUMNS = ("rank", "path", "genre", "score", "flagged", "role", "bars", "reasons", "looks_like", "duplicate_of")
SHOWN_SUSPECTS = 5


def to_json(found: Outliers) -> str:
    """Return everything as indented JSON."""
    return values.to_json(found, indent=1)


def to_csv(found: Outliers) -> str:
    """Return a CSV row for each file, those that belong least first; bars and reasons are joined by "; "."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for rank, file in enumerate(found.files, 1):
        bars, reasons = "; ".join(map(str, file.bars)), "; ".join(file.reasons)
        flagged = "yes" if file.is_flagged else "no"
        last = (file.looks_like, file.duplicate_of)
        writer.writerow([rank, file.path, file.genre, file.score, flagged, file.role, bars, reasons, *last])
    return printable(out.getvalue())


def outliers_found(found: Outliers, *, top: int) -> Iterator[str]:
    """Say what the scores and the threshold mean, and name the `top` files that belong least."""
    yield from _summary(found)
    yield ""
    for file in found.files[:top]:
        mark = "!" if file.is_flagged else " "
        why = ", ".join(file.reasons) or "unusual as a whole"
        bars = ", ".join(map(str, file.bars))
        yield f"{mark} {file.score:5.1f}  {file.path}"
        yield f"         {why} (most in the {file.role}, bars {bars})"


def _summary(found: Outliers) -> Iterator[str]:
    flagged = sum(file.is_flagged for file in found.files)
    what = "the corpus itself, taken for normal" if found.own_normal else "the normal songs"
    yield (
        f"{found.root}: {flagged:,} of {len(found.files):,} files score above {found.threshold:.2f} (!), as "
        f"{found.false_alarms:.0%} of {what} do ({found.num_normal:,} files)."
    )
    if twins := sum(bool(file.duplicate_of) for file in found.files):
        yield f"Near-duplicates of another file: {twins:,}."
    if found.unused:
        yield f"Files that hold no song, or the same song as another file: {len(found.unused):,} (groove corpus)."


def suspects_found(corpus: Corpus, suspects: Sequence[Suspect]) -> Iterator[str]:
    """Say in a few lines what stands out in a corpus before training on it; yield none where nothing does."""
    if suspects:
        looked_at = len(looked_at_before_training(corpus))
        yield f"Files that look as if they did not belong: {len(suspects):,} of {looked_at:,}"
        for suspect in suspects[:SHOWN_SUSPECTS]:
            yield f"  {corpus.path_within(corpus.songs[suspect.song].entry.path)}: {suspect.reason}"
        if len(suspects) > SHOWN_SUSPECTS:
            yield f"  ... and {len(suspects) - SHOWN_SUSPECTS:,} more"
    if twins := len(most_alike(corpus.near_duplicates)):
        yield f"Near-duplicates of another file: {twins:,} (trained on or held out with their like)"
