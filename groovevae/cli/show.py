"""`groove show`: shows how a MIDI file is read."""

from __future__ import annotations

from typing import Any

import click

from groovevae.cli.common import reading_options, song_fields, with_options
from groovevae.cli.root import main

_HOW = reading_options[:4]  # all but what is written


@main.command(short_help="Show how a MIDI file is read: its tracks, roles and bars.")
@click.argument("file", type=click.Path())
@with_options(_HOW)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--png", type=click.Path(), help="Also draw its bars, in the colours of the roles, to this file.")
@click.option("--svg", type=click.Path(), help="Draw its bars to this file as SVG.")
def show(file: str, *, as_json: bool, png: str | None, svg: str | None, **options: Any) -> None:
    """Show how a MIDI file is read: which track plays which role, why, how many bars, and what is not in them.

    What is wrong can be put right by hand: --roles and --metre mean the same here as in blend.

    \b
    Examples:
      groove show song.mid
      groove show song.mid --roles "Track 3=drums" --roles Strings=-
      groove show song.mid --metre 3/4 --json
      groove show song.mid --png song.png
    """
    from groovevae.corpus import check_readable
    from groovevae.drawing import reading_to_roll, roll_to_png, roll_to_svg
    from groovevae.files import write_file
    from groovevae.reports import terminal
    from groovevae.reports.tracks import file_shown, to_json
    from groovevae.tracks.original import load_original
    from groovevae.tracks.summary import file_read

    choices = song_fields(options)["choices"]
    check_readable(file)  # in a process of its own: a file that hangs the reader does so there
    original = load_original(file, choices=choices)
    read = file_read(original)
    if png is not None:
        write_file(png, roll_to_png(reading_to_roll(original.reading), title=file))
    if svg is not None:
        write_file(svg, roll_to_svg(reading_to_roll(original.reading), title=file).encode())
    if as_json:
        click.echo(to_json(read))
    else:
        terminal.show(file_shown(read))
