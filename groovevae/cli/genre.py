"""`groove genre`: lists genres, and puts new ones into a copy of a model by encoding alone."""

from __future__ import annotations

from pathlib import Path

import click

from groovevae.cli.common import check_copy, model_option, print_unused
from groovevae.cli.root import main
from groovevae.systems import command_text
from groovevae.wording import counted


@main.group(short_help="List a model's genres, or add one of your own in seconds.")
def genre() -> None:
    """List a model's genres, or add one of your own in seconds.

    \b
    Examples:
      groove genre list
      groove genre add bossa my-midi/bossa --out with-bossa.safetensors
    """


@genre.command("add", short_help="Put a genre of your own into a copy of a model.")
@click.argument("name")
@click.argument("folder", type=click.Path())
@model_option
@click.option("--out", type=click.Path(), required=True, help="The copy to write.")
def add_genre(name: str, folder: str, model: str | None, out: str) -> None:
    """Put a genre of your own, the MIDI files of a FOLDER, into a copy of a model.

    Nothing is trained: the files are encoded, and their bars' places in the latent space make the genre. For music
    unlike anything the model knows, use groove train --from.

    \b
    Examples:
      groove genre add bossa my-midi/bossa --out with-bossa.safetensors
    """
    from groovevae.corpus import load_genre
    from groovevae.fitting.calibration import with_calibration
    from groovevae.fitting.genres import add_genre
    from groovevae.model.file import load_model_file, save_model
    from groovevae.reports import progress

    before = load_model_file(model)
    check_copy(model, out)
    with progress.reading() as told:
        corpus = load_genre(folder, name, progress=told)
    copy = add_genre(before, name, corpus.songs)
    print_unused(corpus)
    copy = with_calibration(copy, names=[name])
    save_model(Path(out), copy)
    added = copy.genres[name]
    bars, songs = counted(added.num_bars, "bar"), counted(added.num_songs, "song")
    click.echo(f"{click.format_filename(out)}: {name}, {bars} of {songs}")
    other = next(iter(before.genres))
    click.echo(f"Try it: {command_text(['groove', 'blend', other, name, '--model', out])}")


@genre.command("list", short_help="List the genres of a model.")
@click.argument("model", required=False, type=click.Path())
def list_genres(model: str | None) -> None:
    """List the genres of a model, or of the one that comes with groovevae: name, songs, bars, tempo.

    \b
    Examples:
      groove genre list
      groove genre list model.safetensors
    """
    from groovevae.model.file import load_model_file
    from groovevae.reports import terminal
    from groovevae.reports.model import genre_table

    terminal.show([genre_table(load_model_file(model))])
