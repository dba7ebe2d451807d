"""How well bars come back from their latent means, decoded greedily without teacher forcing, and how full latents are.

This module measures a network and never trains it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from groovevae.bars import Bars
from groovevae.bars.constants import OFFSET_UNITS, PITCHED, ROLES
from groovevae.corpus import CorpusSong, Songs
from groovevae.corpus.dataset import Dataset
from groovevae.measures.note_f1 import f1_by_genre, macro_f1
from groovevae.network.decoding import decode, encode
from groovevae.network.forward import Network
from groovevae.network.nats import ACTIVE_KL, kl_divergence

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
    """Note F1 by genre and role, NaN where a genre has no notes of a role, and figures of the latent space."""

    held_out: dict[str, dict[str, float]]
    training: dict[str, dict[str, float]]
    num_bars: dict[str, int]  # held-out bars by genre
    num_songs: dict[str, int]
    latent_nats: float  # per bar
    active_units: int
    latent_size: int
    feel: dict[str, Feel]

    @property
    def means(self) -> dict[str, dict[str, float]]:
        """The means over genres by role, for held-out and for training songs."""
        return {"held-out songs": macro_f1(self.held_out), "training songs": macro_f1(self.training)}


def measure_reconstruction(
    network: Network, train: Sequence[CorpusSong], held: Sequence[CorpusSong], genres: tuple[str, ...]
) -> Reconstruction:
    """Measure reconstruction on up to NUM_BARS bars of each genre, of held-out songs and of training songs."""
    data, seen_data = (
        Dataset.from_songs(Songs(part), [song.entry.genre for song in part], genres) for part in (held, train)
    )
    index = data.of_each_genre(NUM_BARS)
    bars = data.bars[index]
    mean, logvar = encode(network, bars)
    decoded = decode(network, mean, bars)
    kl = kl_divergence(mean, logvar).mean(0)  # (Z,)
    seen = seen_data.of_each_genre(NUM_BARS)
    seen_bars = seen_data.bars[seen]
    seen_decoded = decode(network, encode(network, seen_bars)[0], seen_bars)
    return Reconstruction(
        held_out=f1_by_genre(bars, decoded, data.genre[index], genres),
        training=f1_by_genre(seen_bars, seen_decoded, seen_data.genre[seen], genres),
        num_bars={name: int((data.genre[index] == number).sum()) for number, name in enumerate(genres)},
        num_songs={name: len({s.entry.song_id for s in held if s.entry.genre == name}) for name in genres},
        latent_nats=float(kl.sum()) if network.config.variational else float("nan"),
        active_units=int((kl > ACTIVE_KL).sum()),
        latent_size=len(kl),
        feel={role: _feel_error(bars, decoded, role) for role in ROLES},
    )


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
