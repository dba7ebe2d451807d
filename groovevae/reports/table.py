"""A table of text, and what reports are made of: lines and tables. Prints nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """A table of text: the first column names the rows, the others hold figures, the last of them words or figures."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""
    note: str = ""
    ends_in_words: bool = False  # the last column begins at the left, and is broken into lines where it is too long

    def to_markdown(self) -> str:
        """Return the table in Markdown, with its title as a heading."""
        lines = [f"## {self.title}", ""]
        lines += [self.note, ""] if self.note else []
        lines += [_row(self.header), "|---" + "|---:" * (len(self.header) - 1) + "|", *map(_row, self.rows)]
        return "\n".join(lines)


Part = str | Table  # of a report: a line or a table


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
