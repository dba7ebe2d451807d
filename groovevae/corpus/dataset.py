"""Makes training batches of the bars of many songs: drawn by genre, grouped by length. It never reads a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from groovevae.bars import Bars, Song
from groovevae.bars.batch import BarBatch
from groovevae.bars.constants import BASS_TOKENS, CHORD_SIZE, FIRST_PITCH, LEAD_TOKENS, PITCHED
from groovevae.config import TrainConfig
from groovevae.corpus.labels import UNLABELLED
from groovevae.corpus.load import CorpusSong, Songs
from groovevae.corpus.pack import bar_flags, flagged_notes
from groovevae.corpus.packed_bars import KeptBars, PackedBars, Places
from groovevae.progress import Progress, quiet

_TOLD = 1000  # songs between two reports: to say so takes longer than to gather one
_SORTED = 2**20  # bars sorted at once
BUCKETS = (2, 3, 4, 6)  # beats: a batch holds bars of similar length, so that little of it is padding


@dataclass(frozen=True)
class Dataset:
    """All bars of some songs, with the genre and the song that each comes from."""

    bars: KeptBars
    genre: np.ndarray  # (N,) int, index into `genres`; -1 for those of no genre
    song: np.ndarray  # (N,) int, index into the songs it was made from
    genres: tuple[str, ...]

    @classmethod
    def from_songs(
        cls,
        songs: Sequence[Song],
        song_genres: Sequence[str],
        genres: tuple[str, ...],
        *,
        progress: Progress = quiet,
    ) -> Dataset:
        """Gather the bars of `songs`, without the silence before the first note and after the last.

        Bars that lie packed on disk stay there; of others, those of one song are in memory at a time. Raises
        OutputError where the disk is full or fails.
        """
        lengths: list[int] = []
        kept = songs.kept if isinstance(songs, Songs) else songs

        def parts() -> Iterator[Bars | Places]:
            for song in kept:
                if len(lengths) % _TOLD == 0:
                    progress("gathering bars", len(lengths), len(songs))
                part = sounding_part(song)
                lengths.append(len(part.flags) if isinstance(part, Places) else len(part))
                yield part

        return cls.of_bars(PackedBars(parts()), lengths, song_genres, genres)

    @classmethod
    def of_bars(
        cls, bars: KeptBars, lengths: Sequence[int], song_genres: Sequence[str], genres: tuple[str, ...]
    ) -> Dataset:
        """Return a dataset of the bars of songs, one song after another, of which each has so many."""
        number = {name: index for index, name in enumerate(genres)} | {UNLABELLED: -1}
        genre = np.repeat(np.array([number[name] for name in song_genres], np.int16), lengths)
        return cls(bars, genre, np.repeat(np.arange(len(lengths), dtype=np.int32), lengths), genres)

    def __len__(self) -> int:
        return len(self.bars)

    def of_each_genre(self, count: int, *, seed: int = 0) -> np.ndarray:
        """Draw the indices of up to `count` sounding bars of each genre, with `seed`."""
        rng = np.random.default_rng(seed)
        sounding = self.bars.has_notes
        picked = [np.flatnonzero((self.genre == genre) & sounding) for genre in range(len(self.genres))]
        return np.concatenate([rng.permutation(index)[:count] for index in picked])


def sounding(song: Song) -> slice:
    """Return the slice from a song's first bar with a note to its last."""
    return first_to_last(song.bars.has_notes)


def first_to_last(has_notes: np.ndarray) -> slice:
    """Return the slice from the first bar with a note to the last."""
    index = np.flatnonzero(has_notes)
    return slice(int(index[0]), int(index[-1]) + 1) if len(index) else slice(0, 0)


def sounding_flags(song: CorpusSong | Song) -> np.ndarray:
    """Return the flags of a song's bars from the first with a note to the last, as `pack.bar_flags` makes them."""
    flags = song.kept.flags if isinstance(song, CorpusSong) else bar_flags(song.bars)
    return flags[first_to_last(flagged_notes(flags))]


def sounding_part(song: CorpusSong | Song) -> Bars | Places:
    """Return a song's bars from the first with a note to the last, or where they lie on disk."""
    if isinstance(song, Song):
        return song.bars[sounding(song)]
    if isinstance(song.kept.opened, bytes):
        whole = song.song
        return whole.bars[sounding(whole)]
    flags, sizes = song.kept.flags, song.kept.sizes
    window = first_to_last(flagged_notes(flags))
    before = int(sizes[: window.start].sum(dtype=np.int64))
    start = song.kept.opened.start + song.kept.bars_start + before
    return Places(song.kept.opened.spool, start, sizes[window], flags[window])


class _Drawn(NamedTuple):
    """The bars of a batch, all in one bucket, and a generator that draws the rest."""

    rng: np.random.Generator
    chosen: np.ndarray  # (B,) int, index into the bars of the dataset
    bucket: int  # index into BUCKETS


class Batches:
    """Endless training batches of a dataset. Batch `step` depends on the seed and the step alone.

    `mixed` and `transposed` are the shares of the bars that are changed, which lets the model learn more from few
    songs: see `mix_roles` and `transpose`. A mixed bar belongs to no genre: its genre is -1. Bars that belong to none
    come as often as if they were one more genre.
    """

    def __init__(
        self,
        data: Dataset,
        *,
        batch_size: int,
        genre_balance: float,
        seed: int,
        mixed: float = 0.0,
        transposed: float = 0.0,
    ) -> None:
        self.data, self.batch_size, self.seed = data, batch_size, seed
        self.mixed, self.transposed = mixed, transposed
        shape = (len(BUCKETS), len(data.genres) + 1)  # the last column: bars of no genre
        bucket = np.searchsorted(BUCKETS, np.arange(BUCKETS[-1] + 1)).astype(np.int16)  # of each number of beats
        cell = bucket[data.bars.num_beats] * np.int16(shape[1]) + data.genre % np.int16(shape[1])  # (N,)
        count = np.bincount(cell, minlength=shape[0] * shape[1])
        self._order = _by_cell(cell, count)
        self._first = np.cumsum(count) - count
        self._count = count
        of_genre = count.reshape(shape).sum(0)  # (G,)
        weight = np.where(of_genre > 0, np.maximum(of_genre, 1.0) ** -genre_balance, 0.0)
        chance = count.reshape(shape) * weight
        self._chance = chance / chance.sum()  # (K, G + 1)

    @classmethod
    def of(cls, data: Dataset, config: TrainConfig) -> Batches:
        """Return the batches that training with `config` sees."""
        return cls(
            data,
            batch_size=config.batch_size,
            genre_balance=config.genre_balance,
            seed=config.seed,
            mixed=config.mixed,
            transposed=config.transposed,
        )

    def __getitem__(self, step: int) -> tuple[BarBatch, np.ndarray]:
        """Return the batch of a step and the genre of each of its bars, (B,)."""
        drawn = self._drawn(step)
        return self._made(self.data.bars[drawn.chosen], drawn)

    def index(self, step: int) -> np.ndarray:
        """Return which bars the batch of a step is made of, (B,)."""
        return self._drawn(step).chosen

    def made_of(self, bars: Bars, step: int) -> tuple[BarBatch, np.ndarray]:
        """Return the batch of a step, given the bars that `index` tells."""
        return self._made(bars, self._drawn(step))

    def _made(self, bars: Bars, drawn: _Drawn) -> tuple[BarBatch, np.ndarray]:
        batch, is_mixed = mix_roles(bars.batch(BUCKETS[drawn.bucket]), drawn.rng, share=self.mixed)
        batch = transpose(batch, drawn.rng, share=self.transposed)
        return batch, np.where(is_mixed, -1, self.data.genre[drawn.chosen])

    def _drawn(self, step: int) -> _Drawn:
        rng = np.random.default_rng([self.seed, step])
        of_bucket = self._chance.sum(1)
        bucket = rng.choice(len(BUCKETS), p=of_bucket)
        genre = rng.choice(self._chance.shape[1], size=self.batch_size, p=self._chance[bucket] / of_bucket[bucket])
        cell = bucket * self._chance.shape[1] + genre
        index = self._order[self._first[cell] + (rng.random(self.batch_size) * self._count[cell]).astype(int)]
        return _Drawn(rng, index, int(bucket))


def _by_cell(cell: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Return the indices that sort bars by their cells (N,), of which each has `count`, (N,) u4.

    It is a stable `argsort`, some bars at a time: for all at once, it would take 8 bytes of memory more for each.
    """
    order = np.empty(len(cell), np.uint32)
    free = np.cumsum(count) - count  # where the next bar of each cell goes
    for start in range(0, len(cell), _SORTED):
        part = cell[start : start + _SORTED]
        here = np.bincount(part, minlength=len(count))
        place = np.arange(len(part)) + np.repeat(free - (np.cumsum(here) - here), here)
        order[place] = start + np.argsort(part, kind="stable")
        free += here
    return order


def mix_roles(batch: BarBatch, rng: np.random.Generator, *, share: float) -> tuple[BarBatch, np.ndarray]:
    """Return the batch with a `share` of the bars (B,) mixed: each role is taken from some bar of the same length.

    What one role plays then says little about the others, so that the latent space must give each role a place of its
    own, and new combinations are reconstructed as well as known ones.
    """
    size = len(batch.num_steps)
    is_mixed = rng.random(size) < share
    roles = np.tile(np.arange(size), (1 + len(PITCHED), 1))  # (4, B): whose drums, bass, chords and lead
    for length in np.unique(batch.num_steps):
        alike = np.flatnonzero(batch.num_steps == length)
        roles[:, alike] = alike[rng.integers(len(alike), size=(len(roles), len(alike)))]
    roles = np.where(is_mixed, roles, np.arange(size))
    drums, bass, chords, lead = roles

    def of_pitched(feel: np.ndarray) -> np.ndarray:
        return np.stack([feel[bars, :, column] for column, bars in enumerate((bass, chords, lead))], -1)

    mixed = batch._replace(
        drums=batch.drums[drums],
        drums_offset=batch.drums_offset[drums],
        bass=batch.bass[bass],
        chords=batch.chords[chords],
        lead=batch.lead[lead],
        velocity=of_pitched(batch.velocity),
        offset=of_pitched(batch.offset),
    )
    return mixed, is_mixed


MAX_TRANSPOSE = 6  # semitones up or down: this reaches every key


def transpose(batch: BarBatch, rng: np.random.Generator, *, share: float) -> BarBatch:
    """Return the batch with a `share` of the bars moved to another key, if all their notes have a place there."""
    size = len(batch.num_steps)
    by = rng.integers(1, MAX_TRANSPOSE + 1, size) * rng.choice([-1, 1], size)
    by = np.where(rng.random(size) < share, by, 0)
    tokens = {"bass": BASS_TOKENS, "lead": LEAD_TOKENS}
    moved = {name: getattr(batch, name) + by[:, None] * batch.onsets(name) for name in tokens}
    fits = np.ones(size, bool)
    for name, count in tokens.items():
        fits &= (~batch.onsets(name) | ((moved[name] >= FIRST_PITCH) & (moved[name] < count))).all(1)
    pitch = np.arange(CHORD_SIZE) - by[:, None]  # (B, P): where each chord pitch comes from
    there = np.broadcast_to(pitch.clip(0, CHORD_SIZE - 1)[:, None], batch.chords.shape)
    chords = np.take_along_axis(batch.chords, there, axis=-1) * ((pitch >= 0) & (pitch < CHORD_SIZE))[:, None]
    fits &= (chords > 0).sum((1, 2)) == (batch.chords > 0).sum((1, 2))
    moved["chords"] = chords
    return batch._replace(
        **{
            name: np.where(fits.reshape(-1, *(1,) * (part.ndim - 1)), part, getattr(batch, name)).astype(np.uint8)
            for name, part in moved.items()
        }
    )
