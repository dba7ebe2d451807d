"""`groove blend`: makes new music from genres, files and folders."""

from __future__ import annotations

from typing import Any

import click

from groovevae.cli.common import (
    piece_fields,
    piece_options,
    take_output,
    to_folders,
    together_option,
    with_options,
    with_stems,
    write_pieces,
)
from groovevae.cli.root import main

ROLE_HELP = "Amount for the {} alone.  [default: --amount]"


@main.command(short_help="Blend genres, MIDI files and folders into new MIDI files.")
@click.argument("words", nargs=-1, required=True, metavar="START TARGET...")
@click.option(
    "--amount", metavar="X", help="0: the start, 1: the target, above 1: past it; 0..1: a ramp.  [default: 0.5, or 1]"
)
@click.option("--drums", metavar="X", help=ROLE_HELP.format("drums"))
@click.option("--bass", metavar="X", help=ROLE_HELP.format("bass"))
@click.option("--chords", metavar="X", help=ROLE_HELP.format("chords"))
@click.option("--lead", metavar="X", help=ROLE_HELP.format("lead"))
@click.option(
    "--method",
    help="arranged; calibrated; transport; mean (the plain formula); line; sphere.  [default: arranged]",
)
@together_option
@with_options(piece_options)
def blend(words: tuple[str, ...], *, together: bool, model: str | None, **options: Any) -> None:
    """Blend genres, MIDI files and folders into new MIDI files.

    START is a genre or a MIDI file. Its bars go a share of the way (--amount) to TARGET: a genre, a MIDI file
    ("like this song") or a folder of them. Give each of several targets a weight; where START has a weight as well,
    its bars go all the way to the mixture.

    \b
    Examples:
      groove blend classical rock
      groove blend classical rock --amount 0.75 --count 4 --out blends
      groove blend song.mid rock
      groove blend classical rock=0.7 jazz=0.3
      groove blend classical=0.5 rock=0.3 jazz=0.2
      groove blend classical rock --amount 0..1 --bars 16
      groove blend classical rock --drums 1 --bass 0.5..1 --lead 0
      groove blend song.mid rock --amount 1 --keep lead,bass --key F#m --tempo 96
      groove blend classical song.mid --amount 1
    """
    from dataclasses import replace

    from groovevae.bars.constants import ROLES
    from groovevae.generation.groove import load_model
    from groovevae.generation.parsing import parse_amount
    from groovevae.generation.requests import BlendRequest

    output = take_output(options)
    groove = load_model(model)
    roles = {role: options.pop(role) for role in ROLES}
    fields = piece_fields(options)
    amounts = {role: parse_amount(text) for role, text in roles.items() if text is not None}
    request = replace(
        BlendRequest.from_words(with_stems(words, together=together), together=together), roles=amounts, **fields
    )
    write_pieces(groove.blend(to_folders(request, groove)), output)
