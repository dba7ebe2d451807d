"""Draws some songs of each genre, so that what looks at songs one by one takes no longer the more there are.

It opens no file.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence

from groovevae.corpus.load import CorpusSong

MOST_SONGS = 2000  # of a genre: enough for a median, a mean or a judge


def some_songs(songs: Sequence[CorpusSong], most: int = MOST_SONGS) -> list[int]:
    """Return the indices of up to `most` songs of each genre, in their order: all where there are no more.

    Which they are depends on their ids alone, so that the versions that a song has in several genres are drawn
    together.
    """
    by_genre: dict[str, list[int]] = defaultdict(list)
    for index, song in enumerate(songs):
        by_genre[song.entry.genre].append(index)
    drawn = (
        own if len(own) <= most else sorted(own, key=lambda index: rank_of(songs[index].entry.song_id))[:most]
        for own in by_genre.values()
    )
    return sorted(index for own in drawn for index in own)


def some_of_all(songs: Sequence[CorpusSong], total: int, *, least: int) -> list[int]:
    """Return the indices that `some_songs` returns, or of fewer songs a genre where these are more than `total`.

    No genre has fewer than `least` for that: very many genres may still have more together.
    """
    drawn = some_songs(songs)
    if len(drawn) <= total:
        return drawn
    return some_songs(songs, max(total // len({song.entry.genre for song in songs}), least))


def drawn_songs(songs: Sequence[CorpusSong], most: int = MOST_SONGS) -> list[CorpusSong]:
    """Return the songs themselves whose indices `some_songs` returns."""
    return [songs[index] for index in some_songs(songs, most)]


def rank_of(song_id: str) -> bytes:
    """Return what songs are drawn by, the lowest first."""
    return hashlib.sha256(song_id.encode("utf-8", "surrogateescape")).digest()
