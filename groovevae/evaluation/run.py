"""The whole evaluation of a model, on songs that it never saw: runs every measurement and collects the figures.

It prints and writes nothing; `reports` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from groovevae.bars import Bars
from groovevae.corpus import Corpus, CorpusSong
from groovevae.corpus.load import BarsOf
from groovevae.corpus.sample import drawn_songs
from groovevae.errors import CorpusError
from groovevae.evaluation.arrangements import Arranging, measure_arranging
from groovevae.evaluation.attribute_response import AttributeResponse, measure_attributes
from groovevae.evaluation.dose_response import PairResponse, measure_pairs
from groovevae.evaluation.excerpts import RUN_BARS, Excerpts, draw_excerpts
from groovevae.evaluation.novelty import Novelty, measure_novelty
from groovevae.evaluation.pair_judges import PairJudges
from groovevae.evaluation.reconstruction import Reconstruction, measure_reconstruction
from groovevae.evaluation.songs import measured_songs
from groovevae.evaluation.true_versions import Truth, measure_truth
from groovevae.evaluation.versions import Sides
from groovevae.generation.groove import Groove
from groovevae.measures.features import KINDS
from groovevae.measures.judges import Judges, fit_judges
from groovevae.network.decoding import encode
from groovevae.progress import Progress, quiet

JUDGING_SONGS = 200  # held-out songs of each genre that judges are fitted on, at most
TRAINING_BARS = 400  # bars of training songs for each genre, for shuffled labels and nearest bars


@dataclass(frozen=True)
class Evaluation:
    """The figures of an evaluation; all are for held-out songs unless they say otherwise."""

    genres: tuple[str, ...]  # those between which blends were measured
    left_out: tuple[str, ...]  # genres of the model with too few held-out songs
    num_runs: int
    seed: int
    reconstruction: Reconstruction
    accuracy: dict[str, dict[str, float]]  # kind of judge -> genre -> share of real bars that are recognised
    pairs: list[PairResponse]
    truth: Truth
    attributes: list[AttributeResponse]
    arranging: Arranging
    novelty: list[Novelty]


def evaluate(
    groove: Groove,
    corpus: Corpus,
    unseen: Corpus | None = None,
    *,
    seed: int = 0,
    num_runs: int = 16,
    progress: Progress = quiet,
) -> Evaluation:
    """Measure a model on the songs that training with `seed` held out of its corpus, or on `unseen` (`measured_songs`).

    `num_runs` runs of RUN_BARS bars represent each genre. Judges of genre are trained on held-out songs too, and none
    judges a song that it has heard. Raises CorpusError where too few songs are held out to judge two genres.
    """
    genres = set(groove.model.genres) & set(corpus.genres)
    train, held = measured_songs(corpus, genres, seed=seed, unseen=unseen, progress=progress)
    progress("judges of genre", 0, 1)
    judges, pair_judges = judges_of(drawn_songs(held, JUDGING_SONGS), seed=seed)
    excerpts = _excerpts(held, judges.genres, num_runs=num_runs, seed=seed)
    progress("reconstruction", 0, 1)
    reconstruction = measure_reconstruction(groove.network, train, held, tuple(groove.model.genres))
    bars, sides = _sides(groove, train, excerpts, seed=seed)
    pairs, blends = measure_pairs(sides, judges, pair_judges, progress=progress)
    truth = measure_truth(sides, held, bars, progress=progress)
    arranging = measure_arranging(sides, judges, bars, seed=seed, progress=progress)
    progress("attributes and novelty", 0, 1)
    return Evaluation(
        genres=tuple(excerpts),
        left_out=tuple(sorted(set(groove.model.genres) - set(excerpts))),
        num_runs=num_runs,
        seed=seed,
        reconstruction=reconstruction,
        accuracy=_accuracy(judges, excerpts),
        pairs=pairs,
        truth=truth,
        attributes=measure_attributes(sides, seed=seed),
        arranging=arranging,
        novelty=measure_novelty(excerpts, blends, BarsOf(train)),
    )


def _sides(
    groove: Groove, train: Sequence[CorpusSong], excerpts: dict[str, Excerpts], *, seed: int
) -> tuple[dict[str, Bars], Sides]:
    """Draw training bars of each genre; return them, and the excerpts with the points of these bars beside them."""
    bars = {name: _training_bars(train, name, seed) for name in excerpts}
    points = {name: encode(groove.network, own)[0] for name, own in bars.items()}
    return bars, Sides(groove.model, groove.network, excerpts, points)


def judges_of(songs: Sequence[CorpusSong], *, seed: int) -> tuple[Judges, PairJudges]:
    """Fit the judges of all genres and of pairs on these songs. Raises CorpusError where they are too few."""
    parts = [song.song.bars for song in songs]
    lengths = [len(own) for own in parts]
    bars = Bars.concatenate(parts)
    genre = np.repeat([song.entry.genre for song in songs], lengths).tolist()
    ids = np.repeat([song.entry.song_id for song in songs], lengths).tolist()
    judges = fit_judges(bars, genre, ids, seed=seed)
    return judges, PairJudges(bars, genre, ids, judges=judges, seed=seed)


def _excerpts(songs: Sequence[CorpusSong], genres: Sequence[str], *, num_runs: int, seed: int) -> dict[str, Excerpts]:
    found = {}
    for name in genres:
        own = draw_excerpts([song for song in songs if song.entry.genre == name], num_runs=num_runs, seed=seed)
        if own is not None:
            found[name] = own
    if len(found) < 2:
        raise CorpusError(f"too few genres with runs of {RUN_BARS} bars in held-out songs to blend between them")
    return found


def _training_bars(songs: Sequence[CorpusSong], genre: str, seed: int) -> Bars:
    """Draw up to TRAINING_BARS bars from the training songs of a genre."""
    runs = draw_excerpts(
        [song for song in songs if song.entry.genre == genre], num_runs=TRAINING_BARS // RUN_BARS, seed=seed
    )
    if runs is None:
        raise CorpusError(f"no run of {RUN_BARS} bars in the training songs of {genre}")
    return runs.bars


def _accuracy(judges: Judges, excerpts: dict[str, Excerpts]) -> dict[str, dict[str, float]]:
    """Measure how often each kind of judge recognises a genre's real bars, in songs that it has not heard."""
    table: dict[str, dict[str, float]] = {kind: {} for kind in KINDS}
    for name, own in excerpts.items():
        for kind, said in judges.of_songs(own.bars, own.song_ids.tolist()).items():
            table[kind][name] = float((said.argmax(1) == judges.genres.index(name)).mean())
    return table
