"""Judges of genre that are independent of every model: classifiers over what can be heard in a bar.

They never see a latent point, and none judges a song that it was trained on: songs are dealt into folds, and each
fold's judge is trained on the others. Train them on songs that the model under test was not trained on: then a bar
that the model knows by heart gives them no advantage either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from groovevae.bars import Bars
from groovevae.errors import CorpusError
from groovevae.measures.features import KINDS, bar_features

NUM_FOLDS = 4
MIN_SONGS = 5  # of a genre: each judge must be trained on some of them, and leave some to be judged
MAX_GENRE_BARS = 800  # bars of a genre that a judge is trained on
_TREES = 100


@dataclass(frozen=True)
class Judges:
    """Fitted judges of four kinds (`features.KINDS`), one for each fold. Probabilities are in the order of `genres`."""

    genres: tuple[str, ...]
    fold_of_song: dict[str, int]
    fitted: dict[str, tuple[Any, ...]]  # kind -> one classifier for each fold

    def of_new(self, bars: Bars) -> dict[str, np.ndarray]:
        """Return probabilities (N, G) by kind for bars that come from none of the songs: the mean of all judges."""
        features = bar_features(bars)
        return {
            kind: np.mean([judge.predict_proba(features.of_kind(kind)) for judge in judges], axis=0)
            for kind, judges in self.fitted.items()
        }

    def of_songs(self, bars: Bars, song_ids: Sequence[str]) -> dict[str, np.ndarray]:
        """Return probabilities (N, G) by kind for bars of songs with these ids (N,), by judges that never heard them.

        Bars of songs that no judge knows are judged by the first fold's judge.
        """
        features = bar_features(bars)
        fold = np.array([self.fold_of_song.get(song_id, 0) for song_id in song_ids], int)
        out = {}
        for kind, judges in self.fitted.items():
            values = features.of_kind(kind)
            probabilities = np.zeros((len(bars), len(self.genres)))
            for number, judge in enumerate(judges):
                if (fold == number).any():
                    probabilities[fold == number] = judge.predict_proba(values[fold == number])
            out[kind] = probabilities
        return out


def fit_judges(bars: Bars, genre: Sequence[str], song_ids: Sequence[str], *, seed: int = 0) -> Judges:
    """Fit judges to bars with their genres and the ids of their songs, (N,) each.

    All versions of a song share an id and therefore a fold. Genres of fewer than MIN_SONGS songs are left out. Raises
    CorpusError when fewer than two genres are left.
    """
    names, ids = np.array(genre), np.array(song_ids)
    genres = tuple(name for name in sorted(set(genre)) if len(set(ids[names == name])) >= MIN_SONGS)
    if len(genres) < 2:
        raise CorpusError(f"too few songs to judge genres by; two genres of at least {MIN_SONGS} songs each are needed")
    rng = np.random.default_rng(seed)
    fold_of_song = _deal(ids, names, genres, rng)
    index = np.flatnonzero(np.isin(names, genres) & bars.has_notes)
    index = rng.permutation(index)
    index = np.sort(np.concatenate([index[names[index] == name][:MAX_GENRE_BARS] for name in genres]))
    features, fold = bar_features(bars[index]), np.array([fold_of_song[song_id] for song_id in ids[index]])
    target = np.searchsorted(genres, names[index])
    fitted = {
        kind: tuple(
            _fit(features.of_kind(kind)[fold != number], target[fold != number], ids[index][fold != number], seed)
            for number in range(NUM_FOLDS)
        )
        for kind in KINDS
    }
    return Judges(genres, fold_of_song, fitted)


def forest(trees: int, *, seed: int) -> Any:
    """Make an unfitted forest of extremely randomised trees (Geurts et al. 2006, Machine Learning 63).

    Every judge of genre is one. All classes weigh the same; it runs on all processors.
    """
    from groovevae.measures.forests import Forest

    return Forest(trees, min_samples_leaf=4, max_features=0.2, class_weight="balanced", random_state=seed, n_jobs=-1)


def _deal(ids: np.ndarray, names: np.ndarray, genres: Sequence[str], rng: np.random.Generator) -> dict[str, int]:
    """Deal songs into folds, the genre with the fewest songs first, so that each genre is spread over all folds."""
    fold_of_song: dict[str, int] = {}
    for name in sorted(genres, key=lambda name: len(set(ids[names == name]))):
        songs = sorted(set(ids[names == name]))
        count = np.bincount([fold_of_song[song] for song in songs if song in fold_of_song], minlength=NUM_FOLDS)
        for song in rng.permutation([song for song in songs if song not in fold_of_song]).tolist():
            fold_of_song[song] = int(count.argmin())
            count[fold_of_song[song]] += 1
    return fold_of_song


def _fit(values: np.ndarray, target: np.ndarray, ids: np.ndarray, seed: int) -> Any:
    """Fit a forest whose probabilities are calibrated on songs that its trees have not seen (Platt's sigmoids)."""
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.model_selection import StratifiedGroupKFold

    splits = list(StratifiedGroupKFold(2, shuffle=True, random_state=seed).split(values, target, ids))
    return CalibratedClassifierCV(forest(_TREES, seed=seed), cv=splits, ensemble=False).fit(values, target)
