"""Measures what a file of a collection costs: processor time to read, compare and gather it, and bytes on disk.

python scripts/cost_of_a_file.py CORPUS --genre pop --genre rock

docs/scale.md reckons with these figures what larger collections take. Processor time says more than seconds where
other work is done beside.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import click

from groovevae.corpus import Songs, load_corpus
from groovevae.corpus.dataset import Dataset
from groovevae.corpus.duplicates import pairs_alike
from groovevae.corpus.pack import pack_song
from groovevae.corpus.reader import load_packed
from groovevae.training.data import check_enough

Result = TypeVar("Result")


@click.command()
@click.argument("corpus", type=click.Path())
@click.option("--genre", "genres", multiple=True, help="Only files of this genre; may be given several times.")
@click.option("--most", default=200, show_default=True, help="Files to measure, spread evenly over the collection.")
def main(corpus: str, genres: tuple[str, ...], most: int) -> None:
    """Print milliseconds of processor time, and bytes, for each file and bar."""
    songs = [song for song in load_corpus(corpus).songs if not genres or song.entry.genre in genres]
    songs = songs[:: max(1, len(songs) // most)]
    bars = sum(len(song.song.bars) for song in songs)

    def told(what: str, work: Callable[[], Result]) -> Result:
        begun = time.process_time()
        result = work()
        print(f"{what}: {(time.process_time() - begun) / len(songs) * 1000:.2f} ms a file")
        return result

    print(f"{len(songs)} files of {bars / len(songs):.0f} bars")
    told("reading", lambda: [load_packed(song.entry.path) for song in songs])
    told("near-duplicates", lambda: pairs_alike([song.kept for song in songs]))
    told("counting", lambda: check_enough(songs, needs_two=False))
    names = [song.entry.genre for song in songs]
    genre_names = tuple(sorted(set(names)))
    data = told("gathering bars", lambda: Dataset.from_songs(Songs(songs), names, genre_names))
    packed = sum(len(pack_song(song.song)) for song in songs)
    print(f"kept: {packed / len(songs):,.0f} bytes a file, {packed / bars:.0f} a bar; to train on: ", end="")
    print(f"{data.bars.nbytes / max(len(data), 1):.0f} bytes a bar")


if __name__ == "__main__":
    main()
