"""The files that are taken as they are: which sources, under which licence, and what a model may keep of them.

A source is a folder of openly licensed files with a manifest.csv (path, song_id, title, licence, source, authors).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from corpus_making.rows import Row, read_rows
from corpus_making.tunes import ALIASES, number_of
from groovevae.corpus.labels import UNLABELLED
from groovevae.midi.reading import load_score
from groovevae.midi.score import Score

DISTORTED = (29, 30)  # General MIDI programs, counted from 0: overdriven and distorted guitar
BASSES = range(32, 40)
METAL_FROM = 0.6  # the share of a piece's notes without drums and basses that distorted guitars play
HELD_OUT_OF = 5  # one song in so many of those that a collection for measuring shares


@dataclass(frozen=True)
class Source:
    """A collection: whom to name, and whether its pieces may stay in a model file as phrases."""

    attribution: str
    phrases: bool = True


FREEDOOM = "Contributors to the Freedoom project, https://github.com/freedoom/freedoom"
BLASPHEMER = "Jute Gyte and ax34, contributors to the Blasphemer project, https://github.com/Catoptromancy/blasphemer"
LMMS = "LMMS demo projects, https://github.com/LMMS/lmms, by the author named in the title"

# Share-alike and Artistic licences ask that copies keep their terms, so no phrase of such works stays in a model.
SOURCES = {
    "openscore_lieder": Source("OpenScore Lieder Corpus, https://github.com/OpenScore/Lieder"),
    "openscore_quartets": Source("OpenScore String Quartets, https://github.com/OpenScore/StringQuartets"),
    "mutopia": Source("Mutopia Project, https://www.mutopiaproject.org"),
    "mutopia_extra": Source("Mutopia Project, https://www.mutopiaproject.org"),
    "mutopia_march": Source("Mutopia Project, https://www.mutopiaproject.org"),
    "freedoom": Source(FREEDOOM),
    "freedoom_history": Source(FREEDOOM),
    "blasphemer": Source(BLASPHEMER),
    "blasphemer_history": Source(BLASPHEMER),
    "easyrpg_rtp": Source(
        "Juan Manuel Nigretti; boss_3: Someoneman; EasyRPG RTP, https://easyrpg.org/rtp-replacement/"
    ),
    "freedink": Source("Seth A. Robinson, GNU FreeDink data, https://www.gnu.org/software/freedink/"),
    "bloomf_pd_songs": Source("Benjamin Bloomfield, https://github.com/bbloomf/lilypond-songs"),
    "sointu": Source("Veikko Sariola and contributors, https://github.com/vsariola/sointu"),
    "musescore_demos": Source("MuseScore demos: Brassed Up, James Thistlewood; Unclaimed Gift, Marc Sabatella"),
    "oldtime_abc": Source("Josh Larios, https://github.com/rjl20/abc-tunebook", phrases=False),
    "openrct2_fairground": Source("Christian Friedrich Coors, https://github.com/OpenRCT2/OpenMusic", phrases=False),
    "lmms_cc": Source(LMMS),
    "lmms_artistic2": Source(LMMS, phrases=False),
}

# Pieces of several styles that are not told apart: they teach encoder and decoder alone.
OF_NO_GENRE = {"simutrans": Source("Simutrans contributors, https://www.simutrans.com", phrases=False)}

# Where a source has several licences: the words in a path, and the licence of those files.
LICENCES = {
    "lmms_cc_Farbro": "CC-BY",
    "lmms_cc_Greippi": "CC-BY",
    "lmms_cc_Saber": "BSD-2-Clause",
    "lmms_cc_Jousboxx": "CC-BY-SA-4.0",
    "lmms_cc_": "CC-BY-SA-3.0",
    "brassed_up": "CC-BY-SA-4.0",
    "unclaimed_gift": "CC-BY-3.0",
    "enchanted_island": "CC-BY-SA-2.5",
    "sousa_washington_post": "CC-BY-SA-3.0",
    "mutopia_": "Public Domain",
}


@dataclass(frozen=True)
class RealFile:
    """A file to copy, and its row in the manifest."""

    path: Path
    genre: str
    source: str
    song_id: str
    title: str
    authors: str
    licence: str
    phrases: bool
    attribution: str


def real_files(folder: Path) -> Iterator[RealFile]:
    """Yield the files of a folder whose source is taken; its genre is its folder's name, or metal."""
    for row in read_rows(folder):
        source = SOURCES.get(row["source"])
        if source is not None:
            yield _real_file(folder, row, source)


def files_of_no_genre(folder: Path) -> Iterator[RealFile]:
    """Yield the files of a folder that are of no genre; half of these songs are left to measure on."""
    for row in read_rows(folder):
        source = OF_NO_GENRE.get(row["source"])
        if source is not None and number_of(f"half {row['song_id']}") % 2 == 0:
            yield replace(_real_file(folder, row, source), genre=UNLABELLED)


def _real_file(folder: Path, row: Row, source: Source) -> RealFile:
    path = folder / row["path"]
    genre = path.relative_to(folder).parts[0]
    if genre == "rock" and is_metal(load_score(path)):
        genre = "metal"
    licence = row["licence"]
    if "/" in licence or "(" in licence:
        licence = next((name for words, name in LICENCES.items() if words in row["path"]), licence)
    phrases = source.phrases and "SA" not in licence
    about = ALIASES.get(row["song_id"], row["song_id"]), row["title"], row.get("authors", ""), licence
    return RealFile(path, genre, row["source"], *about, phrases, source.attribution)


def is_metal(score: Score) -> bool:
    """Say whether distorted guitars play most of a piece that has drums."""
    programs = np.array([track.program for track in score.tracks])[score.notes["track"]]
    drums = is_drum(score)
    pitched = ~drums & ~is_bass(score)
    return bool(drums.any() and pitched.any() and np.isin(programs[pitched], DISTORTED).mean() >= METAL_FROM)


def is_drum(score: Score) -> np.ndarray:
    """Say of each note whether drums play it, (N,) bool."""
    return np.array([track.is_drum for track in score.tracks], bool)[score.notes["track"]]


def is_bass(score: Score) -> np.ndarray:
    """Say of each note whether a bass plays it, (N,) bool."""
    basses = [not track.is_drum and track.program in BASSES for track in score.tracks]
    return np.array(basses, bool)[score.notes["track"]]


def files_to_measure(files: Sequence[RealFile], collection: Sequence[Row]) -> list[RealFile]:
    """Return the files of one song in HELD_OUT_OF of those that a collection for measuring has too."""
    shared = {row["song_id"] for row in collection}
    return [file for file in files if file.song_id in shared and _is_held_out(file.song_id)]


def _is_held_out(song_id: str) -> bool:
    return number_of(f"measure {song_id}") % HELD_OUT_OF == 0


def copy_real(files: Iterable[RealFile], out: Path) -> Iterator[Row]:
    """Copy real pieces into their genres' folders and yield their rows."""
    for file in files:
        path = Path(file.genre) / file.source / file.path.name.removeprefix(f"{file.source}_")
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file.path, out / path)
        yield {
            "path": path.as_posix(),
            "genre": file.genre,
            "source": file.source,
            "song_id": file.song_id,
            "title": file.title,
            "authors": file.authors,
            "licence": file.licence,
            "phrases": "yes" if file.phrases else "no",
            "rests_on": "real",
            "attribution": file.attribution,
        }
