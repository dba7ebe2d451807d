"""`groove morph`: goes from the bars of one genre or file to those of another, in steps."""

from __future__ import annotations

from typing import Any

import click

from groovevae.cli.common import piece_fields, piece_options, take_output, to_folders, with_options, write_pieces
from groovevae.cli.root import main


@main.command(short_help="Go from one genre or MIDI file to another in steps.")
@click.argument("start", metavar="A")
@click.argument("target", metavar="B")
@click.option("--steps", type=int, default=5, show_default=True, help="Number of steps, A and B included.")
@click.option("--spherical", is_flag=True, help="Go along the sphere instead of the straight line.")
@click.option("--joined", is_flag=True, help="Write all steps as one piece, --steps times as long.")
@with_options(piece_options)
def morph(
    start: str,
    target: str,
    *,
    steps: int,
    spherical: bool,
    joined: bool,
    model: str | None,
    **options: Any,
) -> None:
    """Go from the bars of one genre or MIDI file to those of another, bar by bar.

    Each step is a file of its own, ready to be launched one after another. With --joined they are one piece, in which
    every bar is a little further along than the one before. If A and B differ in length, the shorter one repeats.

    \b
    Examples:
      groove morph classical rock
      groove morph song.mid other.mid --steps 9 --spherical --out morphs
      groove morph jazz song.mid --joined --bars 4
    """
    from groovevae.generation.groove import load_model
    from groovevae.generation.requests import BlendRequest, joined_morph, morph_requests

    output = take_output(options)
    method = "sphere" if spherical else "line"
    request = BlendRequest(start, {target: 1.0}, method=method, **piece_fields(options))
    groove = load_model(model)
    request = to_folders(request, groove)
    requests = [joined_morph(request, steps)] if joined else morph_requests(request, steps)
    write_pieces(groove.blend_all(requests), output)
