"""Counts what a corpus holds, genre by genre, and lists what is not used and why. `reports.corpus` puts it in words."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import numpy as np

from groovevae.bars.constants import ROLES
from groovevae.corpus.duplicates import most_alike
from groovevae.corpus.load import Corpus, CorpusSong

_NUMBERS = re.compile(r"(?<![\d/.])\d+(\.\d+)?(?![\d/])")  # those of a metre, such as 3/4, are left


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
    guessed: dict[str, int] = field(default_factory=dict)  # what is not as files say -> files, most first
    mended: dict[str, int] = field(default_factory=dict)  # what was mended -> files, most first


def corpus_report(corpus: Corpus) -> CorpusReport:
    """Count a loaded corpus, including genres of which no file is used."""
    songs: dict[str, list[CorpusSong]] = defaultdict(list)
    for song in corpus.songs:
        songs[song.entry.genre].append(song)
    folders = (item.path.relative_to(corpus.root).parts[0] for item in corpus.rejected)
    rejected = Counter(corpus.rejected_genres or folders)
    genres = tuple(_genre_report(genre, songs[genre], rejected[genre]) for genre in sorted({*songs, *rejected}))
    unused = tuple(
        UnusedFile(corpus.path_within(item.path), item.reason) for item in sorted([*corpus.rejected, *corpus.unread])
    )
    paths = [corpus.path_within(song.entry.path) for song in corpus.songs]
    twins = tuple(
        DuplicateFile(paths[pair.song], paths[pair.of], round(pair.share, 4))
        for pair in most_alike(corpus.near_duplicates).values()
    )
    guessed: Counter[str] = Counter()
    mended: Counter[str] = Counter()
    for read in (item.song for item in corpus.songs):
        guessed.update({_NUMBERS.sub("N", guess) for guess in read.guesses})
        mended.update(read.mended.keys())
    return CorpusReport(
        root=corpus.name,
        genres=genres,
        unused=unused,
        missing=tuple(corpus.missing),
        near_duplicates=twins,
        guessed=dict(guessed.most_common()),
        mended=dict(mended.most_common()),
    )


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
