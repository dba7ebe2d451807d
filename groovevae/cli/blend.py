"""`groove blend` and `groove morph`: new music from genres, files and folders."""

from __future__ import annotations

from typing import Any

import click

from groovevae.cli.common import piece_fields, piece_options, to_folders, with_options, write_pieces
from groovevae.cli.root import main

ROLE_HELP = "Amount of the {} alone.  [default: --amount]"


@main.command(short_help="Blend genres, MIDI files and folders into new MIDI files.")
@click.argument("words", nargs=-1, required=True, metavar="START TARGET...")
@click.option(
    "--amount", metavar="X", help="0: the start, 1: the target, more: past it; 0..1: a ramp.  [default: 0.5, or 1]"
)
@click.option("--drums", metavar="X", help=ROLE_HELP.format("drums"))
@click.option("--bass", metavar="X", help=ROLE_HELP.format("bass"))
@click.option("--chords", metavar="X", help=ROLE_HELP.format("chords"))
@click.option("--lead", metavar="X", help=ROLE_HELP.format("lead"))
@click.option(
    "--method",
    help="calibrated; by the amount itself transport or mean, the plain formula; line; sphere.  [default: calibrated]",
)
@with_options(piece_options)
def blend(words: tuple[str, ...], model: str | None, out: str, **options: Any) -> None:
    """Blend genres, MIDI files and folders into new MIDI files.

    START is a genre or a MIDI file. Its bars go a share of the way (--amount) to TARGET: a genre, a MIDI file
    ("like this song") or a folder of them. Several targets have weights; where START has one as well, its bars
    go all the way to the mixture.

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
    from groovevae.generation.amounts import parse_amount
    from groovevae.generation.groove import load_model
    from groovevae.generation.requests import BlendRequest

    groove = load_model(model)
    roles = {role: options.pop(role) for role in ROLES}
    fields = piece_fields(options)
    amounts = {role: parse_amount(text) for role, text in roles.items() if text is not None}
    request = replace(BlendRequest.from_words(words), roles=amounts, **fields)
    write_pieces(groove.blend(to_folders(request, groove)), out)


@main.command(short_help="Go from one genre or MIDI file to another in steps.")
@click.argument("start", metavar="A")
@click.argument("target", metavar="B")
@click.option("--steps", type=int, default=5, show_default=True, help="Steps, A and B among them.")
@click.option("--spherical", is_flag=True, help="Go along the sphere, and not along the straight line.")
@click.option("--joined", is_flag=True, help="Write one piece that goes through, --steps times as long.")
@with_options(piece_options)
def morph(
    start: str, target: str, *, steps: int, spherical: bool, joined: bool, model: str | None, out: str, **options: Any
) -> None:
    """Go from the bars of one genre or MIDI file to those of another, bar by bar.

    Each step is a file of its own, to be launched one after another; with --joined they are one piece, in which every
    bar is a little further than the one before. The bars of the shorter one repeat.

    \b
    Examples:
      groove morph classical rock
      groove morph song.mid other.mid --steps 9 --spherical --out morphs
      groove morph jazz song.mid --joined --bars 4
    """
    from groovevae.generation.groove import load_model
    from groovevae.generation.requests import BlendRequest, joined_morph, morph_requests

    method = "sphere" if spherical else "line"
    request = BlendRequest(start, {target: 1.0}, method=method, **piece_fields(options))
    groove = load_model(model)
    request = to_folders(request, groove)
    requests = [joined_morph(request, steps)] if joined else morph_requests(request, steps)
    write_pieces(groove.blend_all(requests), out)
