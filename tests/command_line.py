"""What tests of the commands share: running `groove` in this process, its error line, the files it left."""

from collections.abc import Callable
from pathlib import Path

import click
from click.testing import CliRunner, Result

from groovevae.cli import main


def all_commands(group: click.Group, prefix: str = "") -> dict[str, click.Command]:
    """Every command and group by its full name: "blend", "genre", "genre add"."""
    found: dict[str, click.Command] = {}
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        found[prefix + name] = command
        if isinstance(command, click.Group):
            found |= all_commands(command, f"{prefix}{name} ")
    return found


COMMANDS = all_commands(main)
Run = Callable[..., Result]


def invoke(*words: object) -> Result:
    """Runs `groove` with these words; what is no expected failure is raised."""
    result = CliRunner().invoke(main, [str(word) for word in words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def error_of(result: Result, status: int = 1) -> str:
    """The one line that a failed command prints."""
    assert result.exit_code == status, result.output
    lines = result.stderr.splitlines()
    errors = [line for line in lines if line.startswith("Error: ")]
    assert len(errors) == 1, result.output
    assert lines[-1] == errors[0]
    assert status == 2 or lines == errors
    return errors[0].removeprefix("Error: ")


def warnings_of(result: Result) -> list[str]:
    """The lines that a command prints on stderr, but for those that tell what was read of files."""
    return [line for line in result.stderr.splitlines() if not line.startswith("read ")]


def midi_files(folder: Path) -> list[str]:
    """The names of all files below a folder."""
    return sorted(path.name for path in folder.glob("**/*") if path.is_file())


def examples_of(command: click.Command) -> list[str]:
    """The lines of a command's help that call it."""
    name = next(name for name, one in COMMANDS.items() if one is command)
    return [line.strip() for line in (command.help or "").splitlines() if line.strip().startswith(f"groove {name} ")]
