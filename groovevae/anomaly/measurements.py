"""Songs as detectors see them: some bars of each, with what can be heard in them and what a model says about them.

This module measures and never judges.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np

from groovevae.anomaly.harmony import harmony
from groovevae.anomaly.likelihood import NATS, reconstruction_nats
from groovevae.anomaly.rhythm import rhythm
from groovevae.anomaly.traits import bar_traits
from groovevae.bars import Bars
from groovevae.bars.constants import ROLES, VOICES
from groovevae.measures.features import bar_features
from groovevae.network.forward import Network

CONSECUTIVE = 32  # bars that are measured as a whole: the first that sound
BARS = 24  # bars measured in each song, spread evenly over those that sound
DRAWS = 1  # latent points drawn for each bar: the mean over a song's bars averages the chance out
_BATCH = 100  # songs measured together


@dataclass(frozen=True)
class Measurements:
    """N bars of S songs. Traits and nats are NaN where a bar has nothing to measure them by."""

    song: np.ndarray  # (N,) int, index of the song
    bar: np.ndarray  # (N,) int, index of the bar within the song
    num_songs: int
    features: np.ndarray  # (N, F): `features.bar_features`; (N, 0) where they were not asked for
    traits: np.ndarray  # (N, K): `traits.bar_traits`, and the hits of each drum voice
    trait_names: tuple[str, ...]
    nats: np.ndarray  # (N, 5): `likelihood.NATS`; NaN without a model
    z: np.ndarray  # (N, Z) posterior means; (N, 0) without a model
    whole: np.ndarray  # (S, W): `harmony` and `rhythm` of each song; (S, 0) without a model

    @cached_property
    def statistics(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and spread, (S, K + 5) each, of traits and nats over each song's bars."""
        values = np.concatenate([self.traits, self.nats], axis=1)
        mean = self.means(values)
        return mean, np.sqrt(self.means((values - mean[self.song]) ** 2))

    def means(self, values: np.ndarray) -> np.ndarray:
        """Return the mean (S, V) of values (N, V) over each song's bars, ignoring NaN; NaN where all of them are."""
        known = np.isfinite(values)
        total, count = self._sums(np.where(known, values, 0.0)), self._sums(known)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)

    def _sums(self, values: np.ndarray) -> np.ndarray:
        """Return the sum (S, V) of values (N, V) over each song's bars, by column: `np.add.at` is much slower."""
        columns = [np.bincount(self.song, weights=column, minlength=self.num_songs) for column in values.T]
        return np.stack(columns, axis=1) if columns else np.zeros((self.num_songs, 0))

    def of(self, songs: np.ndarray) -> Measurements:
        """Return the measurements of some of the songs, by their indices (M,), in that order."""
        rows = [np.flatnonzero(self.song == song) for song in songs]
        index = np.concatenate([np.zeros(0, int), *rows])
        song = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
        parts = (self.features, self.traits, self.nats, self.z)
        features, traits, nats, z = (part[index] for part in parts)
        whole = self.whole[np.asarray(songs, int)]
        return Measurements(song, self.bar[index], len(rows), features, traits, self.trait_names, nats, z, whole)


def describe(
    network: Network | None,
    songs: Iterable[Bars],
    *,
    draws: int = DRAWS,
    seed: int = 0,
    with_features: bool = True,
) -> Measurements:
    """Measure songs of at least one bar each; without a network, only what can be heard in single bars.

    `songs` is read a few songs at a time. Only the detectors of bars need the features, which take a large part of the
    time and the memory.
    """
    picked: list[np.ndarray] = []
    parts = []
    rest = iter(songs)
    while batch := list(islice(rest, _BATCH)):
        index = [sounding_bars(bars) for bars in batch]
        bars = Bars.concatenate([one[some] for one, some in zip(batch, index, strict=True)])
        nats, z = _seen_by(network, bars, draws=draws, seed=seed)
        features = bar_features(bars).values if with_features else np.zeros((len(bars), 0))
        whole = _wholes(batch if network is not None else [], len(batch))
        parts.append((features, _traits(bars), nats.astype(np.float32), z, whole))
        picked += index
    features, traits, nats, z, whole = (np.concatenate(column) for column in zip(*parts, strict=True))
    song = np.repeat(np.arange(len(picked)), [len(index) for index in picked])
    return Measurements(song, np.concatenate(picked), len(picked), features, traits, trait_names(), nats, z, whole)


def _seen_by(network: Network | None, bars: Bars, *, draws: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    if network is None:
        return np.full((len(bars), len(NATS)), np.nan), np.zeros((len(bars), 0))
    return reconstruction_nats(network, bars, draws=draws, seed=seed)


def _wholes(songs: list[Bars], count: int) -> np.ndarray:
    """Measure the harmony and the rhythm of each song, (S, W) float32; (count, 0) where there are no songs."""
    rows = []
    for bars in songs:
        sounding = np.flatnonzero(bars.has_notes)[:CONSECUTIVE]
        some = bars[sounding if len(sounding) else slice(CONSECUTIVE)]
        rows.append([*harmony(some).values(), *rhythm(some).values()])
    return np.array(rows, np.float32) if rows else np.zeros((count, 0), np.float32)


def whole_names() -> tuple[str, ...]:
    """Name the columns of `Measurements.whole`."""
    return (*harmony(Bars.empty(1)), *rhythm(Bars.empty(1)))


def sounding_bars(bars: Bars) -> np.ndarray:
    """Return the indices of up to BARS bars with a note, spread evenly; where no bar has one, of any bars."""
    index = np.flatnonzero(bars.has_notes)
    if not len(index):
        index = np.arange(len(bars))
    if len(index) > BARS:
        index = index[np.linspace(0, len(index) - 1, BARS).round().astype(int)]
    return index


def trait_names() -> tuple[str, ...]:
    """Name the columns of `Measurements.traits`."""
    return (*bar_traits(Bars.empty(1)), *(f"drums hits of {voice}" for voice in VOICES))


def nats_names() -> tuple[str, ...]:
    """Name the columns of `Measurements.nats`, in the way traits are named."""
    return tuple(f"{name} nats" for name in NATS)


def role_of(trait: str) -> int:
    """Return the role that a trait describes, as an index into ROLES: the first of two, and -1 for feel."""
    first = trait.split()[0]
    return ROLES.index(first) if first in ROLES else -1


def _traits(bars: Bars) -> np.ndarray:
    columns = [*bar_traits(bars).values(), *bars.onsets("drums").sum(1).T]
    return np.stack(columns, axis=1).astype(np.float32)
