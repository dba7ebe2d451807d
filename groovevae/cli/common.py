"""Shared parts of several commands: options of pieces, reading a corpus with its progress shown, writing pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from groovevae.cli.sound import audio_option, free_paths, soundfont_option, write_sound
from groovevae.systems import is_same_file

if TYPE_CHECKING:
    from groovevae.corpus import Corpus
    from groovevae.generation.groove import Groove, Piece
    from groovevae.generation.requests import BlendRequest
    from groovevae.generation.song_requests import ArrangeRequest

Targeted = TypeVar("Targeted", "BlendRequest", "ArrangeRequest")
Command = TypeVar("Command", bound=Callable[..., Any])

model_option = click.option(
    "--model", type=click.Path(), help="Model file.  [default: the one that comes with groovevae]"
)
out_option = click.option("--out", type=click.Path(), default=".", help="Folder to write to.  [default: this one]")
out_options = (out_option, audio_option, soundfont_option)
take_options = (
    click.option("--temperature", type=float, help="0 takes the likeliest notes, 1 draws them freely.  [default: 0.5]"),
    click.option("--seed", type=int, help="Which piece: the same seed gives the same file.  [default: 0]"),
    click.option("--count", type=int, help="Pieces to write, with the seeds from --seed on.  [default: 1]"),
)
bars_option = click.option("--bars", type=int, help="Bars to write.  [default: 8; all of a file]")
song_options = (
    click.option("--key", help="Key to write in: C, F#m, ...  [default: the start's key]"),
    click.option("--tempo", type=float, help="Quarter notes per minute.  [default: the start's tempo]"),
    *take_options,
    model_option,
    *out_options,
)
piece_options = (
    bars_option,
    click.option("--key", help="Key to write in: C, F#m, ...  [default: the start's key]"),
    click.option("--tempo", type=float, help="Quarter notes per minute.  [default: between start and target]"),
    click.option("--keep", metavar="ROLES", help="Roles that keep the notes of the start: lead,bass"),
    *take_options,
    click.option(
        "--vector",
        "vectors",
        metavar="NAME=STRENGTH",
        multiple=True,
        help="Also move along a vector, from the model or from a file; may be given several times.",
    ),
    model_option,
    *out_options,
)


def with_options(options: Iterable[Callable[[Command], Command]]) -> Callable[[Command], Command]:
    """Return a decorator that adds options to a command, in their order."""

    def add(command: Command) -> Command:
        for option in reversed(list(options)):
            command = option(command)
        return command

    return add


def given(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options that were given: the library knows the defaults of the others."""
    return {name: value for name, value in options.items() if value is not None}


def piece_fields(options: dict[str, Any]) -> dict[str, Any]:
    """Turn options of pieces into fields of a request. Raises RequestError for words that mean nothing."""
    from groovevae.generation.parsing import parse_amount, parse_keep, parse_strengths

    fields = given(options)
    readers = {"amount": parse_amount, "keep": parse_keep, "vectors": parse_strengths}
    return {name: readers[name](value) if name in readers else value for name, value in fields.items()}


def write_pieces(pieces: Iterable[Piece], out: str, audio: str | None, soundfont: str | None) -> None:
    """Write pieces to a folder, with sound beside each if a format of audio is given, and print a line for each."""
    from groovevae.errors import RequestError
    from groovevae.files import write_file

    if soundfont is not None and audio is None:
        raise RequestError("--soundfont is of use only with sound; ask for it with --audio wav, ogg or mp3")
    for piece in pieces:
        path = free_path(piece, Path(out))
        write_file(path, piece.midi)
        click.echo(f"{click.format_filename(path)}: {counted(len(piece.song.bars), 'bar')}, {piece.description}")
        if audio is not None and piece.song.bars.has_notes.any():
            from groovevae.audio import render

            write_sound(render(piece.midi, soundfont=soundfont), path.with_suffix(""), audio)


def counted(count: int, noun: str) -> str:
    """Return a count with its noun: "1 bar", "1,024 bars"."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def free_path(piece: Piece, folder: Path) -> Path:
    """Return the path for a piece: NAME.mid, or with a number added where another file has that name already."""
    [path] = free_paths(folder / piece.name, {".mid": piece.midi})
    return path


def to_folders(request: Targeted, groove: Groove) -> Targeted:
    """Return the request with targets spelled as paths where they name a folder here, like `with_folders`."""
    from dataclasses import replace

    targets = zip(with_folders(list(request.targets), groove), request.targets.values(), strict=True)
    return replace(request, targets=dict(targets))


def with_folders(words: Sequence[str], groove: Groove) -> list[str]:
    """Spell words as paths where they name a folder here, and no genre: "songs" becomes "songs/".

    The library itself never looks at the working directory to find out what a word means.
    """
    return [_as_path(word) if word not in groove.model.genres and Path(word).is_dir() else word for word in words]


def _as_path(folder: str) -> str:
    if Path(folder).name in ("", ".."):  # "." and the like have no name of their own
        return str(Path(folder).resolve())
    return folder if "/" in folder or "\\" in folder else f"{folder}/"


def read_corpus(corpus: str, jobs: int | None) -> Corpus:
    """Read a corpus, and show on stderr how far it has come."""
    from groovevae.corpus import load_corpus
    from groovevae.reports import progress

    with progress.reading() as told:
        return load_corpus(corpus, progress=told, jobs=jobs)


def print_unused(corpus: Corpus) -> None:
    """Print on stderr which files are not used and why."""
    for path, reason in [*corpus.rejected, *corpus.unread]:
        click.echo(f"not used: {click.format_filename(path)}: {reason}", err=True)


def check_copy(model: str | None, out: str) -> None:
    """Raise OutputError where a copy of a model would overwrite the model itself, or a folder."""
    from groovevae.errors import OutputError
    from groovevae.model.file import default_model_path

    source = default_model_path() if model is None else Path(model)
    if is_same_file(out, source):
        raise OutputError(f"{out}: the model itself would be written over; name another place for the copy with --out")
    if Path(out).is_dir():
        raise OutputError(f"{out}: a folder; name a file for the copy with --out")
