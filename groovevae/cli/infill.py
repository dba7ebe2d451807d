"""`groove infill`: writes some bars of a song anew."""

from __future__ import annotations

from typing import Any

import click

from groovevae.cli.common import given, song_options, with_options, write_pieces
from groovevae.cli.root import main


@main.command(short_help="Write some bars of a song anew, to fit those around them.")
@click.argument("start", metavar="SONG")
@click.option("--only-bars", metavar="FIRST..LAST", required=True, help="The bars to write, counted from 1: 5..8.")
@click.option("--roles", metavar="ROLES", help="Roles to write: bass,...  [default: those that play around the bars]")
@click.option("--genre", help="Genre to write in.  [default: the nearest to the song]")
@with_options(song_options)
def infill(
    start: str,
    only_bars: str,
    roles: str | None,
    model: str | None,
    out: str,
    audio: str | None,
    soundfont: str | None,
    **options: Any,
) -> None:
    """Write some bars of SONG, a MIDI file, anew, so that they fit the bars around them and the parts that stay.

    All other bars and roles stay note for note.

    \b
    Examples:
      groove infill song.mid --only-bars 5..8
      groove infill song.mid --only-bars 5..8 --roles bass --count 4
      groove infill song.mid --only-bars 16 --roles drums --genre rock
    """
    from groovevae.generation.groove import load_model
    from groovevae.generation.parsing import parse_bars, parse_keep
    from groovevae.generation.song_requests import InfillRequest

    request = InfillRequest(start, parse_bars(only_bars), roles=parse_keep(roles or ""), **given(options))
    write_pieces(load_model(model).infill(request), out, audio, soundfont)
