"""Attribute vectors under test: does an attribute follow the strength of its vector, and what else moves with it?

This module only measures vectors; `fitting.attribute_vectors` finds them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groovevae.bars import Bars
from groovevae.evaluation.bootstrap import Estimate, draw_songs, drawn_means, estimate
from groovevae.evaluation.dose_response import rank_correlation
from groovevae.evaluation.versions import Sides
from groovevae.fitting.attribute_vectors import within_genres
from groovevae.measures.attributes import ATTRIBUTES, measure_all
from groovevae.network.decoding import Take, decode_takes, encode

STRENGTHS = (-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0)


@dataclass(frozen=True)
class AttributeResponse:
    """A vector's own attribute at each of STRENGTHS, and its leaks into others between strengths -1 and 1."""

    name: str
    unit: str
    measured: list[float]  # mean of the attribute
    spearman: float  # of strength and that mean
    gain: Estimate  # standard deviations (within genres, of real bars) of the attribute per unit of strength
    leaks: dict[str, Estimate]  # other attribute -> its standard deviations per standard deviation of this one
    random_gain: float  # the gain of random vectors of the same length


def measure_attributes(sides: Sides, *, seed: int = 0) -> list[AttributeResponse]:
    """Move the excerpts of all genres along each of the model's attribute vectors, decode greedily, and measure."""
    vectors = {name: vector.z for name, vector in sides.model.vectors.items() if name in ATTRIBUTES}
    if not vectors:
        return []
    bars = Bars.concatenate([excerpts.bars for excerpts in sides.excerpts.values()])
    song_ids = np.concatenate([excerpts.song_ids for excerpts in sides.excerpts.values()])
    genre = np.repeat(np.arange(len(sides.excerpts)), [len(excerpts.bars) for excerpts in sides.excerpts.values()])
    spread = np.nanstd(within_genres(measure_all(bars), genre), axis=0)  # (6,)
    z, _ = encode(sides.network, bars)
    draws, rng, names = draw_songs(song_ids), np.random.default_rng(seed), list(ATTRIBUTES)

    def moved(vector: np.ndarray, strengths: tuple[float, ...]) -> list[np.ndarray]:
        takes = [Take((z + np.float32(strength) * vector).astype(np.float32), bars) for strength in strengths]
        return [measure_all(played) for played in decode_takes(sides.network, takes)]

    def changes(less: np.ndarray, more: np.ndarray) -> dict[str, np.ndarray]:
        columns = dict(zip(names, ((more - less) / 2 / spread).T, strict=True))
        return drawn_means(columns, song_ids, draws)

    found = []
    for name, vector in vectors.items():
        values, own = moved(vector, STRENGTHS), names.index(name)
        means = [float(np.nanmean(value[:, own])) for value in values]
        change = changes(values[STRENGTHS.index(-1.0)], values[STRENGTHS.index(1.0)])
        random = rng.standard_normal(z.shape).astype(np.float32)
        random *= np.linalg.norm(vector) / np.linalg.norm(random, axis=1, keepdims=True)
        gain = change[name]
        found.append(
            AttributeResponse(
                name=name,
                unit=ATTRIBUTES[name].unit,
                measured=means,
                spearman=rank_correlation(np.array(STRENGTHS), np.array(means)),
                gain=estimate(gain),
                leaks={other: estimate(change[other] / gain) for other in names if other != name},
                random_gain=float(changes(*moved(random, (-1.0, 1.0)))[name][0]),
            )
        )
    return found
