"""`groove blend`: new music from genres and files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from groovevae.cli.common import given
from groovevae.cli.root import main


@main.command(short_help="Blend genres, or a MIDI file and genres, into new MIDI files.")
@click.argument("words", nargs=-1, required=True, metavar="START TARGET...")
@click.option("--amount", type=float, help="From 0, the start, to 1, the target, and past it.  [default: 0.5, or 1]")
@click.option("--bars", type=int, help="Bars to write.  [default: 8; all of a file]")
@click.option("--count", type=int, help="Pieces to write, of the seeds from --seed on.  [default: 1]")
@click.option("--seed", type=int, help="Which piece: the same seed gives the same file.  [default: 0]")
@click.option("--method", help="transport, or mean: the plain amount x (target - start).  [default: transport]")
@click.option("--temperature", type=float, help="0 takes the likeliest notes, 1 draws them freely.  [default: 0.5]")
@click.option("--model", type=click.Path(), help="Model file.  [default: the one that comes with groovevae]")
@click.option("--out", type=click.Path(), default=".", help="Folder to write to.  [default: this one]")
def blend(words: tuple[str, ...], model: str | None, out: str, **options: Any) -> None:
    """Blend genres, or a MIDI file and genres, into new MIDI files.

    START is a genre or a MIDI file. Its bars go a share of the way (--amount) to the genre TARGET. Several
    targets have weights; where START has one as well, its bars go all the way to the mixture.

    \b
    Examples:
      groove blend classical rock
      groove blend classical rock --amount 0.75 --count 4 --out blends
      groove blend song.mid rock
      groove blend classical rock=0.7 jazz=0.3
      groove blend classical=0.5 rock=0.3 jazz=0.2
    """
    from dataclasses import replace

    from groovevae.checkpoint import write_file
    from groovevae.generate import load_model, output_paths
    from groovevae.request import BlendRequest

    request = replace(BlendRequest.from_words(words), **given(options))
    for path, blended in output_paths(load_model(model).blend(request), Path(out), request.stem):
        write_file(path, blended.midi)
        click.echo(f"{click.format_filename(path)}: {len(blended.song.bars)} bars, {blended.description}")
