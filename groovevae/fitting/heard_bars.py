"""Chooses the bars that judges of two genres are fitted to and hear, and those that are moved from genre to genre.

They come from songs, or from the phrases in a model file. It fits and moves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from groovevae.bars import Bars
from groovevae.corpus.dataset import Dataset
from groovevae.fitting.genres import phrase_take
from groovevae.model.file import ModelFile
from groovevae.model.genres import Genre
from groovevae.network.decoding import decode_takes
from groovevae.network.forward import Network

JUDGED_BARS = 1500  # bars of each genre for the judges to be fitted on or to hear
MIN_BARS = 16  # genres with fewer bars for the judges to hear are left out
MOVED_BARS = 96  # bars of each genre that are moved to every other genre, where they are moved one by one
RUN_BARS = 4  # where they are moved as pieces: so long that half of a piece is half of its bars, and a quarter one
MOVED_RUNS = 48  # such pieces: what songs differ by decides how well half is met, not the bars of a song


class Heard(NamedTuple):
    """Bars of a genre, in two halves by song."""

    bars: Bars
    half: np.ndarray  # (N,) int, 0 or 1
    song: np.ndarray  # (N,) int: the song of each in the data, or the phrase


def heard_bars(model: ModelFile, network: Network, data: Dataset | None) -> dict[str, Heard]:
    """Return bars of each genre that has enough: from `data`, and for genres that it does not hold, from phrases."""
    found = phrase_bars(network, {name: g for name, g in model.genres.items() if not data or name not in data.genres})
    if data is not None:
        found |= _data_bars(data)
    return {name: own for name, own in found.items() if own.half.sum() >= MIN_BARS}


def _data_bars(data: Dataset) -> dict[str, Heard]:
    index = np.sort(data.of_each_genre(JUDGED_BARS))
    found = {}
    for number, name in enumerate(data.genres):
        own = index[data.genre[index] == number]
        found[name] = Heard(data.bars[own], _halves(data.song[own]), data.song[own])
    return found


def phrase_bars(network: Network, genres: Mapping[str, Genre]) -> dict[str, Heard]:
    """Decode the phrases of each genre; their bars are in halves by phrase."""
    names = [name for name, genre in genres.items() if genre.phrases]
    played = iter(decode_takes(network, [phrase_take(phrase) for name in names for phrase in genres[name].phrases]))
    found = {}
    for name in names:
        bars = [next(played) for _ in genres[name].phrases]
        song = np.repeat(np.arange(len(bars)), [len(part) for part in bars])
        found[name] = Heard(Bars.concatenate(bars), _halves(song), song)
    return found


def _halves(song: np.ndarray) -> np.ndarray:
    """Return the half that each bar belongs to, (N,) int: songs take turns; of a single song, its bars."""
    songs, number = np.unique(song, return_inverse=True)
    return (np.arange(len(song)) if len(songs) == 1 else number) % 2


def drawn_bars(heard: Heard) -> Heard:
    """Draw up to MOVED_BARS of the bars."""
    return _picked(heard, np.random.default_rng(0).permutation(len(heard.bars))[:MOVED_BARS])


def _picked(heard: Heard, index: np.ndarray) -> Heard:
    return Heard(heard.bars[index], heard.half[index], heard.song[index])


def drawn_runs(heard: Heard, name: str, data: Dataset | None, first: np.ndarray | None = None) -> Heard:
    """Draw up to MOVED_RUNS runs of RUN_BARS bars of a genre, one after another, from as many songs as can be.

    They come from the songs of `data` that the judges of `heard` know, those that `first` (songs,) marks before others;
    for a genre that it does not hold, from its phrases. Where there are too few runs, the bars are drawn one by one.
    """
    if data is None or name not in data.genres:
        runs = runs_of(heard.song, heard.bars.has_notes, heard.bars.num_beats).ravel()
        return _picked(heard, runs) if len(runs) >= MIN_BARS else drawn_bars(heard)
    half_of = np.full(int(data.song[-1]) + 1, -1, np.int8)
    half_of[heard.song] = heard.half
    whole = np.flatnonzero((half_of >= 0)[data.song])  # these songs, all of their bars
    runs = whole[runs_of(data.song[whole], data.bars.has_notes[whole], data.bars.num_beats[whole], first).ravel()]
    if len(runs) < MIN_BARS or len(np.unique(heard.song)) == 1:  # whose bars are in halves by themselves
        return drawn_bars(heard)
    return Heard(data.bars[runs], half_of[data.song[runs]], data.song[runs])


def runs_of(song: np.ndarray, usable: np.ndarray, num_beats: np.ndarray, first: np.ndarray | None = None) -> np.ndarray:
    """Draw runs of bars as indices (R, RUN_BARS), MOVED_RUNS at most, of usable bars (N,) of one length in one song.

    Songs take turns, so that none has a second run before all others have one; in each turn, those that `first`
    (songs,) marks come before others.
    """
    last = len(song) - RUN_BARS + 1
    fits = np.ones(max(last, 0), bool)
    for step in range(RUN_BARS):
        there = slice(step, step + len(fits))
        fits &= usable[there] & (song[there] == song[: len(fits)]) & (num_beats[there] == num_beats[: len(fits)])
    place = np.arange(len(fits)) - np.searchsorted(song, song[: len(fits)])  # in its song; songs lie in order
    starts = np.random.default_rng(0).permutation(np.flatnonzero(fits & (place % RUN_BARS == 0)))
    own = song[starts]
    later = np.zeros(len(own), bool) if first is None else ~first[own]
    chosen = starts[np.lexsort((later, _turns(own)))][:MOVED_RUNS]
    return chosen[:, None] + np.arange(RUN_BARS)


def _turns(song: np.ndarray) -> np.ndarray:
    """Return how often the song of each element, (N,), came before."""
    order = np.argsort(song, kind="stable")
    turns = np.empty(len(song), int)
    turns[order] = np.arange(len(song)) - np.searchsorted(song[order], song[order])
    return turns
