"""Measures what each part of a training run, of `groove outliers` and of `groove evaluate` takes of time and memory.

python scripts/phases.py --files 1000,3000,10000

Files are made up: as many bars each as real files of pop and rock have, or `--bars`, and one in a hundred cannot be
read; `--unread` puts songs into the cache instead, which takes a fraction of the time. Each work is done in a process
of its own (Linux). The network is a tiny one, so that what the corpus takes shows; `usual` trains one of the usual size
for a few steps, and does all that follows; `first` and `sixth` only say how long it takes until that step is done.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from functools import partial
from math import nan
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from made_up import made_up_cache, made_up_corpus

if TYPE_CHECKING:
    from groovevae.corpus import Corpus

USUAL_STEPS = 6


class Cost(NamedTuple):
    """What a part took: seconds, seconds of the process's own processor time, and at most so many MiB."""

    seconds: float = 0.0
    processor: float = 0.0
    peak: float = 0.0


class Recorder:
    """Keeps the cost of each part that it is told of; a part may come again."""

    def __init__(self) -> None:
        self.costs: dict[str, Cost] = {}
        self._what, self._since = "", (time.monotonic(), time.process_time())

    def __call__(self, what: str, done: int = 0, total: int = 1) -> None:
        if what != self._what:
            now = time.monotonic(), time.process_time()
            if self._what:
                before = self.costs.get(self._what, Cost())
                took = [end - start for start, end in zip(self._since, now, strict=True)]
                cost = Cost(before.seconds + took[0], before.processor + took[1], max(before.peak, peak_memory()))
                self.costs[self._what] = cost
                told = f"{took[0]:.1f} s, {took[1]:.1f} s of processor time, {peak_memory():.0f} MiB"
                print(f"  {self._what}: {told}", file=sys.stderr, flush=True)
            self._what, self._since = what, now
            Path("/proc/self/clear_refs").write_text("5", "utf-8")  # the peak starts anew


def peak_memory() -> float:
    """Return the highest resident memory since the peak was last set back, in MiB."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) / 1024


def measure(work: str, folder: Path) -> None:
    """Do one of WORKS to a corpus; print a line for each part: its name, and its cost."""
    told = Recorder()
    told("importing")
    from groovevae.corpus import load_corpus
    from groovevae.training.memory import keep_freed_memory

    if work not in ("outliers", "evaluate"):
        keep_freed_memory()  # as `groove train` does

    corpus = load_corpus(folder, progress=told)
    WORKS[work](corpus, folder.parent / "model.safetensors", told)
    told("")
    print(f"{len(corpus.songs):,} songs; files without a name: {unnamed():.0f} MiB", file=sys.stderr, flush=True)
    for what, cost in told.costs.items():
        print(what, *cost, sep="\t", flush=True)


def unnamed() -> float:
    """Return what the open files of this process that have no name take on disk, in MiB."""
    opened = [path for path in Path("/proc/self/fd").iterdir() if os.path.lexists(path)]
    gone = [path for path in opened if os.readlink(path).endswith(" (deleted)")]
    return sum(os.stat(path).st_size for path in gone) / 2**20


def train(corpus: Corpus, model: Path, told: Recorder) -> None:
    """Train a tiny network for three steps, and do all that follows."""
    from groovevae.anomaly.suspects import find_suspects
    from groovevae.config import ArrangerConfig, ModelConfig, PriorConfig, TrainConfig
    from groovevae.training.train import train_model

    find_suspects(corpus, progress=told)
    told("importing JAX")
    train_model(
        corpus,
        model,
        config=TrainConfig(steps=3, batch_size=16),
        model_config=ModelConfig(latent_size=8, step_size=16, encoder_size=16, decoder_size=16),
        prior_config=PriorConfig(input_size=8, state_size=8, hidden_size=8, role_rank=2, steps=3, batch_size=8),
        arranger_config=ArrangerConfig(input_size=8, hidden_size=8, steps=3, batch_size=8),
        progress=told,
        report=lambda _: told("training"),
    )


def outliers(corpus: Corpus, model: Path, told: Recorder) -> None:
    """Look for outliers with the tiny network."""
    from groovevae.anomaly import find_outliers
    from groovevae.generation.groove import load_model

    find_outliers(load_model(model), corpus, progress=told)


def evaluate(corpus: Corpus, model: Path, told: Recorder) -> None:
    """Evaluate the tiny network."""
    from groovevae import evaluation
    from groovevae.generation.groove import load_model

    evaluation.evaluate(load_model(model), corpus, num_runs=4, progress=told)


def usual(corpus: Corpus, model: Path, told: Recorder) -> None:
    """Train networks of the usual size for a few steps, and do all that follows."""
    from groovevae.config import ArrangerConfig, PriorConfig, TrainConfig
    from groovevae.training.train import train_model

    train_model(
        corpus,
        model.with_name("usual.safetensors"),
        config=TrainConfig(steps=USUAL_STEPS),
        prior_config=PriorConfig(steps=USUAL_STEPS),
        arranger_config=ArrangerConfig(steps=USUAL_STEPS),
        progress=told,
        report=lambda _: told("training"),
    )


class StepDoneError(Exception):
    """Ends a training run."""


def until(steps: int, corpus: Corpus, model: Path, told: Recorder) -> None:
    """Train a network of the usual size for so many steps; say what that took from the corpus being read."""
    begun = time.monotonic(), time.process_time()
    from groovevae.config import TrainConfig
    from groovevae.training import loop
    from groovevae.training.train import train_model

    loop.REPORT_STEPS = steps

    def done(_: object) -> None:
        seconds, processor = time.monotonic() - begun[0], time.process_time() - begun[1]
        told(f"{steps} steps done after {seconds:.1f} s, {processor:.1f} s of processor time")
        raise StepDoneError

    with suppress(StepDoneError):
        train_model(
            corpus,
            model.with_name(f"until_{steps}.safetensors"),
            config=TrainConfig(steps=steps + 1),  # held-out songs are measured after the last
            restart=True,
            progress=told,
            report=done,
        )


WORKS = {
    "train": train,
    "outliers": outliers,
    "evaluate": evaluate,
    "usual": usual,
    "first": partial(until, 1),
    "sixth": partial(until, USUAL_STEPS),
}


def rows(folder: Path, files: int, bars: int | None, genres: int, works: list[str], *, unread: bool) -> dict[str, Cost]:
    """Make up a corpus, do the works to it, each in a process of its own; return the cost of each part."""
    corpus, cache = folder / f"{files}" / "corpus", folder / f"{files}" / "cache"
    os.environ["GROOVEVAE_CACHE"] = str(cache)
    if not corpus.exists() and unread:
        made_up_cache(corpus, files, num_bars=bars, num_genres=genres)
    elif not corpus.exists():
        made_up_corpus(corpus, files, num_bars=bars, num_genres=genres, damaged=0.01)
    found = {}
    for work in works:
        command = [sys.executable, __file__, "--measure", work, str(corpus)]
        done = subprocess.run(command, stdout=subprocess.PIPE, encoding="utf-8", check=True)
        for what, *cost in (line.split("\t") for line in done.stdout.splitlines()):
            found[f"{work}: {what}"] = Cost._make(map(float, cost))
    on_disk = sum(path.stat().st_size for path in cache.glob("*.sqlite")) / 2**20
    print(f"{files:,} files; the cache holds {on_disk:.0f} MiB", flush=True)
    return found


@click.command()
@click.option("--files", default="1000,3000", show_default=True, help="Numbers of files, comma-separated.")
@click.option("--bars", type=int, help="Bars in each file.  [default: as many as real files have]")
@click.option("--genres", default=3, show_default=True, help="Genres in each corpus.")
@click.option("--works", default=",".join(WORKS), show_default=True, help="What is done; train comes first.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where the corpora stay.  [default: nowhere]")
@click.option("--unread", is_flag=True, help="No files: songs are made up and put into the cache as if they were read.")
@click.option("--measure", "measured", nargs=2, hidden=True)
def main(
    files: str,
    bars: int | None,
    genres: int,
    works: str,
    folder: Path | None,
    unread: bool,
    measured: tuple[str, str] | None,
) -> None:
    """Print the seconds, the processor time and the highest memory of each part, for corpora of growing size."""
    if measured:
        return measure(measured[0], Path(measured[1]))
    counts = [int(count) for count in files.split(",")]
    with tempfile.TemporaryDirectory() as temporary:
        found = [
            rows(folder or Path(temporary), count, bars, genres, works.split(","), unread=unread) for count in counts
        ]
    print("| part | " + " | ".join(f"{count:,} files, s | processor | MiB" for count in counts) + " |")
    print("|---|" + "---:|" * (3 * len(counts)))
    for what in found[-1]:
        costs = (own.get(what, Cost(nan, nan, nan)) for own in found)
        cells = (f"{cost.seconds:,.1f} | {cost.processor:,.1f} | {cost.peak:,.0f}" for cost in costs)
        print(f"| {what} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
