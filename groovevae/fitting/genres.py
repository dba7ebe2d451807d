"""Genres as a network sees them: turns the bars of songs into genre vectors, covariances and phrases.

This module never trains: a genre is added to a model by encoding its songs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from groovevae.bars import Bars, Song
from groovevae.corpus import CorpusSong, Songs
from groovevae.corpus.dataset import Dataset, first_to_last
from groovevae.corpus.labels import UNLABELLED
from groovevae.corpus.pack import flagged_notes
from groovevae.corpus.sample import some_songs
from groovevae.errors import CorpusError, RequestError
from groovevae.midi.suffixes import SUFFIXES
from groovevae.model.file import ModelFile
from groovevae.model.genres import (
    Genre,
    Phrase,
    best_phrase_start,
    covariance,
    genre_vector,
    playing_of,
    plays_drums,
    shrunk_covariance,
)
from groovevae.network.decoding import Take, decode_takes, encode
from groovevae.network.forward import Network
from groovevae.network.refining import close_points
from groovevae.progress import Progress, quiet

MAX_STATISTICS_BARS = 4000  # bars of each genre from which its vector and covariance are computed
MAX_PHRASES = 24  # for each genre
COMMON_METRE_STEPS = 16  # 4/4 and 2/2: metres that every genre can play
MAX_COMMON_METRE = 16  # phrases in those metres, before phrases in other metres get their turn

# The bars of a phrase, and the share of roles that must play in it on average: tried in turn until a song has one.
PHRASE_SHAPES = ((16, 0.5), (8, 0.5), (4, 0.5), (16, 0.0), (8, 0.0), (4, 0.0))

FOLLOW_RIDGE = 0.1  # in units of the points' own variance

Picked = tuple[Bars, Song, str]  # bars of a phrase, their song, its title


class _Place(NamedTuple):
    """A phrase in one of a genre's songs: which song, which of its bars, and the steps of the first bar."""

    song: int
    bars: slice
    num_steps: int


def describe_genres(network: Network, songs: Sequence[CorpusSong], *, progress: Progress = quiet) -> dict[str, Genre]:
    """Describe each genre of these songs: statistics and phrases of their bars as this network encodes them."""
    used: set[str] = set()  # songs that gave a phrase to an earlier genre: later genres prefer other songs
    names = sorted({song.entry.genre for song in songs})
    found = {}
    for done, name in enumerate(names):
        progress("describing genres", done, len(names))
        own = [song for song in songs if song.entry.genre == name]
        found[name] = describe_genre(network, name, own, used=used)
    return found


def describe_genre(
    network: Network,
    name: str,
    songs: Sequence[CorpusSong],
    *,
    used: set[str] | None = None,
    prior_covariance: np.ndarray | None = None,
) -> Genre:
    """Describe one genre from its songs; with few bars, a `prior_covariance` (Z, Z) steadies the genre's own.

    Of more than `sample.MOST_SONGS` songs, so many are looked at. Raises CorpusError where no bar sounds.
    """
    drawn = set(some_songs(songs))
    own = [song for index, song in enumerate(songs) if index in drawn]
    others = [song for index, song in enumerate(songs) if index not in drawn]
    unpacked = Songs(own)
    data = Dataset.from_songs(unpacked, [name] * len(own), (name,))
    index = np.sort(data.of_each_genre(MAX_STATISTICS_BARS))
    if not len(index):
        raise CorpusError(f"{name}: none of its notes has a place in the bars")
    z, _ = encode(network, data.bars[index])
    return Genre(
        name=name,
        mean=genre_vector(z),
        covariance=covariance(z) if prior_covariance is None else shrunk_covariance(z, prior_covariance),
        num_bars=len(data) + sum(map(_num_bars, others)),
        num_songs=len({song.entry.song_id for song in songs}),
        **playing_of(unpacked)._asdict(),
        phrases=_encoded(network, _pick_phrases(name, own, unpacked, set() if used is None else used)),
    )


def _num_bars(song: CorpusSong) -> int:
    """Count a song's bars from the first with a note to the last."""
    window = first_to_last(flagged_notes(song.kept.flags))
    return window.stop - window.start


def add_genre(model: ModelFile, name: str, songs: Sequence[CorpusSong]) -> ModelFile:
    """Return the model with one more genre, made by encoding its songs. Raises RequestError for an unusable name."""
    check_new_genre(name, model.genres)
    genre = describe_genre(model.network(), name, songs, prior_covariance=mean_covariance(model.genres.values()))
    genres = {**model.genres, name: genre}
    added = [*model.provenance.get("added_genres", []), {"name": name, "files": len(songs)}]
    provenance = {**model.provenance, "added_genres": added}
    return replace(model, genres={key: genres[key] for key in sorted(genres)}, provenance=provenance)


def check_new_genre(name: str, genres: Iterable[str]) -> None:
    """Raise RequestError for a name that a genre already has, or that would be read as something else."""
    if name.casefold() in {genre.casefold() for genre in genres}:
        raise RequestError(f"the model has a genre {name!r} already; choose another name")
    if name == UNLABELLED:
        raise RequestError(f"{name!r} stands for files without a genre; choose another name")
    if not name.strip() or any(sign in name for sign in "=/\\") or name.lower().endswith(SUFFIXES):
        raise RequestError(f"{name!r} cannot be a genre's name: it must hold no =, / or \\, nor end in .mid")


def mean_covariance(genres: Iterable[Genre]) -> np.ndarray:
    """Return the mean covariance (Z, Z) of genres."""
    return np.mean([genre.covariance for genre in genres], axis=0)


def _pick_phrases(name: str, songs: Sequence[CorpusSong], unpacked: Sequence[Song], used: set[str]) -> list[Picked]:
    """Pick one phrase from each of up to MAX_PHRASES songs, most in a common metre; their ids are added to `used`.

    Songs of which no phrase may be kept are passed over: their licences ask more of a copy than a notice.
    """
    has_drums = plays_drums(unpacked)
    order = np.random.default_rng(list(name.encode())).permutation(len(songs))
    found: dict[str, _Place] = {}
    for length, least in PHRASE_SHAPES:
        for index in order.tolist():
            if not songs[index].entry.keeps_phrases:
                continue
            song = unpacked[index]
            start = best_phrase_start(song, has_drums=has_drums, length=length, least=least)
            if start is not None:
                steps = int(song.bars.num_steps[start])
                found.setdefault(songs[index].entry.song_id, _Place(index, slice(start, start + length), steps))
        if found:
            break
    ids = sorted(found, key=lambda song_id: song_id in used)
    common = [song_id for song_id in ids if found[song_id].num_steps == COMMON_METRE_STEPS]
    other = [song_id for song_id in ids if song_id not in common]
    first = common[: max(MAX_COMMON_METRE, MAX_PHRASES - len(other))]
    picked = (first + other)[:MAX_PHRASES]
    used.update(picked)
    places = [found[song_id] for song_id in picked]
    return [(unpacked[at.song].bars[at.bars], unpacked[at.song], songs[at.song].entry.title) for at in places]


def _encoded(network: Network, picked: Sequence[Picked]) -> tuple[Phrase, ...]:
    if not picked:
        return ()
    z = close_points(network, Bars.concatenate([bars for bars, _, _ in picked]))
    return tuple(
        Phrase(
            z=points.astype(np.float16),
            metre=bars.metre,
            tempo=float(np.median(bars.tempo)),
            transpose=song.transpose,
            is_minor=song.is_minor,
            programs=song.programs,
            kit=song.kit,
            plays=bars.plays,
            title=title,
        )
        for points, (bars, song, title) in zip(np.split(z, len(picked)), picked, strict=True)
    )


def phrase_take(phrase: Phrase) -> Take:
    """Return a phrase's points and metres, to be decoded greedily."""
    like = Bars.empty(len(phrase.z), tempo=phrase.tempo)
    like.metre[:] = phrase.metre
    return Take(phrase.z.astype(np.float32), like)


def phrase_song(network: Network, phrase: Phrase) -> Song:
    """Decode a phrase greedily into a song."""
    [bars] = decode_takes(network, [phrase_take(phrase)])
    return Song(bars, phrase.transpose, phrase.is_minor, phrase.programs, phrase.kit)


def follow(genres: dict[str, Genre], before: np.ndarray, now: np.ndarray) -> dict[str, Genre]:
    """Carry genres over to the latent space as further training has moved it.

    `before` and `now` (N, Z) are the same bars in the old and the new space. The move is assumed to be affine, and
    ridge regression, which favours no move, fits it: z -> z + (z - centre) D + shift. Song codes are dropped, since
    they belong to the old space.
    """
    if not len(before):
        return {name: replace(genre, code=None) for name, genre in genres.items()}
    centre, shift = before.mean(0), (now - before).mean(0)
    points, moves = (np.asarray(part - part.mean(0), np.float64) for part in (before, now - before))
    ridge = FOLLOW_RIDGE * len(points) * points.var(0).mean() * np.eye(points.shape[1])
    turn = np.linalg.solve(points.T @ points + ridge, points.T @ moves)  # (Z, Z)
    matrix = np.eye(len(turn)) + turn

    def moved(z: np.ndarray) -> np.ndarray:
        return (z.astype(np.float64) + (z - centre) @ turn + shift).astype(np.float32)

    return {
        name: replace(
            genre,
            mean=moved(genre.mean),
            covariance=(matrix.T @ genre.covariance @ matrix).astype(np.float32),
            phrases=tuple(replace(phrase, z=moved(phrase.z).astype(np.float16)) for phrase in genre.phrases),
            code=None,
        )
        for name, genre in genres.items()
    }
