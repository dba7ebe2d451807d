"""`groove infill`: writes some bars of a song anew."""

from __future__ import annotations

from typing import Any

import click

from groovevae.cli.common import song_fields, song_options, take_output, with_options, write_pieces
from groovevae.cli.root import main


@main.command(short_help="Rewrite some bars of a song to fit those around them.")
@click.argument("start", metavar="SONG")
@click.option("--only-bars", metavar="FIRST..LAST", required=True, help="The bars to rewrite, counted from 1: 5..8.")
@click.option("--genre", help="Genre to write in.  [default: the nearest to the song]")
@with_options(song_options)
def infill(
    start: str,
    only_bars: str,
    *,
    track_roles: tuple[str, ...],
    model: str | None,
    **options: Any,
) -> None:
    """Rewrite some bars of SONG, a MIDI file, so that they fit the bars around them and the parts that stay.

    All other bars and roles stay note for note. --roles bass,drums names the roles to rewrite (by default those that
    play around the bars); --roles TRACK=ROLE says what a track of SONG plays.

    \b
    Examples:
      groove infill song.mid --only-bars 5..8
      groove infill song.mid --only-bars 5..8 --roles bass --count 4
      groove infill song.mid --only-bars 16 --roles drums --genre rock
    """
    from groovevae.generation.groove import load_model
    from groovevae.generation.parsing import parse_bars, parse_keep
    from groovevae.generation.song_requests import InfillRequest

    output = take_output(options)
    written = parse_keep(",".join(word for word in track_roles if "=" not in word))
    options["track_roles"] = [word for word in track_roles if "=" in word]
    request = InfillRequest(start, parse_bars(only_bars), roles=written, **song_fields(options))
    write_pieces(load_model(model).infill(request), output)
