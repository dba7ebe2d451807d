"""A corpus to a model file, the whole way: split, train, describe the genres. What `groove train` does."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from groovevae import __version__
from groovevae.bars import Bars, Song
from groovevae.config import MAX_SEED, ModelConfig, PriorConfig, TrainConfig
from groovevae.corpus import Corpus, CorpusSong, Songs, split_songs
from groovevae.corpus.dataset import Dataset
from groovevae.errors import CorpusError, OutputError, RequestError
from groovevae.files import remove_unfinished
from groovevae.fitting.attribute_vectors import find_attribute_vectors
from groovevae.fitting.calibration import with_calibration
from groovevae.fitting.genres import describe_genres, follow, phrase_song
from groovevae.fitting.song_codes import with_song_codes
from groovevae.measures.note_f1 import macro_f1
from groovevae.model.file import ModelFile, save_model
from groovevae.model.genres import Genre
from groovevae.network.decoding import encode
from groovevae.network.forward import Network
from groovevae.training.devices import make_mesh
from groovevae.training.loop import EVAL_BARS, Report, TrainState, initial_state, reconstruction_f1, run_training
from groovevae.training.prior import fit_prior
from groovevae.training.processes import check_alike, in_first_process, is_first_process, lost_processes_named, together
from groovevae.training.state_file import Run, load_state, save_state, state_file
from groovevae.training.weights import state_to_arrays

MIN_GENRE_BARS = 64  # a genre of fewer has no mean worth the name
MIN_BARS = 512  # two batches: fewer are learned by heart in a minute
MAX_WEIGHT = 65504.0  # the largest float16, which model files hold
ADAPT_CONFIG = TrainConfig(steps=1000, learning_rate=3e-4, beta_warmup_steps=1)  # for a start from an existing model


@dataclass(frozen=True)
class Trained:
    """What training gave: the model file, and how well it reconstructs bars of held-out songs and of training songs."""

    model: ModelFile
    steps_done: int
    held_out_f1: dict[str, dict[str, float]]  # genre -> role -> note F1
    train_f1: dict[str, dict[str, float]]


@lost_processes_named()
def train_model(
    corpus: Corpus,
    out: Path,
    *,
    config: TrainConfig,
    model_config: ModelConfig | None = None,
    prior_config: PriorConfig | None = None,
    start_from: ModelFile | None = None,
    restart: bool = False,
    report: Report = lambda progress: None,
    stop: Callable[[], bool] = lambda: False,
) -> Trained:
    """Trains on a corpus and writes the model to `out`; an interrupted run lies beside it and is gone on with.

    With `start_from`, its weights are the start and its genres are kept: their phrases are played by the old model and
    trained on with the new songs, so that they are not forgotten, and the genre vectors follow what training moved.
    Of several processes (`processes.connect`), the first alone reports, and reads and writes files beside `out`.
    Raises CorpusError where there is too little to learn from, and ModelFileError where an unfinished run at the same
    place was started with other settings.
    """
    with together():
        check_settings(config, model_config or ModelConfig())
        make_mesh(config.batch_size)  # here, before a state is written that no run can go on with
        if out.is_dir():
            raise OutputError(f"{out}: a folder; name a file for the model with --out")
        sources = _sources(corpus, config, model_config or ModelConfig(), start_from)
        run = _run_of(sources, config)
        state = _first_state(sources, config, run, None if restart else state_file(out))

    def save(now: TrainState) -> None:
        save_state(state_file(out), now, run, is_done=int(now.step) >= config.steps)

    settings = {**run["settings"], "steps": config.steps}
    check_alike({"corpus": run["corpus"], "network": run["model"], "settings": settings, "first model": run["start"]})
    for path in (out, state_file(out)):
        in_first_process(remove_unfinished, path)
    in_first_process(save, state)  # finds out now, and not in an hour, whether the folder can be written to
    data, held_out, sizes = sources.data, sources.held_out, sources.sizes
    was_done = int(state.step) >= config.steps
    state = run_training(data, held_out, state, model_config=sizes, config=config, report=report, save=save, stop=stop)
    trained = _described(sources, state, config)
    if int(state.step) >= config.steps:  # whoever stops a run does not want to wait for a prior
        may_stop = (lambda: False) if was_done else stop  # `stop` is asked only where a new model could be saved
        model = trained.model
        songs, names = _songs_with_genres(sources.train_songs, sources.rehearsal)
        prior = fit_prior(model.network(), model.genres, songs, names, config=prior_config, stop=may_stop)
        trained = replace(trained, model=replace(model, prior=prior))
    in_first_process(save_model, out, trained.model)
    return trained


def add_prior(model: ModelFile, corpus: Corpus, *, seed: int = 0, config: PriorConfig | None = None) -> ModelFile:
    """The model with a prior over phrases fitted to it, on the training songs of the corpus that it was trained on.

    `seed` is the one it was trained with: it decides which songs are held out. Genres that the corpus does not have are
    learned from the model's own phrases.
    """
    others = {name: genre for name, genre in model.genres.items() if name not in corpus.genres}
    songs, names = _songs_with_genres(_trained_on(model, corpus, seed), _rehearse(model, others))
    return replace(model, prior=fit_prior(model.network(), model.genres, songs, names, config=config))


def fit_blends(model: ModelFile, corpus: Corpus, *, seed: int = 0) -> ModelFile:
    """The model with song codes and calibration fitted anew on the training songs of the corpus it was trained on.

    `seed` is the one it was trained with: it decides which songs are held out. Genres that the corpus does not have
    lose their codes, and their calibration is measured on the model's own phrases.
    """
    songs = _trained_on(model, corpus, seed)
    genres = with_song_codes(model.genres, model.network(), songs)
    names = tuple(sorted({song.entry.genre for song in songs}))
    return with_calibration(replace(model, genres=genres), data=_dataset(songs, names))


def _trained_on(model: ModelFile, corpus: Corpus, seed: int) -> list[CorpusSong]:
    """The songs of the corpus that training with this seed did not hold out, of the model's genres."""
    train_songs = (corpus.songs[i] for i in split_songs(corpus, seed=seed)[0])
    return [song for song in train_songs if song.entry.genre in model.genres]


@dataclass(frozen=True)
class _Sources:
    """What a run learns from."""

    corpus: Corpus
    train_songs: list[CorpusSong]
    held_songs: list[CorpusSong]
    genres: tuple[str, ...]
    sizes: ModelConfig
    data: Dataset  # bars of the training songs and of the rehearsal
    held_out: Dataset
    start: ModelFile | None  # whose weights are the start
    kept: dict[str, Genre]  # its genres that the corpus does not have
    rehearsal: list[tuple[Song, str]]  # their phrases, and of which genre each is


def _sources(corpus: Corpus, config: TrainConfig, sizes: ModelConfig, start: ModelFile | None) -> _Sources:
    train_songs, held_songs = ([corpus.songs[i] for i in part] for part in split_songs(corpus, seed=config.seed))
    check_enough(train_songs, needs_two=start is None)
    old = start.genres if start else {}
    genres = tuple(sorted({*corpus.genres, *old}))
    kept = {name: genre for name, genre in old.items() if name not in corpus.genres}
    rehearsal = _rehearse(start, kept) if start else []
    return _Sources(
        corpus,
        train_songs,
        held_songs,
        genres,
        replace(start.config if start else sizes, num_genres=len(genres)),
        _dataset(train_songs, genres, rehearsal),
        _dataset(held_songs, genres),
        start,
        kept,
        rehearsal,
    )


def _run_of(sources: _Sources, config: TrainConfig) -> Run:
    """What a run that goes on with this one must agree with, and all its processes."""
    return {
        "corpus": {"corpus": fingerprint(sources.corpus)},
        "model": vars(sources.sizes),
        "settings": {name: value for name, value in vars(config).items() if name != "steps"},  # may be raised later
        "start": {"model to start from": sources.start.digest if sources.start else ""},
    }


def _first_state(sources: _Sources, config: TrainConfig, run: Run, path: Path | None) -> TrainState:
    """The state to train from: what an unfinished run has left at `path`, if one has."""
    sizes, start = sources.sizes, sources.start
    state = initial_state(sizes, config, _start_weights(start, sizes, config) if start else None)
    return load_state(path, state, run) if path and is_first_process() and path.exists() else state


def _described(sources: _Sources, state: TrainState, config: TrainConfig) -> Trained:
    """The model that a run ends with. Raises RequestError where its weights fit no model file."""
    weights = state_to_arrays(state.average)
    if not all((np.abs(array) < MAX_WEIGHT).all() for array in weights.values()):  # NaN is not either
        raise RequestError("training went astray (infinite weights); --restart with a lower --learning-rate")
    network = Network(sources.sizes, weights)
    genres = with_song_codes(describe_genres(network, sources.train_songs), network, sources.train_songs)
    if sources.start:
        genres |= _moved(sources.start, sources.kept, network, sources.rehearsal)
    held_f1 = _measure(network, sources.held_out, config.seed)
    provenance = _provenance(sources, state, config, held_f1)
    by_name = {name: genres[name] for name in sorted(genres)}
    vectors = {vector.name: vector for vector in find_attribute_vectors(network, sources.data)}
    model = with_calibration(ModelFile(sources.sizes, weights, by_name, provenance, vectors), data=sources.data)
    seen = _dataset(sources.train_songs, sources.genres) if sources.rehearsal else sources.data
    return Trained(model, int(state.step), held_f1, _measure(network, seen, config.seed))


def _dataset(
    songs: Sequence[CorpusSong], genres: tuple[str, ...], rehearsal: Sequence[tuple[Song, str]] = ()
) -> Dataset:
    return Dataset.from_songs(*_songs_with_genres(songs, rehearsal), genres)


def _songs_with_genres(songs: Sequence[CorpusSong], others: Sequence[tuple[Song, str]]) -> tuple[Songs, list[str]]:
    """Songs of files and others, and of which genre each is."""
    names = [song.entry.genre for song in songs] + [name for _, name in others]
    return Songs([*songs, *(song for song, _ in others)]), names


def check_settings(config: TrainConfig, sizes: ModelConfig) -> None:
    """Raises RequestError for settings that no training can be done with."""
    lowest = {"steps": 1, "batch_size": 1, "seed": 0, "learning_rate": 1e-9, "beta": 0, "latent_size": 1}
    values = {**vars(config), **vars(sizes)}
    for name, low in lowest.items():
        value = values[name]
        if not low <= value < float("inf"):  # NaN is not either
            raise RequestError(f"{name.replace('_', ' ')} {value:g} is out of range; at least {low:g} is needed")
    if not 0 <= config.ema_decay < 1:
        raise RequestError(f"ema decay {config.ema_decay:g} is out of range; from 0 to below 1 is needed")
    if config.seed > MAX_SEED:
        raise RequestError(f"seed {config.seed} is out of range; at most {MAX_SEED} is taken")


def check_enough(songs: Sequence[CorpusSong], *, needs_two: bool) -> None:
    """Raises CorpusError, with the counts found and needed, where there is too little to train on."""
    bars = Counter[str]()
    for song in songs:
        bars[song.entry.genre] += int(song.song.bars.has_notes.sum())
    if not bars:
        raise CorpusError("no song to train on; groove corpus CORPUS lists the files and what is wrong with them")
    found = ", ".join(f"{name} {count}" for name, count in sorted(bars.items()))
    if needs_two and len(bars) < 2:
        raise CorpusError(
            f"one genre only (bars found: {found}): blending needs two; add a folder of another genre, "
            "or add this genre to an existing model with --from"
        )
    too_small = [name for name, count in sorted(bars.items()) if count < MIN_GENRE_BARS]
    if too_small or (needs_two and bars.total() < MIN_BARS):
        need = f"{MIN_GENRE_BARS} a genre" + (f" and {MIN_BARS} in all" if needs_two else "")
        raise CorpusError(f"too little to learn from: bars to train on: {found}; needed: {need}; add more files")


def _rehearse(start: ModelFile, kept: dict[str, Genre]) -> list[tuple[Song, str]]:
    """The phrases of genres that are kept, as the old model plays them."""
    network = start.network()
    return [(phrase_song(network, phrase), name) for name, genre in kept.items() for phrase in genre.phrases]


def _moved(
    start: ModelFile, kept: dict[str, Genre], network: Network, rehearsal: list[tuple[Song, str]]
) -> dict[str, Genre]:
    """Kept genres in the new latent space."""
    bars = Bars.concatenate([Bars.empty(0), *(song.bars for song, _ in rehearsal)])
    return follow(kept, encode(start.network(), bars)[0], encode(network, bars)[0])


def _start_weights(start: ModelFile, sizes: ModelConfig, config: TrainConfig) -> dict[str, np.ndarray]:
    """The old weights; the genre head, whose size changes, starts anew."""
    fresh = state_to_arrays(initial_state(sizes, config, None).params)
    return {name: fresh[name] if name.startswith("genre_head") else array for name, array in start.weights.items()}


def _measure(network: Network, data: Dataset, seed: int) -> dict[str, dict[str, float]]:
    index = data.of_each_genre(4 * EVAL_BARS, seed=seed)
    return reconstruction_f1(network, data, index) if len(index) else {}


def fingerprint(corpus: Corpus) -> str:
    """16 letters that the genres, song ids and notes of a corpus decide."""
    digest = hashlib.sha256()
    for song in corpus.songs:
        name = f"{song.entry.genre}\0{song.entry.song_id}\0".encode("utf-8", "surrogateescape")  # names of odd bytes
        digest.update(name + hashlib.sha256(song.packed).digest())
    return digest.hexdigest()[:16]


def _provenance(
    sources: _Sources, state: TrainState, config: TrainConfig, held_f1: dict[str, dict[str, float]]
) -> dict[str, Any]:
    songs = sources.corpus.songs
    licences = Counter(song.entry.licence or "not stated" for song in songs)
    return {
        "groovevae": __version__,
        "steps": int(state.step),
        "settings": config.to_json(),
        "corpus": {
            "fingerprint": fingerprint(sources.corpus),
            "files": len(songs),
            "training_songs": len({song.entry.song_id for song in sources.train_songs}),
            "held_out_songs": len({song.entry.song_id for song in sources.held_songs}),
            "licences": dict(licences.most_common()),
        },
        "held_out_f1": macro_f1(held_f1) if held_f1 else {},
        "started_from": sources.start.provenance if sources.start else None,
    }
