"""Trains on files that lie with several processes: each tells the others what it has, and hands over what is asked for.

Files that all processes have are not handed over: then each reads its own copy.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import jax
import numpy as np

from groovevae.bars import Bars, Song
from groovevae.bars.batch import BarBatch
from groovevae.config import TrainConfig
from groovevae.corpus import Corpus, CorpusSong
from groovevae.corpus.dataset import Batches, Dataset, sounding_flags, sounding_part
from groovevae.corpus.fingerprint import fingerprint
from groovevae.corpus.kept import KeptSong
from groovevae.corpus.pack import flagged_beats, flagged_notes
from groovevae.corpus.packed_bars import PackedBars, Places, bars_of
from groovevae.corpus.spool import Spool
from groovevae.corpus.union import listing, united
from groovevae.progress import Progress, quiet
from groovevae.training.processes import gather_bytes, together

AHEAD_STEPS = 25  # of which the bars are handed over at once: processes wait for one another as they do for reports
SONGS_AT_ONCE = 1000  # that are handed over at once, some 4 MB


def share(corpus: Corpus, *, progress: Progress = quiet) -> Corpus:
    """Return the corpus of all files of all processes: this one's, where all have the same or it trains alone.

    Of songs of other processes, all is known but their bars. All processes must call it together. Raises CorpusError
    where two of them have different files of one name.
    """
    if jax.process_count() == 1 or is_shared(corpus.songs):
        return corpus
    with together():
        own = fingerprint(corpus).encode()
    if len(set(gather_bytes(own))) == 1:
        return corpus
    with together():
        listed = listing(corpus)
    progress("listing the songs of all processes", 0, 1)
    listings = gather_bytes(listed)
    with together():
        return united(corpus, listings)


def is_shared(songs: Sequence[CorpusSong]) -> bool:
    """Tell whether other processes may have the notes of some of these songs."""
    return any(song.holder is not None for song in songs)


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
        holders = np.array([song.holder or 0 for song in part])
        packed = _handed_over(holders, partial(_packed, part))
        with together():
            found += [_with_bars(song, one, spool) for song, one in zip(part, packed, strict=True)]
    return found


def _packed(songs: Sequence[CorpusSong], places: list[int]) -> list[bytes]:
    return [zlib.compress(songs[place].kept.read_all(), level=1) for place in places]


def _with_bars(song: CorpusSong, packed: bytes, spool: Spool) -> CorpusSong:
    if song.kept.has_bars:
        return CorpusSong(song.entry, song.kept)
    return CorpusSong(song.entry, KeptSong(song.kept.packed_head, spool.store(zlib.decompress(packed))))


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

    def __init__(self, own: PackedBars, holders: Sequence[int], flags: Sequence[np.ndarray]) -> None:
        """Take the bars of the songs that this process holds, and the holder and the flags of bars of all songs."""
        of_bars = np.concatenate([np.zeros(0, np.uint8), *flags])
        self.has_notes, self.num_beats = flagged_notes(of_bars), flagged_beats(of_bars)
        self._own = own
        self._holder, length = np.array(holders, int), np.array([len(one) for one in flags], int)  # (S,)
        self._start, self._end = np.cumsum(length) - length, np.cumsum(length)
        is_own = self._holder == jax.process_index()
        self._own_start = np.cumsum(length * is_own) - length * is_own  # (S,) among the bars of this process

    def __len__(self) -> int:
        return len(self.has_notes)

    def __getitem__(self, index: slice | np.ndarray) -> Bars:
        return bars_of(self.packed(np.arange(len(self))[index]))

    @property
    def nbytes(self) -> int:
        """Bytes that the bars of this process take on its disk."""
        return self._own.nbytes

    def packed(self, index: np.ndarray) -> list[bytes]:
        """Return bars (n,) as they are packed, for `bars_of`. Raises OutputError where a disk fails."""
        song = np.searchsorted(self._end, index, side="right")
        place = self._own_start[song] + index - self._start[song]
        return _handed_over(self._holder[song], lambda own: self._own.packed(place[own]))


def shared_dataset(
    songs: Sequence[CorpusSong | Song], song_genres: Sequence[str], genres: tuple[str, ...], *, progress: Progress
) -> Dataset:
    """Return the bars of songs that lie with several processes, of which each packs its own; `Song`s, the first does.

    Raises OutputError where the disk is full.
    """
    holders = [song.holder or 0 if isinstance(song, CorpusSong) else 0 for song in songs]
    flags = [sounding_flags(song) for song in songs]
    own = [song for song, holder in zip(songs, holders, strict=True) if holder == jax.process_index()]

    def parts() -> Iterator[Bars | Places]:
        for done, song in enumerate(own):
            if done % SONGS_AT_ONCE == 0:
                progress("gathering bars", done, len(own))
            yield sounding_part(song)

    bars = SharedBars(PackedBars(parts()), holders, flags)
    return Dataset.of_bars(bars, [len(one) for one in flags], song_genres, genres)


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
        return self._batches.made_of(bars_of(self._ahead.pop(step)), step)
