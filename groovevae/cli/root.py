"""The command group `groove`: it ends expected failures in one line, and holds the first page of help."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from io import TextIOWrapper
from typing import Any

import click

from groovevae import __version__
from groovevae.cli.cures import error_line
from groovevae.errors import GrooveError

# Each has a module of its name here, but one whose name is a word of Python's.
_COMMANDS = (
    *("arrange", "blend", "continue", "corpus", "evaluate", "genre", "humanize", "infill", "info", "morph", "outliers"),
    *("play", "refit", "render", "sample", "show", "studio", "train", "vector"),
)
_MODULES = {**{name: name for name in _COMMANDS}, "continue": "continue_song"}
_TRAINING = ("jax", "jaxlib", "flax", "optax", "orbax")  # packages that only training needs


class _Commands(click.Group):
    """Commands that are imported when asked for, and whose expected failures end in one line, never in a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in _MODULES:
            import_module(f"groovevae.cli.{_MODULES[cmd_name]}")  # it puts its command into `main`
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise  # click ends quietly: nobody reads on
        except ModuleNotFoundError as error:
            if error.name not in _TRAINING:
                raise
            raise click.ClickException(
                f"{error.name} is not installed: training needs it, but it is not available for every kind of machine "
                "(docs/platforms.md); all other commands work without it"
            ) from None
        except GrooveError as error:
            raise click.ClickException(error_line(error)) from None
        except OSError as error:
            where = f"{os.fsdecode(error.filename)}: " if error.filename else ""
            raise click.ClickException(f"{where}{error.strerror or error}") from None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="groovevae")
def main() -> None:
    """Learn what genres sound like from folders of MIDI files, and blend them.

    \b
    groove blend classical rock     write a MIDI file halfway between two genres
    groove train my-midi            learn your own genres from my-midi/GENRE/*.mid
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # file names may hold what a terminal cannot show
