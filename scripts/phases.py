"""Measures what each part of a training run, of `groove outliers` and of `groove evaluate` takes of time and memory.

python scripts/phases.py --files 1000,3000,10000

Files are made up: as many bars each as real files of pop and rock have, and one in a hundred cannot be read. Each
corpus is measured in a process of its own (Linux). The network is a tiny one, so that the parts of the corpus show;
at the end one of the usual size takes a few steps.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

from made_up import made_up_corpus

USUAL_STEPS = 6


class Recorder:
    """Keeps the seconds, and the highest memory in MiB, of each part that it is told of; a part may come again."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.peak: dict[str, float] = {}
        self._what, self._since = "", time.monotonic()

    def __call__(self, what: str, done: int = 0, total: int = 1) -> None:
        if what != self._what:
            if self._what:
                self.seconds[self._what] = self.seconds.get(self._what, 0) + time.monotonic() - self._since
                self.peak[self._what] = max(self.peak.get(self._what, 0), peak_memory())
                took = time.monotonic() - self._since
                print(f"  {self._what}: {took:.1f} s, {peak_memory():.0f} MiB", file=sys.stderr, flush=True)
            self._what, self._since = what, time.monotonic()
            Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew


def peak_memory() -> float:
    """Return the highest resident memory since the peak was last set back, in MiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) / 1024


def measure(folder: Path) -> None:
    """Print a line for each part: its name, seconds, and MiB."""
    told = Recorder()
    run_all(folder, told)
    told("")
    for what, seconds in told.seconds.items():
        print(f"{what}\t{seconds:.1f}\t{told.peak[what]:.0f}", flush=True)


def run_all(folder: Path, told: Recorder) -> None:
    """Read, train and measure a corpus, and tell of each part."""
    told("importing")
    from groovevae.anomaly import find_outliers
    from groovevae.anomaly.suspects import find_suspects
    from groovevae.config import ArrangerConfig, ModelConfig, PriorConfig, TrainConfig
    from groovevae.corpus import load_corpus
    from groovevae.errors import CorpusError
    from groovevae.evaluation import evaluate
    from groovevae.generation.groove import load_model
    from groovevae.training.train import train_model

    sizes = ModelConfig(latent_size=8, step_size=16, encoder_size=16, decoder_size=16)
    prior = PriorConfig(input_size=8, state_size=8, hidden_size=8, role_rank=2, steps=3, batch_size=8)
    arranger = ArrangerConfig(input_size=8, hidden_size=8, steps=3, batch_size=8)
    corpus = load_corpus(folder, progress=told)
    find_suspects(corpus, progress=told)
    out = folder.parent / "model.safetensors"
    configs = {"model_config": sizes, "prior_config": prior, "arranger_config": arranger}
    config = TrainConfig(steps=3, batch_size=16)
    train_model(corpus, out, config=config, progress=told, report=lambda _: told("training"), **configs)
    find_outliers(load_model(out), corpus, progress=lambda what, *_: told(f"outliers: {what}"))
    try:
        evaluate(load_model(out), corpus, num_runs=4, progress=lambda what, *_: told(f"evaluate: {what}"))
    except CorpusError as error:
        print(error, file=sys.stderr)
    usual_steps(corpus, told)


def usual_steps(corpus: object, told: Recorder) -> None:
    """Gather the bars again, and train a network of the usual size for a few steps."""
    from groovevae.config import ModelConfig, TrainConfig
    from groovevae.training.data import gather_music
    from groovevae.training.loop import initial_state, run_training

    told("usual network: gathering bars")
    config = TrainConfig()
    music = gather_music(corpus, config, ModelConfig(), None)
    told("usual network: training")
    left = [True] * USUAL_STEPS
    run_training(
        music.data,
        music.held_out,
        initial_state(music.sizes, config, None),
        model_config=music.sizes,
        config=config,
        report=lambda _: None,
        save=lambda _: None,
        stop=lambda: not left or not left.pop(),
    )


def row(folder: Path, files: int, genres: int) -> dict[str, tuple[float, float]]:
    """Make up a corpus, measure it in a process, and return seconds and MiB by part."""
    corpus = made_up_corpus(folder / f"{files}", files, num_bars=None, num_genres=genres, damaged=0.01)
    cache = folder / "cache"
    settings = {**os.environ, "GROOVEVAE_CACHE": str(cache)}
    command = [sys.executable, __file__, "--measure", str(corpus)]
    done = subprocess.run(command, env=settings, stdout=subprocess.PIPE, encoding="utf-8", check=True)
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    on_disk = sum(path.stat().st_size for path in cache.glob("*.sqlite")) / 2**20
    print(f"{files:,} files; the cache holds {on_disk:.0f} MiB", flush=True)
    return {what: (float(seconds), float(peak)) for what, seconds, peak in lines}


@click.command()
@click.option("--files", default="1000,3000", show_default=True, help="Numbers of files, comma-separated.")
@click.option("--genres", default=3, show_default=True, help="Genres in each corpus.")
@click.option("--measure", "measured", type=click.Path(path_type=Path), hidden=True)
def main(files: str, genres: int, measured: Path | None) -> None:
    """Print the seconds and the highest memory of each part, for corpora of growing size."""
    if measured:
        return measure(measured)
    with tempfile.TemporaryDirectory() as folder:
        counts = [int(count) for count in files.split(",")]
        rows = [row(Path(folder), count, genres) for count in counts]
    print("| part | " + " | ".join(f"{count:,} files, s | MiB" for count in counts) + " |")
    print("|---|" + "---:|" * (2 * len(counts)))
    for what in rows[-1]:
        cells = (f"{own[what][0]:,.1f} | {own[what][1]:,.0f}" if what in own else "- | -" for own in rows)
        print(f"| {what} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
