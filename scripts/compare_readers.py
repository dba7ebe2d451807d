"""Compares the notes that symusic, mido and pretty_midi read in each MIDI file of a folder.

python scripts/compare_readers.py CORPUS

mido gives events, not notes. A plain note starts while its pitch is silent in its track and channel, and ends some time
later, before that pitch starts again. The three libraries must agree on each plain note's onset, end, pitch and
velocity, and on whether drums play it. Each library has its own way of ending notes that overlap another of their
pitch, never end or have no length: these are compared only by their onsets, where a library has them.
"""

from __future__ import annotations

import io
import time
import warnings
from collections import Counter
from pathlib import Path

import click
import mido
import numpy as np
import pretty_midi

from midi_readers import DRUM_CHANNEL, Note, note_events, notes_of_pretty_midi, notes_of_symusic

TOLD_SECONDS = 60.0

Onset = tuple[bool, int, int, int]  # is drum, start, pitch, velocity


def plain_notes(file: mido.MidiFile) -> tuple[Counter[Note], Counter[Onset]]:
    """Plain notes, and the beginnings of all others."""
    plain: Counter[Note] = Counter()
    others: Counter[Onset] = Counter()
    for track in file.tracks:
        sounding: dict[tuple[int, int], list[tuple[int, int]]] = {}
        spoilt: set[tuple[int, int]] = set()  # keys of which several sound
        for tick, channel, pitch, velocity in note_events(track):
            key, is_drum = (channel, pitch), channel == DRUM_CHANNEL
            begun = sounding.setdefault(key, [])
            if velocity:
                begun.append((tick, velocity))
                if len(begun) > 1:
                    spoilt.add(key)
            elif begun:
                if key in spoilt or begun[0][0] == tick:
                    spoilt.add(key)
                    start, struck = begun.pop(0)
                    others[is_drum, start, pitch, struck] += 1
                    if not begun:
                        spoilt.discard(key)
                else:
                    start, struck = begun.pop()
                    plain[is_drum, start, tick, pitch, struck] += 1
        for (channel, pitch), begun in sounding.items():
            others.update((channel == DRUM_CHANNEL, start, pitch, struck) for start, struck in begun)
    return plain, others


def differing(found: Counter[Note], plain: Counter[Note], others: Counter[Onset]) -> str:
    """How a library's notes differ from what they must be; empty where they do not."""
    if missing := plain - found:
        return f"{missing.total()} plain notes missing, such as {next(iter(missing))}"
    begun = Counter((is_drum, start, *rest) for is_drum, start, _, *rest in (found - plain).elements())
    if more := begun - others:
        return f"{more.total()} notes that nothing begins, such as {next(iter(more))}"
    return ""


def compare(path: Path, counts: Counter[str]) -> list[str]:
    """Counts what a file holds; what the libraries do not agree on."""
    data = path.read_bytes()
    readings = {}
    try:
        file = mido.MidiFile(file=io.BytesIO(data))
        plain, others = plain_notes(file)
        readings["pretty_midi"] = notes_of_pretty_midi(file)
    except Exception as error:  # whatever two libraries raise: the file is not one that all read
        counts[f"files that mido or pretty_midi refuses: {type(error).__name__}"] += 1
        return []
    try:
        readings["symusic"] = notes_of_symusic(data)
    except (RuntimeError, ValueError):
        counts["files that symusic refuses"] += 1
        return []
    counts["files that all read"] += 1
    counts["plain notes"] += plain.total()
    counts["other notes"] += others.total()
    counts["files without other notes"] += not others
    return [f"{name}: {said}" for name, found in readings.items() if (said := differing(found, plain, others))]


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False))
@click.option("--seed", default=0, show_default=True, help="Seed of the order in which files are read.")
@click.option("--files", type=int, help="Number of files to read.  [default: all]")
def main(folder: str, seed: int, files: int | None) -> None:
    """Name the files in FOLDER whose plain notes the libraries read differently, and exit with 1 if there are any."""
    warnings.simplefilter("ignore")  # pretty_midi's, of tempos in other tracks
    pretty_midi.pretty_midi.MAX_TICK = 1e9
    paths = sorted(path for path in Path(folder).rglob("*") if path.suffix.lower() in (".mid", ".midi"))
    counts, disagree, told = Counter(), 0, time.monotonic()
    for number in np.random.default_rng(seed).permutation(len(paths))[:files].tolist():
        said = compare(paths[number], counts)
        disagree += bool(said)
        for line in said:
            print(f"{paths[number].relative_to(folder)}: {line}", flush=True)
        if time.monotonic() - told > TOLD_SECONDS:
            told = time.monotonic()
            print(dict(counts), flush=True)
    for what, count in counts.items():
        print(f"{what}: {count:,}")
    print(f"files with other disagreements: {disagree}")
    raise SystemExit(disagree > 0)


if __name__ == "__main__":
    main()
