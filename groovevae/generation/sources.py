"""Where a blend starts and goes to: bars of files, folders and phrases as latent points, and how they are played."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from groovevae.bars import Bars, Song
from groovevae.corpus import CorpusSong, Entry, load_genre, read_song
from groovevae.errors import MidiError, RequestError
from groovevae.fitting.genres import describe_genre, mean_covariance
from groovevae.generation.requests import MAX_BARS, is_midi_path, is_path, short_name
from groovevae.model.file import ModelFile
from groovevae.model.genres import Genre, Vector
from groovevae.model.moving import find_genre, nearest_genre
from groovevae.network.decoding import encode
from groovevae.network.forward import Network


@dataclass(frozen=True)
class Start:
    """Bars to start from, as latent points, and how they are played."""

    z: np.ndarray  # (N, Z)
    like: Bars  # metres and tempos of the N bars; a file's notes as well
    song: Song  # key, programs, kit
    plays: tuple[bool, ...]  # whether drums, bass, chords and lead play
    genre: str  # that it is moved away from
    name: str  # for the description


def phrase_start(model: ModelFile, genre: str, *, seed: int, num_bars: int) -> Start:
    """A phrase of a genre: another for each seed until all have been used. More bars than it has repeat it."""
    phrases = model.genres[genre].phrases
    if not phrases:
        raise RequestError(f"the model has no phrase of {genre!r} to start from; start from a MIDI file of yours")
    phrase = phrases[seed % len(phrases)]
    index = np.arange(num_bars) % len(phrase.z)
    like = Bars.empty(num_bars, tempo=phrase.tempo)
    like.metre[:] = phrase.metre[index]
    song = Song(like, phrase.transpose, phrase.is_minor, phrase.programs, phrase.kit)
    name = f"{genre} (from {phrase.title!r})" if phrase.title else genre
    return Start(phrase.z[index].astype(np.float32), like, song, phrase.plays, genre, name)


def file_start(
    model: ModelFile, network: Network, song: Song, *, path: str, num_bars: int | None, targets: Collection[str]
) -> Start:
    """All bars of a file, or `num_bars` from the first that sounds; more bars than it has repeat it.

    It is moved away from the genre it is nearest to, of those that are not where it goes to.
    """
    sounding = np.flatnonzero(song.bars.has_notes)
    if not len(sounding):
        raise MidiError("none of its notes has a place in the bars", path=path)
    if num_bars is None:
        bars = song.bars[:MAX_BARS]
    else:
        played = song.bars[int(sounding[0]) :]
        bars = played[np.arange(num_bars) % len(played)]
    z, _ = encode(network, bars)
    others = {name: genre for name, genre in model.genres.items() if name not in targets}
    genre = nearest_genre(z[bars.has_notes] if bars.has_notes.any() else z, others or model.genres)
    is_cut = num_bars is None and len(bars) < len(song.bars)
    which = f"the first {len(bars):,} of {len(song.bars):,} bars, " if is_cut else ""
    return Start(z, bars, song, bars.plays, genre, f"{Path(path).name} ({which}taken for {genre})")


class Places:
    """What the words of requests stand for with one model: each file and folder is read once."""

    def __init__(self, model: ModelFile, network: Network) -> None:
        self.model, self.network = model, network
        self._songs: dict[str, Song] = {}
        self._starts: dict[tuple, Start] = {}
        self._genres: dict[str, Genre] = {}

    def start(self, word: str, *, seed: int, num_bars: int, is_all: bool, targets: Collection[str]) -> Start:
        """The bars of a file or of a genre's phrase; `is_all` takes all of a file. Raises MidiError, RequestError."""
        if not is_midi_path(word):
            return phrase_start(self.model, word, seed=seed, num_bars=num_bars)
        bars = None if is_all else num_bars
        key = word, bars, tuple(targets)
        if key not in self._starts:
            song = self.song(word)
            self._starts[key] = file_start(self.model, self.network, song, path=word, num_bars=bars, targets=targets)
        return self._starts[key]

    def song(self, path: str) -> Song:
        """A MIDI file's song. Raises MidiError."""
        if path not in self._songs:
            self._songs[path] = read_song(path)
        return self._songs[path]

    def genre(self, word: str) -> Genre:
        """A genre of the model, or one made of the bars of a file or a folder on the spot.

        Raises MidiError for a file that cannot be read, CorpusError for a folder without songs.
        """
        if not is_path(word, self.model.genres):
            return self.model.genres[word]
        if word not in self._genres:
            if is_midi_path(word):
                entry = Entry(Path(word).absolute(), word, word, Path(word).stem)
                songs = [CorpusSong.from_song(entry, self.song(word))]
            else:
                songs = load_genre(word, word).songs
            usual = mean_covariance(self.model.genres.values())
            self._genres[word] = describe_genre(self.network, word, songs, prior_covariance=usual)
        return self._genres[word]

    def mean(self, words: Sequence[str]) -> np.ndarray:
        """The mean (Z,) of all bars of genres, files and folders. Raises errors like `genre`, and RequestError."""
        genres = self.model.genres
        places = [self.genre(word if is_path(word, genres) else find_genre(word, genres)) for word in words]
        return np.average([place.mean for place in places], axis=0, weights=[place.num_bars for place in places])


def make_vector(places: Places, name: str, before: Sequence[str], after: Sequence[str]) -> Vector:
    """The mean of the bars of places that have a feature, less that of those that have it not.

    An attribute vector as in Roberts et al. 2018 (MusicVAE, sec. 5.2). Places are genres, MIDI files and folders.
    """
    about = f"from {', '.join(map(short_name, before))} to {', '.join(map(short_name, after))}"
    return Vector(name, (places.mean(after) - places.mean(before)).astype(np.float32), about)
