"""Measures how loud the roles of blends are beside each other, and the blends themselves, once they are sound.

python scripts/sound_levels.py

Needs the extra `studio`. Blends are of the bundled model: random ordered pairs of genres, at 0, 0.5 and 1 in turn.
"""

from __future__ import annotations

import itertools

import click
import numpy as np

from groovevae import BlendRequest, load_model
from groovevae.audio import Sound, render
from groovevae.audio.levels import LOUDNESS, decibels, loudness, peak
from groovevae.bars.constants import ROLES

AMOUNTS = (0.0, 0.5, 1.0)
WITHIN = 0.05  # LU


def sounds(count: int, soundfont: str | None) -> list[Sound]:
    """The sound of as many blends, with their stems."""
    groove = load_model()
    pairs = list(itertools.permutations(sorted(groove.model.genres), 2))
    chosen = np.random.default_rng(1).permutation(len(pairs))[:count]
    made = []
    for seed, (start, target) in enumerate(pairs[index] for index in chosen):
        request = BlendRequest(start, {target: 1.0}, amount=AMOUNTS[seed % len(AMOUNTS)], seed=seed)
        [piece] = groove.blend(request)
        made.append(render(piece.midi, soundfont=soundfont, stems=True))
    return made


@click.command()
@click.option("--count", default=30, show_default=True, help="Blends to measure.")
@click.option("--soundfont", help="Soundfont to play them on.  [default: the usual one]")
def main(count: int, soundfont: str | None) -> None:
    """Prints a row for each role, and what the mixes are like."""
    made = sounds(count, soundfont)
    mixes = np.array([loudness(sound.mix) for sound in made])
    print("| role | plays in | median | 10th to 90th percentile |\n|---|---|---|---|")
    for role in ROLES:
        below = [loudness(one.stems[role]) - mix for one, mix in zip(made, mixes, strict=True) if role in one.stems]
        low, middle, high = np.percentile(below, [10, 50, 90])
        print(f"| {role} | {len(below)} of {count} | {middle:.1f} LU | {low:.1f} to {high:.1f} LU |")
    peaks = np.array([decibels(peak(sound.mix)) for sound in made])
    reached = int((np.abs(mixes - LOUDNESS) < WITHIN).sum())
    print(f"{reached} of {count} mixes at {LOUDNESS:g} LUFS, the softest at {mixes.min():.1f}")
    print(f"peaks: median {np.median(peaks):.1f} dBFS, highest {peaks.max():.1f} dBFS")


if __name__ == "__main__":
    main()
