"""`groove vector`: makes, lists, shows, saves, loads, learns and applies directions in the latent space."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from groovevae.cli.common import (
    check_copy,
    jobs_option,
    model_option,
    piece_fields,
    piece_options,
    read_corpus,
    take_output,
    with_folders,
    with_options,
    write_pieces,
)
from groovevae.cli.root import main
from groovevae.errors import CorpusError, RequestError

COPY_HELP = "The copy of the model to write."


@main.group(short_help="Make, save and apply vectors, such as swing or density.")
def vector() -> None:
    """Make, save and apply vectors: latent directions that each change one thing, such as swing or density.

    \b
    Examples:
      groove vector list
      groove vector apply song.mid --vector density=1
      groove vector make straight/ swung/ --out swung.safetensors
    """


@vector.command("apply", short_help="Move a MIDI file or a genre's phrase along vectors.")
@click.argument("start")
@with_options(piece_options)
def apply(start: str, *, model: str | None, **options: Any) -> None:
    """Move a MIDI file, or a phrase of a genre, along vectors: --vector NAME=STRENGTH, once or several times.

    NAME is a vector of the model, or a file that groove vector make or save wrote. Strength 1 of an attribute is the
    standard deviation among bars of one genre; below 0 it goes the other way.

    \b
    Examples:
      groove vector apply song.mid --vector density=1
      groove vector apply song.mid --vector swing=1.5 --vector register=-0.5 --keep drums
    """
    from groovevae.generation.groove import load_model
    from groovevae.generation.requests import BlendRequest

    output = take_output(options)
    if not options["vectors"]:
        raise RequestError("no vector to move along; name one, like --vector density=1")
    request = BlendRequest(start, **piece_fields(options))
    write_pieces(load_model(model).blend(request), output)


@vector.command("make", short_help="Make a vector from two genres, folders or files.")
@click.argument("places", nargs=-1, metavar="[FROM TO]")
@click.option("--without", "without", multiple=True, metavar="PLACE", help="Bars without the feature; repeatable.")
@click.option("--with", "having", multiple=True, metavar="PLACE", help="Bars with the feature; repeatable.")
@click.option("--name", help="Name of the vector.  [default: the name of the file]")
@model_option
@click.option("--out", type=click.Path(), required=True, help="File to write: NAME.safetensors.")
def make(
    places: tuple[str, ...],
    *,
    without: tuple[str, ...],
    having: tuple[str, ...],
    name: str | None,
    model: str | None,
    out: str,
) -> None:
    """Make a vector: the mean of the bars of TO minus the mean of the bars of FROM.

    FROM and TO are genres of the model, folders or MIDI files. To use several on each side, name them with --without
    and --with instead, which may be given several times.

    \b
    Examples:
      groove vector make classical rock --out to-rock.safetensors
      groove vector make straight/ swung/ --name swung --out swung.safetensors
      groove vector make --without a.mid --without b.mid --with a-busy.mid --out busy.safetensors
    """
    from groovevae.generation.groove import load_model
    from groovevae.model.vectors import save_vector

    if len(places) not in (0, 2) or bool(places) == bool(without and having) or bool(without) != bool(having):
        raise click.UsageError("name two places, FROM and TO, or some with --without and some with --with")
    groove = load_model(model)
    before, after = (places[:1], places[1:]) if places else (without, having)
    made = groove.make_vector(name or Path(out).stem, with_folders(before, groove), with_folders(after, groove))
    save_vector(out, made, groove.model)
    click.echo(f"{click.format_filename(out)}: {made.name}, {made.about}")


@vector.command("list", short_help="List the vectors of a model.")
@click.argument("model", required=False, type=click.Path())
def list_vectors(model: str | None) -> None:
    """List the vectors of a model, or of the one that comes with groovevae.

    \b
    Examples:
      groove vector list
      groove vector list model.safetensors
    """
    from groovevae.model.file import load_model_file

    vectors = load_model_file(model).vectors
    for one in vectors.values():
        click.echo(f"{one.name}: {one.about}" + (f"; strength 1: {one.unit}" if one.unit else ""))
    if not vectors:
        click.echo("This model has no vectors; groove vector learn CORPUS adds those of the six attributes.")


@vector.command("show", short_help="Show what a vector does and how long it is.")
@click.argument("name")
@model_option
def show(name: str, model: str | None) -> None:
    """Show a vector of the model or of a file: what it does, how long it is, which genres lie along it.

    \b
    Examples:
      groove vector show density
      groove vector show swung.safetensors
    """
    from groovevae.model.file import load_model_file
    from groovevae.model.vectors import find_vector
    from groovevae.reports.vector import vector_held

    loaded = load_model_file(model)
    for line in vector_held(find_vector(name, loaded), loaded):
        click.echo(line)


@vector.command("save", short_help="Write a vector of the model to a file of its own.")
@click.argument("name")
@model_option
@click.option("--out", type=click.Path(), required=True, help="File to write: NAME.safetensors.")
def save(name: str, model: str | None, out: str) -> None:
    """Write a vector of the model to a file of its own, to share with others who use the same model.

    \b
    Examples:
      groove vector save density --out density.safetensors
    """
    from groovevae.model.file import load_model_file
    from groovevae.model.vectors import find_vector, save_vector

    loaded = load_model_file(model)
    save_vector(out, find_vector(name, loaded), loaded)
    click.echo(f"{click.format_filename(out)}: {name}")


@vector.command("load", short_help="Put a vector's file into a copy of a model.")
@click.argument("file", type=click.Path())
@click.option("--name", help="Name of the vector in the copy.  [default: its own name]")
@model_option
@click.option("--out", type=click.Path(), required=True, help=COPY_HELP)
def load(file: str, name: str | None, model: str | None, out: str) -> None:
    """Put a vector from a file into a copy of a model, where it can be used by name.

    \b
    Examples:
      groove vector load swung.safetensors --out my.safetensors
    """
    from groovevae.model.file import load_model_file, save_model
    from groovevae.model.vectors import load_vector, with_vectors

    loaded = load_model_file(model)
    check_copy(model, out)
    one = load_vector(file, loaded, name=name)
    save_model(Path(out), with_vectors(loaded, [one]))
    click.echo(f"{click.format_filename(out)}: with {one.name}")


@vector.command("learn", short_help="Learn the six attributes' vectors from a corpus, into a copy of a model.")
@click.argument("corpus", type=click.Path())
@model_option
@click.option("--out", type=click.Path(), required=True, help=COPY_HELP)
@jobs_option
def learn(corpus: str, *, model: str | None, out: str, jobs: int | None) -> None:
    """Learn the vectors of density, syncopation, swing, register, polyphony and drum density from a corpus.

    groove train does the same for its own model. The network is not trained: bars are measured, moved, and measured
    again.

    \b
    Examples:
      groove vector learn my-midi --model my.safetensors --out with-vectors.safetensors
    """
    from groovevae.fitting.attribute_vectors import learn_vectors
    from groovevae.model.file import load_model_file, save_model
    from groovevae.model.vectors import with_vectors

    loaded = load_model_file(model)
    check_copy(model, out)
    songs = read_corpus(corpus, jobs).songs
    vectors = learn_vectors(loaded.network(), songs)
    if not vectors:
        raise CorpusError(f"{corpus}: too few bars, or a model that answers to none of the six attributes")
    save_model(Path(out), with_vectors(loaded, vectors))
    for one in vectors:
        click.echo(f"{one.name}: {one.about}; strength 1: {one.unit}")
