"""`groove humanize`: gives notes other velocities and micro-timing."""

from __future__ import annotations

from typing import Any

import click

from groovevae.cli.common import (
    model_option,
    out_options,
    quiet_option,
    reading_options,
    song_fields,
    take_output,
    with_options,
    write_pieces,
)
from groovevae.cli.root import main


@main.command(short_help="Play the same notes with the feel of a genre.")
@click.argument("start", metavar="SONG")
@click.option("--like", help="Genre whose feel is wanted.  [default: the nearest to the song]")
@click.option("--amount", type=float, help="0: the song's own feel, 1: the new one.  [default: 1]")
@click.option("--seed", type=int, help="Which take: the same seed gives the same file.  [default: 0]")
@click.option("--count", type=int, help="Takes to write, with seeds counting up from --seed.  [default: 1]")
@with_options((*reading_options, model_option, *out_options, quiet_option))
def humanize(start: str, *, model: str | None, **options: Any) -> None:
    """Play the notes of SONG, a MIDI file, with the velocities and the timing of a genre. No note changes.

    \b
    Examples:
      groove humanize stiff.mid
      groove humanize stiff.mid --like jazz
      groove humanize stiff.mid --like rock --amount 0.5
    """
    from groovevae.generation.groove import load_model
    from groovevae.generation.song_requests import HumanizeRequest

    output = take_output(options)
    write_pieces(load_model(model).humanize(HumanizeRequest(start, **song_fields(options))), output)
