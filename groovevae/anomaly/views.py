"""Songs as detectors see them: some bars of each, with what can be heard in them and what a model says of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from groovevae.anomaly.likelihood import NATS, reconstruction_nats
from groovevae.anomaly.traits import bar_traits
from groovevae.bars import Bars
from groovevae.bars.constants import ROLES, VOICES
from groovevae.features import bar_features
from groovevae.inference import Network

BARS = 24  # of a song that are looked at, spread evenly over those that sound
DRAWS = 1  # latent points a bar: the mean over a song's bars averages the chance out
_BATCH = 100  # songs described together

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class View:
    """N bars of S songs. Traits and nats are NaN where a bar has nothing to measure them by."""

    song: np.ndarray  # (N,) int, index of the song
    bar: np.ndarray  # (N,) int, index of the bar within the song
    num_songs: int
    features: np.ndarray  # (N, F): `features.bar_features`
    traits: np.ndarray  # (N, K): `traits.bar_traits`, and hits of each drum voice
    trait_names: tuple[str, ...]
    nats: np.ndarray  # (N, 5): `likelihood.NATS`
    z: np.ndarray  # (N, Z) posterior means

    def of(self, songs: np.ndarray) -> View:
        """The view of some of the songs, by their indices (M,), in that order."""
        rows = [np.flatnonzero(self.song == song) for song in songs]
        index = np.concatenate([np.zeros(0, int), *rows])
        song = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
        parts = (self.features, self.traits, self.nats, self.z)
        features, traits, nats, z = (part[index] for part in parts)
        return View(song, self.bar[index], len(rows), features, traits, self.trait_names, nats, z)


def describe(
    network: Network,
    songs: Sequence[Bars],
    *,
    draws: int = DRAWS,
    seed: int = 0,
    progress: Progress = lambda done, total: None,
) -> View:
    """The view of songs with at least one bar each; `progress` is called with (songs done, songs in all)."""
    picked = [sounding_bars(bars) for bars in songs]
    parts = []
    for start in range(0, len(songs), _BATCH):
        numbers = range(start, min(start + _BATCH, len(songs)))
        bars = Bars.concatenate([songs[number][picked[number]] for number in numbers])
        nats, z = reconstruction_nats(network, bars, draws=draws, seed=seed)
        parts.append((bar_features(bars).values, _traits(bars), nats.astype(np.float32), z))
        progress(numbers[-1] + 1, len(songs))
    features, traits, nats, z = (np.concatenate(column) for column in zip(*parts, strict=True))
    song = np.repeat(np.arange(len(songs)), [len(index) for index in picked])
    return View(song, np.concatenate(picked), len(songs), features, traits, trait_names(), nats, z)


def sounding_bars(bars: Bars) -> np.ndarray:
    """Indices of up to BARS bars with a note, spread evenly; of any where none has one."""
    index = np.flatnonzero(bars.has_notes)
    if not len(index):
        index = np.arange(len(bars))
    if len(index) > BARS:
        index = index[np.linspace(0, len(index) - 1, BARS).round().astype(int)]
    return index


def trait_names() -> tuple[str, ...]:
    """The columns of `View.traits`."""
    return (*bar_traits(Bars.empty(1)), *(f"drums hits of {voice}" for voice in VOICES))


def nats_names() -> tuple[str, ...]:
    """The columns of `View.nats`, as traits are named."""
    return tuple(f"{name} nats" for name in NATS)


def role_of(trait: str) -> int:
    """The role that a trait is of, an index into ROLES; of two the first. Feel is nobody's: -1."""
    first = trait.split()[0]
    return ROLES.index(first) if first in ROLES else -1


def _traits(bars: Bars) -> np.ndarray:
    columns = [*bar_traits(bars).values(), *(bars.drums > 0).sum(1).T]
    return np.stack(columns, axis=1).astype(np.float32)
