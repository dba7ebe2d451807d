"""`groove continue`: goes on where a song ends."""

from __future__ import annotations

from typing import Any

import click

from groovevae.cli.common import song_fields, song_options, take_output, with_options, write_pieces
from groovevae.cli.root import main


@main.command("continue", short_help="Add bars after the end of a song.")
@click.argument("start", metavar="SONG")
@click.option("--bars", type=int, help="Bars to add.  [default: 8]")
@click.option("--genre", help="Genre of the new bars.  [default: the nearest to the song]")
@click.option("--alone", is_flag=True, help="Write the new bars alone, without the song.")
@with_options(song_options)
def continue_song(start: str, *, model: str | None, **options: Any) -> None:
    """Add bars after the end of SONG, a MIDI file, for its parts, in its style and at its tempo.

    The new bars have the harmony that followed where SONG was most like its end: after a verse the chorus, and a loop
    goes round. The parts that play at the end play on, on their tracks, and repeat what they repeated; the tune is new.

    \b
    Examples:
      groove continue song.mid
      groove continue song.mid --bars 16 --count 4
      groove continue song.mid --genre rock --alone
    """
    from groovevae.generation.groove import load_model
    from groovevae.generation.song_requests import ContinueRequest

    output = take_output(options)
    write_pieces(load_model(model).continue_song(ContinueRequest(start, **song_fields(options))), output)
