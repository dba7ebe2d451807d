"""`groove train`: trains a model on a corpus and shows the progress; a signal stops it, and it can be resumed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from groovevae.cli.common import cluster_options, given, labels_option, read_corpus, with_options
from groovevae.cli.cures import error_line
from groovevae.cli.root import main
from groovevae.cli.stopping import Stopper, exit_if_stopped
from groovevae.errors import ProcessLostError, RequestError
from groovevae.systems import command_text, is_same_file

if TYPE_CHECKING:
    from groovevae.config import ModelConfig, TrainConfig
    from groovevae.corpus import Corpus
    from groovevae.model.file import ModelFile
    from groovevae.training.result import Trained


@main.command(short_help="Learn genres from a folder of MIDI files per genre.")
@click.argument("corpus", type=click.Path())
@click.option("--out", type=click.Path(), default="model.safetensors", show_default=True, help="Model file to write.")
@labels_option
@click.option("--steps", type=int, help="Batches to train on.  [default: 6000; 1000 with --from]")
@click.option("--batch-size", type=int, help="Bars in each batch.  [default: 256]")
@click.option("--latent-size", type=int, help="Latent dimensions for each bar.  [default: 192]")
@click.option("--beta", type=float, help="Weight of the KL term.  [default: 0.3]")
@click.option("--learning-rate", type=float, help="Adam's learning rate.  [default: 0.002; 0.0003 with --from]")
@click.option("--seed", type=int, help="Decides first weights, batches and held-out songs.  [default: 0]")
@click.option("--autoencoder", is_flag=True, help="Train a plain autoencoder: no noise, no KL.")
@click.option(
    "--from", "start", metavar="MODEL", help="Start from this model, or groovevae's own (default); keep its genres."
)
@click.option(
    "--without",
    type=click.Path(),
    help="Leave out the files that this text file lists, or that a CSV file of groove outliers flags.",
)
@click.option("--restart", is_flag=True, help="Discard an unfinished run and start anew.")
@with_options(cluster_options)
@click.option(
    "--coordinator",
    metavar="HOST:PORT",
    help="Train with other processes: where process 0 listens, or auto to ask SLURM, Open MPI and the like.",
)
@click.option("--processes", type=click.IntRange(min=1), help="How many processes train together.")
@click.option("--process", type=click.IntRange(min=0), help="Which of them this is, from 0.")
def train(corpus: str, out: str, *, start: str | None, restart: bool, **options: Any) -> None:
    """Learn genres from one folder of MIDI files for each genre: CORPUS/GENRE/*.mid, in subfolders too.

    CORPUS may be an archive, or a URL such as s3://bucket/folder. With --scheduler, a Dask cluster reads its files.

    Ctrl-C stops a run: its state is kept beside the model file, and the same command resumes it.
    All devices of a machine share each batch. With --coordinator, several machines share it: run the same command on
    each, with a --process of its own, and a CORPUS with all files or only some of them: all are trained on.
    Files that stand out as not belonging are named before training begins, and trained on unless --without lists them.

    \b
    Examples:
      groove train my-midi
      groove train my-midi --without outliers.csv
      groove train my-midi --labels labels.csv
      groove train my-midi --out my.safetensors --steps 2000
      groove train my-midi --from default --out my.safetensors
      groove train my-midi --coordinator 10.0.0.1:4321 --processes 2 --process 0
    """
    from groovevae.training.memory import keep_freed_memory
    from groovevae.training.processes import together

    keep_freed_memory()
    place = {name: options.pop(name) for name in ("coordinator", "processes", "process")}
    reading = {name: options.pop(name) for name in ("labels", "without", "jobs", "scheduler", "shards")}
    config, sizes = _settings(start, **options)
    with _joined(**place) as is_first:
        with together():
            start_from = _start_model(start, out) if start else None
            own = _read(corpus, **reading)
        whole = _shared(own, is_quiet=not is_first)
        with together():
            if is_first:
                _tell_beginning(own, whole, corpus, Path(out), restart=restart)
        with Stopper() as stopper:
            run = {"config": config, "model_config": sizes, "start_from": start_from, "restart": restart}
            trained = _train(whole, Path(out), stopper, is_quiet=not is_first, **run)
    if is_first:
        _tell_end(trained, out, was_finished=not stopper.has_begun)
    exit_if_stopped(stopper, trained.steps_done, config.steps, is_quiet=not is_first)


def _settings(
    start: str | None, *, latent_size: int | None, autoencoder: bool, **settings: Any
) -> tuple[TrainConfig, ModelConfig]:
    """Return what the options ask for. Raises RequestError where no training can be done with it."""
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
    """Tell whether this process is the first of those that train together, of which it may be the only one."""
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
        click.echo(f"Error: {error_line(error)}", err=True)
        os._exit(1)  # JAX would wait for the lost process, and then abort


def _read(corpus: str, without: str | None, **reading: Any) -> Corpus:
    from groovevae.corpus import leave_out

    loaded = read_corpus(corpus, **reading)
    return loaded if without is None else leave_out(loaded, Path(without))


def _shared(own: Corpus, *, is_quiet: bool) -> Corpus:
    """Return the corpus of all processes, with progress on stdout unless another process shows it."""
    from groovevae.reports import progress, terminal
    from groovevae.training.hosts import share

    with progress.parts(is_quiet=is_quiet or not terminal.is_interactive()) as told:
        return share(own, progress=told)


def _start_model(start: str, out: str) -> ModelFile:
    from groovevae.model.file import load_model_file

    if start != "default" and is_same_file(start, out):
        raise RequestError(f"{out}: the model to start from would be written over; name another place with --out")
    return load_model_file(None if start == "default" else start)


def _tell_beginning(own: Corpus, whole: Corpus, corpus: str, out: Path, *, restart: bool) -> None:
    """Print what was read, whether an unfinished run is resumed, and what stands out in this process's files."""
    from groovevae.corpus.fingerprint import fingerprint
    from groovevae.reports import terminal
    from groovevae.reports.training import corpus_read, corpus_shared
    from groovevae.training.state_file import corpus_begun_with, unfinished_step

    terminal.show(corpus_read(own, corpus))
    if whole is not own:
        terminal.show(corpus_shared(whole))
    if not restart and (step := unfinished_step(out)) is not None:
        terminal.show([f"An unfinished run lies beside {out}, at step {step:,}: resuming it"])
    if restart or corpus_begun_with(out) != fingerprint(whole):
        terminal.show(_warning(own, corpus))


def _warning(loaded: Corpus, corpus: str) -> list[str]:
    """Return what stands out in the corpus."""
    from groovevae.anomaly.suspects import find_suspects
    from groovevae.reports import progress, terminal
    from groovevae.reports.outliers import suspects_found

    with progress.parts(is_quiet=not terminal.is_interactive()) as told:
        suspects = find_suspects(loaded, progress=told)
        loaded.find_near_duplicates(progress=told)
        lines = list(suspects_found(loaded, suspects))
    command = command_text(["groove", "outliers", corpus])
    more = f"All are trained on; {command} shows more, and --without FILE leaves files out."
    return [*lines, more] if lines else []


def _train(loaded: Corpus, out: Path, stop: Stopper, *, is_quiet: bool, **run: Any) -> Trained:
    """Train with the progress shown on stdout, unless another process shows it."""
    from groovevae.config import ArrangerConfig, PriorConfig
    from groovevae.reports import progress
    from groovevae.training.train import train_model

    configs: dict[str, Any] = {"prior_config": PriorConfig(), "arranger_config": ArrangerConfig()}
    with progress.training(is_quiet=is_quiet) as (report, told):
        return train_model(loaded, out, report=report, progress=told, stop=stop, **configs, **run)


def _tell_end(trained: Trained, out: str, *, was_finished: bool) -> None:
    """Print how well the model reconstructs, where its file is, and what to do next."""
    from groovevae.reports import terminal
    from groovevae.reports.training import trained_model

    if was_finished:
        click.echo(f"All {trained.steps_done:,} steps were done before: raise --steps, or start anew with --restart.")
    terminal.show(trained_model(trained, out))
