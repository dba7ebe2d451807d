"""Makes one corpus of the files of several machines, from a listing of each. Moves no music and opens no connection.

A listing says of each song where it belongs and what is known of it without its bars. Whoever has all listings knows
the corpus of all files as one machine that had them would: its order, near-duplicates, sides and batches.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import numpy as np

from groovevae.corpus.entries import Entry
from groovevae.corpus.kept import KeptSong
from groovevae.corpus.load import TWIN, Corpus, CorpusSong
from groovevae.corpus.pack import BODY_START
from groovevae.corpus.spool import Spool
from groovevae.errors import CorpusError
from groovevae.wording import printable

_SAID = tuple(field.name for field in fields(Entry) if field.name not in ("path", "choices"))


class _Listing(NamedTuple):
    songs: Mapping[str, CorpusSong]  # by path within the corpus
    unused: Mapping[str, str]  # path -> why it is not used


def listing(corpus: Corpus) -> bytes:
    """Say in bytes, about 1.5 KB for each file, what others must know of a corpus."""
    songs = corpus.songs
    texts = {
        "songs": [[_name(corpus, song.entry.path), *(getattr(song.entry, name) for name in _SAID)] for song in songs],
        "unused": {_name(corpus, item.path): item.reason for item in corpus.rejected},
    }
    rest = [song.kept.without_bars() for song in songs]
    file = io.BytesIO()
    np.savez(
        file,
        texts=_array(json.dumps(texts).encode()),
        heads=_array(b"".join(song.kept.packed_head for song in songs)).reshape(-1, BODY_START),
        rest=_array(b"".join(rest)),
        sizes=np.array([len(one) for one in rest], np.int64),
    )
    return file.getvalue()


def united(own: Corpus, listings: Sequence[bytes]) -> Corpus:
    """Return the corpus of all files of several processes, given the listings of all, in their order.

    It is the corpus that one process with all files would have, in its order. Songs that are not in `own` are without
    bars, and files that are not used are those of `own`. Where several processes have a file, the first holds it.
    Raises CorpusError where two of them have different files of one name, or do not agree whether a file is used, and
    OutputError where the disk is full.
    """
    spool = Spool()
    hosts = [_parsed(data, number, own.root, spool) for number, data in enumerate(listings)]
    songs: dict[str, CorpusSong] = {}
    for number, host in enumerate(hosts):
        for name, song in host.songs.items():
            _check_same(name, songs.setdefault(name, song), song, number)
    _check_used(songs, hosts)
    here = {_name(own, song.entry.path): song for song in own.songs}
    first: dict[tuple[str, bytes], CorpusSong] = {}
    for name in sorted(songs, key=lambda name: PurePosixPath(name).parts):
        song = replace(here.get(name, songs[name]), holder=songs[name].holder)
        first.setdefault((song.entry.genre, song.kept.head.bars_digest), song)
    return replace(own, songs=list(first.values()))


def _name(corpus: Corpus, path: Path) -> str:
    return path.relative_to(corpus.root).as_posix()


def _array(data: bytes) -> np.ndarray:
    return np.frombuffer(data, np.uint8)


def _parsed(data: bytes, holder: int, root: Path, spool: Spool) -> _Listing:
    """Return a listing as `listing` made it, of the process `holder`; what is known of its songs goes to the spool."""
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        arrays = dict(file)
    texts = json.loads(arrays["texts"].tobytes())
    songs = {}
    for (name, *said), kept in zip(texts["songs"], _kept(arrays, spool), strict=True):
        entry = Entry(root / name, **dict(zip(_SAID, said, strict=True)))
        songs[name] = CorpusSong(entry, kept, holder)
    return _Listing(songs, texts["unused"])


def _kept(arrays: Mapping[str, Any], spool: Spool) -> Iterator[KeptSong]:
    rest, start = arrays["rest"].tobytes(), 0
    for head, size in zip(arrays["heads"], arrays["sizes"].tolist(), strict=True):
        yield KeptSong(head.tobytes(), spool.store(rest[start : start + size]))
        start += size


def _check_same(name: str, one: CorpusSong, other: CorpusSong, number: int) -> None:
    """Raise CorpusError where process `number` has another file than an earlier one, or says something else of it."""
    if one.kept.packed_head != other.kept.packed_head:
        raise CorpusError(
            f"{printable(name)}: processes {one.holder} and {number} have different files of this name; "
            "rename one of them"
        )
    for what in _SAID:
        said, too = getattr(one.entry, what), getattr(other.entry, what)
        if said != too:
            raise CorpusError(
                f"{printable(name)}: processes {one.holder} and {number} differ in its {what}, {said!r} and {too!r}; "
                "give both the same manifest and labels"
            )


def _check_used(songs: Mapping[str, CorpusSong], hosts: Sequence[_Listing]) -> None:
    """Raise CorpusError for a file that one process uses and another does not."""
    for number, host in enumerate(hosts):
        for name, reason in host.unused.items():
            if name in songs and not reason.startswith(TWIN):
                raise CorpusError(
                    f"{printable(name)}: process {songs[name].holder} uses it and process {number} does not "
                    f"({reason}); give both the same file, and leave it out on both or on none"
                )
