"""Shows the progress of long work: bars in a terminal, else a line now and then. Does none of the work."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar
from rich.text import Text

from groovevae.progress import Progress
from groovevae.reports.terminal import print_line
from groovevae.reports.training import f1_text

if TYPE_CHECKING:
    from groovevae.training.loop import TrainingProgress

PLAIN_STEPS = 100  # between two lines where there is no terminal to draw on
PLAIN_SECONDS = 5.0
_REFRESHES = 2  # per second: training needs the processor
_PART_COLUMNS = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())


@contextmanager
def reading() -> Iterator[Progress]:
    """Show on stderr how many files of a corpus have been read, while some are left."""
    console = Console(stderr=True)
    if not console.is_interactive:
        yield _reading_in_lines(console)
        return
    with _bar(
        console, TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    ) as told:
        yield told


def _reading_in_lines(console: Console) -> Progress:
    last = time.monotonic()

    def told(what: str, done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last > PLAIN_SECONDS:
            last = time.monotonic()
            print_line(console, f"{what}: {done:,} of {total:,}")

    return told


@contextmanager
def parts(*, is_quiet: bool = False) -> Iterator[Progress]:
    """Show on stderr which part of a longer work is being done, and how much of it is left."""
    console = Console(stderr=True, quiet=is_quiet)
    if not console.is_interactive:
        yield _parts_in_lines(console)
        return
    with _bar(console, *_PART_COLUMNS) as told:
        yield told


def _parts_in_lines(console: Console) -> Progress:
    last, since, begun = "", 0.0, 0.0

    def told(what: str, done: int, total: int) -> None:
        nonlocal last, since, begun
        now = time.monotonic()
        if what != last:
            print_line(console, what)
            last, since, begun = what, now, now
        elif now - since > PLAIN_SECONDS:
            left = f", {timedelta(seconds=round((now - begun) * (total - done) / done))} left" if done else ""
            print_line(console, f"{what}: {done:,} of {total:,}{left}")
            since = now

    return told


@contextmanager
def _bar(console: Console, *columns: ProgressColumn) -> Iterator[Progress]:
    """Draw one bar, and remove it at the end."""
    with Bar(*columns, console=console, transient=True, refresh_per_second=_REFRESHES) as bar:
        console.show_cursor(True)  # so that a killed process leaves a terminal with a cursor
        yield _part_by_part(bar)


def _part_by_part(bar: Bar) -> Progress:
    """Return what draws each part of some work in its turn, with a time left of its own."""
    task, last = bar.add_task("", total=None), ""
    [row] = bar.tasks

    def told(what: str, done: int, total: int) -> None:
        nonlocal last
        if what != last:
            bar.reset(task)
            row.total, last = None, what  # to rich's functions None means as before
        bar.update(task, description=what, completed=done, total=total if total > 1 else None)

    return told


@contextmanager
def training(*, is_quiet: bool = False) -> Iterator[tuple[Callable[[TrainingProgress], None], Progress]]:
    """Show a training run and the parts around it on stdout: bars in a terminal, else a line now and then."""
    console = Console(quiet=is_quiet, force_interactive=False if is_quiet else None)
    if not console.is_interactive:
        yield _training_in_lines(console), _parts_in_lines(console)
        return
    columns = (TextColumn("training"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    bar = Bar(*columns, TimeElapsedColumn())
    task = bar.add_task("", total=None)
    others = Bar(*_PART_COLUMNS)
    part = _part_by_part(others)
    note = Text("The first steps take longer: the network is being compiled.")
    with Live(Group(bar, note), console=console, refresh_per_second=_REFRESHES) as live:
        console.show_cursor(True)

        def drawn(progress: TrainingProgress) -> None:
            nonlocal note
            note = Text(_losses(progress))
            bar.update(task, completed=progress.step, total=progress.steps, description=_pace(progress))
            live.update(Group(bar, note))
            _measured(console, progress)

        def told(what: str, done: int, total: int) -> None:
            part(what, done, total)
            live.update(Group(bar, note, others))

        yield drawn, told


def _training_in_lines(console: Console) -> Callable[[TrainingProgress], None]:
    is_first = True

    def told(progress: TrainingProgress) -> None:
        nonlocal is_first
        is_at_end = progress.step == progress.steps
        if is_first or is_at_end or progress.step % PLAIN_STEPS == 0:
            print_line(console, f"step {progress.step:,} of {progress.steps:,}: {_losses(progress)}, {_pace(progress)}")
        is_first = False
        _measured(console, progress)

    return told


def _losses(progress: TrainingProgress) -> str:
    parts = ", ".join(f"{name} {nats:.1f}" for name, nats in progress.recon.items())
    active = f"KL {progress.kl:.1f}, {progress.active_units} active units, genre {progress.genre_loss:.2f}"
    return f"nats per bar: {parts}, {active}"


def _pace(progress: TrainingProgress) -> str:
    return f"{progress.bars_per_second:,.0f} bars/s, {timedelta(seconds=round(progress.seconds_left))} left"


def _measured(console: Console, progress: TrainingProgress) -> None:
    if progress.held_out_f1 is not None:
        print_line(console, f"step {progress.step:,}: held-out note F1 {f1_text(progress.held_out_f1)}")
