"""Trains on files that lie with several processes: each tells the others what it has, and hands over what is asked for.

Files that all processes have are not handed over: then each reads its own copy.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import jax
import numpy as np

from groovevae.bars import Bars, Song
from groovevae.bars.batch import BarBatch
from groovevae.config import TrainConfig
from groovevae.corpus import Corpus, CorpusSong
from groovevae.corpus.dataset import Batches, Dataset, sounding
from groovevae.corpus.facts import Facts, facts_of
from groovevae.corpus.fingerprint import fingerprint
from groovevae.corpus.pack import pack_song
from groovevae.corpus.packed_bars import PackedBars, unpack_bars
from groovevae.corpus.spool import Spool
from groovevae.corpus.union import listing, united
from groovevae.progress import Progress, quiet
from groovevae.training.processes import gather_bytes, together

AHEAD_STEPS = 25  # of which the bars are handed over at once: processes wait for one another as they do for reports
SONGS_AT_ONCE = 1000  # that are handed over at once, some 4 MB


def share(corpus: Corpus, *, progress: Progress = quiet) -> Corpus:
    """Return the corpus of all files of all processes: this one's, where all have the same or it trains alone.

    Songs of other processes are without notes, but for their facts. All processes must call it together. Raises
    CorpusError where two of them have different files of one name.
    """
    if jax.process_count() == 1 or is_shared(corpus.songs):
        return corpus
    with together():
        own = fingerprint(corpus).encode()
    if len(set(gather_bytes(own))) == 1:
        return corpus
    with together():
        listed = listing(corpus, progress=progress)
    return united(corpus, gather_bytes(listed), progress=progress)


def is_shared(songs: Sequence[CorpusSong]) -> bool:
    """Tell whether other processes may have the notes of some of these songs."""
    return any(song.facts for song in songs)


def bring(songs: Sequence[CorpusSong], *, progress: Progress = quiet) -> list[CorpusSong]:
    """Return songs with their notes, of which others need not know any more.

    Where other processes have some, all must ask for the same songs together. Raises OutputError for a full disk.
    """
    if not is_shared(songs):
        return list(songs)
    with together():
        spool = Spool()
    found: list[CorpusSong] = []
    for start in range(0, len(songs), SONGS_AT_ONCE):
        progress("bringing songs together", start, len(songs))
        part = songs[start : start + SONGS_AT_ONCE]
        holders = np.array([song.facts.holder if song.facts else 0 for song in part])
        packed = _handed_over(holders, partial(_packed, part))
        with together():
            found += [
                CorpusSong(song.entry, spool.store(one) if song.kept is None else song.kept)
                for song, one in zip(part, packed, strict=True)
            ]
    return found


def _packed(songs: Sequence[CorpusSong], places: list[int]) -> list[bytes]:
    return [songs[place].packed for place in places]


def _handed_over(holders: np.ndarray, read: Callable[[list[int]], list[bytes]]) -> list[bytes]:
    """Return N things, each from the process that holds it, (N,). `read` returns those at some places of this one's."""
    with together():
        own = read(np.flatnonzero(holders == jax.process_index()).tolist())
        message = b"".join([struct.pack("<I", len(one)) + one for one in own])
    found = [b""] * len(holders)
    for process, answer in enumerate(gather_bytes(message)):
        start = 0
        for place in np.flatnonzero(holders == process).tolist():
            (size,) = struct.unpack_from("<I", answer, start)
            found[place] = answer[start + 4 : start + 4 + size]
            start += 4 + size
    return found


class SharedBars:
    """The bars of songs, each packed on the disk of one process. Whoever asks for some must do so in all together."""

    def __init__(self, own: PackedBars, facts: Sequence[Facts]) -> None:
        """Take the bars of the songs that this process holds, and the facts of all songs, (S,)."""
        self.has_notes = np.concatenate([np.zeros(0, bool), *(one.has_notes for one in facts)])
        self.num_beats = np.concatenate([np.zeros(0, np.uint8), *(one.num_beats for one in facts)])
        self._own = own
        self._holder = np.array([one.holder for one in facts], int)  # (S,)
        length = np.array([len(one.has_notes) for one in facts], int)
        self._end = np.cumsum(length)
        is_own = self._holder == jax.process_index()
        self._own_start = np.cumsum(length * is_own) - length * is_own  # (S,) among the bars of this process

    def __len__(self) -> int:
        return len(self.has_notes)

    def __getitem__(self, index: slice | np.ndarray) -> Bars:
        return unpack_bars(self.packed(np.arange(len(self))[index]))

    def packed(self, index: np.ndarray) -> list[bytes]:
        """Return bars (n,) as `unpack_bars` takes them. Raises OutputError where a disk fails."""
        song = np.searchsorted(self._end, index, side="right")
        place = self._own_start[song] + index - np.append(0, self._end)[song]
        return _handed_over(self._holder[song], lambda own: self._own.packed(place[own]))


def shared_dataset(
    songs: Sequence[CorpusSong | Song], song_genres: Sequence[str], genres: tuple[str, ...], *, progress: Progress
) -> Dataset:
    """Return the bars of songs that lie with several processes, of which each packs its own; `Song`s, the first does.

    Raises OutputError where the disk is full.
    """
    facts = [_facts(song) for song in songs]
    own = [song for song, known in zip(songs, facts, strict=True) if known.holder == jax.process_index()]

    def parts() -> Iterator[Bars]:
        for done, one in enumerate(own):
            progress("gathering bars", done, len(own))
            song = one.song if isinstance(one, CorpusSong) else one
            yield song.bars[sounding(song)]

    bars = SharedBars(PackedBars(parts()), facts)
    return Dataset.of_bars(bars, [len(known.has_notes) for known in facts], song_genres, genres)


def _facts(song: CorpusSong | Song) -> Facts:
    """Return what is known of a song; one that is none of a corpus is held by the first process."""
    known = song.facts if isinstance(song, CorpusSong) else facts_of(song, pack_song(song), 0)
    assert known
    return known


def batches_of(data: Dataset, config: TrainConfig) -> Batches | BatchesAhead:
    """Return the batches that training with `config` sees, wherever the bars lie."""
    batches = Batches.of(data, config)
    return BatchesAhead(batches, data.bars) if isinstance(data.bars, SharedBars) else batches


class BatchesAhead:
    """The same batches, for bars that lie with several processes: those of some steps are handed over at once."""

    def __init__(self, batches: Batches, bars: SharedBars) -> None:
        self._batches, self._bars = batches, bars
        self._ahead: dict[int, list[bytes]] = {}

    def __getitem__(self, step: int) -> tuple[BarBatch, np.ndarray]:
        """Return the batch of a step and the genre of each of its bars, (B,); steps must be asked for in order."""
        if step not in self._ahead:
            steps = range(step, step - step % AHEAD_STEPS + AHEAD_STEPS)
            index = [self._batches.index(one) for one in steps]
            packed = self._bars.packed(np.concatenate(index))
            size = self._batches.batch_size
            self._ahead = {one: packed[n * size : (n + 1) * size] for n, one in enumerate(steps)}
        return self._batches.made_of(unpack_bars(self._ahead.pop(step)), step)
