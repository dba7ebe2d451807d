"""How well bars come back from their latent points, decoded greedily without teacher forcing, and how full latents are.

This module measures a network and never trains it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from groovevae.bars import Bars
from groovevae.bars.constants import OFFSET_UNITS, PITCHED, ROLES
from groovevae.corpus import CorpusSong, Songs
from groovevae.corpus.dataset import Dataset
from groovevae.measures.note_f1 import f1_by_genre, macro_f1
from groovevae.network.decoding import Posterior, decode, encode
from groovevae.network.forward import Network
from groovevae.network.nats import ACTIVE_KL, kl_divergence
from groovevae.network.refining import close_points

NUM_BARS = 512  # at most, for each genre


@dataclass(frozen=True)
class Feel:
    """Mean absolute errors where original and reconstruction both strike, and those of always guessing the median."""

    velocity: float  # 1 to 127
    velocity_of_median: float
    offset: float  # steps
    offset_of_median: float


@dataclass(frozen=True)
class Reconstruction:
    """Note F1 by genre and role, NaN where a genre has no notes of a role, and figures of the latent space.

    The points are those that a file's bars get (`network.refining`), or the posterior means: the encoder's alone.
    """

    held_out: dict[str, dict[str, float]]
    held_out_alone: dict[str, dict[str, float]]
    training: dict[str, dict[str, float]]
    training_alone: dict[str, dict[str, float]]
    num_bars: dict[str, int]  # held-out bars by genre
    num_songs: dict[str, int]
    latent_nats: float  # per bar
    active_units: int
    latent_size: int
    feel: dict[str, Feel]

    @property
    def means(self) -> dict[str, dict[str, float]]:
        """The means over genres by role, for held-out and for training songs."""
        found = {
            "held-out songs": self.held_out,
            "held-out songs, encoder alone": self.held_out_alone,
            "training songs": self.training,
            "training songs, encoder alone": self.training_alone,
        }
        return {name: macro_f1(f1) for name, f1 in found.items()}


def measure_reconstruction(
    network: Network, train: Sequence[CorpusSong], held: Sequence[CorpusSong], genres: tuple[str, ...]
) -> Reconstruction:
    """Measure reconstruction on up to NUM_BARS bars of each genre, of held-out songs and of training songs."""
    data, seen_data = (
        Dataset.from_songs(Songs(part), [song.entry.genre for song in part], genres) for part in (held, train)
    )
    found, seen = _played(network, data), _played(network, seen_data)
    kl = kl_divergence(*found.posterior).mean(0)  # (Z,)
    return Reconstruction(
        held_out=found.f1,
        held_out_alone=found.f1_alone,
        training=seen.f1,
        training_alone=seen.f1_alone,
        num_bars={name: int((found.genre == number).sum()) for number, name in enumerate(genres)},
        num_songs={name: len({s.entry.song_id for s in held if s.entry.genre == name}) for name in genres},
        latent_nats=float(kl.sum()) if network.config.variational else float("nan"),
        active_units=int((kl > ACTIVE_KL).sum()),
        latent_size=len(kl),
        feel={role: _feel_error(found.bars, found.decoded, role) for role in ROLES},
    )


class _Played(NamedTuple):
    """Bars that were measured, how they came back, and note F1 by genre and role."""

    bars: Bars
    genre: np.ndarray  # (N,)
    posterior: Posterior
    decoded: Bars
    f1: dict[str, dict[str, float]]
    f1_alone: dict[str, dict[str, float]]  # from the encoder's means


def _played(network: Network, data: Dataset) -> _Played:
    index = data.of_each_genre(NUM_BARS)
    bars, genre = data.bars[index], data.genre[index]
    posterior = encode(network, bars)
    decoded, alone = (decode(network, z, bars) for z in (close_points(network, bars), posterior.mean))
    f1, f1_alone = (f1_by_genre(bars, played, genre, data.genres) for played in (decoded, alone))
    return _Played(bars, genre, posterior, decoded, f1, f1_alone)


def _feel_error(true: Bars, decoded: Bars, role: str) -> Feel:
    strikes = _struck(true, role)
    both = strikes & _struck(decoded, role)
    errors = []
    for known, said in zip(_feel(true, role), _feel(decoded, role), strict=True):
        usual = np.median(known[strikes]) if strikes.any() else 0.0
        pair = (np.abs(known - said)[both], np.abs(known[both] - usual))
        errors += [float(values.mean()) if len(values) else float("nan") for values in pair]
    return Feel(*errors)


def _struck(bars: Bars, role: str) -> np.ndarray:
    """Mark where a role strikes: (N, T, 9) for drums, (N, T) for the others."""
    return bars.onsets(role) if role == "drums" else bars.strikes(role)


def _feel(bars: Bars, role: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the velocity (0 to 127) and the offset (steps) at each place of `_struck`."""
    if role == "drums":
        return bars.drums.astype(float), bars.drums_offset / OFFSET_UNITS
    column = PITCHED.index(role)
    return bars.velocity[..., column].astype(float), bars.offset[..., column] / OFFSET_UNITS
