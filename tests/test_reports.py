"""Lines, tables and progress as they are printed, and findings as JSON."""

import io
import math
from dataclasses import dataclass

import pytest
from rich.console import Console

from groovevae.reports import progress
from groovevae.reports.table import Part, Table
from groovevae.reports.terminal import show
from groovevae.reports.values import to_json

NAMES = Table(("genre", "songs", "played on"), (("[red]jazz", "1,027", "Bass, Piano"),), ends_in_words=True)
SHARES = Table(("", "drums"), (("mean", "0.50"),), title="Shares", note="Of all bars.")


def printed(*parts: Part, width: int = 40) -> list[str]:
    output = io.StringIO()
    show(parts, Console(file=output, width=width))
    return [line.rstrip() for line in output.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("parts", "lines"),
    [
        (["a [b]line[/b] :smile: of 0.5"], ["a [b]line[/b] :smile: of 0.5"]),
        (["x" * 50], ["x" * 50]),
        (["caf\udce9.mid"], ["caf?.mid"]),
        (
            [NAMES],
            [
                "",
                " genre      songs  played on",
                " ─────────────────────────────",
                " [red]jazz  1,027  Bass, Piano",
                "",
            ],
        ),
        ([SHARES], ["", "Shares", "Of all bars.", "", "       drums", " ───────────", " mean   0.50", ""]),
    ],
)
def test_what_is_printed(parts: list[Part], lines: list[str]) -> None:
    assert printed(*parts) == lines


def test_words_are_broken_and_figures_are_not() -> None:
    lines = printed(NAMES, width=24)
    assert sum("1,027" in line for line in lines) == 1
    assert {"Bass,", "Piano"} <= {line.split()[-1] for line in lines if line.strip()}


def test_markdown() -> None:
    assert SHARES.to_markdown() == "## Shares\n\nOf all bars.\n\n|  | drums |\n|---|---:|\n| mean | 0.50 |"


@dataclass(frozen=True)
class Found:
    name: str
    share: float
    lost: tuple[float, ...]


@pytest.mark.parametrize(
    ("digits", "text"),
    [
        (None, '{\n "name": "caf?",\n "share": 0.123456,\n "lost": [\n  null,\n  1.0\n ]\n}'),
        (2, '{\n "name": "caf?",\n "share": 0.12,\n "lost": [\n  null,\n  1.0\n ]\n}'),
    ],
)
def test_json(digits: int | None, text: str) -> None:
    assert to_json(Found("caf\udce9", 0.123456, (math.nan, 1.0)), indent=1, digits=digits) == text


TOLD = [("comparing", 0, 1), ("looking at songs", 0, 9), ("looking at songs", 5, 9)]


@pytest.mark.parametrize(
    ("seconds", "reading", "parts"),
    [
        (1.0, [], ["comparing", "looking at songs"]),
        (
            10.0,
            ["comparing: 0 of 1", "looking at songs: 0 of 9", "looking at songs: 5 of 9"],
            ["comparing", "looking at songs", "looking at songs: 5 of 9, 0:00:08 left"],
        ),
    ],
)
def test_progress_in_lines(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    seconds: float,
    reading: list[str],
    parts: list[str],
) -> None:
    """So many seconds pass before each thing that is told."""
    now = 0.0
    monkeypatch.setattr(progress.time, "monotonic", lambda: now)
    for shown, lines in ((progress.reading, reading), (progress.parts, parts)):
        with shown() as told:
            for what, done, total in TOLD:
                now += seconds
                told(what, done, total)
        assert capsys.readouterr().err.splitlines() == lines


def test_a_part_says_how_long_it_has_left(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(progress.time, "monotonic", lambda: now)
    with progress.training() as (_, told):
        for seconds, what, done, total in ((1, "describing genres", 0, 4), (61, "describing genres", 1, 4)):
            now = float(seconds)
            told(what, done, total)
    assert capsys.readouterr().out.splitlines() == ["describing genres", "describing genres: 1 of 4, 0:03:00 left"]


def test_each_part_has_a_bar_of_its_own() -> None:
    bar = progress.Bar()
    told = progress._part_by_part(bar)
    [task] = bar.tasks
    shown = []
    for what, done, total in (("gathering bars", 3, 9), ("comparing", 0, 1), ("gathering bars", 4, 9)):
        told(what, done, total)
        shown.append((task.description, task.completed, task.total))
    assert shown == [("gathering bars", 3, 9), ("comparing", 0, None), ("gathering bars", 4, 9)]
