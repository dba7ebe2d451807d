"""Lines and tables of a report in a terminal, a file or a pipe. The one place where reports are printed."""

from __future__ import annotations

from collections.abc import Iterable

from rich import box
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from groovevae.files import printable
from groovevae.reports.table import Part, Table


def show(console: Console, parts: Iterable[Part]) -> None:
    """Print the lines and tables of a report in their order."""
    for part in parts:
        if isinstance(part, Table):
            table(console, part)
        else:
            line(console, part)


def line(console: Console, text: str) -> None:
    """Print one line as it is; where there is no terminal it is never broken."""
    console.print(printable(text), markup=False, highlight=False, soft_wrap=True)


def table(console: Console, shown: Table) -> None:
    """Print a table without borders, below its title and note if it has any."""
    if shown.title:
        line(console, f"\n{shown.title}")
    if shown.note:
        console.print(_text(shown.note))
    grid = Grid(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    last = len(shown.header) - 1
    for index, name in enumerate(shown.header):
        is_words = index == 0 or (index == last and shown.ends_in_words)
        grid.add_column(_text(name), justify="left" if is_words else "right", no_wrap=not is_words)
    for row in shown.rows:
        grid.add_row(*map(_text, row))
    console.print(grid)


def _text(words: str) -> Text:
    """Return words as they are: brackets in the name of a folder are no markup."""
    return Text(printable(words))
