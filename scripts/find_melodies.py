"""Measures how often the melody is found among tracks whose names are hidden, where names tell which it is.

    python scripts/find_melodies.py FOLDER...

A file counts if some of its single lines are named as melodies and others are not. It is found if the track that leads
most notes is one of the named. Files are told in two halves, by their names: the constants of `bars/lines.py` were
chosen on the first.
"""

from __future__ import annotations

import sys
import zlib
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np

from groovevae.bars.constants import LEAD
from groovevae.bars.line_tracks import LOWEST_LEAD
from groovevae.bars.lines import MONOPHONIC, measure_lines
from groovevae.bars.roles import assign_roles
from groovevae.bars.track_names import name_hints
from groovevae.errors import MidiError
from groovevae.midi.reading import load_score
from groovevae.midi.score import Score

BAR = 4  # quarter notes


def single_lines(score: Score) -> list[int]:
    """Return the tracks that could carry a melody by their register and by playing one note at a time."""
    bar = (score.notes["onset"] // BAR).astype(int)
    lines = measure_lines(score.notes, bar, len(score.tracks))
    could = (lines.mean_pitch >= LOWEST_LEAD) & (lines.overlap <= MONOPHONIC)
    return [index for index in np.flatnonzero(could).tolist() if not score.tracks[index].is_drum]


def found(score: Score) -> bool | None:
    """Tell whether the melody is found; None where names do not tell it."""
    lines = single_lines(score)
    melodies = {index for index in lines if name_hints(score.tracks[index].name).leads}
    if not melodies or len(melodies) == len(lines):
        return None
    hidden = replace(score, tracks=tuple(replace(track, name="") for track in score.tracks))
    role = assign_roles(hidden, (score.notes["onset"] // BAR).astype(int))
    leading = np.bincount(score.notes["track"][role == LEAD], minlength=len(score.tracks))
    return bool(leading.any() and int(leading.argmax()) in melodies)


def main() -> None:
    results: dict[tuple[str, int], list[bool]] = defaultdict(list)
    for folder in sys.argv[1:]:
        for path in sorted(Path(folder).rglob("*.mid")):
            try:
                is_found = found(load_score(path))
            except MidiError as error:
                print(error, file=sys.stderr)
                continue
            if is_found is not None:
                results[folder, zlib.crc32(path.stem.split("_")[0].encode()) % 2].append(is_found)
    print("half  files  found  folder")
    for (folder, half), hits in sorted(results.items()):
        print(f"{half:4d}  {len(hits):5d}  {np.mean(hits):.3f}  {folder}")


if __name__ == "__main__":
    main()
