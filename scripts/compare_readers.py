"""Compares the notes that groovevae, symusic, mido and pretty_midi read in each MIDI file of a folder.

python scripts/compare_readers.py CORPUS

mido gives events, not notes. A plain note starts while its pitch is silent in its track and channel, and ends some time
later, before that pitch starts again. All must agree on each plain note's onset, end, pitch and velocity, and on
whether channel 10 plays it. Each library has its own way of ending notes that overlap another of their pitch, never end
or have no length: these are compared only by their onsets, where a library has them. groovevae must have them all.
"""

from __future__ import annotations

import io
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import click
import mido
import numpy as np
import pretty_midi

from groovevae.errors import MidiError
from groovevae.midi.suffixes import SUFFIXES
from midi_readers import (
    DRUM_CHANNEL,
    Note,
    note_events,
    notes_of_groovevae,
    notes_of_pretty_midi,
    notes_of_symusic,
)

TOLD_SECONDS = 60.0

Onset = tuple[bool, int, int, int]  # on channel 10, start, pitch, velocity


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


def differing(found: Counter[Note], plain: Counter[Note], others: Counter[Onset], *, is_whole: bool = False) -> str:
    """How a library's notes differ from what they must be; empty where they do not. `is_whole`: it has all others."""
    if missing := plain - found:
        return f"{missing.total()} plain notes missing, such as {next(iter(missing))}"
    begun = Counter((is_drum, start, *rest) for is_drum, start, _, *rest in (found - plain).elements())
    if more := begun - others:
        return f"{more.total()} notes that nothing begins, such as {next(iter(more))}"
    if is_whole and (missing := others - begun):
        return f"{missing.total()} other notes missing, such as {next(iter(missing))}"
    return ""


def reading_of(read: Callable[[bytes], Counter[Note]], data: bytes) -> Counter[Note] | str:
    """A library's notes, or the reason why it refuses the file."""
    try:
        return read(data)
    except MidiError as error:
        return error.reason
    except Exception as error:  # whatever the libraries raise
        return f"{type(error).__name__}: {error}"


def notes_that_mido_gives(data: bytes) -> tuple[Counter[Note], Counter[Onset]] | str:
    """Plain notes and other beginnings, values above 127 lowered; or the reason why mido refuses the file."""
    try:
        return plain_notes(mido.MidiFile(file=io.BytesIO(data), clip=True))
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def compare(path: Path, counts: Counter[str]) -> list[str]:
    """Counts what a file holds and who reads it; what the libraries do not agree on."""
    data = path.read_bytes()
    given = notes_that_mido_gives(data)
    readers = {"groovevae": notes_of_groovevae, "symusic": notes_of_symusic, "pretty_midi": notes_of_pretty_midi}
    readings = {name: reading_of(read, data) for name, read in readers.items()}
    counts["files"] += 1
    for name, found in {"mido": given, **readings}.items():
        counts[f"files that {name} reads"] += not isinstance(found, str)
    ours = readings["groovevae"]
    if isinstance(ours, str) and not all(isinstance(found, str) for found in (given, *readings.values())):
        counts[f"files that only groovevae refuses: {ours}"] += 1
    if isinstance(given, str) or data[9:10] == b"\x02" or data[12:13] >= b"\x80":  # times of our own there
        counts["files without events to compare with"] += 1
        return []
    plain, others = given
    counts["plain notes"] += plain.total()
    counts["other notes"] += others.total()
    counts["files without other notes"] += not others
    return [
        f"{name}: {said}"
        for name, found in readings.items()
        if not isinstance(found, str) and (said := differing(found, plain, others, is_whole=name == "groovevae"))
    ]


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False))
@click.option("--seed", default=0, show_default=True, help="Seed of the order in which files are read.")
@click.option("--files", type=int, help="Number of files to read.  [default: all]")
def main(folder: str, seed: int, files: int | None) -> None:
    """Name the files in FOLDER whose plain notes the libraries read differently, and exit with 1 if there are any."""
    warnings.simplefilter("ignore")  # pretty_midi's, of tempos in other tracks
    pretty_midi.pretty_midi.MAX_TICK = 1e9
    paths = sorted(path for path in Path(folder).rglob("*") if path.suffix.lower() in SUFFIXES)
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
