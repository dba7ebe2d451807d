"""What a corpus holds, genre by genre, and what is not used and why: as data, as tables, as JSON. Reads no files."""

from __future__ import annotations

import dataclasses
import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from groovevae.bars.constants import ROLES
from groovevae.corpus.duplicates import most_alike
from groovevae.corpus.load import Corpus, CorpusSong
from groovevae.corpus.scan import printable, shown_path

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_SHOWN_METRES = 3
_SHOWN_REASONS = 2


@dataclass(frozen=True)
class GenreReport:
    """One genre of a corpus. Notes are counted as the files have them."""

    genre: str
    files: int  # MIDI files found
    used: int  # of these
    songs: int  # song ids among the files used
    bars: int
    metres: dict[str, int]  # "4/4" -> bars, most first
    roles: dict[str, float]  # role -> share of the bars in which it sounds, 0 to 1
    notes: int
    lost: dict[str, dict[str, int]]  # reason -> role -> notes not carried over, most first


@dataclass(frozen=True)
class UnusedFile:
    """A file or folder that is not used, by its path within the corpus."""

    path: str
    reason: str


@dataclass(frozen=True)
class DuplicateFile:
    """A file that is used though it is nearly the same as an earlier one, by their paths within the corpus."""

    path: str
    of: str
    share: float  # of the distinct bars of both together, 0 to 1


@dataclass(frozen=True)
class CorpusReport:
    """A corpus by genre, every file that is not used, and those that nearly repeat another one."""

    root: str
    genres: tuple[GenreReport, ...]
    unused: tuple[UnusedFile, ...]
    missing: tuple[str, ...]  # paths in the manifest that name no file
    near_duplicates: tuple[DuplicateFile, ...] = ()

    def to_json(self) -> str:
        """This report as indented JSON."""
        return json.dumps(dataclasses.asdict(self), indent=2)


def corpus_report(corpus: Corpus) -> CorpusReport:
    """Counts of a loaded corpus; genres of which no file is used are among them."""
    songs: dict[str, list[CorpusSong]] = defaultdict(list)
    for song in corpus.songs:
        songs[song.entry.genre].append(song)
    rejected = Counter(item.path.relative_to(corpus.root).parts[0] for item in corpus.rejected)
    genres = tuple(_genre_report(genre, songs[genre], rejected[genre]) for genre in sorted({*songs, *rejected}))
    unused = tuple(
        UnusedFile(shown_path(item.path, corpus.root), printable(item.reason))
        for item in sorted([*corpus.rejected, *corpus.unread])
    )
    paths = [shown_path(song.entry.path, corpus.root) for song in corpus.songs]
    twins = tuple(
        DuplicateFile(paths[pair.song], paths[pair.of], round(pair.share, 4))
        for pair in most_alike(corpus.near_duplicates).values()
    )
    return CorpusReport(printable(str(corpus.root)), genres, unused, tuple(corpus.missing), twins)


def render(report: CorpusReport, console: Console) -> None:
    """Prints a report as tables that fit 80 columns, and unused files and near-duplicates a line each."""
    used, files = sum(row.used for row in report.genres), sum(row.files for row in report.genres)
    bars = sum(row.bars for row in report.genres)
    _print(console, f"{report.root}: {used:,} of {files:,} MIDI files used, {bars:,} bars")
    console.print(_genre_table(report))
    _print(console, "Share of the bars in which each role sounds, and of the notes that the bars do not hold:")
    console.print(_role_table(report))
    if report.unused:
        reasons = Counter(re.split(r" \(| as ", item.reason)[0] for item in report.unused)
        summary = ", ".join(f"{count:,} {reason}" for reason, count in reasons.most_common())
        _print(console, f"Not used: {len(report.unused):,} ({summary})")
    for item in report.unused:
        _print(console, f"  {item.path}: {item.reason}")
    if report.near_duplicates:
        _print(console, f"Near-duplicates: {len(report.near_duplicates):,} (trained on or held out with their like)")
    for twin in report.near_duplicates:
        _print(console, f"  {twin.path}: shares {twin.share:.0%} of the bars with {twin.of}")
    if report.missing:
        names = ", ".join(report.missing[:3]) + (", ..." if len(report.missing) > 3 else "")
        _print(console, f"Rows of the manifest that name no file: {len(report.missing):,} ({names})")


def _genre_report(genre: str, songs: list[CorpusSong], num_rejected: int) -> GenreReport:
    metres: Counter[str] = Counter()
    sounding = np.zeros(len(ROLES))
    lost: dict[str, Counter[str]] = defaultdict(Counter)
    bars = notes = 0
    for item in songs:
        song = item.song
        bars += len(song.bars)
        notes += sum(song.num_notes.values())
        metres.update(f"{numerator}/{denominator}" for numerator, denominator in song.bars.metre.tolist())
        sounding += song.bars.role_plays.sum(0)
        for role, reasons in song.lost.items():
            for reason, count in reasons.items():
                lost[reason][role] += count
    return GenreReport(
        genre=genre,
        files=len(songs) + num_rejected,
        used=len(songs),
        songs=len({item.entry.song_id for item in songs}),
        bars=bars,
        metres=dict(metres.most_common()),
        roles=dict(zip(ROLES, (sounding / max(bars, 1)).round(4).tolist(), strict=True)),
        notes=notes,
        lost={reason: dict(roles) for reason, roles in sorted(lost.items(), key=lambda item: -item[1].total())},
    )


def _genre_table(report: CorpusReport) -> Table:
    table = text_table("genre", "files", "used", "songs", "bars", "notes")
    table.add_column("metres (bars)")
    for row in report.genres:
        counts = (f"{count:,}" for count in (row.files, row.used, row.songs, row.bars, row.notes))
        metres = [f"{metre} {count:,}" for metre, count in row.metres.items()][:_SHOWN_METRES]
        more = len(row.metres) - len(metres)
        table.add_row(printable(row.genre), *counts, ", ".join(metres) + (f", {more} more" if more else ""))
    return table


def _role_table(report: CorpusReport) -> Table:
    table = text_table("genre", *ROLES, "lost")
    table.add_column("most of it")
    for row in report.genres:
        shares = (f"{row.roles[role]:.0%}" for role in ROLES)
        lost = {reason: sum(roles.values()) for reason, roles in row.lost.items()}
        notes = max(row.notes, 1)
        reasons = [f"{reason} {count / notes:.1%}" for reason, count in lost.items() if count][:_SHOWN_REASONS]
        share = f"{sum(lost.values()) / notes:.1%}"
        table.add_row(printable(row.genre), *shares, share, ", ".join(reasons))
    return table


def text_table(*names: str) -> Table:
    """A table without borders, the first column to the left and the others to the right."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for index, name in enumerate(names):
        table.add_column(name, justify="right" if index else "left", no_wrap=index > 0)
    return table


def _print(console: Console, line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)  # a piped path is never broken
