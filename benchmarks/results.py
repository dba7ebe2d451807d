"""Keeps rows of results in a JSON file, so that an interrupted set of runs resumes with those that are left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

Row = dict[str, Any]  # "settings" says which run a row is the result of; the rest was measured


def read_rows(path: Path) -> list[Row]:
    """Return all rows of a results file, none where there is no file yet."""
    if not path.exists():
        return []
    try:
        rows = json.loads(path.read_text("utf-8"))
    except ValueError:
        rows = None
    if not isinstance(rows, list) or not all(isinstance(row, dict) and "settings" in row for row in rows):
        raise click.ClickException(f"{path}: not a results file; name another with --results")
    return rows


def add_row(path: Path, row: Row) -> None:
    """Add a row to the file; the new version is written beside it and moved into place."""
    rows = [*read_rows(path), row]
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    os.replace(part, path)


def find_row(path: Path, settings: Row) -> Row | None:
    """Return the newest row with exactly these settings."""
    return next((row for row in reversed(read_rows(path)) if row["settings"] == settings), None)


def run_in_process(script: str, arguments: Sequence[str]) -> Row:
    """Run a benchmark's script in a process of its own; the last line that it prints is its row."""
    done = subprocess.run([sys.executable, script, *arguments], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise click.ClickException(f"{Path(script).name} {' '.join(arguments)} failed (exit code {done.returncode})")
    return json.loads(done.stdout.splitlines()[-1])


def mean_and_range(values: Sequence[float], digits: int = 3) -> str:
    """Write mean and range as "0.912 (0.909 to 0.915)", or the value alone where there is only one."""
    mean = f"{sum(values) / len(values):.{digits}f}"
    return mean if len(values) == 1 else f"{mean} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Make a Markdown table, with the first column aligned left and the others right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
