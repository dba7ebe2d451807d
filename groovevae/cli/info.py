"""`groove info`: shows what a model file holds."""

from __future__ import annotations

from pathlib import Path

import click

from groovevae.cli.root import main


@main.command(short_help="Show what a model file holds.")
@click.argument("model", required=False, type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def info(model: str | None, *, as_json: bool) -> None:
    """Show what a model file holds, or the one that comes with groovevae: genres, sizes, figures, licences.

    \b
    Examples:
      groove info
      groove info model.safetensors --json
    """
    from groovevae.model.file import default_model_path, load_model_file
    from groovevae.reports import terminal
    from groovevae.reports.model import model_held, to_json

    path = default_model_path() if model is None else Path(model)
    loaded = load_model_file(path)
    if as_json:
        click.echo(to_json(loaded, path))
    else:
        terminal.show(model_held(loaded, path))
