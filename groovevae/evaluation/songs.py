"""Chooses the songs that an evaluation measures on: those that training held out, or other music altogether.

It never looks at what a model makes of them.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from groovevae.corpus import Corpus, CorpusSong, split_songs
from groovevae.corpus.duplicates import pairs_alike
from groovevae.corpus.sample import drawn_songs
from groovevae.errors import CorpusError
from groovevae.progress import Progress, quiet


class MeasuredSongs(NamedTuple):
    """Songs of genres that the model knows, at most `sample.MOST_SONGS` of each."""

    train: list[CorpusSong]  # that the model was trained on
    held: list[CorpusSong]  # that it never saw


def measured_songs(
    corpus: Corpus, genres: Collection[str], *, seed: int, unseen: Corpus | None = None, progress: Progress = quiet
) -> MeasuredSongs:
    """Return training songs, and held-out ones: those of the split with `seed`, or all of `unseen`.

    Songs of `unseen` that are nearly the same as a training song are left out. Raises CorpusError where nothing is
    left to measure on.
    """
    corpus.find_near_duplicates(progress=progress)
    train, held = ([corpus.songs[index] for index in part] for part in split_songs(corpus, seed=seed))
    if unseen is not None:
        held = _apart(unseen.songs, train, progress)
    train, held = (drawn_songs([song for song in part if song.entry.genre in genres]) for part in (train, held))
    if not held:
        raise CorpusError("no held-out song of a genre that the model knows")
    return MeasuredSongs(train, held)


def _apart(songs: list[CorpusSong], known: list[CorpusSong], progress: Progress) -> list[CorpusSong]:
    """Return the songs that are not nearly the same as a known one."""
    first = len(known)
    pairs = pairs_alike([song.kept for song in (*known, *songs)], progress=progress)
    repeated = {pair.song - first for pair in pairs if pair.of < first <= pair.song}
    return [song for index, song in enumerate(songs) if index not in repeated]
