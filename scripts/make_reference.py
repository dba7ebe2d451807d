"""Writes docs/reference/commands.md from the commands themselves; tests/test_docs.py fails while it differs.

python scripts/make_reference.py
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import click

from groovevae.cli import main as groove

PAGE = Path(__file__).parent.parent / "docs" / "reference" / "commands.md"
TOP = """# Commands

Every command also prints this with `--help`. A command that fails says why in one line and ends with status 1, or 2
if it was typed wrongly.

<!-- scripts/make_reference.py writes this page: change the help texts in groovevae and run it again. -->
"""


def named_commands(group: click.Group, prefix: str = "groove") -> Iterator[tuple[str, click.Command]]:
    """Each command with its full name, a group before its own commands: "groove genre", "groove genre add"."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{prefix} {name}", command
        if isinstance(command, click.Group):
            yield from named_commands(command, f"{prefix} {name}")


def help_blocks(name: str, command: click.Command) -> tuple[list[str], list[str]]:
    """The paragraphs of a command's help and the lines of its examples. Raises ValueError where one is missing."""
    blocks = inspect.cleandoc(command.help or "").replace("\b\n", "").split("\n\n")
    paragraphs = [block for block in blocks if not block.startswith("Examples:")]
    examples = [line.strip() for block in blocks if block.startswith("Examples:") for line in block.splitlines()[1:]]
    if not paragraphs[0] or not examples:
        raise ValueError(f"{name}: its docstring needs a text and a block of Examples:")
    return paragraphs, examples


def section(name: str, command: click.Command) -> str:
    """The part of the page about one command."""
    paragraphs, examples = help_blocks(name, command)
    context = click.Context(command, info_name=name)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    code = ["```text", usage, "", "# Examples", *examples, "```"]
    options = [option_line(each, context) for each in command.params if isinstance(each, click.Option)]
    title = f"{'#' * (name.count(' ') + 1)} {name}"
    return "\n\n".join(filter(None, [title, *map(with_code, paragraphs), "\n".join(code), "\n".join(options)]))


def option_line(option: click.Option, context: click.Context) -> str:
    """The line of a list that says what an option does and what it is without being given."""
    words, text = option.get_help_record(context) or ("", "")
    return f"- `{words.replace(' RANGE', '')}`: {with_code(text.replace('  [', ' ['))}"


def with_code(text: str) -> str:
    """Text in which names of options are marked as code."""
    return re.sub(r"(?<![`\w-])--[a-z][\w-]*", r"`\g<0>`", text)


def reference() -> str:
    """The whole page."""
    return "\n\n".join([TOP.strip(), *(section(*each) for each in named_commands(groove))]) + "\n"


@click.command()
def main() -> None:
    """Writes docs/reference/commands.md."""
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(reference(), "utf-8")
    print(PAGE)


if __name__ == "__main__":
    main()
