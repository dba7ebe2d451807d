"""Songs that a corpus holds in several genres: their bars are matched, and maps from genre to genre learned from them.

This module only fits the codes; `model.latent_arithmetic` translates with them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import NamedTuple

import numpy as np

from groovevae.bars import Bars
from groovevae.bars.constants import LOWEST_PITCH
from groovevae.corpus import CorpusSong
from groovevae.corpus.sample import rank_of
from groovevae.model.genres import Genre, SongCode
from groovevae.network.decoding import encode
from groovevae.network.forward import Network
from groovevae.progress import Progress, quiet

MIN_BARS = 8  # that two versions of a song must share
MAX_SHIFT = 8  # bars by which two versions of a song may be shifted: introductions differ
MIN_AGREEMENT = 0.5  # of the leads of two versions, as note F1: below it, they are not the same song bar by bar
MIN_SONGS = 40  # that two genres must share: fewer say too little about a map of so many numbers
MAX_SONGS = 150  # for each pair of genres
MOST_VERSIONS = 6000  # of songs, in all pairs of genres together: 50 KB of memory each
FEWER_SONGS = 60  # for each pair, where there would be more: some of them do not match
SONG_BARS = 64  # of each version
CODE_SIZE = 64  # at most
ROUNDS = 3  # of fitting all `write` maps, then all `read` maps
RIDGE = 0.05  # of a genre's mean variance, added in every direction

SongsOfPairs = dict[tuple[str, str], list[str]]  # two genres -> the ids of songs in both
Versions = Mapping[str, Mapping[str, CorpusSong]]  # song id -> genre -> song


def versions_of_songs(songs: Iterable[CorpusSong]) -> dict[str, dict[str, CorpusSong]]:
    """Return song id -> genre -> the song's first version there, for songs in several genres."""
    found: dict[str, dict[str, CorpusSong]] = defaultdict(dict)
    for song in songs:
        found[song.entry.song_id].setdefault(song.entry.genre, song)
    return {song_id: genres for song_id, genres in sorted(found.items()) if len(genres) > 1}


def aligned(one: Bars, other: Bars) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices of the bars that match between two versions of a song, shifted so that their leads agree best.

    Bars without a lead in both versions, or in different metres, are left out. Where the leads do not agree, no bar
    matches.
    """
    best, found = MIN_AGREEMENT, (np.zeros(0, int), np.zeros(0, int))
    for shift in range(-MAX_SHIFT, MAX_SHIFT + 1):
        starts = max(-shift, 0), max(shift, 0)
        count = max(min(len(one) - starts[0], len(other) - starts[1]), 0)
        first, second = (bars[start : start + count] for bars, start in zip((one, other), starts, strict=True))
        both_lead = first.strikes("lead").any(1) & second.strikes("lead").any(1)
        use = np.flatnonzero(both_lead & (first.metre == second.metre).all(1))
        if len(use) >= MIN_BARS and (agreement := _lead_agreement(first[use], second[use])) > best:
            best, found = agreement, (use + starts[0], use + starts[1])
    return found


def _lead_agreement(one: Bars, other: Bars) -> float:
    """Return the note F1 of the pitches that the leads strike in each bar, at any time in it: swing moves off-beats."""
    highest = int(one.pitches("lead").max()) - LOWEST_PITCH["lead"]  # higher notes of the other do not count
    counts = [bars.pitch_counts("lead")[:, : highest + 1] for bars in (one, other)]
    return float(2 * np.minimum(*counts).sum() / max(sum(count.sum() for count in counts), 1))


class Moments(NamedTuple):
    """Second moments of the matched bars of two genres, centred on each genre's mean: both squares, and the product."""

    squares: tuple[np.ndarray, np.ndarray]  # (Z, Z)
    product: np.ndarray  # (Z, Z), with a row for each dimension of the first genre


def with_song_codes(
    genres: Mapping[str, Genre], network: Network, songs: Sequence[CorpusSong], *, progress: Progress = quiet
) -> dict[str, Genre]:
    """Return the genres, with a song code for each that shares MIN_SONGS songs with another.

    The codes fit `z_B - mean_B = (z_A - mean_A) read_A write_B` to the matched bars of all pairs of genres A and B at
    once, by least squares with a ridge, `write` and `read` in turn. They start from the directions in which versions
    agree most (multiset canonical correlation, Kettenring 1971, Biometrika 58). Songs in several styles as supervision:
    Cifka et al. 2020, Groove2Groove (IEEE/ACM TASLP 28).
    """
    versions = versions_of_songs(song for song in songs if song.entry.genre in genres)
    codes = fit_codes(_pair_moments(genres, network, versions, progress))
    return {name: replace(genre, code=codes.get(name)) for name, genre in genres.items()}


def _pair_moments(
    genres: Mapping[str, Genre], network: Network, versions: Versions, progress: Progress
) -> dict[tuple[str, str], Moments]:
    """Return the moments of each unordered pair of genres that shares enough songs."""
    shared = songs_of_pairs(versions, sorted(genres))
    used = sorted(_used(shared))
    leads, points = {}, {}
    progress("songs that genres share", 0, 1)
    for done, (song_id, name) in enumerate(used):
        progress("songs that genres share", done, len(used))
        bars = versions[song_id][name].song.bars[:SONG_BARS]
        leads[song_id, name] = only_lead(bars)
        points[song_id, name] = encode(network, bars)[0] - genres[name].mean
    found = {}
    for done, (pair, ids) in enumerate(shared.items()):
        if done:
            progress("matching the bars of these songs", done, len(shared))
        x, y = [], []
        for song_id in ids:
            keys = [(song_id, name) for name in pair]
            first, second = aligned(leads[keys[0]], leads[keys[1]])
            x.append(points[keys[0]][first])
            y.append(points[keys[1]][second])
        if sum(len(part) > 0 for part in x) >= MIN_SONGS:
            one, other = (np.concatenate(part).astype(np.float64) for part in (x, y))
            squares = (one.T @ one / len(one), other.T @ other / len(other))
            found[pair] = Moments(squares, one.T @ other / len(one))
    return found


def songs_of_pairs(versions: Versions, names: Sequence[str]) -> SongsOfPairs:
    """Return the songs by which each pair of genres is compared, MAX_SONGS at most.

    Where these would be more than MOST_VERSIONS versions, there are FEWER_SONGS for each pair; and where these still
    would be, pairs are left out: those of genres that lie farther apart in the circle of names, so that all genres keep
    as many. A genre reaches others through those that it is compared with.
    """
    shared = {pair: _shared(versions, *pair) for pair in combinations(names, 2)}
    shared = {pair: ids for pair, ids in shared.items() if len(ids) >= MIN_SONGS}
    found = {pair: ids[:: max(1, -(-len(ids) // MAX_SONGS))] for pair, ids in shared.items()}
    if len(_used(found)) <= MOST_VERSIONS:
        return found
    chosen: SongsOfPairs = {}
    used: set[tuple[str, str]] = set()
    for pair in sorted(shared, key=lambda pair: _apart(names.index(pair[0]), names.index(pair[1]), len(names))):
        ids = sorted(sorted(shared[pair], key=rank_of)[:FEWER_SONGS])
        used |= _used({pair: ids})
        if len(used) > MOST_VERSIONS:
            break
        chosen[pair] = ids
    return chosen


def _apart(one: int, other: int, size: int) -> int:
    """Return how many steps lie between two places in a circle of so many."""
    return min((one - other) % size, (other - one) % size)


def _used(shared: SongsOfPairs) -> set[tuple[str, str]]:
    """Return the versions, by song id and genre, that pairs are compared by."""
    return {(song_id, name) for pair, ids in shared.items() for song_id in ids for name in pair}


def _shared(versions: Versions, one: str, other: str) -> list[str]:
    return [song_id for song_id, genres in versions.items() if one in genres and other in genres]


def only_lead(bars: Bars) -> Bars:
    """Return bars that hold nothing but their leads, and take no memory for the rest."""
    silent = {name: np.broadcast_to(grid.dtype.type(0), grid.shape) for name, grid in bars.grids.items()}
    own = {name: getattr(bars, name).copy() for name in ("lead", "metre", "tempo")}
    return replace(bars, **(silent | own))


def fit_codes(pairs: Mapping[tuple[str, str], Moments]) -> dict[str, SongCode]:
    """Fit the codes of all genres that are in a pair; all pairs weigh the same."""
    if not pairs:
        return {}
    both_ways = {}
    for (one, other), found in pairs.items():
        both_ways[one, other] = found.squares[0], found.product
        both_ways[other, one] = found.squares[1], found.product.T
    names = sorted({name for pair in pairs for name in pair})
    start = _agreeing(list(both_ways.values()))  # (Z, K)
    read, write = dict.fromkeys(names, start), {}
    for _ in range(ROUNDS):
        for name in names:
            ways = {one: moments for (one, to), moments in both_ways.items() if to == name}
            square = np.sum([read[one].T @ squares @ read[one] for one, (squares, _) in ways.items()], axis=0)
            product = np.sum([read[one].T @ product for one, (_, product) in ways.items()], axis=0)
            write[name] = _solve(square, product, RIDGE / 10)
        for name in names:
            ways = {to: moments for (one, to), moments in both_ways.items() if one == name}
            squares = np.mean([squares for squares, _ in ways.values()], axis=0)
            product = np.sum([product @ write[to].T for to, (_, product) in ways.items()], axis=0)  # (Z, K)
            wanted = np.sum([write[to] @ write[to].T for to in ways], axis=0)
            read[name] = _solve(wanted, _solve(squares, product, RIDGE).T, RIDGE / 10).T
    return {name: SongCode(read[name].astype(np.float16), write[name].astype(np.float16)) for name in names}


def _agreeing(moments: Sequence[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Return the directions (Z, K), of unit variance each, in which matched bars of all pairs agree most."""
    square = np.mean([squares for squares, _ in moments], axis=0)
    product = np.mean([product for _, product in moments], axis=0)  # of both directions, so it is symmetric
    values, vectors = np.linalg.eigh(_ridged(square, RIDGE))
    whiten = vectors / np.sqrt(values)
    _, turned = np.linalg.eigh(whiten.T @ product @ whiten)
    return whiten @ turned[:, ::-1][:, :CODE_SIZE]


def _solve(square: np.ndarray, product: np.ndarray, ridge: float) -> np.ndarray:
    """Solve for `square^-1 product`, with a ridge."""
    return np.linalg.solve(_ridged(square, ridge), product)


def _ridged(square: np.ndarray, ridge: float) -> np.ndarray:
    """Add a ridge to a square matrix, in units of the mean of its diagonal."""
    return square + ridge * np.trace(square) / len(square) * np.eye(len(square))
