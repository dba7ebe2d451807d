"""`groove arrange`: adds the parts that a song lacks."""

from __future__ import annotations

from typing import Any

import click

from groovevae.cli.common import (
    bars_option,
    song_fields,
    song_options,
    take_output,
    to_folders,
    together_option,
    with_options,
    with_stems,
    write_pieces,
)
from groovevae.cli.root import main


@main.command(short_help="Add the parts that a song lacks, as genres play them.")
@click.argument("words", nargs=-1, required=True, metavar="START GENRE...")
@click.option("--add", metavar="ROLES", help="Roles to write: drums,bass,...  [default: those that START lacks]")
@bars_option
@together_option
@with_options(song_options)
def arrange(words: tuple[str, ...], add: str | None, *, together: bool, model: str | None, **options: Any) -> None:
    """Add the parts that START lacks, as a GENRE plays them. What is there stays note for note.

    START is a MIDI file, such as a melody, a bass line or a drum loop (or a genre, for one of its phrases). GENRE is a
    genre, a MIDI file ("like this song") or a folder of them; give each of several a weight. A role named with --add
    is written anew where START plays it already. Tempo, key and metre are START's; where it is a genre, --metre asks
    for one of its phrases in that metre.

    \b
    Examples:
      groove arrange melody.mid rock
      groove arrange song.mid jazz --add drums,bass --count 4
      groove arrange loop.mid rock=0.5 soul=0.5
      groove arrange song.mid rock --add drums
    """
    from dataclasses import replace

    from groovevae.generation.groove import load_model
    from groovevae.generation.parsing import parse_keep
    from groovevae.generation.song_requests import ArrangeRequest

    output = take_output(options)
    groove = load_model(model)
    request = ArrangeRequest.from_words(with_stems(words, together=together), together=together)
    request = replace(request, add=parse_keep(add or ""), **song_fields(options))
    write_pieces(groove.arrange(to_folders(request, groove)), output)
