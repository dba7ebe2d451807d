"""Songs that a corpus holds in several genres: does a blend come near to the song's own version in the other genre?

This module only measures blends against such songs; `fitting.song_codes` learns from them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from groovevae.bars import Bars
from groovevae.bars.constants import ROLES
from groovevae.corpus import CorpusSong
from groovevae.evaluation.bootstrap import Estimate, draw_songs, estimate
from groovevae.evaluation.versions import (
    RANDOM,
    SHUFFLED,
    SPLICE,
    Sides,
    blend_name,
    blend_paths,
    literal_name,
    points_of,
    splice,
)
from groovevae.fitting.song_codes import Versions, aligned, versions_of_songs
from groovevae.measures.note_f1 import role_note_counts
from groovevae.network.decoding import Take, decode_takes, encode
from groovevae.network.refining import close_points
from groovevae.progress import Progress, quiet

SONG_BARS = 8  # of each song
MIN_SONGS = 5  # for each pair
DECODED = (blend_name(1.0), literal_name(1.0), RANDOM, SHUFFLED)
SAME, OTHER, NEAREST = "the song as it was", "a random bar", "the nearest bar"
LATENT = "latent distance"


@dataclass(frozen=True)
class PairTruth:
    """How near each rival comes to the song's version in the target genre, over `num_songs` held-out songs."""

    source: str
    target: str
    num_bars: int
    num_songs: int
    f1: dict[str, dict[str, float]]  # role -> rival -> note F1, all bars counted together
    distance: dict[str, float]  # rival -> mean latent distance to the true bar


@dataclass(frozen=True)
class Truth:
    """The figures of each pair, and of all pairs together with intervals over songs."""

    pairs: list[PairTruth]
    overall: dict[str, dict[str, Estimate]]  # role or LATENT -> rival -> note F1 or mean distance


def measure_truth(
    sides: Sides, songs: Sequence[CorpusSong], training_bars: Mapping[str, Bars], *, progress: Progress = quiet
) -> Truth:
    """Measure every ordered pair of genres that shares MIN_SONGS of the held-out songs.

    The rivals of the default blend are the formula `z + target - source`, random directions and shuffled labels, all
    decoded greedily; a splice with bars of other held-out songs of the target genre; those bars themselves; the
    source's bars; and the training bar of the target genre whose latent point (`sides.training`, in the order of
    `training_bars`) is nearest.
    """
    versions = versions_of_songs(song for song in songs if song.entry.genre in sides.excerpts)
    pairs, tables, ids = [], [], []
    for done, source in enumerate(sides.excerpts):
        progress("songs in several genres", done, len(sides.excerpts))
        for target in sides.excerpts:
            matched = _matched(versions, source, target) if source != target else []
            if len({song_id for song_id, _, _ in matched}) >= MIN_SONGS:
                song_ids = np.array([song_id for song_id, one, _ in matched for _ in range(len(one))])
                like = Bars.concatenate([one for _, one, _ in matched])
                true = Bars.concatenate([other for _, _, other in matched])
                table = _scores(sides, source, target, like, true, training_bars[target])
                pairs.append(_pair(source, target, song_ids, table))
                tables.append(table)
                ids.append(song_ids)
    return Truth(pairs, _overall(tables, np.concatenate(ids)) if pairs else {})


def _matched(versions: Versions, source: str, target: str) -> list[tuple[str, Bars, Bars]]:
    """Return (song id, bars in the source genre, the same bars in the target genre) for each song that both have."""
    out = []
    for song_id, genres in versions.items():
        if source in genres and target in genres:
            one, other = genres[source].song.bars, genres[target].song.bars
            first, second = aligned(one, other)
            if len(first):
                out.append((song_id, one[first[:SONG_BARS]], other[second[:SONG_BARS]]))
    return out


def _scores(
    sides: Sides, source: str, target: str, like: Bars, true: Bars, training: Bars
) -> dict[str, dict[str, np.ndarray]]:
    """Return role -> rival -> (N, 2): notes that agree, and the mean of true and played notes; for LATENT, (N,)."""
    network = sides.network
    z = close_points(network, like)
    z_true, _ = encode(network, true)
    rng = np.random.default_rng([*source.encode(), 0, *target.encode()])
    points = points_of(sides, source, target, blend_paths(sides, source, target, like, z), z, rng)
    decoded = decode_takes(network, [Take(points[name], like) for name in DECODED])
    known = sides.training[target]
    distances = (known**2).sum(1)[None] - 2 * z @ known.T  # without |z|^2, which is the same for all
    other = true[(np.arange(len(true)) + len(true) // 2) % len(true)]  # bars of other songs
    rivals = {
        **dict(zip(DECODED, decoded, strict=True)),
        SPLICE: splice(like, other, rng.random((len(like), len(ROLES))) < 0.5),
        SAME: like,
        OTHER: other,
        NEAREST: training[distances.argmin(1)],
    }
    table: dict[str, dict[str, np.ndarray]] = {
        role: {name: _agreement(true, bars, role) for name, bars in rivals.items()} for role in ROLES
    }
    table[LATENT] = {name: np.linalg.norm(encode(network, bars)[0] - z_true, axis=1) for name, bars in rivals.items()}
    return table


def _agreement(true: Bars, bars: Bars, role: str) -> np.ndarray:
    agree, wanted, played = role_note_counts(true, bars, role)
    return np.stack([agree, (wanted + played) / 2], axis=1)


def _pair(source: str, target: str, song_ids: np.ndarray, table: Mapping[str, Mapping[str, np.ndarray]]) -> PairTruth:
    return PairTruth(
        source=source,
        target=target,
        num_bars=len(song_ids),
        num_songs=len(np.unique(song_ids)),
        f1={role: {name: _f1(counts.sum(0)) for name, counts in table[role].items()} for role in ROLES},
        distance={name: float(values.mean()) for name, values in table[LATENT].items()},
    )


def _overall(
    tables: Sequence[Mapping[str, Mapping[str, np.ndarray]]], song_ids: np.ndarray
) -> dict[str, dict[str, Estimate]]:
    """Estimate the figures over the bars of all pairs together; a song is resampled with all its pairs."""
    draws = draw_songs(song_ids)
    song = np.searchsorted(draws.songs, song_ids)
    out: dict[str, dict[str, Estimate]] = {}
    for row in (*ROLES, LATENT):
        out[row] = {}
        for name in tables[0][row]:
            values = np.concatenate([table[row][name] for table in tables])
            values = np.stack([values, np.ones(len(values))], axis=1) if values.ndim == 1 else values
            total = np.stack([np.bincount(song, column, len(draws.songs)) for column in values.T], axis=1)  # (S, 2)
            drawn = draws.weights @ total
            out[row][name] = estimate(drawn[:, 0] / np.maximum(drawn[:, 1], 1e-9))
    return out


def _f1(counts: np.ndarray) -> float:
    return float(counts[0] / counts[1]) if counts[1] else float("nan")
