"""Draws MIDI files as piano rolls, one picture of all: a quick look at what was generated.

python scripts/piano_roll.py a.mid b.mid --title "The start" --title "Half way to rock" --columns 1 --out rolls.png
"""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path

import click
import matplotlib
import pretty_midi

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from groovevae.midi.reading import load_score
from groovevae.midi.score import Track

COLOURS = {"Drums": "#8a8a8a", "Bass": "#1f5fbf", "Chords": "#3a9d5d", "Lead": "#d0402b"}
GRID = "#e4e4e4"


def draw(axes: plt.Axes, path: Path, title: str | None) -> None:
    """Draw one file: bars of its first metre, pitch, a colour for each role."""
    score = load_score(path)
    _, numerator, denominator = score.metres[0]
    bar = 4 * numerator / denominator
    for index, track in enumerate(score.tracks):
        notes = score.notes[score.notes["track"] == index]
        colour = COLOURS.get(track.name, "#7a4fa0")
        starts, ends = notes["onset"] / bar + 1, (notes["onset"] + notes["duration"]) / bar + 1
        axes.hlines(notes["pitch"], starts, ends, colour, lw=2.5, label=label_of(track))
    last = max(int(score.end / bar + 0.999), 1) + 1
    axes.set_xlim(1, last)
    axes.set_xticks(range(1, last))
    axes.grid(axis="x", color=GRID, lw=0.8)
    axes.set_axisbelow(True)
    axes.set_title(f"{title or path.stem}, {score.tempos[0, 1]:.0f} bpm", fontsize=9, loc="left")
    axes.tick_params(labelsize=7, length=0)
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.legend(fontsize=6, loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)


def label_of(track: Track) -> str:
    """Return a track's name, and what plays it."""
    if track.is_drum:
        return track.name
    return f"{track.name}: {pretty_midi.program_to_instrument_name(track.program)}"


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--out", default="piano-rolls.png", show_default=True)
@click.option("--columns", default=2, show_default=True)
@click.option("--title", "titles", multiple=True, help="Title of a roll, in the order of the files.")
def main(files: tuple[Path, ...], out: str, columns: int, titles: tuple[str, ...]) -> None:
    """Write one picture with a piano roll of each file."""
    rows = -(-len(files) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(9 * columns, 2.3 * rows), squeeze=False, layout="constrained")
    for place, (path, title) in zip(axes.flat, zip_longest(files, titles[: len(files)]), strict=False):
        draw(place, path, title)
    for place in axes.flat[len(files) :]:
        place.axis("off")
    figure.savefig(out, dpi=100, metadata={"Software": None})
    print(out)


if __name__ == "__main__":
    main()
