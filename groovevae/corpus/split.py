"""Which songs to train on and which to hold out. Knows song ids, genres and bars' digests; never looks at notes.

A song's side depends on its id and the seed alone, so that it stays when files are added or removed.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict

from groovevae.corpus.load import Corpus
from groovevae.corpus.pack import bars_digest
from groovevae.errors import RequestError

MIN_SONGS_TO_HOLD_OUT = 5  # a genre with fewer songs may have none held out


def split_songs(corpus: Corpus, *, held_out: float = 0.1, seed: int = 0) -> tuple[list[int], list[int]]:
    """Indices into `corpus.songs` to train on and to hold out, about a `held_out` share (0 to below 1) of the songs.

    All versions of a song, in all genres, and songs of the same bars are on one side. Every genre keeps a song to
    train on, and one of at least 5 songs has one held out (unless that would take another genre's last).
    """
    if not 0 <= held_out < 1:
        raise RequestError(f"held_out is {held_out:g}; it is a share of the songs, from 0 to below 1")
    groups = _groups(corpus)
    rank = {group: _rank(group, seed) for group in groups}
    genres: dict[str, set[str]] = defaultdict(set)
    for song, group in zip(corpus.songs, groups, strict=True):
        genres[song.entry.genre].add(group)
    held = {group for group in groups if rank[group] < held_out}
    for _, members in sorted(genres.items()):
        if members <= held:
            held.discard(max(members, key=rank.__getitem__))
    for _, members in sorted(genres.items()):
        if held_out > 0 and len(members) >= MIN_SONGS_TO_HOLD_OUT and not members & held:
            held.update(_first_spare(members, held, genres, rank))
    train = [index for index, group in enumerate(groups) if group not in held]
    return train, [index for index, group in enumerate(groups) if group in held]


def _groups(corpus: Corpus) -> list[str]:
    """For each song, the name of what it must not be parted from: its song id, or the first id of the same bars."""
    name_of: dict[str, str] = {}

    def find(song_id: str) -> str:
        while name_of.setdefault(song_id, song_id) != song_id:
            song_id = name_of[song_id]
        return song_id

    ids_of_bars: dict[bytes, str] = {}
    for song in corpus.songs:
        here, there = (
            find(song.entry.song_id),
            find(ids_of_bars.setdefault(bars_digest(song.packed), song.entry.song_id)),
        )
        name_of[max(here, there)] = min(here, there)
    return [find(song.entry.song_id) for song in corpus.songs]


def _rank(group: str, seed: int) -> float:
    """A number in [0, 1) that only the seed and the name decide."""
    digest = hashlib.sha256(f"{seed} {group}".encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _first_spare(members: set[str], held: set[str], genres: dict[str, set[str]], rank: dict[str, float]) -> list[str]:
    """The lowest-ranked group that no genre needs as its last one to train on; none where all are needed."""
    last = {next(iter(left)) for genre in genres.values() if len(left := genre - held) == 1}
    return sorted(members - last, key=rank.__getitem__)[:1]
