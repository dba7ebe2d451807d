"""Prints the lines and tables of a report to a terminal, a file or a pipe. No other module prints reports."""

from __future__ import annotations

from collections.abc import Iterable

from rich import box
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from groovevae.reports.table import Part, Table
from groovevae.wording import printable


def show(parts: Iterable[Part], console: Console | None = None) -> None:
    """Print the lines and tables of a report in order, to stdout unless a `console` is given."""
    console = console or Console()
    for part in parts:
        if isinstance(part, Table):
            _print_table(console, part)
        else:
            print_line(console, part)


def is_interactive() -> bool:
    """Tell whether stdout is a terminal that can be drawn on."""
    return Console().is_interactive


def print_line(console: Console, text: str) -> None:
    """Print one line as it is; it is wrapped only in a terminal."""
    console.print(printable(text), markup=False, emoji=False, highlight=False, soft_wrap=True)


def _print_table(console: Console, table: Table) -> None:
    """Print a table without borders, below its title and note if it has any."""
    if table.title:
        print_line(console, f"\n{table.title}")
    if table.note:
        console.print(_text(table.note))
    grid = Grid(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    last = len(table.header) - 1
    for index, name in enumerate(table.header):
        is_words = index == 0 or (index == last and table.ends_in_words)
        grid.add_column(_text(name), justify="left" if is_words else "right", no_wrap=not is_words)
    for row in table.rows:
        grid.add_row(*map(_text, row))
    console.print(grid)


def _text(words: str) -> Text:
    """Return words as they are: brackets in the name of a folder are not markup."""
    return Text(printable(words))
