"""The commands as users meet them: what they print, what they write, and one line for everything that goes wrong."""

import inspect
import io
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click
import mido
import pytest
from click.testing import CliRunner, Result
from corpus_files import band_tune, make_corpus
from tiny import SETTINGS, SIZES, Tiny

import groovevae
from groovevae import __version__, checkpoint, config, learn
from groovevae.checkpoint import MODEL_KIND, load_model_file, read_tensors, write_tensors
from groovevae.cli import main
from groovevae.config import TrainConfig
from groovevae.corpus import Corpus
from groovevae.generate import DEFAULT_BARS, BlendRequest
from groovevae.learn import ADAPT_CONFIG, state_file

ROOT = Path(__file__).parent.parent
COMMANDS = [main.commands[name] for name in main.list_commands(click.Context(main))]
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `groove` in an empty folder, where the tiny model is the one that comes with the package."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(checkpoint, "default_model_path", lambda: tiny.path)

    def invoke(*words: object) -> Result:
        result = CliRunner().invoke(main, [str(word) for word in words])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


def error_of(result: Result, status: int = 1) -> str:
    """The one line that a failed command prints."""
    assert result.exit_code == status, result.output
    lines = result.stderr.splitlines()
    errors = [line for line in lines if line.startswith("Error: ")]
    assert len(errors) == 1, result.output
    assert lines[-1] == errors[0]
    assert status == 2 or lines == errors
    return errors[0].removeprefix("Error: ")


def midi_files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("**/*") if path.is_file())


def examples_of(command: click.Command) -> list[str]:
    """The lines of a command's help that call it."""
    return [
        line.strip() for line in (command.help or "").splitlines() if line.strip().startswith(f"groove {command.name}")
    ]


# Help


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_has_help_with_an_example(command: click.Command) -> None:
    assert command.short_help
    assert "\b\nExamples:\n" in inspect.cleandoc(command.help or "")
    assert examples_of(command)
    for parameter in command.params:
        assert isinstance(parameter, click.Argument) or parameter.help, f"{command.name} {parameter.name}"


@pytest.mark.skipif(not (ROOT / "README.md").exists(), reason="there is no README yet")
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_the_readme_mentions_every_command(command: click.Command) -> None:
    assert f"groove {command.name}" in (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("command", "option", "default"),
    [
        ("blend", "amount", f"{BlendRequest.amount:g}, or 1"),
        ("blend", "bars", f"{DEFAULT_BARS}; all of a file"),
        ("blend", "count", f"{BlendRequest.count}"),
        ("blend", "seed", f"{BlendRequest.seed}"),
        ("blend", "temperature", f"{BlendRequest.temperature:g}"),
        ("train", "steps", f"{TrainConfig.steps}; {ADAPT_CONFIG.steps} with --from"),
        ("train", "batch_size", f"{TrainConfig.batch_size}"),
        ("train", "latent_size", f"{config.ModelConfig.latent_size}"),
        ("train", "beta", f"{TrainConfig.beta:g}"),
        ("train", "learning_rate", f"{TrainConfig.learning_rate:g}; {ADAPT_CONFIG.learning_rate:g} with --from"),
        ("train", "seed", f"{TrainConfig.seed}"),
    ],
)
def test_help_names_the_defaults_of_the_library(command: str, option: str, default: str) -> None:
    parameter = next(parameter for parameter in main.commands[command].params if parameter.name == option)
    assert parameter.default is None or not isinstance(parameter.default, int | float)
    assert f"[default: {default}]" in parameter.help


def test_the_version(run: Run) -> None:
    assert run("--version").output == f"groovevae, version {__version__}\n"


@pytest.mark.parametrize(
    "words", [["polka"], ["blend"], ["train"], ["blend", "--amount", "loud", "a", "b"], ["--loud"]]
)
def test_wrong_usage(run: Run, words: list[str]) -> None:
    error_of(run(*words), status=2)


# Blend


@pytest.mark.parametrize("example", examples_of(main.commands["blend"]))
def test_the_examples_of_blend_work(run: Run, tmp_path: Path, example: str) -> None:
    (tmp_path / "song.mid").write_bytes(band_tune("rock", 9, num_bars=4))
    before = set(midi_files(tmp_path))
    result = run(*shlex.split(example)[1:])
    assert result.exit_code == 0
    assert result.stderr == ""
    lines = result.stdout.splitlines()
    written = sorted(set(midi_files(tmp_path)) - before)
    assert sorted(Path(line.split(": ")[0]).name for line in lines) == written
    assert len(lines) == (4 if "--count" in example else 1)


def test_what_blend_prints_and_writes(run: Run, tmp_path: Path) -> None:
    result = run("blend", "Classical", "ROCK", "--count", 2, "--seed", 3, "--bars", 4, "--out", "new/folder")
    names = ["Classical-ROCK-0.5-3.mid", "Classical-ROCK-0.5-4.mid"]
    assert midi_files(tmp_path) == names
    for line, name in zip(result.stdout.splitlines(), names, strict=True):
        assert line.startswith(f"{Path('new/folder') / name}: 4 bars, classical (from 'classical tune ")
        assert line.endswith(") + 0.5 x (rock - classical)")
    again = (tmp_path / "new/folder" / names[1]).read_bytes()
    run("blend", "Classical", "ROCK", "--seed", 4, "--bars", 4)
    assert (tmp_path / names[1]).read_bytes() == again


def test_the_command_in_a_file_makes_it_again(run: Run, tmp_path: Path, tiny: Tiny) -> None:
    run(
        "blend",
        "rock",
        "jazz=1",
        "classical=2",
        "--amount",
        1 / 3,
        "--seed",
        5,
        "--temperature",
        1,
        "--model",
        tiny.path,
    )
    [path] = tmp_path.glob("*.mid")
    data = path.read_bytes()
    file = mido.MidiFile(file=io.BytesIO(data), charset="utf-8")
    text = next(message.text for message in file.tracks[0] if message.type == "text")
    path.unlink()
    run(*shlex.split(text[text.index("groove blend") :])[1:])
    [again] = tmp_path.glob("*.mid")
    assert again.name == path.name
    assert again.read_bytes() == data


def test_names_beyond_ascii(run: Run, tmp_path: Path) -> None:
    (tmp_path / "Größe 音楽.mid").write_bytes(band_tune("rock", 9, num_bars=2))
    result = run("blend", "Größe 音楽.mid", "jazz", "--out", "été")
    assert result.stdout.startswith(f"{Path('été') / 'Größe_音楽-jazz-0.5-0.mid'}: 2 bars, Größe 音楽.mid (nearest to ")
    assert midi_files(tmp_path / "été") == ["Größe_音楽-jazz-0.5-0.mid"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such file names")
def test_a_name_that_is_no_text(run: Run, tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff\xfe.mid")
    (tmp_path / name).write_bytes(band_tune("rock", 9, num_bars=2))
    result = run("blend", name, "jazz")
    assert result.exit_code == 0
    assert "_-jazz-0.5-0.mid: 2 bars, ??.mid" in result.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("classicl rock", "no genre 'classicl' in this model; did you mean classical?"),
        ("classical polka", "no genre 'polka' in this model; it has classical, jazz, rock"),
        ("classical rok=1 jazz=2", "no genre 'rok' in this model; did you mean rock?"),
        ("classical", "no genre to blend towards; name one, like groove blend classical rock"),
        ("classical rock jazz", "'rock' is no weight; write GENRE=NUMBER, like rock=0.3"),
        ("classical=0 rock=0", "all weights are 0; give at least one genre some, like rock=0.3"),
        ("classical=-1 rock=1", "weights are numbers from 0 up, like classical=0.5 rock=0.3"),
        ("rock song.mid", "song.mid: a file is where a blend starts; write it first, then the genres to go to"),
        ("classical rock --amount 9", "amount 9 is outside 0 to 4; 0 is the "),
        ("classical rock --amount nan", "amount nan is outside 0 to 4; 0 is the "),
        ("classical rock --count 0", "count 0 is outside 1 to 1000"),
        ("classical rock --bars 0", "bars 0 is outside 1 to 1024"),
        ("classical rock --seed -1", "seed -1 is outside 0 to 2.14748e+09"),
        ("classical rock --temperature inf", "temperature inf is outside 0 to 2"),
        ("none.mid rock", "none.mid: No such file or directory"),
        ("classical rock --model none.safetensors", "none.safetensors: no such file"),
        ("classical rock --model .", ".: cannot be read (Is a directory)"),
        ("classical rock --out file", "a folder on the way is a file"),
        ("classical rock --out file/deeper", "a folder on the way is a file"),
    ],
)
def test_blends_that_cannot_be(run: Run, tmp_path: Path, words: str, message: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert message in error_of(run("blend", *words.split()))
    assert midi_files(tmp_path) == ["file"]


def midi_of(*messages: mido.MetaMessage | mido.Message) -> bytes:
    buffer = io.BytesIO()
    mido.MidiFile(tracks=[mido.MidiTrack(messages)]).save(file=buffer)
    return buffer.getvalue()


NOTE = (mido.Message("note_on", note=60, velocity=90), mido.Message("note_off", note=60, time=480))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "start.mid: empty file"),
        (b"RIFFxxxxWAVE", "start.mid: no MIDI file"),
        (b"hello", "start.mid: no MIDI file"),
        (band_tune("rock", 0, num_bars=2)[:300], "start.mid: damaged MIDI file"),
        (band_tune("rock", 0, num_bars=2)[:16], "start.mid: "),
        (midi_of(), "start.mid: no notes"),
        (
            midi_of(mido.MetaMessage("set_tempo", tempo=1), *NOTE),
            "start.mid: absurd tempo (6e+07 quarter notes a minute",
        ),
        (midi_of(mido.MetaMessage("set_tempo", tempo=0), *NOTE), "start.mid: absurd tempo"),
    ],
)
def test_starts_that_are_no_music(run: Run, tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "start.mid").write_bytes(data)
    assert message in error_of(run("blend", "start.mid", "rock"))
    assert midi_files(tmp_path) == ["start.mid"]


def test_a_start_without_a_time_signature(run: Run, tmp_path: Path) -> None:
    (tmp_path / "start.mid").write_bytes(midi_of(*NOTE))
    assert "start-rock-0.5-0.mid: 1 bars, start.mid" in run("blend", "start.mid", "rock").stdout


@pytest.mark.parametrize("command", [("blend", "classical", "rock", "--model"), ("info",)])
def test_models_that_are_none(run: Run, tmp_path: Path, tiny: Tiny, command: tuple[str, ...]) -> None:
    data = tiny.path.read_bytes()
    newer = data.replace(b'"version":"1"', b'"version":"2"')
    damaged = bytearray(data)
    damaged[-5] ^= 1
    cases = {
        b"": "no groovevae model file, or one cut short (0 bytes)",
        b"hello, I am no model": "no groovevae model file",
        data[:100]: "no groovevae model file, or one cut short (100 bytes)",
        data[:-100]: "damaged groovevae model file",
        bytes(damaged): "damaged groovevae model file (its checksum does not fit); get or train it anew",
        newer: "model format 2, and this groovevae reads 1; update groovevae",
        state_file(tiny.path).read_bytes(): "a groovevae training state file; a groovevae model file is needed",
    }
    for content, message in cases.items():
        (tmp_path / "x.safetensors").write_bytes(content)
        assert f"x.safetensors: {message}" in error_of(run(*command, "x.safetensors"))
    assert midi_files(tmp_path) == ["x.safetensors"]


# Info


def test_info(run: Run, tiny: Tiny) -> None:
    result = run("info", tiny.path)
    assert result.exit_code == 0
    assert "3 genres" in result.stdout
    assert "Trained 30 steps on 21 songs (3 more held out)" in result.stdout
    assert "Licences of the music (files): not stated (24)" in result.stdout
    assert re.search(r"^ ?jazz +7 +224 +160 +7 +Electric Bass", result.stdout, re.MULTILINE)
    assert result.stdout.splitlines()[0].startswith(f"{tiny.path}: ")
    assert run("info").stdout == result.stdout


def test_info_as_json(run: Run, tiny: Tiny) -> None:
    about = json.loads(run("info", "--json").stdout)
    assert about["path"] == str(tiny.path)
    assert about["bytes"] == tiny.path.stat().st_size
    assert about["config"]["latent_size"] == 8
    assert about["provenance"]["steps"] == 30
    rock = about["genres"][-1]
    assert (rock["name"], rock["songs"], rock["bars"], rock["phrases"]) == ("rock", 7, 224, 7)
    assert rock["instruments"]["bass"] == [{"program": 33, "name": "Electric Bass (finger)", "share": 1.0}]


def test_info_of_a_genre_with_an_odd_name_and_no_lead(run: Run, tiny: Tiny, tmp_path: Path) -> None:
    model = load_model_file(tiny.path)
    genre = replace(model.genres["rock"], name="[red]Über\udcff", programs=((), (), ()))
    checkpoint.save_model(tmp_path / "x.safetensors", replace(model, genres={genre.name: genre}, provenance={}))
    result = run("info", "x.safetensors")
    assert re.search(r"^ ?\[red\]Über\? +7 .* none, none, none", result.stdout, re.MULTILINE)
    assert "Trained" not in result.stdout


def test_info_loads_no_jax(run_python, tiny: Tiny) -> None:
    code = f"""
import sys
from groovevae.cli import main
main(["info", {str(tiny.path)!r}], standalone_mode=False)
assert not {{"jax", "flax", "optax"}} & set(sys.modules)
"""
    assert "3 genres" in run_python("-c", code).stdout


# Corpus


def test_corpus(run: Run, tmp_path: Path) -> None:
    make_corpus(tmp_path / "my-midi", "jazz/a.mid", "rock/b.mid")
    (tmp_path / "my-midi/rock/bad [1].mid").write_bytes(b"")
    result = run("corpus", "my-midi")
    assert result.exit_code == 0
    assert "2 of 3 MIDI files used" in result.stdout
    assert "rock/bad [1].mid: empty file" in result.stdout
    assert result.stderr == ""


def test_corpus_as_json(run: Run, tmp_path: Path) -> None:
    make_corpus(tmp_path / "my-midi", "jazz/a.mid", "rock/b.mid")
    report = json.loads(run("corpus", "my-midi", "--json", "--jobs", 1).stdout)
    assert [genre["genre"] for genre in report["genres"]] == ["jazz", "rock"]


def test_a_corpus_of_which_nothing_can_be_used(run: Run, tmp_path: Path) -> None:
    (tmp_path / "my-midi/rock").mkdir(parents=True)
    (tmp_path / "my-midi/rock/bad.mid").write_bytes(b"")
    for options in ([], ["--json"]):
        result = run("corpus", "my-midi", *options)
        assert error_of(result) == "my-midi: no file that can be used"
        assert "bad.mid" in result.stdout


@pytest.mark.parametrize("command", ["corpus", "train"])
def test_folders_that_are_no_corpus(run: Run, tmp_path: Path, command: str) -> None:
    (tmp_path / "empty").mkdir()
    make_corpus(tmp_path / "flat", "a.mid", "b.mid")
    (tmp_path / "file").write_bytes(b"")
    cases = {
        "none": "none: no such folder",
        "file": "file: not a folder",
        "empty": "empty: no MIDI files",
        "flat": "flat: 2 MIDI files but no genre folders; make one per genre",
    }
    for name, message in cases.items():
        assert message in error_of(run(command, name))
    assert midi_files(tmp_path) == ["a.mid", "b.mid", "file"]


# Train


@pytest.fixture
def tiny_train(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`groove train` with a tiny network."""
    monkeypatch.setattr(config, "ModelConfig", lambda variational: SIZES)
    options = ["--batch-size", SETTINGS.batch_size]
    return lambda corpus, *words: run("train", corpus, *options, *words)


def test_train_refuses_too_little(tiny_train: Run, tmp_path: Path) -> None:
    one = make_corpus(tmp_path / "one", "rock/a.mid", "rock/b.mid")
    assert "one genre only (bars found: rock 4)" in error_of(tiny_train(one))
    two = make_corpus(tmp_path / "two", "rock/a.mid", "rock/b.mid", "jazz/c.mid")
    message = "too little to learn from: bars to train on: jazz 2, rock 4; needed: 64 a genre and 512 in all"
    assert message in error_of(tiny_train(two))
    (tmp_path / "bad/rock").mkdir(parents=True)
    (tmp_path / "bad/rock/a.mid").write_bytes(b"")
    assert "no song to train on; groove corpus" in error_of(tiny_train(tmp_path / "bad"))
    assert not list(tmp_path.glob("model*"))


@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        ("--steps 0", 1, "steps 0 is out of range; at least 1 is needed"),
        ("--beta nan", 1, "beta nan is out of range"),
        ("--learning-rate -1", 1, "learning rate -1 is out of range"),
        ("--batch-size 0", 1, "batch size 0 is out of range"),
        ("--seed -1", 1, "seed -1 is out of range"),
        ("--out file/model.safetensors", 1, "a folder on the way is a file"),
        ("--out .", 1, ".: a folder; name a file for the model with --out"),
        ("--from none.safetensors", 1, "none.safetensors: no such file"),
        ("--from file", 1, "file: no groovevae model file"),
        ("--from ./model.safetensors", 1, "the model to start from would be written over"),
        ("--from default --autoencoder", 2, "those of the model that --from names"),
        ("--from default --latent-size 8", 2, "those of the model that --from names"),
        ("--jobs 0", 2, "x>=1"),
    ],
)
def test_training_that_cannot_be(
    tiny_train: Run, tmp_path: Path, band_corpus: Path, options: str, status: int, message: str
) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert message in error_of(tiny_train(band_corpus, *options.split()), status)
    assert midi_files(tmp_path) == ["file"]


def test_latent_sizes_that_cannot_be(run: Run, band_corpus: Path) -> None:
    assert "latent size 0 is out of range" in error_of(run("train", band_corpus, "--latent-size", 0))


@pytest.mark.parametrize("example", examples_of(main.commands["train"]))
def test_the_examples_of_train_work(
    run: Run, tmp_path: Path, tiny: Tiny, band_corpus: Path, monkeypatch: pytest.MonkeyPatch, example: str
) -> None:
    """They ask for what they say; training itself is left out, since it takes an hour."""
    asked = {}

    def train_model(corpus: Corpus, out: Path, *, config: TrainConfig, start_from, report, stop, **options):
        asked.update(corpus=corpus.root, out=str(out), steps=config.steps, start=start_from)
        assert not stop()
        for progress in tiny.reports:
            report(progress)
        return tiny.trained

    monkeypatch.setattr(learn, "train_model", train_model)
    (tmp_path / "my-midi").symlink_to(band_corpus)
    result = run(*shlex.split(example)[1:])
    assert result.exit_code == 0, result.output
    assert asked["corpus"] == tmp_path / "my-midi"
    assert asked["out"] == ("my.safetensors" if "--out" in example else "model.safetensors")
    assert asked["steps"] == (2000 if "--steps" in example else 1000 if "--from" in example else TrainConfig.steps)
    assert bool(asked["start"]) == ("--from" in example)


def test_what_train_prints(tiny_train: Run, tmp_path: Path, tiny: Tiny, band_corpus: Path) -> None:
    """The state of a finished run is at hand: the model is written again, without a step."""
    (tmp_path / "again").symlink_to(band_corpus)
    (band_corpus / "loose.mid").write_bytes(b"")
    try:
        first = tiny_train("again", "--steps", 3)
        second = tiny_train("again", "--steps", 3)
    finally:
        (band_corpus / "loose.mid").unlink()
    assert first.exit_code == second.exit_code == 0
    assert first.stderr == second.stderr == ""
    lines = first.stdout.splitlines()
    assert lines[:2] == ["again: 24 files of 3 genres", "1 files not used; groove corpus again lists them"]
    assert re.match(r"step 3 of 3: nats a bar: drums \d+\.\d, .*, \d+ active units, .* bars/s, 0:00:00 left$", lines[2])
    assert re.match(r"step 3: held-out note F1 drums \d\.\d\d, bass", lines[3])
    assert re.search(r"^ ?classical +- +\d\.\d\d", first.stdout, re.MULTILINE)
    assert re.search(r"^ ?mean of held-out songs +\d\.\d\d", first.stdout, re.MULTILINE)
    assert re.search(r"^ ?mean of training songs +\d\.\d\d", first.stdout, re.MULTILINE)
    assert lines[-2:] == [
        "Model of 3 steps: model.safetensors",
        "Try it: groove blend classical jazz --model model.safetensors",
    ]
    assert "Going on with the unfinished run" not in first.stdout
    assert "All 3 steps were done before: raise --steps, or start anew with --restart." in second.stdout
    assert lines[-2:] == second.stdout.splitlines()[-2:]
    assert groovevae.load_model("model.safetensors").model.provenance["steps"] == 3


def test_an_unfinished_run_of_other_settings(tiny_train: Run, tmp_path: Path, tiny: Tiny, band_corpus: Path) -> None:
    (tmp_path / "model.training").write_bytes(state_file(tiny.path).read_bytes())
    message = error_of(tiny_train(band_corpus, "--seed", 5))
    assert "model.training: an unfinished run with " in message
    assert "seed 0, now 5" in message and "give it up with --restart" in message


# Signals and pipes, in processes of their own


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The processes share what they compile."""
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    cache = str(tmp_path_factory.mktemp("compiled"))
    return {
        **os.environ,
        "PYTHONPATH": paths,
        "JAX_COMPILATION_CACHE_DIR": cache,
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }


def start(words: list[object], folder: Path, environment: dict[str, str], **options) -> subprocess.Popen:
    command = [sys.executable, str(ROOT / "tests/groove_tiny.py"), *map(str, words)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.Popen(command, cwd=folder, env=environment, text=True, **pipes)


def wait_for_line(process: subprocess.Popen, beginning: str) -> None:
    for line in process.stdout:
        if line.startswith(beginning):
            return
    pytest.fail(process.stderr.read())


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_training_and_it_goes_on(
    tmp_path: Path, band_corpus: Path, environment: dict[str, str], number: int, status: int
) -> None:
    words = ["train", band_corpus, "--batch-size", SETTINGS.batch_size, "--steps", 100_000]
    process = start(words, tmp_path, environment)
    wait_for_line(process, "step ")
    process.send_signal(number)
    out, err = process.communicate(timeout=120)
    assert process.returncode == status, err
    assert err == "\nStopping: the model is being written. Ctrl-C again ends at once.\n"
    found = re.search(r"^Stopped at step ([\d,]+) of 100,000; the same command goes on\.$", out, re.MULTILINE)
    assert found
    step = int(found[1].replace(",", ""))
    assert load_model_file(tmp_path / "model.safetensors").provenance["steps"] == step
    if number == signal.SIGINT:
        process = start([*words[:-1], step + 5], tmp_path, environment)
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        assert "Going on with the unfinished run beside model.safetensors" in out
        assert load_model_file(tmp_path / "model.safetensors").provenance["steps"] == step + 5


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_a_second_signal_ends_at_once(tmp_path: Path, band_corpus: Path, environment: dict[str, str]) -> None:
    words = ["train", band_corpus, "--batch-size", SETTINGS.batch_size, "--steps", 100_000]
    process = start(words, tmp_path, environment)
    wait_for_line(process, "step ")
    process.send_signal(signal.SIGINT)
    process.stderr.readline()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert process.returncode in (-signal.SIGINT, 128 + signal.SIGINT)
    assert not list(tmp_path.glob("*.safetensors"))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_ctrl_c_while_files_are_read(tmp_path: Path, environment: dict[str, str]) -> None:
    folder = tmp_path / "my-midi/rock"
    folder.mkdir(parents=True)
    os.mkfifo(folder / "slow.mid")  # reading it takes for ever
    process = start(["corpus", "my-midi"], tmp_path, environment)
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (130, "", "")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such pipes")
def test_a_reader_that_has_gone(tmp_path: Path, environment: dict[str, str]) -> None:
    make_corpus(tmp_path / "my-midi", *(f"rock/{number}.mid" for number in range(20)))
    for options in ([], ["--json"]):
        reader, writer = os.pipe()
        os.close(reader)
        process = start(["corpus", "my-midi", *options], tmp_path, environment, stdout=writer)
        os.close(writer)
        _, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (1, "")


def test_a_write_that_fails_in_the_middle_leaves_whole_files(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_file, calls = os.replace, []

    def full_disk(source: str, target: Path) -> None:
        calls.append(target)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        replace_file(source, target)

    monkeypatch.setattr(os, "replace", full_disk)
    message = "classical-rock-0.5-2.mid: cannot be written (No space left on device); choose another place with --out"
    assert message in error_of(run("blend", "classical", "rock", "--count", 4))
    assert sorted(os.listdir(tmp_path)) == ["classical-rock-0.5-0.mid", "classical-rock-0.5-1.mid"]


def test_a_model_of_another_kind_of_corpus_is_still_a_model(run: Run, tmp_path: Path, tiny: Tiny) -> None:
    """A genre without phrases cannot be started from, and says so."""
    tensors, texts = read_tensors(tiny.path, kind=MODEL_KIND)
    for genre in texts["genres"]:
        genre["phrases"] = []
    write_tensors(tmp_path / "x.safetensors", tensors, kind=MODEL_KIND, texts=texts)
    message = "the model has no phrase of 'rock' to start from; start from a MIDI file of yours"
    assert error_of(run("blend", "rock", "jazz", "--model", "x.safetensors")) == message
