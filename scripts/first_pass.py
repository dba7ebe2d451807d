"""Measures what training takes before its first step of all songs of a collection, on made-up numbers alone (Linux).

python scripts/first_pass.py --files 170000 --bars 100

No file is read and no bar is made: what reading keeps of each song (a number, a flag and a size of each bar) is made
up. So collections can be measured that would take hours to read.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

import click
import numpy as np

from groovevae.corpus.dataset import Batches, Dataset
from groovevae.corpus.duplicates import pairs_alike
from groovevae.corpus.packed_bars import PackedBars, Places
from groovevae.corpus.spool import Spool
from phases import peak_memory

GENRES = ("a", "b", "c")
FOUR_BEATS = 0x84  # as `pack.bar_flags` flags a bar of 4/4 with notes
Result = TypeVar("Result")


class Numbers(NamedTuple):
    """A song's distinct bars: other numbers for each song."""

    song: int
    bars: int

    @property
    def num_distinct(self) -> int:
        return self.bars

    @property
    def numbers(self) -> np.ndarray:
        start = self.song * self.bars
        return np.arange(start, start + self.bars, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)


def gathered(files: int, bars: int) -> Dataset:
    """Where the bars of so many songs would lie."""
    spool, sizes, flags = Spool(), np.full(bars, 193, np.uint16), np.full(bars, FOUR_BEATS, np.uint8)
    packed = PackedBars(Places(spool, song * bars * 193, sizes, flags) for song in range(files))
    song = np.repeat(np.arange(files, dtype=np.int32), bars)
    return Dataset(packed, (song % len(GENRES)).astype(np.int16), song, GENRES)


def told(what: str, work: Callable[[], Result]) -> Result:
    """Do some work; print its processor time, and how much more memory there is at most and afterwards."""
    Path("/proc/self/clear_refs").write_text("5", "utf-8")  # the peak starts anew
    before, begun = peak_memory(), time.process_time()
    result = work()
    seconds, most = time.process_time() - begun, peak_memory() - before
    print(f"{what}: {seconds:.1f} s of processor time, {most:.0f} MiB more at most", flush=True)
    return result


@click.command()
@click.option("--files", default=170_000, show_default=True)
@click.option("--bars", default=100, show_default=True, help="Bars in each file.")
def main(files: int, bars: int) -> None:
    """Print processor time and memory of near-duplicates, gathering bars, and laying out batches."""
    songs = [Numbers(song, bars) for song in range(files)]
    told("near-duplicates", lambda: pairs_alike(songs))
    data = told("gathering bars", lambda: gathered(files, bars))
    told("laying out batches", lambda: Batches(data, batch_size=256, genre_balance=0.5, seed=0))


if __name__ == "__main__":
    main()
