"""Makes one corpus of the files of several machines, from a listing of each. Moves no music and opens no connection.

A listing says of each song where it belongs and what is known of it without its notes. Whoever has all listings knows
the corpus of all files as one machine that had them would: its order, near-duplicates, sides and batches.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import numpy as np

from groovevae.corpus.duplicates import distinct_bars, near_duplicates_among
from groovevae.corpus.facts import Facts, facts_of
from groovevae.corpus.load import TWIN, Corpus, CorpusSong
from groovevae.corpus.scan import Entry
from groovevae.errors import CorpusError
from groovevae.progress import Progress, quiet
from groovevae.wording import printable

_SAID = tuple(field.name for field in fields(Entry) if field.name not in ("path", "choices"))
_NOTES = np.uint8(128)  # added to the number of a bar's beats where it has notes


class _Listed(NamedTuple):
    """A song as a listing has it."""

    entry: Entry
    facts: Facts
    distinct: np.ndarray  # (n,) uint64, as near-duplicates are compared


class _Listing(NamedTuple):
    songs: Mapping[str, _Listed]  # by path within the corpus
    unused: Mapping[str, str]  # path -> why it is not used


def listing(corpus: Corpus, *, progress: Progress = quiet) -> bytes:
    """Say in bytes, about 1 KB for each file, what others must know of a corpus."""
    facts: list[Facts] = []
    distinct: list[np.ndarray] = []
    for done, song in enumerate(corpus.songs):
        progress("listing songs for the other processes", done, len(corpus.songs))
        read = song.song
        facts.append(facts_of(read, song.packed, 0))
        distinct.append(np.array(list(distinct_bars(read.bars)), np.uint64))
    entries = [song.entry for song in corpus.songs]
    texts = {
        "songs": [[_name(corpus, entry.path), *(getattr(entry, name) for name in _SAID)] for entry in entries],
        "unused": {_name(corpus, item.path): item.reason for item in corpus.rejected},
    }
    file = io.BytesIO()
    np.savez(
        file,
        texts=np.frombuffer(json.dumps(texts).encode(), np.uint8),
        digests=np.frombuffer(b"".join(one.digest for one in facts), np.uint8).reshape(-1, 16),
        contents=np.frombuffer(b"".join(one.content for one in facts), np.uint8).reshape(-1, 32),
        bars=np.concatenate([np.zeros(0, np.uint8), *(one.num_beats + _NOTES * one.has_notes for one in facts)]),
        num_bars=np.array([len(one.num_beats) for one in facts], np.int64),
        distinct=np.concatenate([np.zeros(0, np.uint64), *distinct]),
        num_distinct=np.array([len(one) for one in distinct], np.int64),
    )
    return file.getvalue()


def united(own: Corpus, listings: Sequence[bytes], *, progress: Progress = quiet) -> Corpus:
    """Return the corpus of all files of several processes, given the listings of all, in their order.

    It is the corpus that one process with all files would have, in its order, and its near-duplicates are found. Songs
    that are not in `own` are without notes, and files that are not used are those of `own`. Where several processes
    have a file, the first holds it.
    Raises CorpusError where two of them have different files of one name, or do not agree whether a file is used.
    """
    hosts = [_parsed(data, number, own.root) for number, data in enumerate(listings)]
    songs: dict[str, _Listed] = {}
    for number, host in enumerate(hosts):
        for name, listed in host.songs.items():
            _check_same(name, songs.setdefault(name, listed), listed, number)
    _check_used(songs, hosts)
    first: dict[tuple[str, bytes], str] = {}
    for name in sorted(songs, key=lambda name: PurePosixPath(name).parts):
        first.setdefault((songs[name].entry.genre, songs[name].facts.digest), name)
    here = {_name(own, song.entry.path): song for song in own.songs}
    all_songs = [
        replace(here.get(name, CorpusSong(songs[name].entry, None)), facts=songs[name].facts) for name in first.values()
    ]
    whole = replace(own, songs=all_songs)
    progress("comparing songs", 0, 1)
    vars(whole)["near_duplicates"] = near_duplicates_among([songs[name].distinct for name in first.values()])
    return whole


def _name(corpus: Corpus, path: Path) -> str:
    return path.relative_to(corpus.root).as_posix()


def _parsed(data: bytes, holder: int, root: Path) -> _Listing:
    """Return a listing as `listing` made it, of the process `holder`."""
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        arrays = dict(file)
    texts = json.loads(arrays["texts"].tobytes())
    songs = {}
    columns: tuple[Any, ...] = (
        arrays["digests"],
        arrays["contents"],
        np.split(arrays["bars"], np.cumsum(arrays["num_bars"])[:-1]),
        np.split(arrays["distinct"], np.cumsum(arrays["num_distinct"])[:-1]),
    )
    for (name, *said), digest, content, bars, distinct in zip(texts["songs"], *columns, strict=False):
        facts = Facts(holder, digest.tobytes(), content.tobytes(), bars % _NOTES, bars >= _NOTES)
        songs[name] = _Listed(Entry(root / name, **dict(zip(_SAID, said, strict=True))), facts, distinct)
    return _Listing(songs, texts["unused"])


def _check_same(name: str, one: _Listed, other: _Listed, number: int) -> None:
    """Raise CorpusError where process `number` has another file than an earlier one, or says something else of it."""
    holder = one.facts.holder
    if one.facts.content != other.facts.content:
        raise CorpusError(
            f"{printable(name)}: processes {holder} and {number} have different files of this name; rename one of them"
        )
    for what in _SAID:
        said, too = getattr(one.entry, what), getattr(other.entry, what)
        if said != too:
            raise CorpusError(
                f"{printable(name)}: processes {holder} and {number} differ in its {what}, {said!r} and {too!r}; "
                "give both the same manifest and labels"
            )


def _check_used(songs: Mapping[str, _Listed], hosts: Sequence[_Listing]) -> None:
    """Raise CorpusError for a file that one process uses and another does not."""
    for number, host in enumerate(hosts):
        for name, reason in host.unused.items():
            if name in songs and not reason.startswith(TWIN):
                raise CorpusError(
                    f"{printable(name)}: process {songs[name].facts.holder} uses it and process {number} does not "
                    f"({reason}); give both the same file, and leave it out on both or on none"
                )
