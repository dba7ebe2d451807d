"""`groove sample`: makes new phrases of a genre."""

from __future__ import annotations

from typing import Any

import click

from groovevae.cli.common import given, model_option, out_options, take_options, take_output, with_options, write_pieces
from groovevae.cli.root import main


@main.command(short_help="Make new phrases of a genre, without any song to start from.")
@click.argument("genre")
@click.option("--bars", type=int, help="Bars to write.  [default: 8]")
@click.option("--key", help="Key to write in: C, F#m, ...  [default: that of one of the genre's songs]")
@click.option("--tempo", type=float, help="Quarter notes per minute.  [default: that of one of the genre's songs]")
@click.option("--metre", help="Metre to write in: 3/4, 6/8, ...  [default: that of one of the genre's songs]")
@with_options((*take_options, model_option, *out_options))
def sample(genre: str, model: str | None, **options: Any) -> None:
    """Make new phrases of a GENRE, without any song to start from.

    Metre, tempo, instruments and key, and where parts rest or repeat, are those of one of the genre's songs, another
    for each seed. The notes are new.

    \b
    Examples:
      groove sample jazz
      groove sample rock --bars 16 --count 4 --seed 7 --out takes
      groove sample classical --tempo 90 --key Am --metre 3/4
    """
    from groovevae.generation.groove import load_model
    from groovevae.generation.requests import SampleRequest

    output = take_output(options)
    request = SampleRequest(genre, **given(options))
    write_pieces(load_model(model).sample(request), output)
