"""Gathers the tunes of all sources under one id for each title. Renders nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from corpus_making import openewld
from corpus_making.rows import read_rows
from corpus_making.sheets import read_lead_sheet, read_song
from corpus_making.tunes import ALIASES, Tune, song_id_of, with_apostrophes

LEAD_SHEETS = "neonscribe"
PART_SONGS = "bloomf_pd_songs"
ATTRIBUTION = {
    LEAD_SHEETS: "neonscribe, https://github.com/neonscribe/lilypond-lead-sheets (Unlicense)",
    PART_SONGS: "Benjamin Bloomfield, https://github.com/bbloomf/lilypond-songs (public domain)",
    openewld.SOURCE: "OpenEWLD, https://github.com/00sapo/OpenEWLD (MIT)",
}
FEWEST_NOTES, FEWEST_BARS = 12, 8
LONGEST_CHORD = 8  # bars: a harmony that moves less was read wrongly, or is a drone


def read_tunes(ewld: Path, folder: Path, titles: Mapping[str, str]) -> list[Tune]:
    """Return the tunes of OpenEWLD and those in a folder of MIDI files; `titles` by the song ids of its manifest."""
    tunes = [*_of_folder(folder, titles), *openewld.read_tunes(ewld)]
    named = (_named(tune) for tune in tunes)
    return [tune for tune in named if is_usable(tune)]


def _named(tune: Tune) -> Tune:
    """Return the tune under the id that all sources share, with whom to thank for it."""
    song_id, attribution = ALIASES.get(tune.song_id, tune.song_id), ATTRIBUTION[tune.source]
    return replace(tune, song_id=song_id, title=with_apostrophes(tune.title), attribution=attribution)


def is_usable(tune: Tune) -> bool:
    """Say whether a tune is long enough, and its harmony moves."""
    return len(tune.melody) >= FEWEST_NOTES and len(tune.chords) >= FEWEST_BARS and longest(tune) <= LONGEST_CHORD


def longest(tune: Tune) -> int:
    """Return for how many bars the longest chord lasts.

    A bar with two chords ends the run.
    """
    before, most, run = "", 0, 0
    for bar in tune.chords:
        run = run + 1 if len(bar) == 1 and bar[0][1] == before else 1
        before, most = bar[-1][1], max(most, run)
    return most


def _of_folder(folder: Path, titles: Mapping[str, str]) -> Iterator[Tune]:
    for row in read_rows(folder):
        read = {LEAD_SHEETS: read_lead_sheet, PART_SONGS: read_song}.get(row["source"])
        if read is None:
            continue
        try:
            tune = read(folder / row["path"])
        except ValueError as error:
            print(f"{row['path']}: no tune: {error}", file=sys.stderr)
            continue
        title = titles.get(row["song_id"], tune.title)
        song_id = song_id_of(title) if row["source"] == LEAD_SHEETS else row["song_id"]
        licence = f"own rendering of a tune: {row['licence']}"
        yield replace(tune, song_id=song_id, title=title, licence=licence, source=row["source"])
