"""Makes the result of a training run: a model file with its genres and its history, and its figures. Trains nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from groovevae import __version__
from groovevae.bars import Bars, Song
from groovevae.config import TrainConfig
from groovevae.corpus import CorpusSong
from groovevae.corpus.dataset import Dataset
from groovevae.corpus.fingerprint import fingerprint
from groovevae.errors import Cure, RequestError
from groovevae.fitting.attribute_vectors import find_attribute_vectors
from groovevae.fitting.calibration import with_calibration
from groovevae.fitting.genres import describe_genres, follow
from groovevae.fitting.song_codes import with_song_codes
from groovevae.measures.note_f1 import macro_f1
from groovevae.model.file import ModelFile
from groovevae.model.genres import Genre
from groovevae.network.decoding import encode
from groovevae.network.forward import Network
from groovevae.progress import Progress, quiet
from groovevae.training.data import TrainingMusic, dataset
from groovevae.training.loop import EVAL_BARS, TrainState, reconstruction_f1
from groovevae.training.weights import state_to_arrays

MAX_WEIGHT = 65504.0  # the largest float16: model files hold float16


@dataclass(frozen=True)
class Trained:
    """The result of training: the model file, and how well it reconstructs bars of held-out and of training songs."""

    model: ModelFile
    steps_done: int
    held_out_f1: dict[str, dict[str, float]]  # genre -> role -> note F1
    train_f1: dict[str, dict[str, float]]


def described(music: TrainingMusic, state: TrainState, config: TrainConfig, *, progress: Progress = quiet) -> Trained:
    """Return the model that a run ends with, without a prior. Raises RequestError where its weights are too large."""
    weights = state_to_arrays(state.average)
    if not all((np.abs(array) < MAX_WEIGHT).all() for array in weights.values()):  # nor is NaN
        raise RequestError("training diverged (infinite weights)", cure=Cure.LOWER_RATE)
    network = Network(music.sizes, weights)
    genres = describe_genres(network, music.train_songs, progress=progress)
    genres = with_song_codes(genres, network, music.at_hand, progress=progress)
    if music.start:
        genres |= _moved(music.start, music.kept, network, music.rehearsal)
    held_f1 = _measure(network, music.held_out, config.seed, partial(progress, "measuring on held-out songs"))
    provenance = _provenance(music, state, config, held_f1)
    by_name = {name: genres[name] for name in sorted(genres)}
    vectors = {vector.name: vector for vector in find_attribute_vectors(network, music.data_at_hand, progress=progress)}
    model = ModelFile(music.sizes, weights, by_name, provenance, vectors)
    model = with_calibration(model, data=music.data_at_hand, progress=progress)
    seen = dataset(music.at_hand, music.genres) if music.rehearsal else music.data_at_hand
    seen_f1 = _measure(network, seen, config.seed, partial(progress, "measuring on training songs"))
    return Trained(model, int(state.step), held_f1, seen_f1)


def _moved(
    start: ModelFile, kept: dict[str, Genre], network: Network, rehearsal: list[tuple[Song, str]]
) -> dict[str, Genre]:
    """Move the kept genres to the new latent space."""
    bars = Bars.concatenate([Bars.empty(0), *(song.bars for song, _ in rehearsal)])
    return follow(kept, encode(start.network(), bars)[0], encode(network, bars)[0])


def _measure(
    network: Network, data: Dataset, seed: int, told: Callable[[int, int], None]
) -> dict[str, dict[str, float]]:
    index = data.of_each_genre(4 * EVAL_BARS, seed=seed)
    return reconstruction_f1(network, data, index, told=told) if len(index) else {}


def bars_by_kind(songs: Sequence[CorpusSong]) -> dict[str, dict[str, int]]:
    """Count the sounding bars of each genre by the kind of music that the manifest says they are, most first.

    Songs of which it says nothing are not counted.
    """
    bars: dict[str, Counter[str]] = {}
    for song in songs:
        if kind := song.entry.rests_on:
            bars.setdefault(song.entry.genre, Counter())[kind] += song.kept.head.num_sounding
    return {genre: dict(kinds.most_common()) for genre, kinds in sorted(bars.items())}


def _provenance(
    music: TrainingMusic, state: TrainState, config: TrainConfig, held_f1: dict[str, dict[str, float]]
) -> dict[str, Any]:
    songs = music.corpus.songs
    licences = Counter(song.entry.licence or "not stated" for song in songs)
    return {
        "groovevae": __version__,
        "steps": int(state.step),
        "settings": config.to_json(),
        "corpus": {
            "fingerprint": fingerprint(music.corpus),
            "files": len(songs),
            "training_songs": len({song.entry.song_id for song in music.train_songs}),
            "held_out_songs": len({song.entry.song_id for song in music.held_songs}),
            "licences": dict(licences.most_common()),
            "rests_on": bars_by_kind(music.train_songs),
        },
        "held_out_f1": macro_f1(held_f1) if held_f1 else {},
        "started_from": music.start.provenance if music.start else None,
    }
