"""The bars to measure on: short runs from held-out songs, spread over the songs of a genre.

This module draws bars as they are; it never changes or judges them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from groovevae.bars import Bars
from groovevae.corpus import CorpusSong

RUN_BARS = 4  # consecutive bars of a song


@dataclass(frozen=True)
class Excerpts:
    """Runs of RUN_BARS bars, one after another, and the id of each bar's song."""

    bars: Bars
    song_ids: np.ndarray  # (N,) str

    @property
    def runs(self) -> list[Bars]:
        """The runs, each by itself."""
        return [self.bars[start : start + RUN_BARS] for start in range(0, len(self.bars), RUN_BARS)]


def draw_excerpts(songs: Sequence[CorpusSong], *, num_runs: int, seed: int) -> Excerpts | None:
    """Draw up to `num_runs` runs in one metre with a note in every bar; songs (by id) take turns.

    Returns None where there is no such run.
    """
    rng = np.random.default_rng(seed)
    by_id: dict[str, list[CorpusSong]] = defaultdict(list)
    for song in songs:
        by_id[song.entry.song_id].append(song)
    waiting: dict[str, list[Bars]] = {}
    for song_id in rng.permutation(sorted(by_id)).tolist():
        if sum(map(bool, waiting.values())) == num_runs:  # the first turn has all: no other song need be unpacked
            break
        waiting[song_id] = _runs(by_id[song_id], rng)
    found: list[tuple[Bars, str]] = []
    while len(found) < num_runs and any(waiting.values()):
        for song_id, runs in waiting.items():
            if runs and len(found) < num_runs:
                found.append((runs.pop(), song_id))
    if not found:
        return None
    return Excerpts(
        Bars.concatenate([bars for bars, _ in found]),
        np.array([song_id for _, song_id in found for _ in range(RUN_BARS)]),
    )


def _runs(versions: Sequence[CorpusSong], rng: np.random.Generator) -> list[Bars]:
    """Return all runs of a song's versions in a random order."""
    found = []
    for version in versions:
        bars = version.song.bars
        sounds = bars.has_notes
        for start in range(0, len(bars) - RUN_BARS + 1, RUN_BARS):
            run = bars[start : start + RUN_BARS]
            if sounds[start : start + RUN_BARS].all() and (run.metre == run.metre[0]).all():
                found.append(run)
    return [found[i] for i in rng.permutation(len(found))]
