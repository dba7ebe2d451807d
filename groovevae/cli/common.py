"""Shared parts of several commands: options of pieces, reading a corpus with its progress shown, writing pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from groovevae.cli.sound import audio_option, free_paths, soundfont_option, write_sound
from groovevae.systems import is_same_file
from groovevae.wording import counted

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
    click.option("--count", type=int, help="Pieces to write, with seeds counting up from --seed.  [default: 1]"),
)
bars_option = click.option("--bars", type=int, help="Bars to write.  [default: 8; all of a file]")
reading_options = (
    click.option(
        "--roles",
        "track_roles",
        metavar="TRACK=ROLE",
        multiple=True,
        help="Give a track of the file a role, by name or number: 'Track 3=drums', Strings=-; may be given several "
        "times. - leaves a track out.",
    ),
    click.option(
        "--metre",
        metavar="N/N",
        help="Metre of the file, where it states none or a wrong one, or of the phrase that a genre starts with: 3/4.",
    ),
    click.option(
        "--pickup",
        metavar="X",
        help="Quarter notes before the file's first whole bar.  [default: found from the notes]",
    ),
    click.option(
        "--beats",
        metavar="HOW",
        help="Where the beats are: written (as the file says), or estimate, for music played without a click.  "
        "[default: written]",
    ),
    click.option(
        "--only-roles", is_flag=True, help="Write drums, bass, chords and lead alone, without the file's other tracks."
    ),
)
labels_option = click.option(
    "--labels",
    type=click.Path(),
    help="Take genres from this CSV or Parquet table instead of folders: path and genre, perhaps weight and song_id.",
)
jobs_option = click.option(
    "--jobs", type=click.IntRange(min=1), help="Processes that read files.  [default: one per processor]"
)
cluster_options = (
    jobs_option,
    click.option(
        "--scheduler",
        metavar="ADDRESS",
        help="Read files on a Dask cluster instead: tcp://HOST:PORT, or local:N for N workers on this machine.",
    ),
    click.option(
        "--shards",
        metavar="PLACE",
        help="Where the cluster keeps what it read: a folder or URL that all its machines reach.  [default: the cache]",
    ),
)
together_option = click.option(
    "--together", is_flag=True, help="Read the first words, files or a folder of them, as the stems of one song."
)
quiet_option = click.option("--quiet", is_flag=True, help="Do not say what was read of each file.")
song_options = (
    click.option("--key", help="Key to write in: C, F#m, ...  [default: the start's key]"),
    click.option("--tempo", type=float, help="Quarter notes per minute.  [default: the start's tempo]"),
    *take_options,
    *reading_options,
    model_option,
    *out_options,
    quiet_option,
)
piece_options = (
    bars_option,
    click.option("--key", help="Key to write in: C, F#m, ...  [default: the start's key]"),
    click.option(
        "--tempo",
        metavar="TEMPO",
        help="Quarter notes per minute, or keep: the start's own.  [default: between start and target]",
    ),
    click.option("--keep", metavar="ROLES", help="Roles that keep the notes of the start, such as lead,bass."),
    *take_options,
    click.option(
        "--vector",
        "vectors",
        metavar="NAME=STRENGTH",
        multiple=True,
        help="Also move along a vector, from the model or from a file; may be given several times.",
    ),
    *reading_options,
    model_option,
    *out_options,
    quiet_option,
)


class Output(NamedTuple):
    """How pieces are written."""

    out: str  # folder
    audio: str | None = None  # a format of sound to write beside each
    soundfont: str | None = None
    quiet: bool = False


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


def song_fields(options: dict[str, Any]) -> dict[str, Any]:
    """Turn options into fields of a request that starts from a file. Raises RequestError for words that mean nothing.

    What was said of the file becomes `choices`.
    """
    from groovevae.bars.choices import Choices

    fields = given(options)
    words = {name: fields.pop(name, None) for name in ("metre", "pickup", "beats")}
    choices = Choices.from_words(fields.pop("track_roles", ()), **words)
    return {**fields, "choices": choices}


def piece_fields(options: dict[str, Any]) -> dict[str, Any]:
    """Turn options of pieces into fields of a request. Raises RequestError for words that mean nothing."""
    from groovevae.generation.parsing import parse_amount, parse_keep, parse_strengths, parse_tempo

    fields = song_fields(options)
    readers = {"amount": parse_amount, "keep": parse_keep, "tempo": parse_tempo, "vectors": parse_strengths}
    return {name: readers[name](value) if name in readers else value for name, value in fields.items()}


def take_output(options: dict[str, Any]) -> Output:
    """Take out of the options how pieces are written. Raises RequestError where they contradict one another."""
    from groovevae.errors import RequestError

    output = Output(**{name: options.pop(name) for name in Output._fields if name in options})
    if output.soundfont is not None and output.audio is None:
        raise RequestError("--soundfont is of use only with sound; ask for it with --audio wav, ogg or mp3")
    return output


def write_pieces(pieces: Sequence[Piece], output: Output) -> None:
    """Write pieces, and sound beside each if it is asked for, and print a line for each.

    On stderr, unless it is to be quiet, it tells what was read of their files.
    """
    from groovevae.files import write_file

    for line in [] if output.quiet else dict.fromkeys(line for piece in pieces for line in piece.read):
        click.echo(f"read {line}", err=True)
    for piece in pieces:
        path = free_path(piece, Path(output.out))
        write_file(path, piece.midi)
        click.echo(f"{click.format_filename(path)}: {counted(len(piece.song.bars), 'bar')}, {piece.description}")
        if output.audio is not None and piece.song.bars.has_notes.any():
            from groovevae.audio import render

            write_sound(render(piece.midi, soundfont=output.soundfont), path.with_suffix(""), output.audio)


def free_path(piece: Piece, folder: Path) -> Path:
    """Return the path for a piece: NAME.mid, or with a number added where another file has that name already."""
    [path] = free_paths(folder / piece.name, {".mid": piece.midi})
    return path


def to_folders(request: Targeted, groove: Groove) -> Targeted:
    """Return the request with words spelled as paths where they name a folder here, like `with_folders`."""
    from dataclasses import replace

    targets = zip(with_folders(list(request.targets), groove), request.targets.values(), strict=True)
    [start] = with_folders([request.start], groove)
    return replace(request, start=start, targets=dict(targets))


def with_folders(words: Sequence[str], groove: Groove) -> list[str]:
    """Spell words as paths where they name a folder here, and no genre: "songs" becomes "songs/".

    The library itself never looks at the working directory to find out what a word means.
    """
    return [_as_path(word) if word not in groove.model.genres and Path(word).is_dir() else word for word in words]


def with_stems(words: Sequence[str], *, together: bool) -> list[str]:
    """Return words in which a folder of stems, the first of them, is replaced by the MIDI files in it.

    Raises RequestError for a folder without any.
    """
    from groovevae.errors import RequestError
    from groovevae.generation.names import is_midi_path

    if not together or not words or not Path(words[0]).is_dir():
        return list(words)
    stems = [str(path) for path in sorted(Path(words[0]).iterdir()) if is_midi_path(path.name)]
    if not stems:
        raise RequestError(f"{words[0]}: no MIDI files in it; name a folder of stems")
    return [*stems, *words[1:]]


def _as_path(folder: str) -> str:
    if Path(folder).name in ("", ".."):  # "." and the like have no name of their own
        return str(Path(folder).resolve())
    return folder if "/" in folder or "\\" in folder else f"{folder}/"


def read_corpus(
    corpus: str,
    jobs: int | None,
    labels: str | None = None,
    *,
    scheduler: str | None = None,
    shards: str | None = None,
) -> Corpus:
    """Read a corpus, and show on stderr how far it has come; `labels` is a table of the genres of its files.

    Raises RequestError for options that contradict one another.
    """
    from groovevae.corpus import Cluster, load_corpus
    from groovevae.errors import RequestError
    from groovevae.reports import progress

    if shards is not None and scheduler is None:
        raise RequestError("--shards is of use only to a cluster; name one with --scheduler, such as local:4")
    if scheduler is not None and jobs is not None:
        raise RequestError(
            "--jobs is of no use to a cluster; its workers are counted where they are started, or local:4"
        )
    cluster = None if scheduler is None else Cluster(scheduler, shards or "")
    with progress.reading() as told:
        return load_corpus(corpus, labels=labels, progress=told, jobs=jobs, cluster=cluster)


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
