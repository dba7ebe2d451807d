"""Gathers what a run learns from: the split songs of a corpus, and phrases of the genres it keeps. Trains nothing."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from groovevae.bars import Song
from groovevae.config import ModelConfig, TrainConfig
from groovevae.corpus import Corpus, CorpusSong, Songs, split_songs
from groovevae.corpus.dataset import Dataset
from groovevae.corpus.labels import UNLABELLED
from groovevae.corpus.sample import some_songs
from groovevae.errors import CorpusError, Cure
from groovevae.fitting.genres import phrase_song
from groovevae.model.file import ModelFile
from groovevae.model.genres import Genre
from groovevae.progress import Progress, quiet
from groovevae.training.hosts import bring, is_shared, share, shared_dataset
from groovevae.training.processes import together

MIN_GENRE_BARS = 64  # with fewer, the mean of a genre says little
SET_ASIDE_OF = 8  # one song in so many is set aside
MIN_BARS = 512  # two batches: fewer bars are memorised within a minute


@dataclass(frozen=True)
class TrainingMusic:
    """The music that a run learns from, and the model that it starts from."""

    corpus: Corpus
    train_songs: list[CorpusSong]  # of a genre
    held_songs: list[CorpusSong]
    at_hand: list[CorpusSong]  # of `train_songs`, with their notes: all, or some where other processes have some
    genres: tuple[str, ...]
    sizes: ModelConfig
    data: Dataset  # bars of the training songs, of the rehearsed phrases, and of songs of no genre
    held_out: Dataset
    start: ModelFile | None  # the model whose weights are the start
    kept: dict[str, Genre]  # the genres of `start` that the corpus does not have
    rehearsal: list[tuple[Song, str]]  # phrases of the kept genres, each with its genre

    @cached_property
    def data_at_hand(self) -> Dataset:
        """Bars of `at_hand` and of the rehearsed phrases: `data` itself unless other processes have some.

        Raises OutputError where the disk is full.
        """
        return dataset(self.at_hand, self.genres, self.rehearsal) if is_shared(self.train_songs) else self.data


def gather_music(
    corpus: Corpus, config: TrainConfig, sizes: ModelConfig, start: ModelFile | None, *, progress: Progress = quiet
) -> TrainingMusic:
    """Split a corpus, and add the phrases of the genres of `start` that are kept.

    Of several processes, all must call it together, and the corpus is that of all their files. Raises CorpusError where
    there is too little to learn from.
    """
    corpus = share(corpus, progress=progress)
    with together():
        corpus.find_near_duplicates(progress=progress)
        train_songs, held_songs = ([corpus.songs[i] for i in part] for part in split_songs(corpus, seed=config.seed))
        train_songs, unlabelled = _by_label(train_songs)
        check_enough(train_songs, needs_two=start is None)
    train_songs, at_hand = _brought(train_songs, progress)
    held_songs, held_at_hand = _brought(held_songs, progress)
    with together():
        old, genres = start.genres if start else {}, genres_of(corpus, start)
        kept = {name: genre for name, genre in old.items() if name not in corpus.genres}
        rehearsal = rehearse(start, kept) if start else []
        return TrainingMusic(
            corpus,
            train_songs,
            held_songs,
            at_hand,
            genres,
            sizes_of(genres, sizes, start),
            dataset(train_songs, genres, rehearsal, unlabelled, progress=progress),
            dataset(held_at_hand, genres, progress=progress),
            start,
            kept,
            rehearsal,
        )


def genres_of(corpus: Corpus, start: ModelFile | None) -> tuple[str, ...]:
    """Return the genres of a model trained on the corpus: its own, and those of the model to start from."""
    return tuple(sorted({*corpus.genres, *(start.genres if start else ())}))


def sizes_of(genres: tuple[str, ...], sizes: ModelConfig, start: ModelFile | None) -> ModelConfig:
    """Return the sizes of the network to train: those of the model to start from, where there is one."""
    return replace(start.config if start else sizes, num_genres=len(genres))


def _brought(songs: list[CorpusSong], progress: Progress) -> tuple[list[CorpusSong], list[CorpusSong]]:
    """Return songs, and those of them that are at hand: all, or as many of each genre as looking at songs takes.

    Those at hand have their notes in both lists.
    """
    if not is_shared(songs):
        return songs, songs
    drawn = some_songs(songs)
    at_hand = bring([songs[index] for index in drawn], progress=progress)
    every = songs.copy()
    for index, song in zip(drawn, at_hand, strict=True):
        every[index] = replace(songs[index], kept=song.kept)
    return every, at_hand


def _by_label(songs: Sequence[CorpusSong]) -> tuple[list[CorpusSong], list[CorpusSong]]:
    """Return the songs that have a genre, and those that have none."""
    return (
        [song for song in songs if song.entry.genre != UNLABELLED],
        [song for song in songs if song.entry.genre == UNLABELLED],
    )


def check_enough(songs: Sequence[CorpusSong], *, needs_two: bool) -> None:
    """Raise CorpusError, with the counts found and needed, where there is too little to train on."""
    bars = Counter[str]()
    for song in songs:
        bars[song.entry.genre] += song.kept.head.num_sounding
    if not bars:
        raise CorpusError("no song to train on", cure=Cure.SEE_REJECTED)
    found = ", ".join(f"{name} {count}" for name, count in sorted(bars.items()))
    if needs_two and len(bars) < 2:
        raise CorpusError(f"one genre only (bars found: {found}): blending needs two", cure=Cure.ANOTHER_GENRE)
    too_small = [name for name, count in sorted(bars.items()) if count < MIN_GENRE_BARS]
    if too_small or (needs_two and bars.total() < MIN_BARS):
        need = f"{MIN_GENRE_BARS} for each genre" + (f" and {MIN_BARS} in all" if needs_two else "")
        raise CorpusError(f"too little to learn from: bars to train on: {found}; needed: {need}; add more files")


def rehearse(start: ModelFile, kept: dict[str, Genre]) -> list[tuple[Song, str]]:
    """Return the phrases of the kept genres, as the old model plays them."""
    network = start.network()
    return [(phrase_song(network, phrase), name) for name, genre in kept.items() for phrase in genre.phrases]


def dataset(
    songs: Sequence[CorpusSong],
    genres: tuple[str, ...],
    rehearsal: Sequence[tuple[Song, str]] = (),
    unlabelled: Sequence[CorpusSong] = (),
    *,
    progress: Progress = quiet,
) -> Dataset:
    """Return the bars of songs, of rehearsed phrases, and of songs of no genre.

    Where other processes have the notes of some, the bars are `hosts.SharedBars`.
    """
    names = songs_with_genres(songs, rehearsal)[1] + [UNLABELLED] * len(unlabelled)
    every: list[CorpusSong | Song] = [*songs, *(song for song, _ in rehearsal), *unlabelled]
    if is_shared([*songs, *unlabelled]):
        return shared_dataset(every, names, genres, progress=progress)
    return Dataset.from_songs(Songs(every), names, genres, progress=progress)


def set_aside(songs: Sequence[CorpusSong]) -> np.ndarray:
    """Mark the songs (N,) that an arranger is not fitted to, so that its doses can be measured on them.

    All versions of a song, by its id, are on one side, and so are all songs of a group. A genre of SET_ASIDE_OF songs
    or groups has one set aside: a few groups that many genres share might all fall on the other side.
    """
    names = [song.entry.group or song.entry.song_id for song in songs]
    digests = {name: hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest() for name in names}
    aside = {name for name, digest in digests.items() if digest[0] % SET_ASIDE_OF == 0}
    of_genre: dict[str, set[str]] = defaultdict(set)
    for name, song in zip(names, songs, strict=True):
        of_genre[song.entry.genre].add(name)
    for _, own in sorted(of_genre.items()):
        if len(own) >= SET_ASIDE_OF and not own & aside:
            aside.add(min(own, key=digests.__getitem__))
    return np.array([name in aside for name in names], bool)


def songs_with_genres(
    songs: Sequence[CorpusSong], others: Sequence[tuple[CorpusSong | Song, str]]
) -> tuple[Songs, list[str]]:
    """Return the songs of files and others together, and the genre of each."""
    names = [song.entry.genre for song in songs] + [name for _, name in others]
    return Songs([*songs, *(song for song, _ in others)]), names
