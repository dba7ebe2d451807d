"""Errors in the words of Python and in those of the command line."""

import ast
import pickle
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from groovevae.cli.cures import CURES, error_line
from groovevae.errors import Cure, GrooveError, MidiError, ModelFileError

PACKAGE = Path(__file__).parent.parent / "groovevae"


def test_the_command_line_has_words_for_every_cure() -> None:
    assert set(CURES) == set(Cure)


@pytest.mark.parametrize("cure", Cure)
def test_python_users_hear_of_no_options(cure: Cure) -> None:
    assert "--" not in cure.value
    assert "groove " not in cure.value


@pytest.mark.parametrize(
    ("error", "in_python", "in_the_command_line"),
    [
        (GrooveError("x: too\nmuch"), "x: too\nmuch", "x: too much"),
        (MidiError("no notes", path="a.mid"), "a.mid: no notes", "a.mid: no notes"),
        (
            ModelFileError("x.training: damaged", cure=Cure.RESTART),
            "x.training: damaged; discard it with restart=True",
            "x.training: damaged; discard it with --restart",
        ),
    ],
)
def test_lines(error: GrooveError, in_python: str, in_the_command_line: str) -> None:
    assert str(error) == in_python
    assert error_line(error) == in_the_command_line


def test_errors_reach_other_processes() -> None:
    error = pickle.loads(pickle.dumps(ModelFileError("damaged", cure=Cure.RESTART)))
    assert (str(error), error.problem, error.cure) == ("damaged; discard it with restart=True", "damaged", Cure.RESTART)


def messages(path: Path) -> Iterator[str]:
    """All text within the errors that a module makes."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.endswith("Error"):
            yield from (
                part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)
            )


def test_the_library_names_no_options_and_commands() -> None:
    commands = {"cli", "studio"}  # the studio is a command's page, and speaks to whoever started it
    below = [path for path in PACKAGE.rglob("*.py") if not commands & set(path.relative_to(PACKAGE).parts)]
    texts = [f"{path.name}: {text}" for path in below for text in messages(path)]
    assert len(texts) > 100
    assert [text for text in texts if re.search(r"(^|\W)--[a-z]|\bgroove [a-z]", text)] == []
