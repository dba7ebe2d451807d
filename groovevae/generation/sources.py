"""Where a blend starts and where it goes: bars of files, folders and phrases as latent points, and how they are played.

This module encodes what `reading` reads; it never moves a point.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from groovevae.arranging.arrangement import Arrangements
from groovevae.arranging.loudness import loudness_of
from groovevae.arranging.plans import forms_of
from groovevae.bars import Bars, Song
from groovevae.bars.choices import WRITTEN
from groovevae.errors import MidiError, RequestError
from groovevae.generation.names import is_midi_path, is_path, short_name
from groovevae.generation.piece_requests import DEFAULT_BARS, MAX_BARS, StartFile
from groovevae.generation.requests import BlendRequest
from groovevae.model.file import ModelFile
from groovevae.model.genres import Genre, Vector, find_genre, nearest_genre
from groovevae.model.latent_arithmetic import translation_matrix
from groovevae.model.phrase_forms import Form
from groovevae.network.decoding import Take, decode_takes
from groovevae.network.forward import Network
from groovevae.network.refining import close_points

if TYPE_CHECKING:
    from groovevae.tracks import Original

LOUDNESS_BARS = 64  # of a genre's phrases that tell how loud it is: as many as are decoded at once


@dataclass(frozen=True)
class Source:
    """Bars as latent points, and how they are played."""

    z: np.ndarray  # (N, Z)
    bars: Bars  # a file's N bars; of a phrase as the network decodes it, or metres and tempos alone
    song: Song  # key, programs, kit
    plays: tuple[bool, ...]  # whether drums, bass, chords and lead play
    genre: str  # the genre that it is moved away from
    name: str  # for the description
    bar_index: np.ndarray | None = None  # (N,) which bar of a file's song each one is

    def with_bars(self, bars: Bars) -> Source:
        """Return the source with its bars as the network decodes them."""
        return replace(self, bars=bars, song=replace(self.song, bars=bars))


class Sources:
    """The bars and genres that the words of requests stand for, with one model; each file and folder is read once."""

    def __init__(self, model: ModelFile, network: Network) -> None:
        self.model, self.network = model, network
        self._songs: dict[StartFile, Song] = {}
        self._originals: dict[StartFile, Original] = {}
        self._files: dict[tuple[StartFile, int | None, tuple[str, ...]], Source] = {}
        self._points: dict[tuple[StartFile, int | None], np.ndarray] = {}
        self._phrases: dict[tuple[str, int, int], Source] = {}
        self._heard: dict[int, Source] = {}  # phrases with their notes, by id of the one without
        self._genres: dict[str, Genre] = {}
        self._loudness: dict[str, np.ndarray] = {}
        self._matrices: dict[tuple[str, str], np.ndarray] = {}

    def starts_of(self, requests: Sequence[BlendRequest]) -> list[Source]:
        """Return the bars that checked requests for one piece each start from. Raises MidiError, RequestError.

        Phrases that are to be arranged are decoded, all together.
        """
        starts = [self._silent_start(request) for request in requests]
        is_read = [one.method == "arranged" and not is_midi_path(one.start) for one in requests]
        to_read = {id(start): start for start, reads in zip(starts, is_read, strict=True) if reads}  # each once
        phrases = {key: start for key, start in to_read.items() if key not in self._heard}
        decoded = decode_takes(self.network, [Take(start.z, start.bars) for start in phrases.values()])
        for (key, start), bars in zip(phrases.items(), decoded, strict=True):
            self._heard[key] = start.with_bars(bars)
        return [self._heard[id(start)] if reads else start for start, reads in zip(starts, is_read, strict=True)]

    def _silent_start(self, request: BlendRequest) -> Source:
        """Return a start as it is read: a phrase comes without notes."""
        if not is_midi_path(request.start):
            num_bars, metre = request.bars or DEFAULT_BARS, request.choices.metre
            return self._phrase(request.start, seed=request.seed, num_bars=num_bars, metre=metre)
        return self._file(request.file, num_bars=request.bars, targets=request.targets)

    def end_of(self, request: BlendRequest, num_bars: int) -> Source:
        """Return `num_bars` bars of a request's one target, to be reached bar by bar.

        They are a file's bars, or those of a phrase other than the start's. Raises MidiError, and RequestError for a
        folder.
        """
        [word] = request.targets
        if is_midi_path(word):
            return self._file(StartFile((word,)), num_bars=num_bars, targets=())
        if is_path(word, self.model.genres):
            raise RequestError(
                f"{word}: method {request.method} goes from bar to bar, to a genre or a MIDI file, not a folder"
            )
        return self._phrase(word, seed=request.seed + (word == request.start), num_bars=num_bars)

    def genre(self, word: str) -> Genre:
        """Return a genre of the model, or one made on the spot from the bars of a file or a folder.

        Raises MidiError for a file that cannot be read, CorpusError for a folder without songs.
        """
        if not is_path(word, self.model.genres):
            return self.model.genres[word]
        if word not in self._genres:
            from groovevae.generation.reading import genre_of_word

            self._genres[word] = genre_of_word(self.model, self.network, word, self.song)
        return self._genres[word]

    def know(self, word: str, genre: Genre) -> None:
        """Let a word stand for a genre that was described before, so that nothing is opened for it."""
        self._genres[word] = replace(genre, name=word)

    @cached_property
    def arrangements(self) -> Arrangements | None:
        """The model's arranger, ready to draw; None where it has none."""
        return None if self.model.arranger is None else Arrangements(self.model.arranger, self.network)

    def forms(self, word: str) -> tuple[Form, ...]:
        """Return the forms by which a genre, file or folder arranges; errors as in `genre`."""
        return forms_of(self.genre(word), self.model.prior, self.model.arranger)

    def translation_matrix(self, source: Genre, target: Genre) -> np.ndarray:
        """Return the matrix (Z, Z) of this name for two genres that `genre` returned; it takes some tens of ms."""
        pair = source.name, target.name
        if pair not in self._matrices:
            self._matrices[pair] = translation_matrix(source, target)
        return self._matrices[pair]

    def loudness(self, word: str) -> np.ndarray:
        """Return how loud a genre, file or folder plays drum voices and roles, (12,); errors as in `genre`."""
        if word not in self._loudness:
            phrases = self.genre(word).phrases
            z = np.concatenate([np.zeros((0, self.model.config.latent_size)), *(phrase.z for phrase in phrases)])
            bars = Bars.empty(len(z))
            bars.metre[:] = np.concatenate([np.zeros((0, 2)), *(phrase.metre for phrase in phrases)])
            some = np.linspace(0, len(z), min(LOUDNESS_BARS, len(z)), endpoint=False).astype(int)
            [decoded] = decode_takes(self.network, [Take(z[some].astype(np.float32), bars[some])])
            self._loudness[word] = loudness_of(decoded)
        return self._loudness[word]

    def mean(self, words: Sequence[str]) -> np.ndarray:
        """Return the mean (Z,) of the bars of genres, files and folders. Raises RequestError, else as `genre` does."""
        known = self.model.genres
        genres = [self.genre(word if is_path(word, known) else find_genre(word, known)) for word in words]
        return np.average([genre.mean for genre in genres], axis=0, weights=[genre.num_bars for genre in genres])

    def _phrase(self, genre: str, *, seed: int, num_bars: int, metre: tuple[int, int] | None = None) -> Source:
        """Return a phrase of a genre, repeated to `num_bars` bars. Seeds take turns through its phrases in a metre.

        Its bars are not decoded: most ways to move them need no more than their metres and tempos.
        """
        numbers = _in_metre(self.model.genres[genre], metre)
        number = numbers[seed % len(numbers)]
        key = genre, number, num_bars
        if key not in self._phrases:
            phrase = self.model.genres[genre].phrases[number]
            index = np.arange(num_bars) % len(phrase.z)
            like, z = Bars.empty(num_bars, tempo=phrase.tempo), phrase.z[index].astype(np.float32)
            like.metre[:] = phrase.metre[index]
            song = Song(like, phrase.transpose, phrase.is_minor, phrase.programs, phrase.kit)
            name = f"{genre} (from {phrase.title!r})" if phrase.title else genre
            self._phrases[key] = Source(z, like, song, phrase.plays, genre, name)
        return self._phrases[key]

    def _file(self, file: StartFile, *, num_bars: int | None, targets: Collection[str]) -> Source:
        """Return all bars of a file, or `num_bars` from the first that sounds on, repeated where the file is shorter.

        Its genre, from which it is moved away, is the nearest one that is not among the `targets`.
        """
        key = file, num_bars, tuple(targets)
        if key not in self._files:
            song = self.song(file)
            index = _bars_to_use(song.bars, num_bars, path=file.paths[0])
            bars = song.bars[index]
            z = self._points_of(file, num_bars, bars)
            others = {name: genre for name, genre in self.model.genres.items() if name not in targets}
            genre = nearest_genre(z[bars.has_notes] if bars.has_notes.any() else z, others or self.model.genres)
            is_cut = num_bars is None and len(bars) < len(song.bars)
            which = f"the first {len(bars):,} of {len(song.bars):,} bars, " if is_cut else ""
            name = f"{_names(file)} ({which}taken for {genre})"
            self._files[key] = Source(z, bars, song, bars.plays, genre, name, index)
        return self._files[key]

    def _points_of(self, file: StartFile, num_bars: int | None, bars: Bars) -> np.ndarray:
        """Return the points (N, Z) of a file's bars, found once: whoever tries other targets need not wait for them."""
        if (file, num_bars) not in self._points:
            self._points[file, num_bars] = close_points(self.network, bars)
        return self._points[file, num_bars]

    def song(self, file: StartFile) -> Song:
        """Return a MIDI file's song. Raises MidiError."""
        if file not in self._songs:
            from groovevae.generation.reading import read_song

            is_one = len(file.paths) == 1 and file.choices.beats == WRITTEN
            self._songs[file] = read_song(file.paths[0], file.choices) if is_one else self.original(file).reading.song
        return self._songs[file]

    def original(self, file: StartFile) -> Original:
        """Return a MIDI file with all its tracks. Raises MidiError."""
        if file not in self._originals:
            from groovevae.generation.reading import original_of

            self._originals[file] = original_of(file, is_read=file in self._songs)
        return self._originals[file]

    @property
    def told(self) -> tuple[str, ...]:
        """What was read of each file, in a line: which track plays what, how many bars, what was guessed."""
        if not self._songs:
            return ()
        from groovevae.generation.reading import reading_line

        return tuple(reading_line(self.original(file)) for file in self._songs)


def metres_of(genre: Genre) -> list[tuple[int, int]]:
    """Return the metres of the phrases of a genre that a piece can start from, in order."""
    return sorted({(int(beats), int(unit)) for beats, unit in (phrase.metre[0] for phrase in genre.phrases)})


def _in_metre(genre: Genre, metre: tuple[int, int] | None) -> list[int]:
    """Return the numbers of a genre's phrases, of those in a `metre` where one is asked for. Raises RequestError."""
    if not genre.phrases:
        raise RequestError(f"the model has no phrase of {genre.name!r} to start from; start from a MIDI file of yours")
    metres = [tuple(phrase.metre[0].tolist()) for phrase in genre.phrases]
    numbers = [number for number, own in enumerate(metres) if metre in (None, own)]
    if not numbers and metre is not None:
        known = ", ".join(f"{numerator}/{denominator}" for numerator, denominator in metres_of(genre))
        asked = f"{metre[0]}/{metre[1]}"
        raise RequestError(f"the model has no phrase of {genre.name!r} in {asked} to start from; it has {known}")
    return numbers


def _names(file: StartFile) -> str:
    return " + ".join(Path(path).name for path in file.paths)


def _bars_to_use(bars: Bars, num_bars: int | None, *, path: str) -> np.ndarray:
    """Return which bars of a file to use: all, or `num_bars` from the first that sounds on.

    Raises MidiError where none sounds.
    """
    sounding = np.flatnonzero(bars.has_notes)
    if not len(sounding):
        raise MidiError("none of its notes has a place in the bars", path=path)
    if num_bars is None:
        return np.arange(len(bars))[:MAX_BARS]
    played = np.arange(int(sounding[0]), len(bars))
    return played[np.arange(num_bars) % len(played)]


def make_vector(sources: Sources, name: str, before: Sequence[str], after: Sequence[str]) -> Vector:
    """Return the vector from bars without a feature to bars with it: the mean of `after` less the mean of `before`.

    `before` and `after` name genres, files and folders. An attribute vector as in Roberts et al. 2018 (MusicVAE,
    sec. 5.2).
    """
    about = f"from {', '.join(map(short_name, before))} to {', '.join(map(short_name, after))}"
    return Vector(name, (sources.mean(after) - sources.mean(before)).astype(np.float32), about)
