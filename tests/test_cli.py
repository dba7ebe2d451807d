"""What holds for all commands: help with examples, usage, and files and folders that are none of ours."""

import inspect
from pathlib import Path

import click
import pytest
from command_line import COMMANDS, Run, error_of, examples_of, midi_files
from corpus_files import make_corpus
from tiny import Tiny

from groovevae import __version__, config
from groovevae.config import TrainConfig
from groovevae.generation.requests import DEFAULT_BARS, METHODS, BlendRequest
from groovevae.training.state_file import state_file
from groovevae.training.train import ADAPT_CONFIG


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name: str) -> None:
    command = COMMANDS[name]
    assert command.short_help
    assert "\b\nExamples:\n" in inspect.cleandoc(command.help or "")
    assert examples_of(command)
    for parameter in command.params:
        assert isinstance(parameter, click.Argument) or parameter.help, f"{name} {parameter.name}"


@pytest.mark.parametrize(
    ("command", "option", "default"),
    [
        ("blend", "amount", f"{BlendRequest.amount:g}, or 1"),
        ("blend", "bars", f"{DEFAULT_BARS}; all of a file"),
        ("blend", "count", f"{BlendRequest.count}"),
        ("blend", "seed", f"{BlendRequest.seed}"),
        ("blend", "temperature", f"{BlendRequest.temperature:g}"),
        ("blend", "method", METHODS[0]),
        ("morph", "temperature", f"{BlendRequest.temperature:g}"),
        ("train", "steps", f"{TrainConfig.steps}; {ADAPT_CONFIG.steps} with --from"),
        ("train", "batch_size", f"{TrainConfig.batch_size}"),
        ("train", "latent_size", f"{config.ModelConfig.latent_size}"),
        ("train", "beta", f"{TrainConfig.beta:g}"),
        ("train", "learning_rate", f"{TrainConfig.learning_rate:g}; {ADAPT_CONFIG.learning_rate:g} with --from"),
        ("train", "seed", f"{TrainConfig.seed}"),
    ],
)
def test_help_names_the_defaults_of_the_library(command: str, option: str, default: str) -> None:
    parameter = next(parameter for parameter in COMMANDS[command].params if parameter.name == option)
    assert parameter.default is None or not isinstance(parameter.default, int | float)
    assert f"[default: {default}]" in parameter.help


def test_the_version(run: Run) -> None:
    assert run("--version").output == f"groovevae, version {__version__}\n"


@pytest.mark.parametrize("words", [["polka"], ["blend"], ["train"], ["blend", "--bars", "loud", "a", "b"], ["--loud"]])
def test_wrong_usage(run: Run, words: list[str]) -> None:
    error_of(run(*words), status=2)


@pytest.mark.parametrize("command", [("blend", "classical", "rock", "--model"), ("info",)])
def test_models_that_are_none(run: Run, tmp_path: Path, tiny: Tiny, command: tuple[str, ...]) -> None:
    data = tiny.path.read_bytes()
    newer = data.replace(b'"version":"1"', b'"version":"2"')
    damaged = bytearray(data)
    damaged[-5] ^= 1
    cases = {
        b"": "not a groovevae model file, or one cut short (0 bytes)",
        b"hello, I am no model": "not a groovevae model file",
        data[:100]: "not a groovevae model file, or one cut short (100 bytes)",
        data[:-100]: "damaged groovevae model file",
        bytes(damaged): "damaged groovevae model file (its checksum does not fit); get or train it anew",
        newer: "model format 2, and this groovevae reads 1; update groovevae",
        state_file(tiny.path).read_bytes(): "a groovevae training state file; a groovevae model file is needed",
    }
    for content, message in cases.items():
        (tmp_path / "x.safetensors").write_bytes(content)
        assert f"x.safetensors: {message}" in error_of(run(*command, "x.safetensors"))
    assert midi_files(tmp_path) == ["x.safetensors"]


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
