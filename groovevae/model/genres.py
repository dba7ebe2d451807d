"""What a model knows about its genres: where their bars lie in the latent space, and how they are played.

This module needs only NumPy and runs no network; `fitting.genres` fills these classes from songs.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from groovevae.bars import Song
from groovevae.bars.constants import BASS, DRUMS, PITCHED, VOICE_PITCH
from groovevae.errors import RequestError

RIDGE = 0.01  # variance added to every dimension, so that none has zero variance
MAX_PROGRAMS = 4  # programs that a genre remembers for each role


@dataclass(frozen=True)
class Phrase:
    """Consecutive bars of one song as latent points, and how the song was played: where a blend can start."""

    z: np.ndarray  # (L, Z) float16, points from which its bars come back
    metre: np.ndarray  # (L, 2) numerator, denominator
    tempo: float  # quarter notes per minute
    transpose: int  # as in Song
    is_minor: bool
    programs: tuple[int, int, int]  # of bass, chords, lead
    kit: tuple[int, ...]  # the percussion key of each of the nine voices
    plays: tuple[bool, ...]  # whether drums, bass, chords and lead play in it
    title: str = ""


@dataclass(frozen=True)
class SongCode:
    """A genre's two maps: `read` takes its points to what all versions of a song share, `write` takes that to points.

    Reading in one genre and writing in another translates a song. Points are less their genre's mean.
    """

    read: np.ndarray  # (Z, K) float16
    write: np.ndarray  # (K, Z) float16


@dataclass(frozen=True)
class Genre:
    """A genre's cluster in the latent space, and how it is played."""

    name: str
    mean: np.ndarray  # (Z,) float32: the genre vector
    covariance: np.ndarray  # (Z, Z) float32, of the posterior means
    num_bars: int  # of its training songs
    num_songs: int
    tempo: float  # median, in quarter notes per minute
    programs: tuple[tuple[tuple[int, float], ...], ...]  # of bass, chords, lead: (program, share of songs), usual first
    kit: tuple[int, ...]
    phrases: tuple[Phrase, ...] = field(default=(), repr=False)
    code: SongCode | None = field(default=None, repr=False)  # of the same K as all other codes of the model


@dataclass(frozen=True)
class Vector:
    """A direction in the latent space; moving bars along it changes one thing about them."""

    name: str
    z: np.ndarray  # (Z,) float32: what strength 1 adds
    about: str = ""  # what it changes, in one line
    unit: str = ""  # of an attribute: how much strength 1 changes it on average, as measured


def genre_vector(z: np.ndarray) -> np.ndarray:
    """Return the mean (Z,) of a genre's posterior means (N, Z)."""
    return np.asarray(z, np.float64).mean(0).astype(np.float32)


def covariance(z: np.ndarray) -> np.ndarray:
    """Return the covariance (Z, Z) of posterior means (N, Z); zeros for a single bar."""
    if len(z) < 2:
        return np.zeros((z.shape[1], z.shape[1]), np.float32)
    return np.cov(np.asarray(z, np.float64), rowvar=False).astype(np.float32)


def shrunk_covariance(z: np.ndarray, prior_covariance: np.ndarray) -> np.ndarray:
    """Return the covariance (Z, Z) of a few posterior means (N, Z), shrunk towards a prior covariance.

    The result is what it would be if Z more bars with the prior's covariance had been seen: the posterior mean under an
    inverse-Wishart prior of that weight (Gelman et al. 2013, Bayesian Data Analysis, sec. 3.6). Without a prior, fewer
    than Z bars would leave some directions without any variance.
    """
    count, size = z.shape
    return ((count * covariance(z) + size * prior_covariance) / (count + size)).astype(np.float32)


class Playing(NamedTuple):
    """How a genre's songs are played; the fields are those of `Genre`."""

    tempo: float
    programs: tuple[tuple[tuple[int, float], ...], ...]
    kit: tuple[int, ...]


def playing_of(songs: Sequence[Song]) -> Playing:
    """Return the median tempo, the usual programs and the usual drum kit of songs."""
    heard = [(float(np.median(song.bars.tempo)), song.programs, song.kit, song.bars.plays) for song in songs]
    programs = []
    for column in range(len(PITCHED)):
        counts = Counter(own[column] for _, own, _, plays in heard if plays[BASS + column])
        total = sum(counts.values()) or 1
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MAX_PROGRAMS]
        programs.append(tuple((program, count / total) for program, count in ranked))
    kit = _usual_kit([kit for _, _, kit, plays in heard if plays[DRUMS]])
    return Playing(float(np.median([tempo for tempo, *_ in heard])), tuple(programs), kit)


def _usual_kit(used: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """Return the kit that is used most, taken whole: voices mixed from several kits could share a key."""
    kits = Counter(used)
    return min(kits, key=lambda kit: (-kits[kit], kit)) if kits else VOICE_PITCH


def best_phrase_start(song: Song, *, has_drums: bool, length: int, least: float) -> int | None:
    """Return the first bar of a song's best phrase of `length` bars: one metre, and as many roles playing as can be.

    A phrase may start on every fourth bar from the first that sounds. Returns None where the song is too short, the
    metre changes in every candidate, or no candidate has more than the share `least` of the roles playing.
    """
    bars = song.bars
    sounding = np.flatnonzero(bars.has_notes)
    if not len(sounding):
        return None
    plays = bars.role_plays if has_drums else bars.role_plays[:, BASS:]  # (N, 4) or (N, 3)
    playing = plays.sum(1)  # (N,) roles that play in each bar
    best, best_score = None, least * plays.shape[1]
    for start in range(int(sounding[0]), len(bars) - length + 1, 4):
        window = slice(start, start + length)
        if (bars.metre[window] == bars.metre[start]).all() and playing[window].mean() > best_score:
            best, best_score = start, playing[window].mean() + 1e-6
    return best


def plays_drums(songs: Sequence[Song]) -> bool:
    """Tell whether most songs of a genre have drums."""
    return 2 * sum(song.bars.plays[DRUMS] for song in songs) > len(songs)


def find_genre(name: str, genres: Iterable[str]) -> str:
    """Return the genre called `name`, else one that differs only in capitals.

    Raises RequestError, which suggests the nearest names.
    """
    names = list(genres)
    if name in names:
        return name
    known = {genre.casefold(): genre for genre in names}
    if found := known.get(name.strip().casefold()):
        return found
    near = difflib.get_close_matches(name.casefold(), known, n=2, cutoff=0.6)
    hint = f"did you mean {' or '.join(known[n] for n in near)}?" if near else f"it has {', '.join(names) or 'none'}"
    raise RequestError(f"no genre {name!r} in this model; {hint}")


def log_likelihood(z: np.ndarray, genre: Genre) -> np.ndarray:
    """Return the log-likelihood (N,) of points (N, Z) in a genre's Gaussian, up to a constant."""
    spread = genre.covariance + RIDGE * np.eye(len(genre.mean))
    away = np.asarray(z - genre.mean, np.float64)
    return np.asarray(-0.5 * (np.sum(away * np.linalg.solve(spread, away.T).T, axis=1) + np.linalg.slogdet(spread)[1]))


def nearest_genre(z: np.ndarray, genres: Mapping[str, Genre]) -> str:
    """Return the genre whose Gaussian gives points (N, Z) the greatest likelihood."""
    return max(genres, key=lambda name: float(log_likelihood(z, genres[name]).sum()))
