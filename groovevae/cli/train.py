"""`groove train`: a corpus to a model, with its progress shown, stopped by a signal and gone on with."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from groovevae.cli.common import given, read_corpus
from groovevae.cli.root import main
from groovevae.errors import ProcessLostError, RequestError
from groovevae.systems import ENDING_SIGNALS, command_text, is_same_file

if TYPE_CHECKING:
    from rich.console import Console

    from groovevae.config import ModelConfig, TrainConfig
    from groovevae.corpus import Corpus
    from groovevae.model.file import ModelFile
    from groovevae.training.train import Trained


@main.command(short_help="Learn genres from a folder of MIDI files per genre.")
@click.argument("corpus", type=click.Path())
@click.option("--out", type=click.Path(), default="model.safetensors", show_default=True, help="Model file to write.")
@click.option("--steps", type=int, help="Batches to train on.  [default: 6000; 1000 with --from]")
@click.option("--batch-size", type=int, help="Bars of a batch.  [default: 256]")
@click.option("--latent-size", type=int, help="Latent dimensions of a bar.  [default: 192]")
@click.option("--beta", type=float, help="Weight of the KL term.  [default: 0.3]")
@click.option("--learning-rate", type=float, help="Of Adam.  [default: 0.002; 0.0003 with --from]")
@click.option("--seed", type=int, help="Of the weights, the batches and the songs held out.  [default: 0]")
@click.option("--autoencoder", is_flag=True, help="Train a plain autoencoder: no noise, no KL.")
@click.option(
    "--from", "start", metavar="MODEL", help="Start from this model, or from ours (default); keep its genres."
)
@click.option(
    "--without",
    type=click.Path(),
    help="Leave out the files that this text file lists, or that a CSV file of groove outliers flags.",
)
@click.option("--restart", is_flag=True, help="Give an unfinished run up and start anew.")
@click.option("--jobs", type=click.IntRange(min=1), help="Processes that read files.  [default: one a processor]")
@click.option(
    "--coordinator",
    metavar="HOST:PORT",
    help="Train with other processes: where process 0 listens, or auto, which asks SLURM, Open MPI and the like.",
)
@click.option("--processes", type=click.IntRange(min=1), help="How many processes train together.")
@click.option("--process", type=click.IntRange(min=0), help="Which of them this is, from 0.")
def train(
    corpus: str,
    out: str,
    *,
    start: str | None,
    without: str | None,
    restart: bool,
    jobs: int | None,
    coordinator: str | None,
    processes: int | None,
    process: int | None,
    **options: Any,
) -> None:
    """Learn genres from a folder of MIDI files per genre: CORPUS/GENRE/*.mid, in subfolders too.

    Ctrl-C stops a run: its state is kept beside the model file, and the same command goes on with it.
    All devices of a machine share each batch; with --coordinator, those of several machines, each of which runs the
    same command with a --process of its own.
    Files that stand out as not belonging are named before training begins, and trained on unless --without lists them.

    \b
    Examples:
      groove train my-midi
      groove train my-midi --without outliers.csv
      groove train my-midi --out my.safetensors --steps 2000
      groove train my-midi --from default --out my.safetensors
      groove train my-midi --coordinator 10.0.0.1:4321 --processes 2 --process 0
    """
    from groovevae.config import PriorConfig
    from groovevae.reports import terminal
    from groovevae.training.memory import keep_freed_memory
    from groovevae.training.processes import together
    from groovevae.training.train import train_model

    keep_freed_memory()
    config, sizes = _settings(start, **options)
    with _joined(coordinator, processes, process) as is_first:
        console = _console(is_quiet=not is_first)
        with together():
            start_from = _start_model(start, out) if start else None
            loaded = _read(corpus, without, jobs)
            if is_first:
                _print_begin(console, loaded, corpus, Path(out), restart=restart)
                _print_warning(console, loaded, corpus, Path(out), restart=restart)
        with _Stopper() as stopper, terminal.training(console) as report:
            trained = train_model(
                loaded,
                Path(out),
                config=config,
                model_config=sizes,
                prior_config=PriorConfig(),
                start_from=start_from,
                restart=restart,
                report=report,
                stop=stopper,
            )
    if is_first:
        _print_trained(trained, out, was_finished=not stopper.has_begun)
    _exit_if_stopped(stopper, trained.steps_done, config.steps, is_quiet=not is_first)


def _settings(
    start: str | None, *, latent_size: int | None, autoencoder: bool, **settings: Any
) -> tuple[TrainConfig, ModelConfig]:
    """What the options ask for. Raises RequestError where no training can be done with it."""
    from dataclasses import replace

    from groovevae.config import ModelConfig, TrainConfig
    from groovevae.training.train import ADAPT_CONFIG, check_settings

    if start and (latent_size is not None or autoencoder):
        raise click.UsageError("--latent-size and --autoencoder are those of the model that --from names")
    config = replace(ADAPT_CONFIG if start else TrainConfig(), **given(settings))
    sizes = replace(ModelConfig(variational=not autoencoder), **given({"latent_size": latent_size}))
    check_settings(config, sizes)
    return config, sizes


@contextmanager
def _joined(coordinator: str | None, processes: int | None, process: int | None) -> Iterator[bool]:
    """Whether this process is the first of those that train together, of which it may be the only one."""
    from groovevae.training.processes import AUTO, connect, is_first_process, lost_processes_named

    is_named = coordinator not in (None, AUTO)
    if not is_named == (processes is not None) == (process is not None):
        raise click.UsageError("--coordinator HOST:PORT, --processes and --process go together; auto goes alone")
    if coordinator is not None:
        whose = "" if process is None else f"Process {process} of {processes}: "
        click.echo(f"{whose}waiting for the others ({coordinator})")
        connect(coordinator, num_processes=processes, process=process)
    try:
        with lost_processes_named():
            yield is_first_process()
    except ProcessLostError as error:
        click.echo(f"Error: {error}", err=True)
        os._exit(1)  # JAX would wait for the lost one, and then abort


def _console(*, is_quiet: bool) -> Console:
    from rich.console import Console

    return Console(quiet=is_quiet, force_interactive=False if is_quiet else None)


def _read(corpus: str, without: str | None, jobs: int | None) -> Corpus:
    from groovevae.corpus import leave_out

    loaded = read_corpus(corpus, jobs)
    return loaded if without is None else leave_out(loaded, Path(without))


def _print_begin(console: Console, loaded: Corpus, corpus: str, out: Path, *, restart: bool) -> None:
    """What was read, and whether an unfinished run is gone on with."""
    from groovevae.reports import terminal
    from groovevae.training.state_file import unfinished_step

    unused = len(loaded.rejected) + len(loaded.unread)
    terminal.line(console, f"{corpus}: files used: {len(loaded.songs):,}, genres: {len(loaded.genres)}")
    if unused:
        terminal.line(console, f"files not used: {unused:,}; {command_text(['groove', 'corpus', corpus])} lists them")
    if not restart and (step := unfinished_step(out)) is not None:
        terminal.line(console, f"An unfinished run lies beside {out}, at step {step:,}: going on with it")


def _print_warning(console: Console, loaded: Corpus, corpus: str, out: Path, *, restart: bool) -> None:
    """What stands out in the corpus, unless a run that began with it is gone on with: then it was said before."""
    from rich.console import Console

    from groovevae.anomaly.suspects import find_suspects
    from groovevae.reports import terminal
    from groovevae.reports.outliers import warning
    from groovevae.training.state_file import corpus_begun_with
    from groovevae.training.train import fingerprint

    if not restart and corpus_begun_with(out) == fingerprint(loaded):
        return
    with terminal.parts(Console(stderr=True, quiet=not console.is_interactive)) as report:
        lines = warning(loaded, find_suspects(loaded, report=report))
    for said in lines:
        terminal.line(console, said)
    if lines:
        command = command_text(["groove", "outliers", corpus])
        terminal.line(console, f"All are trained on; {command} shows more, and --without FILE leaves files out.")


class _Stopper:
    """Tells a training run, which asks before each step, to stop after Ctrl-C or SIGTERM. A second one kills it."""

    def __init__(self) -> None:
        self.signal = 0
        self.has_begun = False

    def __call__(self) -> bool:
        self.has_begun = True
        return self.signal != 0

    def __enter__(self) -> _Stopper:
        self.before = {number: signal.signal(number, self._stop) for number in ENDING_SIGNALS}
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if not self.has_begun:  # nothing is trained yet that could be saved
            sys.exit(128 + number)
        self.signal = number
        for caught in self.before:
            signal.signal(caught, signal.SIG_DFL)
        message = b"\nStopping: the model is being written. Ctrl-C again ends at once.\n"
        os.write(2, message)  # a signal may come while click or rich is printing


def _start_model(start: str, out: str) -> ModelFile:
    from groovevae.model.file import load_model_file

    if start != "default" and is_same_file(start, out):
        raise RequestError(f"{out}: the model to start from would be written over; name another place with --out")
    return load_model_file(None if start == "default" else start)


def _exit_if_stopped(stopper: _Stopper, step: int, steps: int, *, is_quiet: bool) -> None:
    """Ends with the status of the signal that stopped the run, which another process may have got."""
    if stopper.signal == 0 and step >= steps:
        return
    if not is_quiet:
        click.echo(f"Stopped at step {step:,} of {steps:,}; the same command goes on.")
    sys.exit(128 + (stopper.signal or signal.SIGTERM))


def _print_trained(trained: Trained, out: str, *, was_finished: bool) -> None:
    """How well the model reconstructs, where it lies, and what to do next."""
    from rich.console import Console

    from groovevae.measures.note_f1 import macro_f1
    from groovevae.reports import terminal

    if was_finished:
        click.echo(f"All {trained.steps_done:,} steps were done before: raise --steps, or start anew with --restart.")
    rows = dict(trained.held_out_f1)
    if rows:
        rows["mean of held-out songs"] = macro_f1(trained.held_out_f1)
    rows["mean of training songs"] = macro_f1(trained.train_f1)
    Console().print(terminal.f1_table(rows))
    genres = sorted(trained.model.genres.values(), key=lambda genre: not genre.phrases)
    first, second = [genre.name for genre in [*genres, *genres]][:2]
    click.echo(f"Model of {trained.steps_done:,} steps: {click.format_filename(out)}")
    click.echo(f"Try it: {command_text(['groove', 'blend', first, second, '--model', out])}")
