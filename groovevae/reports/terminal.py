"""What long work and its results look like, in a terminal and in a file or pipe. Prints; decides nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from groovevae.bars.constants import PITCHED, ROLES
from groovevae.corpus.report import text_table
from groovevae.model.file import vector_to_json

if TYPE_CHECKING:
    from groovevae.model.file import ModelFile
    from groovevae.reports.evaluation import Table as EvaluationTable
    from groovevae.training.loop import Report, TrainingProgress

PLAIN_STEPS = 100  # between two lines where there is no terminal to draw on
PLAIN_SECONDS = 5.0
AT_END = "Measuring on held-out songs, learning how phrases go on, and writing the model."
_REFRESHES = 2  # a second: training needs the processor


@contextmanager
def reading(console: Console) -> Iterator[Callable[[int, int], None]]:
    """Shows how many files of a corpus have been read, while some are still to do."""
    if not console.is_interactive:
        yield _plain_reading(console)
        return
    columns = (TextColumn("reading files"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=console, transient=True, refresh_per_second=_REFRESHES) as bar:
        console.show_cursor(True)  # a process that is killed leaves no terminal without one
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _plain_reading(console: Console) -> Callable[[int, int], None]:
    last = time.monotonic()

    def report(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last > PLAIN_SECONDS:
            last = time.monotonic()
            line(console, f"reading files: {done:,} of {total:,}")

    return report


@contextmanager
def parts(console: Console) -> Iterator[Callable[[str, int, int], None]]:
    """Shows which part of a longer work is being done, and how much of it is left."""
    if not console.is_interactive:
        last, since = "", 0.0

        def plain(what: str, done: int, total: int) -> None:
            nonlocal last, since
            if what != last or time.monotonic() - since > PLAIN_SECONDS:
                line(console, what if what != last else f"{what}: {done:,} of {total:,}")
                last, since = what, time.monotonic()

        yield plain
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Bar(*columns, console=console, transient=True, refresh_per_second=_REFRESHES) as bar:
        console.show_cursor(True)
        task = bar.add_task("", total=None)
        yield lambda what, done, total: bar.update(task, description=what, completed=done, total=total)


@contextmanager
def training(console: Console) -> Iterator[Report]:
    """Shows a training run: a bar and the losses in a terminal, else a line now and then."""
    if not console.is_interactive:
        first = True

        def plain(progress: TrainingProgress) -> None:
            nonlocal first
            if first or progress.step % PLAIN_STEPS == 0 or progress.step == progress.steps:
                line(console, f"step {progress.step:,} of {progress.steps:,}: {_losses(progress)}, {_pace(progress)}")
            first = False
            _measured(console, progress)
            if progress.step == progress.steps:
                line(console, AT_END)

        yield plain
        return
    bar = Bar(
        TextColumn("training"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    )
    task = bar.add_task("", total=None)
    compiling = Text("The first steps take longer: the network is being compiled.")
    with Live(Group(bar, compiling), console=console, refresh_per_second=_REFRESHES) as live:
        console.show_cursor(True)

        def drawn(progress: TrainingProgress) -> None:
            bar.update(task, completed=progress.step, total=progress.steps, description=_pace(progress))
            at_end = progress.step == progress.steps
            live.update(Group(bar, Text(AT_END if at_end else _losses(progress))))
            _measured(console, progress)

        yield drawn


def _losses(progress: TrainingProgress) -> str:
    parts = ", ".join(f"{name} {nats:.1f}" for name, nats in progress.recon.items())
    active = f"KL {progress.kl:.1f}, {progress.active_units} active units, genre {progress.genre_loss:.2f}"
    return f"nats a bar: {parts}, {active}"


def _pace(progress: TrainingProgress) -> str:
    return f"{progress.bars_per_second:,.0f} bars/s, {timedelta(seconds=round(progress.seconds_left))} left"


def _measured(console: Console, progress: TrainingProgress) -> None:
    if progress.held_out_f1 is not None:
        line(console, f"step {progress.step:,}: held-out note F1 {f1_text(progress.held_out_f1)}")


def f1_text(f1: Mapping[str, float]) -> str:
    """One line of note F1 by role."""
    return ", ".join(f"{role} {_share(f1[role])}" for role in ROLES if role in f1)


def f1_table(rows: Mapping[str, Mapping[str, float]]) -> Table:
    """Note F1 by role of each row; the rows are genres and means."""
    table = text_table("note F1", *ROLES)
    for name, f1 in rows.items():
        table.add_row(Text(name), *(_share(f1[role]) for role in ROLES))
    return table


def _share(value: float) -> str:
    return "-" if value != value else f"{value:.2f}"  # NaN: no such notes


def print_model(console: Console, model: ModelFile, path: Path) -> None:
    """Prints what a model file holds."""
    about = describe_model(model, path)
    kind = "variational autoencoder" if model.config.variational else "plain autoencoder"
    line(console, f"{path}: {len(model.genres)} genres, {about['weights']:,} weights, {about['bytes'] / 2**20:.1f} MiB")
    line(console, f"A {kind} with {model.config.latent_size} latent dimensions a bar.")
    past = model.provenance
    corpus = past.get("corpus", {})
    if past:
        songs = f"{corpus.get('training_songs', 0):,} songs ({corpus.get('held_out_songs', 0):,} more held out)"
        line(console, f"Trained {past.get('steps', 0):,} steps on {songs} with groovevae {past.get('groovevae', '?')}.")
    if past.get("held_out_f1"):
        line(console, f"Held-out note F1: {f1_text(past['held_out_f1'])}")
    if licences := _licences(past):
        line(console, licences)
    before = past.get("started_from")
    while before:
        line(console, f"Started from a model of {before.get('steps', 0):,} steps. {_licences(before)}".rstrip())
        before = before.get("started_from")
    if model.vectors:
        line(console, f"Vectors: {', '.join(model.vectors)}")
    if coded := [genre["name"] for genre in about["genres"] if genre["shares_songs"]]:
        line(console, f"Blends learned from songs that genres share: between {', '.join(coded)}")
    console.print(genre_table(model))


def genre_table(model: ModelFile) -> Table:
    """The genres of a model and how they are played."""
    table = text_table("genre", "songs", "bars", "tempo", "phrases")
    table.add_column("usual bass, chords and lead")
    for genre in map(_describe_genre, model.genres.values()):
        numbers = (f"{genre['songs']:,}", f"{genre['bars']:,}", f"{genre['tempo']:.0f}", str(genre["phrases"]))
        usual = (programs[0]["name"] if programs else "none" for programs in genre["instruments"].values())
        table.add_row(Text(genre["name"]), *numbers, ", ".join(usual))
    return table


def _licences(past: Mapping[str, Any]) -> str:
    """The licences of the music of one training run."""
    licences = past.get("corpus", {}).get("licences", {})
    listed = ", ".join(f"{name} ({count:,})" for name, count in licences.items())
    return f"Licences of the music (files): {listed}" if listed else ""


def describe_model(model: ModelFile, path: Path) -> dict[str, Any]:
    """What a model file holds, as JSON values."""
    return {
        "path": str(path),
        "bytes": path.stat().st_size,
        "weights": sum(array.size for array in model.weights.values()),
        "config": vars(model.config),
        "genres": [_describe_genre(genre) for genre in model.genres.values()],
        "vectors": [vector_to_json(vector) for vector in model.vectors.values()],
        "provenance": model.provenance,
    }


def _describe_genre(genre: Any) -> dict[str, Any]:
    from pretty_midi import program_to_instrument_name

    return {
        "name": genre.name,
        "songs": genre.num_songs,
        "bars": genre.num_bars,
        "tempo": genre.tempo,
        "phrases": len(genre.phrases),
        "shares_songs": genre.code is not None,
        "instruments": {
            role: [
                {"program": program, "name": program_to_instrument_name(program), "share": round(share, 4)}
                for program, share in programs
            ]
            for role, programs in zip(PITCHED, genre.programs, strict=True)
        },
    }


def print_tables(console: Console, tables: Sequence[EvaluationTable]) -> None:
    """Prints tables of an evaluation, each under its title."""
    for table in tables:
        line(console, f"\n{table.title}")
        if table.note:
            console.print(Text(table.note))
        shown = text_table(*table.header)
        for row in table.rows:
            shown.add_row(*map(Text, row))
        console.print(shown)


def line(console: Console, text: str) -> None:
    """Prints one line as it is; where there is no terminal it is never broken."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)
