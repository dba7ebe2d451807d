"""Reports on a corpus as lines, tables and JSON: what each genre holds, what is not used, what repeats."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from groovevae.bars.constants import ROLES
from groovevae.corpus.summary import CorpusReport
from groovevae.reports import values
from groovevae.reports.table import Part, Table
from groovevae.wording import counted

_SHOWN_METRES = 3
_SHOWN_REASONS = 2


def to_json(report: CorpusReport) -> str:
    """Return everything as indented JSON."""
    return values.to_json(report, indent=2)


def corpus_held(report: CorpusReport) -> Iterator[Part]:
    """Say what a corpus holds: tables that fit 80 columns, and a line for each unused file and near-duplicate."""
    used, files = sum(row.used for row in report.genres), sum(row.files for row in report.genres)
    bars = sum(row.bars for row in report.genres)
    yield f"{report.root}: {used:,} of {files:,} MIDI files used, {bars:,} bars"
    yield _genre_table(report)
    yield "Share of the bars in which each role sounds, and of the notes that the bars do not hold:"
    yield _role_table(report)
    for title, found in (("Guessed", report.guessed), ("Mended", report.mended)):
        for what, files in found.items():
            yield f"{title} in {counted(files, 'file')}: {what}"
    if report.unused:
        reasons = Counter(re.split(r" \(| as ", item.reason)[0] for item in report.unused)
        summary = ", ".join(f"{count:,} {reason}" for reason, count in reasons.most_common())
        yield f"Not used: {len(report.unused):,} ({summary})"
    for item in report.unused:
        yield f"  {item.path}: {item.reason}"
    if report.near_duplicates:
        yield f"Near-duplicates: {len(report.near_duplicates):,} (trained on or held out with their like)"
    for twin in report.near_duplicates:
        yield f"  {twin.path}: shares {twin.share:.0%} of the bars with {twin.of}"
    if report.missing:
        names = ", ".join(report.missing[:3]) + (", ..." if len(report.missing) > 3 else "")
        yield f"Rows of the manifest that name no file: {len(report.missing):,} ({names})"


def _genre_table(report: CorpusReport) -> Table:
    rows = []
    for row in report.genres:
        counts = (f"{count:,}" for count in (row.files, row.used, row.songs, row.bars, row.notes))
        metres = [f"{metre} {count:,}" for metre, count in row.metres.items()][:_SHOWN_METRES]
        more = len(row.metres) - len(metres)
        rows.append((row.genre, *counts, ", ".join(metres) + (f", {more} more" if more else "")))
    header = ("genre", "files", "used", "songs", "bars", "notes", "metres (bars)")
    return Table(header, tuple(rows), ends_in_words=True)


def _role_table(report: CorpusReport) -> Table:
    rows = []
    for row in report.genres:
        shares = (f"{row.roles[role]:.0%}" for role in ROLES)
        lost = {reason: sum(roles.values()) for reason, roles in row.lost.items()}
        notes = max(row.notes, 1)
        reasons = [f"{reason} {count / notes:.1%}" for reason, count in lost.items() if count][:_SHOWN_REASONS]
        rows.append((row.genre, *shares, f"{sum(lost.values()) / notes:.1%}", ", ".join(reasons)))
    return Table(("genre", *ROLES, "lost", "most of it"), tuple(rows), ends_in_words=True)
