"""Checks on many real files that nothing of them is lost: of which nothing is new, and of which every role is.

    python scripts/check_returns.py my-midi [--files 1000]

Each file is put together again by `tracks.composed`, and both files are read by symusic, which this project does not
use otherwise: with nothing new, all notes must be there at their own ticks; with all roles new, all notes of tracks
that play no role. Prints what differs, and ends with status 1 if anything does.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import click
import numpy as np
import symusic

from groovevae.bars.constants import ROLES
from groovevae.errors import MidiError
from groovevae.midi.events import write_events
from groovevae.tracks import Original, Rewriting, composed, load_original

Notes = Counter[tuple[int, int, int, int]]  # begin and end in ticks, pitch, velocity


@click.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True))
@click.option("--files", type=int, help="Files to check, evenly spread.  [default: all]")
def main(folders: tuple[str, ...], files: int | None) -> None:
    """Check all MIDI files under FOLDERS."""
    paths = sorted(path for folder in folders for path in Path(folder).rglob("*.mid"))
    paths = paths[:: max(1, len(paths) // files)] if files else paths
    counts: Counter[str] = Counter()
    for path in paths:
        try:
            original = load_original(str(path))
        except MidiError:
            counts["not read"] += 1
            continue
        counts["files"] += 1
        counts["notes"] += len(original.reading.score.notes)
        counts["at fault"] += not (_nothing_is_lost(original, path) and _others_stay(original, path))
    click.echo(", ".join(f"{count:,} {what}" for what, count in counts.items()))
    sys.exit(bool(counts["at fault"]))


def _nothing_is_lost(original: Original, path: Path) -> bool:
    before, after = _own_notes(original), _notes(_written(original, fresh=False), original)
    return _same(before, after, path, "with nothing new")


def _others_stay(original: Original, path: Path) -> bool:
    is_blended = np.isin(original.reading.score.notes["track"], original.reading.score.notes["track"][original.carried])
    before, after = _own_notes(original, where=~is_blended), _notes(_written(original, fresh=True), original)
    return _same(before, before & after, path, "with all roles new")


def _written(original: Original, *, fresh: bool) -> bytes:
    song = original.reading.song
    is_fresh = np.full((len(song.bars), len(ROLES)), fresh)
    return write_events(composed(Rewriting(original, np.arange(len(song.bars)), is_fresh), song))


def _own_notes(original: Original, where: np.ndarray | None = None) -> Notes:
    """Return the notes of the file as our own reader pairs them, with their written ends."""
    score, ticks = original.reading.score, original.file.ticks_per_quarter
    assert score.origin is not None
    found: Notes = Counter()
    for index in np.flatnonzero(np.ones(len(score.notes), bool) if where is None else where):
        note, origin = score.notes[index], score.origin[index]
        tick = original.file.tracks[origin["chunk"]].events["tick"]
        on = int(tick[origin["on"]])
        off = int(tick[origin["off"]]) if origin["off"] >= 0 else on + round(float(note["duration"]) * ticks)
        found[on, off, int(note["pitch"]), int(note["velocity"])] += 1
    return found


def _notes(data: bytes, original: Original) -> Notes:
    """Return the notes in the bytes of a file, in ticks of the original."""
    score = symusic.Score.from_midi(data)
    factor = score.ticks_per_quarter // original.file.ticks_per_quarter
    found: Notes = Counter()
    for track in score.tracks:
        for note in track.notes:
            found[note.start / factor, note.end / factor, note.pitch, note.velocity] += 1
    return found


def _same(before: Notes, after: Notes, path: Path, when: str) -> bool:
    if before != after:
        click.echo(f"{path}: {when}, {(before - after).total()} notes lost, {(after - before).total()} gained")
        click.echo(f"  {sorted(before - after)[:3]} {sorted(after - before)[:3]}")
    return before == after


if __name__ == "__main__":
    main()
