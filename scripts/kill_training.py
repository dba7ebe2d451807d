"""Kills training with SIGKILL at random moments, during steps and saves, and resumes from what is left each time.

python scripts/kill_training.py CORPUS --kills 500

A run of a tiny network on some 4/4 songs of the corpus saves its state after every step. It is killed and resumed again
and again until it is done. Then its state must equal, byte for byte, that of an undisturbed run, and the next run
begins. After every kill the state file, if there is one, must be whole, and nothing else may lie beside it but a
temporary file, which the next start must remove.

One kill in five hits a fresh Python process. The others hit a fork of this process, which already holds the libraries
and the songs in memory, once its first step is done. So that it can be forked, this process never runs JAX itself.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np

if TYPE_CHECKING:
    from groovevae.config import ModelConfig, TrainConfig
    from groovevae.corpus import Corpus
    from groovevae.training.loop import TrainState

STEPS = 60
SONGS = 12  # of a genre
RUN_SECONDS = 1.0  # the longest time from the first step that is done to the kill
START_SECONDS = 5.0  # from the start of the process, in the share START_SHARE of all kills
START_SHARE = 0.2
TOLD = 20  # kills between two lines of totals
QUICK = {  # to start: the network is compiled without optimisation, and once
    "XLA_FLAGS": "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
    " --xla_cpu_use_fusion_emitters=false",
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
}


def some_songs(folder: str) -> Corpus:
    """Up to SONGS songs of each genre that are in 4/4 throughout: the network is compiled for one length of bar."""
    from dataclasses import replace

    from groovevae.corpus import load_corpus

    corpus, songs, taken = load_corpus(folder, jobs=1), [], Counter()
    for song in corpus.songs:
        genre = song.entry.genre
        if taken[genre] < SONGS and set(song.song.bars.num_beats.tolist()) == {4}:
            taken[genre] += 1
            songs.append(song)
    return replace(corpus, songs=songs)


def train(corpus: Corpus, out: Path, done: Connection | None = None, first: TrainState | None = None) -> None:
    """The process that is killed: trains to the end, or goes on with what lies at `out`; tells `done` of each step.

    `first` is the state of step 0, which takes as long to make as the first step.
    """
    import jax
    import jax.numpy as jnp

    from groovevae.training import loop, train

    loop.SAVE_SECONDS, loop.REPORT_STEPS, loop.EVAL_STEPS = 0.0, 1, STEPS + 1
    loop._held_out_f1 = lambda *arguments: None  # the end of a run is not what is tested
    train.described = lambda *arguments, progress: sys.exit()
    if first:
        train.initial_state = lambda *arguments: jax.tree.map(jnp.asarray, first)
    tell = done.send if done else lambda step: None
    train.train_model(corpus, out, config=config(), model_config=sizes(), report=lambda progress: tell(progress.step))


def sizes() -> ModelConfig:
    from groovevae.config import ModelConfig

    return ModelConfig(latent_size=8, step_size=16, encoder_size=16, decoder_size=16)


def config() -> TrainConfig:
    from groovevae.config import TrainConfig

    return TrainConfig(steps=STEPS, batch_size=16, warmup_steps=2, beta_warmup_steps=10)


def first_state(num_genres: int) -> TrainState:
    """The state of step 0, made in a fork so that nothing of JAX runs here."""
    context = multiprocessing.get_context("fork")
    reader, writer = context.Pipe(duplex=False)
    process = context.Process(target=_send_first_state, args=(num_genres, writer))
    process.start()
    state = reader.recv()
    process.join()
    return state


def _send_first_state(num_genres: int, writer: Connection) -> None:
    from dataclasses import replace

    import jax

    from groovevae.training.loop import initial_state

    writer.send(jax.device_get(initial_state(replace(sizes(), num_genres=num_genres), config(), None)))


def state_of(out: Path) -> Path:
    return out.with_suffix(".training")


def check_state(path: Path) -> str:
    """What is wrong with a state file; nothing where it is whole."""
    from groovevae.errors import ModelFileError
    from groovevae.model.file import STATE_KIND, read_tensors

    try:
        read_tensors(path, kind=STATE_KIND)
    except ModelFileError as error:
        return str(error)
    return ""


def killed_early(folder: str, out: Path, seconds: float) -> int:
    """Starts training in a new Python and kills it after so many seconds; its exit status."""
    process = subprocess.Popen([sys.executable, __file__, "--train", folder, str(out)])
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    return process.wait()


def killed_late(corpus: Corpus, out: Path, seconds: float | None, first: TrainState | None = None) -> int:
    """Trains in a fork and kills it so many seconds after its first step, if at all; its exit status."""
    context = multiprocessing.get_context("fork")
    reader, writer = context.Pipe(duplex=False)
    process = context.Process(target=train, args=(corpus, out, writer, first))
    process.start()
    writer.close()
    if seconds is not None:
        reader.poll(None)  # until the first step is done, or the process is
        time.sleep(seconds)
        process.kill()
    process.join()
    reader.close()
    return process.exitcode


def unfinished(path: Path) -> set[Path]:
    """The temporary files beside `path`."""
    return {file for file in path.parent.iterdir() if file.suffix == ".tmp"}


def check_left(path: Path, *, finished: bool, expected: bytes, counts: Counter[str]) -> list[str]:
    """What is wrong with what a process has left beside `path`; a finished run's state is removed."""
    state, left, faults = state_of(path), unfinished(path), []
    if len(left) > 1:
        faults.append(f"{len(left)} temporary files: the next start has not removed them")
    if strange := [file.name for file in path.parent.iterdir() if file not in (state, *left)]:
        faults.append(f"strange files: {strange}")
    if not state.exists():
        counts["before the first state"] += 1
    elif wrong := check_state(state):
        faults.append(wrong)
        state.unlink()
    elif finished:
        counts["runs finished"] += 1
        if state.read_bytes() != expected:
            faults.append("a run that was killed and went on ends otherwise than one that was not")
        state.unlink()
    return faults


def totals(counts: Counter[str], faults: list[str]) -> str:
    names = ("killed", "while starting", "before the first state", "within a save", "runs finished", "ended before")
    return "; ".join(f"{name}: {counts[name]}" for name in names) + f"; {len(faults)} faults"


def kill_often(folder: str, place: Path, *, kills: int, seed: int) -> list[str]:
    """Kills so many times, in files below `place`; prints totals now and then, and gives back what was wrong."""
    rng, corpus = np.random.default_rng(seed), some_songs(folder)
    states = []
    for name in ("whole", "again"):
        if killed_late(corpus, place / name / "model.safetensors", None):
            raise click.ClickException("training fails undisturbed")
        states.append(state_of(place / name / "model.safetensors").read_bytes())
    if states[0] != states[1]:
        raise click.ClickException("two undisturbed runs differ: nothing can be told by comparing")
    first = first_state(len(corpus.genres))
    path, counts, faults = place / "killed" / "model.safetensors", Counter[str](), []
    path.parent.mkdir()
    while counts["killed"] < kills and not faults:
        before = unfinished(path)
        if early := rng.random() < START_SHARE:
            status = killed_early(folder, path, float(rng.uniform(0, START_SECONDS)))
        else:
            status = killed_late(corpus, path, float(rng.uniform(0, RUN_SECONDS)), first)
        if status not in (0, -signal.SIGKILL):
            faults.append(f"after {counts['killed']} kills training does not go on")
        counts["killed" if status else "ended before"] += 1
        counts["while starting"] += bool(status and early)
        counts["within a save"] += bool(unfinished(path) - before)
        faults += check_left(path, finished=not status, expected=states[0], counts=counts)
        if status and counts["killed"] % TOLD == 0:
            print(totals(counts, faults), flush=True)
    print(totals(counts, faults))
    return faults


@click.command()
@click.argument("corpus")
@click.argument("out", required=False)
@click.option("--kills", default=20, show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option("--train", "is_child", is_flag=True, hidden=True)
def main(corpus: str, out: str | None, kills: int, seed: int, is_child: bool) -> None:
    """Kill training on CORPUS at random moments, and print what was left each time."""
    if is_child:
        return train(some_songs(corpus), Path(str(out)))
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(QUICK, JAX_COMPILATION_CACHE_DIR=str(Path(folder) / "compiled"))
        import groovevae.training.train  # noqa: F401 (here once, and not in each fork)

        faults = kill_often(corpus, Path(folder), kills=kills, seed=seed)
    for fault in faults:
        print(f"FAULT {fault}")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
