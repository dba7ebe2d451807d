"""A table of text, one of the two parts that reports are made of: lines and tables. Prints nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """A table of text: the first column names the rows, the others hold figures, or the last of them words."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""
    note: str = ""
    ends_in_words: bool = False  # the last column is aligned left, and wrapped where it is too long

    def to_markdown(self) -> str:
        """Return the table in Markdown, with its title as a heading."""
        lines = [f"## {self.title}", ""]
        lines += [self.note, ""] if self.note else []
        lines += [_row(self.header), "|---" + "|---:" * (len(self.header) - 1) + "|", *map(_row, self.rows)]
        return "\n".join(lines)


Part = str | Table  # of a report: a line or a table


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
