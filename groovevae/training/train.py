"""Takes a corpus all the way to a model file: split, train, describe the genres. It prints nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from groovevae.config import MAX_SEED, ArrangerConfig, ModelConfig, PriorConfig, TrainConfig
from groovevae.corpus import Corpus
from groovevae.corpus.fingerprint import fingerprint
from groovevae.errors import Cure, OutputError, RequestError
from groovevae.files import remove_unfinished
from groovevae.model.file import ModelFile, save_model
from groovevae.progress import Progress, quiet
from groovevae.training.ahead import compile_ahead, wait_for
from groovevae.training.arranger import with_arranger
from groovevae.training.data import TrainingMusic, gather_music, songs_with_genres
from groovevae.training.devices import make_mesh, replicate
from groovevae.training.loop import TrainingProgress, TrainState, initial_state, run_training
from groovevae.training.memory import give_back_freed_memory
from groovevae.training.prior import fit_prior
from groovevae.training.processes import check_alike, in_first_process, lost_processes_named, together
from groovevae.training.result import Trained, described
from groovevae.training.state_file import Run, state_file
from groovevae.training.state_store import StateStore
from groovevae.training.weights import state_to_arrays

ADAPT_CONFIG = TrainConfig(steps=1000, learning_rate=3e-4, beta_warmup_steps=1)  # for a start from an existing model


@lost_processes_named()
def train_model(
    corpus: Corpus,
    out: Path,
    *,
    config: TrainConfig,
    model_config: ModelConfig | None = None,
    prior_config: PriorConfig | None = None,
    arranger_config: ArrangerConfig | None = None,
    start_from: ModelFile | None = None,
    restart: bool = False,
    report: Callable[[TrainingProgress], None] = lambda progress: None,
    progress: Progress = quiet,
    stop: Callable[[], bool] = lambda: False,
) -> Trained:
    """Train on a corpus and write the model to `out`; an interrupted run lies beside it and is resumed.

    With `start_from`, training starts from its weights and keeps its genres: the old model plays their phrases, which
    are trained on with the new songs so that they are not forgotten, and the genre vectors follow the latent space.
    `report` is told of the training itself, `progress` of the rest. Of several processes (`processes.connect`), which
    may each have files of their own, the first alone reports and writes the model. Raises CorpusError where there is
    too little to learn from, and ModelFileError where an unfinished run at the same place had other settings.
    """
    with together():
        sizes = _checked(out, config, model_config or ModelConfig())
    music, store, state = _prepared(corpus, out, config, sizes, start_from, restart=restart, progress=progress)
    may_stop = stop if int(state.step) < config.steps else (lambda: False)  # asked only if a new model could be saved
    data, held_out = music.data, music.held_out
    state = run_training(
        data, held_out, state, model_config=music.sizes, config=config, report=report, save=store.save, stop=stop
    )
    give_back_freed_memory()  # the compiler's
    trained = described(music, state, config, progress=progress)
    del state  # four times the weights, of no use to what follows
    give_back_freed_memory()
    if trained.steps_done >= config.steps:  # whoever stops a run does not want to wait for a prior
        trained = _with_networks(trained, music, prior_config, arranger_config, may_stop, progress)
    in_first_process(save_model, out, trained.model)
    return trained


def _prepared(
    corpus: Corpus,
    out: Path,
    config: TrainConfig,
    sizes: ModelConfig,
    start: ModelFile | None,
    *,
    restart: bool,
    progress: Progress,
) -> tuple[TrainingMusic, StateStore, TrainState]:
    """Return what a run learns from, where it keeps its state, and that state; its first step has been compiled."""
    compiler = compile_ahead(corpus, config, sizes, start)
    music = gather_music(corpus, config, sizes, start, progress=progress)
    store, state = _begun(music, out, config, restart=restart)
    wait_for(compiler)
    give_back_freed_memory()
    return music, store, state


def _begun(music: TrainingMusic, out: Path, config: TrainConfig, *, restart: bool) -> tuple[StateStore, TrainState]:
    """Return where the run keeps its state, and the state to train from, which has been written there."""
    with together():
        run = _run_of(music, config)
        state = _first_state(music, config)
    _check_processes_agree(run, config)
    store, mesh = StateStore.beside(out, run, config.steps), make_mesh(config.batch_size)
    state = replicate(mesh, state if restart else store.load(state, mesh))
    in_first_process(_remove_unfinished, out)
    store.save(state)  # finds out now, not in an hour, whether the folder can be written to
    return store, state


def _checked(out: Path, config: TrainConfig, sizes: ModelConfig) -> ModelConfig:
    """Return the sizes, once it is clear that it can be trained with these settings on these devices."""
    check_settings(config, sizes)
    make_mesh(config.batch_size)  # here, before a state is written that no run can resume
    if out.is_dir():
        raise OutputError(f"{out}: a folder", cure=Cure.NAME_A_FILE)
    return sizes


def _run_of(music: TrainingMusic, config: TrainConfig) -> Run:
    """Return what a run that resumes this one, and all its processes, must agree on."""
    return {
        "corpus": {"corpus": fingerprint(music.corpus)},
        "model": vars(music.sizes),
        "settings": {name: value for name, value in vars(config).items() if name != "steps"},  # may be raised later
        "start": {"model to start from": music.start.digest if music.start else ""},
    }


def _check_processes_agree(run: Run, config: TrainConfig) -> None:
    settings = {**run["settings"], "steps": config.steps}
    check_alike({"corpus": run["corpus"], "network": run["model"], "settings": settings, "first model": run["start"]})


def _remove_unfinished(out: Path) -> None:
    """Remove files that a killed run has left half written."""
    for path in (out, state_file(out)):
        remove_unfinished(path)


def _first_state(music: TrainingMusic, config: TrainConfig) -> TrainState:
    """Return the state of step 0."""
    sizes, start = music.sizes, music.start
    return initial_state(sizes, config, _start_weights(start, sizes, config) if start else None)


def _start_weights(start: ModelFile, sizes: ModelConfig, config: TrainConfig) -> dict[str, np.ndarray]:
    """Return the old weights; the genre head, whose size changes, starts anew."""
    fresh = state_to_arrays(initial_state(sizes, config, None).params)
    return {name: fresh[name] if name.startswith("genre_head") else array for name, array in start.weights.items()}


def _with_networks(
    trained: Trained,
    music: TrainingMusic,
    prior_config: PriorConfig | None,
    arranger_config: ArrangerConfig | None,
    stop: Callable[[], bool],
    progress: Progress,
) -> Trained:
    """Return the trained model with a prior over phrases and an arranger, unless `stop` ends the work."""
    songs, names = songs_with_genres(music.at_hand, music.rehearsal)
    model = trained.model
    prior = fit_prior(model.network(), model.genres, songs, names, config=prior_config, stop=stop, progress=progress)
    if prior is None:
        return trained
    give_back_freed_memory()
    model = replace(model, prior=prior)
    own = (music.at_hand, music.rehearsal, music.data_at_hand)
    model = with_arranger(model, *own, config=arranger_config, stop=stop, progress=progress)
    return replace(trained, model=model)


def check_settings(config: TrainConfig, sizes: ModelConfig) -> None:
    """Raise RequestError for settings that cannot be trained with."""
    lowest = {"steps": 1, "batch_size": 1, "seed": 0, "learning_rate": 1e-9, "beta": 0, "latent_size": 1}
    values = {**vars(config), **vars(sizes)}
    for name, low in lowest.items():
        value = values[name]
        if not low <= value < float("inf"):  # nor is NaN
            raise RequestError(f"{name.replace('_', ' ')} {value:g} is out of range; at least {low:g} is needed")
    if not 0 <= config.ema_decay < 1:
        raise RequestError(f"ema decay {config.ema_decay:g} is out of range; from 0 to below 1 is needed")
    if config.seed > MAX_SEED:
        raise RequestError(f"seed {config.seed} is out of range; at most {MAX_SEED} is taken")
