"""Judges that tell two genres apart and know no others: how far from one genre to the other is a bar?

A judge of all genres (`judges`) often gives a bar between two genres to a third, and then its odds between the two are
next to nothing divided by next to nothing. A judge of only the two has to decide, as in Brunner et al. 2018 (Symbolic
music genre transfer with CycleGAN, sec. IV). The judges are forests, like those that calibrate blends
(`fitting.calibration`), but they never share songs or features with them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from groovevae.bars import Bars
from groovevae.measures.features import KINDS, bar_features
from groovevae.measures.judges import MAX_GENRE_BARS, NUM_FOLDS, Judges, forest

_TREES = 60

Pair = tuple[str, str]


class PairJudges:
    """Makes judges of pairs of genres. All pairs' together would fill the memory: some 30 MB each."""

    def __init__(
        self, bars: Bars, genre: Sequence[str], song_ids: Sequence[str], *, judges: Judges, seed: int = 0
    ) -> None:
        """Take the bars (N,) of the songs of `judges`; pairs will have the same songs in each fold."""
        names, rng = np.array(genre), np.random.default_rng(seed)
        index = rng.permutation(np.flatnonzero(np.isin(names, judges.genres) & bars.has_notes))
        index = np.sort(np.concatenate([index[names[index] == name][:MAX_GENRE_BARS] for name in judges.genres]))
        self._features, self._names, self._seed = bar_features(bars[index]), names[index], seed
        self._fold_of_song = judges.fold_of_song
        self._fold = np.array([judges.fold_of_song[song_ids[number]] for number in index])

    def of(self, pair: Pair) -> PairJudge:
        """Fit the judge of a pair."""
        rows = np.isin(self._names, pair)
        fitted = {
            kind: tuple(
                _fit(
                    self._features.of_kind(kind)[rows & (self._fold != number)],
                    self._names[rows & (self._fold != number)] == pair[1],
                    self._seed,
                )
                for number in range(NUM_FOLDS)
            )
            for kind in KINDS
        }
        return PairJudge(pair, fitted, self._fold_of_song)


class PairJudge(NamedTuple):
    """A judge of two genres, in four kinds (`features.KINDS`), with one judge for each fold of songs."""

    pair: Pair
    fitted: Mapping[str, Sequence[Any]]  # by kind
    fold_of_song: Mapping[str, int]

    def towards(self, target: str, heard: Mapping[str, np.ndarray], song_ids: np.ndarray) -> dict[str, np.ndarray]:
        """Return by kind the probability (N,) that bars are of the target, one of the two.

        Each bar is judged by a judge that never heard its song. `heard` holds the features of the bars by kind, as
        `hear` returns them.
        """
        fold = np.array([self.fold_of_song.get(song_id, 0) for song_id in song_ids])
        out = {}
        for kind, judges in self.fitted.items():
            said = np.zeros(len(song_ids))
            for number, judge in enumerate(judges):
                if (fold == number).any():
                    said[fold == number] = judge.predict_proba(heard[kind][fold == number])[:, 1]
            out[kind] = said if target == self.pair[1] else 1 - said
        return out


def hear(bars: Bars) -> dict[str, np.ndarray]:
    """Return the features of bars by kind, (N, F) each."""
    features = bar_features(bars)
    return {kind: features.of_kind(kind) for kind in KINDS}


def _fit(values: np.ndarray, is_target: np.ndarray, seed: int) -> Any:
    fitted = forest(_TREES, seed=seed).fit(values, is_target)
    return fitted.set_params(n_jobs=1)  # for judging: a few bars are not worth the threads
