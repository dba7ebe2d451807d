"""Where a blend starts: the bars of a file or of a genre's phrase, as latent points and as they are played."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from groovevae.bars import Bars, Song
from groovevae.blend import nearest_genre
from groovevae.checkpoint import ModelFile
from groovevae.decoding import encode
from groovevae.errors import MidiError, RequestError
from groovevae.inference import Network
from groovevae.request import MAX_BARS


@dataclass(frozen=True)
class Start:
    """Bars to start from, as latent points, and how they are played."""

    z: np.ndarray  # (N, Z)
    like: Bars  # metres and tempos of the N bars
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
    z = encode(network, bars)[0]
    others = {name: genre for name, genre in model.genres.items() if name not in targets}
    genre = nearest_genre(z[bars.has_notes] if bars.has_notes.any() else z, others or model.genres)
    is_cut = num_bars is None and len(bars) < len(song.bars)
    which = f"the first {len(bars):,} of {len(song.bars):,} bars, " if is_cut else ""
    return Start(z, bars, song, bars.plays, genre, f"{Path(path).name} ({which}taken for {genre})")
