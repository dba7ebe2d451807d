"""Draws MIDI files as piano rolls in one picture, for a quick look at what was generated."""

from __future__ import annotations

from pathlib import Path

import click
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from groovevae.bars.midi import load_score

COLOURS = {"Drums": "#888888", "Bass": "#1f5fbf", "Chords": "#3a9d5d", "Lead": "#d0402b"}


def draw(axes: plt.Axes, path: Path) -> None:
    """One file: time in quarter notes, pitch, a colour for each role, lines at bars of its first metre."""
    score = load_score(path)
    for index, track in enumerate(score.tracks):
        notes = score.notes[score.notes["track"] == index]
        colour = COLOURS.get(track.name, "#7a4fa0")
        label = track.name if track.is_drum else f"{track.name} ({track.program})"
        axes.hlines(notes["pitch"], notes["onset"], notes["onset"] + notes["duration"], colour, lw=2.5, label=label)
    _, numerator, denominator = score.metres[0]
    bar = 4 * numerator / denominator
    for line in range(int(score.end / bar) + 2):
        axes.axvline(line * bar, color="#dddddd", lw=0.6, zorder=0)
    axes.set_title(f"{path.stem}   {score.tempos[0, 1]:.0f} bpm", fontsize=8)
    axes.tick_params(labelsize=6)
    axes.legend(fontsize=5, loc="upper right")


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--out", default="piano-rolls.png", show_default=True)
@click.option("--columns", default=2, show_default=True)
def main(files: tuple[Path, ...], out: str, columns: int) -> None:
    """Write one picture with a piano roll of each file."""
    rows = -(-len(files) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(8 * columns, 3 * rows), squeeze=False)
    for place, path in zip(axes.flat, files, strict=False):
        draw(place, path)
    for place in axes.flat[len(files) :]:
        place.axis("off")
    figure.tight_layout()
    figure.savefig(out, dpi=80)
    print(out)


if __name__ == "__main__":
    main()
