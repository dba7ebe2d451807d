"""The command line: options, one library call, its printed result. Heavy imports stay inside the commands."""

from __future__ import annotations

import json
import os
import shlex
import signal
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from groovevae import __version__
from groovevae.errors import CorpusError, GrooveError, RequestError

if TYPE_CHECKING:
    from groovevae.checkpoint import ModelFile
    from groovevae.corpus import Corpus
    from groovevae.learn import Trained


class _Commands(click.Group):
    """Commands whose expected failures end in one line and an exit status, never in a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise  # click ends quietly: nobody reads on
        except GrooveError as error:
            raise click.ClickException(" ".join(str(error).split())) from None
        except OSError as error:
            where = f"{os.fsdecode(error.filename)}: " if error.filename else ""
            raise click.ClickException(f"{where}{error.strerror or error}") from None
        except KeyboardInterrupt:
            ctx.exit(128 + signal.SIGINT)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="groovevae")
def main() -> None:
    """Learn what genres sound like from folders of MIDI files, and blend them.

    \b
    groove blend classical rock     write a MIDI file half way between two genres
    groove train my-midi            learn your own genres from my-midi/GENRE/*.mid
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # file names may hold what a terminal cannot show


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
    from groovevae.generate import BlendRequest, load_model, output_paths

    request = replace(BlendRequest.from_words(words), **_given(options))
    for path, blended in output_paths(load_model(model).blend(request), Path(out), request.stem):
        write_file(path, blended.midi)
        click.echo(f"{click.format_filename(path)}: {len(blended.song.bars)} bars, {blended.description}")


@main.command(short_help="Make new phrases of a genre, without any song to start from.")
@click.argument("genre")
@click.option("--bars", type=int, help="Bars to write.  [default: 8]")
@click.option("--count", type=int, help="Pieces to write, of the seeds from --seed on.  [default: 1]")
@click.option("--seed", type=int, help="Which piece: the same seed gives the same file.  [default: 0]")
@click.option("--temperature", type=float, help="0 takes the likeliest notes, 1 draws them freely.  [default: 0.5]")
@click.option("--tempo", type=float, help="Quarter notes a minute.  [default: as one of the genre's songs]")
@click.option("--key", help="Such as C, F#m or 'D minor'.  [default: as one of the genre's songs]")
@click.option("--model", type=click.Path(), help="Model file.  [default: the one that comes with groovevae]")
@click.option("--out", type=click.Path(), default=".", help="Folder to write to.  [default: this one]")
def sample(genre: str, model: str | None, out: str, **options: Any) -> None:
    """Make new phrases of a GENRE, without any song to start from.

    Metre, tempo, instruments, key, and which parts rest or repeat when, are those of one of the genre's songs,
    another for each seed. The notes are new.

    \b
    Examples:
      groove sample jazz
      groove sample rock --bars 16 --count 4 --seed 7 --out takes
      groove sample classical --tempo 90 --key Am
    """
    from groovevae.checkpoint import write_file
    from groovevae.generate import load_model, output_paths
    from groovevae.sampling import SampleRequest

    request = SampleRequest(genre, **_given(options))
    for path, piece in output_paths(load_model(model).sample(request), Path(out), request.stem):
        write_file(path, piece.midi)
        click.echo(f"{click.format_filename(path)}: {len(piece.song.bars)} bars, {piece.description}")


@main.command(short_help="Learn genres from a folder of MIDI files per genre.")
@click.argument("corpus", type=click.Path())
@click.option("--out", type=click.Path(), default="model.safetensors", show_default=True, help="Model file to write.")
@click.option("--steps", type=int, help="Batches to train on.  [default: 6000; 1000 with --from]")
@click.option("--batch-size", type=int, help="Bars of a batch.  [default: 256]")
@click.option("--latent-size", type=int, help="Latent dimensions of a bar.  [default: 192]")
@click.option("--beta", type=float, help="Weight of the KL term.  [default: 0.3]")
@click.option("--learning-rate", type=float, help="Of Adam.  [default: 0.002; 0.0003 with --from]")
@click.option("--seed", type=int, help="Of the weights, the batches and the songs held out.  [default: 0]")
@click.option("--autoencoder", is_flag=True, help="Train a plain autoencoder: no noise, no KL.")
@click.option(
    "--from", "start", metavar="MODEL", help="Start from this model, or from ours (default); keep its genres."
)
@click.option("--restart", is_flag=True, help="Give an unfinished run up and start anew.")
@click.option("--jobs", type=click.IntRange(min=1), help="Processes that read files.  [default: one a processor]")
def train(
    corpus: str,
    out: str,
    *,
    latent_size: int | None,
    autoencoder: bool,
    start: str | None,
    restart: bool,
    jobs: int | None,
    **settings: Any,
) -> None:
    """Learn genres from a folder of MIDI files per genre: CORPUS/GENRE/*.mid, in subfolders too.

    Ctrl-C stops a run: its state is kept beside the model file, and the same command goes on with it.

    \b
    Examples:
      groove train my-midi
      groove train my-midi --out my.safetensors --steps 2000
      groove train my-midi --from default --out my.safetensors
    """
    from dataclasses import replace

    from rich.console import Console

    from groovevae import display
    from groovevae.config import ModelConfig, PriorConfig, TrainConfig
    from groovevae.learn import ADAPT_CONFIG, check_settings, train_model, unfinished_step
    from groovevae.stopping import Stopper

    if start and (latent_size is not None or autoencoder):
        raise click.UsageError("--latent-size and --autoencoder are those of the model that --from names")
    config = replace(ADAPT_CONFIG if start else TrainConfig(), **_given(settings))
    sizes = replace(ModelConfig(variational=not autoencoder), **_given({"latent_size": latent_size}))
    check_settings(config, sizes)
    start_from = _start_model(start, out) if start else None
    console = Console()
    loaded = _read(corpus, jobs)
    unused = len(loaded.rejected) + len(loaded.unread)
    display.line(console, f"{corpus}: files used: {len(loaded.songs):,}, genres: {len(loaded.genres)}")
    if unused:
        display.line(console, f"files not used: {unused:,}; groove corpus {shlex.quote(corpus)} lists them")
    if not restart and (step := unfinished_step(Path(out))) is not None:
        display.line(console, f"An unfinished run lies beside {out}, at step {step:,}: going on with it")
    with Stopper() as stopper, display.training(console) as report:
        trained = train_model(
            loaded,
            Path(out),
            config=config,
            model_config=sizes,
            prior_config=PriorConfig(),
            start_from=start_from,
            restart=restart,
            report=report,
            stop=stopper,
        )
    if not stopper.has_begun:
        click.echo(f"All {trained.steps_done:,} steps were done before: raise --steps, or start anew with --restart.")
    _print_trained(trained, out)
    if stopper.signal:
        click.echo(f"Stopped at step {trained.steps_done:,} of {config.steps:,}; the same command goes on.")
        sys.exit(128 + stopper.signal)


@main.command("corpus", short_help="Show what a corpus holds, what is not used, and why.")
@click.argument("corpus", type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--jobs", type=click.IntRange(min=1), help="Processes that read files.  [default: one a processor]")
def show_corpus(corpus: str, *, as_json: bool, jobs: int | None) -> None:
    """Show what a corpus holds, genre by genre, and every file that is not used with its reason.

    \b
    Examples:
      groove corpus my-midi
      groove corpus my-midi --json
    """
    from rich.console import Console

    from groovevae.corpus import corpus_report, render

    loaded = _read(corpus, jobs)
    report = corpus_report(loaded)
    if as_json:
        click.echo(report.to_json())
    else:
        render(report, Console())
    if not loaded.songs:
        raise CorpusError(f"{corpus}: no file that can be used")


@main.command(short_help="Show what a model file holds.")
@click.argument("model", required=False, type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def info(model: str | None, *, as_json: bool) -> None:
    """Show what a model file holds, or the one that comes with groovevae: genres, sizes, figures, licences.

    \b
    Examples:
      groove info
      groove info model.safetensors --json
    """
    from rich.console import Console

    from groovevae import display
    from groovevae.checkpoint import default_model_path, load_model_file

    path = default_model_path() if model is None else Path(model)
    loaded = load_model_file(path)
    if as_json:
        click.echo(json.dumps(display.describe_model(loaded, path), indent=2))
    else:
        display.print_model(Console(), loaded, path)


def _given(options: dict[str, Any]) -> dict[str, Any]:
    """The options that were given: the library knows the others' defaults."""
    return {name: value for name, value in options.items() if value is not None}


def _read(corpus: str, jobs: int | None) -> Corpus:
    from rich.console import Console

    from groovevae import display
    from groovevae.corpus import load_corpus

    with display.reading(Console(stderr=True)) as progress:
        return load_corpus(corpus, progress=progress, jobs=jobs)


def _start_model(start: str, out: str) -> ModelFile:
    from groovevae.checkpoint import load_model_file

    if start != "default" and Path(start).absolute() == Path(out).absolute():
        raise RequestError(f"{out}: the model to start from would be written over; name another place with --out")
    return load_model_file(None if start == "default" else start)


def _print_trained(trained: Trained, out: str) -> None:
    """How well the model reconstructs, where it lies, and what to do next."""
    from rich.console import Console

    from groovevae import display
    from groovevae.training import macro_f1

    rows = dict(trained.held_out_f1)
    if rows:
        rows["mean of held-out songs"] = macro_f1(trained.held_out_f1)
    rows["mean of training songs"] = macro_f1(trained.train_f1)
    Console().print(display.f1_table(rows))
    genres = sorted(trained.model.genres.values(), key=lambda genre: not genre.phrases)
    first, second = [genre.name for genre in [*genres, *genres]][:2]
    click.echo(f"Model of {trained.steps_done:,} steps: {click.format_filename(out)}")
    click.echo(f"Try it: {shlex.join(['groove', 'blend', first, second, '--model', out])}")
