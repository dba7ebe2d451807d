"""Reads the files and folders that requests name: songs, files with all their tracks, genres made on the spot.

Loaded with the first of them, since what reads music takes longer to load than a blend of genres takes to write.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from groovevae.bars import Song
from groovevae.corpus import CorpusSong, Entry, check_readable, load_genre, read_song
from groovevae.fitting.genres import describe_genre, mean_covariance
from groovevae.generation.names import is_midi_path
from groovevae.generation.piece_requests import StartFile
from groovevae.model.file import ModelFile
from groovevae.model.genres import Genre
from groovevae.network.forward import Network
from groovevae.tracks import Original, load_original, reading_line

__all__ = ["genre_of_songs", "genre_of_word", "original_of", "read_song", "reading_line"]


def original_of(file: StartFile, *, is_read: bool) -> Original:
    """Return a MIDI file with all its tracks. Raises MidiError.

    One that was not read before is read in a process of its own first: what could hang or crash this one does so there.
    """
    if not is_read:
        for path in file.paths:
            check_readable(path)
    return load_original(*file.paths, choices=file.choices)


def genre_of_word(model: ModelFile, network: Network, word: str, song_of: Callable[[StartFile], Song]) -> Genre:
    """Return a genre made on the spot of a file, as `song_of` reads it, or of a folder.

    Raises MidiError, CorpusError.
    """
    if is_midi_path(word):
        entry = Entry(Path(word).absolute(), word, word, Path(word).stem)
        return genre_of_songs(model, network, word, [CorpusSong.from_song(entry, song_of(StartFile((word,))))])
    return genre_of_songs(model, network, word, load_genre(word, word).songs)


def genre_of_songs(model: ModelFile, network: Network, name: str, songs: Sequence[CorpusSong]) -> Genre:
    """Return a genre made on the spot of a file's or a folder's songs, however few. Raises CorpusError."""
    return describe_genre(network, name, songs, prior_covariance=mean_covariance(model.genres.values()))
