"""Chooses songs to train on and songs to hold out, by their ids, genres and duplicates. Never looks at notes.

A song's side depends on its id, or on its group where it has one, and on the seed alone, so that it stays the same when
files are added or removed, unless these are nearly the same music.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable

from groovevae.corpus.load import Corpus
from groovevae.errors import RequestError

MIN_SONGS_TO_HOLD_OUT = 5  # a genre with fewer songs may have none held out

Families = dict[str, frozenset[str]]  # a song's name -> the names of all songs on its side, its own too


def split_songs(corpus: Corpus, *, held_out: float = 0.1, seed: int = 0) -> tuple[list[int], list[int]]:
    """Return indices into `corpus.songs` to train on, and about a `held_out` share (0 to below 1) of them to hold out.

    All versions of a song, in all genres, songs of one group, and songs with nearly the same bars are on one side.
    Every genre keeps a song to train on. A genre of at least 5 different songs has one held out, unless that would take
    another genre's last.

    Sides are first drawn as if no two songs were nearly the same. Then each held-out song that is nearly the same as a
    training song joins the training songs. Only where this leaves a genre with nothing held out, others take their
    place.
    """
    if not 0 <= held_out < 1:
        raise RequestError(f"held_out is {held_out:g}; it is a share of the songs, from 0 to below 1")
    names = _names(corpus)
    rank = {name: _rank(name, seed) for name in names}
    genres: dict[str, set[str]] = defaultdict(set)
    for song, name in zip(corpus.songs, names, strict=True):
        genres[song.entry.genre].add(name)
    held = {name for name in names if rank[name] < held_out}
    for _, members in sorted(genres.items()):
        if members <= held:
            held.discard(max(members, key=rank.__getitem__))
    alone: Families = {name: frozenset([name]) for name in names}
    alike = _families(corpus, names)
    if held_out > 0:
        _hold_one_of_each(held, genres, alone, rank)
    held = {name for name in held if alike[name] <= held}
    if held_out > 0:
        _hold_one_of_each(held, genres, alike, rank)
    train = [index for index, name in enumerate(names) if name not in held]
    return train, [index for index, name in enumerate(names) if name in held]


def _names(corpus: Corpus) -> list[str]:
    """Return each song's group, or its id; the first of these where songs share an id or have exactly the same bars."""
    ids = [song.entry.group or song.entry.song_id for song in corpus.songs]
    first_with: dict[bytes | str, str] = {}
    pairs = [
        (own, first_with.setdefault(shared, own))
        for song, own in zip(corpus.songs, ids, strict=True)
        for shared in (song.kept.head.bars_digest, song.entry.song_id)
    ]
    name_of = _joined(ids, pairs)
    return [name_of[song_id] for song_id in ids]


def _families(corpus: Corpus, names: list[str]) -> Families:
    """Group songs that are nearly the same, including those that are connected only through others."""
    head = _joined(names, ((names[pair.song], names[pair.of]) for pair in corpus.near_duplicates))
    members: dict[str, set[str]] = defaultdict(set)
    for name, first in head.items():
        members[first].add(name)
    shared = {first: frozenset(family) for first, family in members.items()}
    return {name: shared[first] for name, first in head.items()}


def _joined(names: Iterable[str], pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return, for each name, the alphabetically first of all names that the pairs connect it with."""
    first = {name: name for name in names}

    def find(name: str) -> str:
        while first[name] != name:
            first[name] = name = first[first[name]]
        return name

    for one, other in pairs:
        here, there = find(one), find(other)
        first[max(here, there)] = min(here, there)
    return {name: find(name) for name in first}


def _rank(name: str, seed: int) -> float:
    """Return a number in [0, 1) that only the seed and the name decide."""
    digest = hashlib.sha256(f"{seed} {name}".encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _hold_one_of_each(held: set[str], genres: dict[str, set[str]], families: Families, rank: dict[str, float]) -> None:
    """Add a family to `held` for each genre of enough songs that has none there, if one can be spared."""
    for _, members in sorted(genres.items()):
        if len({families[name] for name in members}) >= MIN_SONGS_TO_HOLD_OUT and not members & held:
            held.update(_first_spare(members, held, genres, families, rank))


def _first_spare(
    members: set[str], held: set[str], genres: dict[str, set[str]], families: Families, rank: dict[str, float]
) -> frozenset[str]:
    """Return the lowest-ranked of the smallest families that no genre needs to train on; none where all are needed."""
    left = [{families[name] for name in genre - held} for genre in genres.values()]
    needed = {next(iter(families)) for families in left if len(families) == 1}
    spare = {families[name] for name in members} - needed
    return min(spare, key=lambda family: (len(family), min(map(rank.__getitem__, family))), default=frozenset())
