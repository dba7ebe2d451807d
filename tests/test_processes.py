"""Training on several devices and in several processes: the same losses as on one, and none waits for ever."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from checkpoint_in_processes import SPLIT, STEP
from command_line import Run, error_of
from corpus_files import put_apart
from jax.sharding import SingleDeviceSharding
from tiny import SETTINGS, SIZES, Tiny, describe_quickly, train_tiny
from train_in_processes import CONFIG, STOPPED_AT, losses_of

from groovevae.corpus import Corpus, load_corpus
from groovevae.errors import ModelFileError, RequestError
from groovevae.model.file import load_model_file
from groovevae.training import arranger, loop, result
from groovevae.training.devices import make_mesh
from groovevae.training.loop import TrainState, initial_state
from groovevae.training.processes import connect
from groovevae.training.state_file import saved_state, state_file, unfinished_step
from groovevae.training.state_folder import (
    newest_checkpoint,
    read_checkpoint,
    read_checkpoint_texts,
    state_folder,
    write_checkpoint,
)

TESTS = Path(__file__).parent
# What Orbax had begun to read of a damaged checkpoint may end when nobody waits for it, and says so to nobody.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

ONE_DEVICE = SingleDeviceSharding(jax.devices()[0])
MODELS = ("whole.safetensors", "halved.safetensors")
Start = Callable[..., subprocess.Popen]


@pytest.fixture
def coordinator() -> str:
    """An address that nobody listens at."""
    with socket.create_server(("localhost", 0)) as server:
        return f"localhost:{server.getsockname()[1]}"


@pytest.fixture
def start(compiled_apart: Callable[[], dict[str, str]]) -> Iterator[Start]:
    """Starts one of our scripts with the words given; what still runs after the test is killed."""
    running: list[subprocess.Popen] = []

    def start_one(script: str, *words: object, num_devices: int = 1) -> subprocess.Popen:
        environment = {
            **os.environ,
            **compiled_apart(),
            "PYTHONPATH": os.pathsep.join([str(TESTS.parent), str(TESTS)]),
            "PYTHONWARNINGS": os.environ.get("PYTHONWARNINGS", "error"),
            "JAX_NUM_CPU_DEVICES": str(num_devices),
        }
        command = [sys.executable, str(TESTS / script), *map(str, words)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        running.append(subprocess.Popen(command, env=environment, text=True, **pipes))
        return running[-1]

    yield start_one
    for process in running:
        process.kill()
        process.communicate()


def finish(process: subprocess.Popen, status: int = 0) -> list[str]:
    """The lines that a process prints until it ends, but for those of JAX's own libraries."""
    out, err = process.communicate(timeout=400)
    assert process.returncode == status, out + err
    return [line for line in out.splitlines() if not line.startswith("[Gloo]")]


@pytest.fixture(scope="module")
def one_device(band_corpus: Path, cache_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict]:
    """The losses of each step on one device."""
    path = tmp_path_factory.mktemp("one") / "whole.safetensors"
    return losses_of(train_quickly(load_corpus(band_corpus), path))


def train_quickly(corpus: Corpus, path: Path, **options) -> list[loop.TrainingProgress]:
    """Trains in this process; returns what it told of each step."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "REPORT_STEPS", 1)
        for name in ("find_attribute_vectors", "with_calibration"):
            patch.setattr(result, name, getattr(result, name))
        patch.setattr(arranger, "with_arranger_doses", arranger.with_arranger_doses)
        describe_quickly()
        return train_tiny(corpus, path, **{"config": CONFIG, **options}).reports


def assert_same_losses(found: list[dict], expected: list[dict]) -> None:
    assert [row["step"] for row in found] == [row["step"] for row in expected]
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(list(ours["recon"].values()), list(theirs["recon"].values()), rtol=1e-4)
        np.testing.assert_allclose(ours["kl"], theirs["kl"], rtol=1e-4)
        np.testing.assert_allclose(ours["genre_loss"], theirs["genre_loss"], rtol=1e-4)


def assert_same_arrays(one: object, other: object) -> None:
    for first, second in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(("processes", "devices"), [(1, 2), (2, 1)])
def test_losses_are_those_of_one_device(
    start: Start,
    tmp_path: Path,
    band_corpus: Path,
    coordinator: str,
    one_device: list[dict],
    processes: int,
    devices: int,
) -> None:
    """Also when the run is stopped, by the last process, and gone on with; it then ends in the same."""
    others = [(coordinator, processes, process) for process in range(processes)] if processes > 1 else [()]
    running = [start("train_in_processes.py", band_corpus, tmp_path, *words, num_devices=devices) for words in others]
    for process in running:
        finish(process)
    losses = json.loads((tmp_path / "losses.json").read_text())
    assert_same_losses(losses["whole"], one_device)
    assert losses["halved"] == losses["whole"]
    whole, halved = map(tmp_path.joinpath, MODELS)
    assert whole.read_bytes() == halved.read_bytes()
    if processes > 1:
        assert sorted(path.name for path in state_folder(whole).iterdir()) == [saved_state(whole).name]
        like = initial_state(replace(SIZES, num_genres=3), CONFIG, None)
        assert_same_arrays(*(read_checkpoint(saved_state(path), like, ONE_DEVICE) for path in (whole, halved)))
    else:
        assert state_file(whole).read_bytes() == state_file(halved).read_bytes()


@pytest.mark.parametrize(
    "is_of_second",
    [
        lambda name: name == "rock/rock tune c.mid",
        lambda name: name.startswith("jazz") or name.endswith("tune c.mid"),
    ],
    ids=["one has one song", "one has little and of one genre all"],
)
def test_losses_are_those_of_one_process_that_has_all_files(
    start: Start,
    tmp_path: Path,
    band_corpus: Path,
    coordinator: str,
    one_device: list[dict],
    is_of_second: Callable[[str], bool],
) -> None:
    """Also when the run is stopped and gone on with, when one process begins it and two go on, and the other way."""
    moved, left = tmp_path / "moved.safetensors", tmp_path / "left.safetensors"
    loaded = load_corpus(band_corpus)
    asked = iter(range(STOPPED_AT))
    train_quickly(loaded, moved, stop=lambda: next(asked, None) is None)
    folders = put_apart(band_corpus, tmp_path, is_of_second=is_of_second)
    words = [(folder, tmp_path, coordinator, 2, process) for process, folder in enumerate(folders)]
    for process in [start("train_in_processes.py", *own) for own in words]:
        finish(process)
    losses = json.loads((tmp_path / "losses.json").read_text())
    assert_same_losses(losses["whole"], one_device)
    assert losses["halved"] == losses["whole"]
    assert_same_losses(losses["moved"], one_device[STOPPED_AT:])
    assert not state_file(moved).exists()
    assert unfinished_step(moved) is None
    assert unfinished_step(left) == STOPPED_AT
    assert_same_losses(losses_of(train_quickly(loaded, left)), one_device[STOPPED_AT:])
    assert saved_state(left) == state_file(left)
    assert not state_folder(left).exists()


def test_a_checkpoint_of_which_each_process_holds_a_half(start: Start, tmp_path: Path, coordinator: str) -> None:
    """One process reads it, the one before is gone, and whoever does not see it says so."""
    running = [start("checkpoint_in_processes.py", tmp_path, coordinator, number) for number in (0, 1)]
    for number, process in enumerate(running):
        unseen = f"FOLDER/{'1/' * number}x.checkpoints/2: not seen by all processes (share its folder with them)"
        error = f"RequestError: {unseen}; discard it with restart=True"
        assert finish(process) == ["True False", "True", error]
    out = tmp_path / "x.safetensors"
    assert [path.name for path in state_folder(out).iterdir()] == ["2"]
    assert unfinished_step(out) == 7
    like = TrainState({"split": jnp.zeros((4, 3))}, {}, {}, jnp.int32(0))
    again = read_checkpoint(saved_state(out), like, ONE_DEVICE)
    assert_same_arrays(again, TrainState({"split": SPLIT}, {}, {}, STEP))


@pytest.mark.parametrize("damaged", ["_METADATA", "manifest.ocdbt", "_CHECKPOINT_METADATA"])
def test_a_damaged_checkpoint(tmp_path: Path, damaged: str) -> None:
    state = TrainState({"split": jnp.asarray(SPLIT)}, {}, {}, jnp.int32(STEP))
    write_checkpoint(tmp_path / "x.checkpoints", state, {"step": STEP})
    path = newest_checkpoint(tmp_path / "x.checkpoints")
    assert read_checkpoint_texts(path) == {"step": STEP}
    (path / damaged).write_bytes(b"{")
    with pytest.raises(ModelFileError, match=r"checkpoints/1: damaged groovevae training state .* with restart=True"):
        read_checkpoint_texts(path)
        read_checkpoint(path, state, ONE_DEVICE)


def test_two_files_of_one_name(start: Start, tmp_path: Path, band_corpus: Path, coordinator: str) -> None:
    folders = put_apart(band_corpus, tmp_path, is_of_second=lambda name: name[-5] in "bdfh")
    (folders[1] / "rock" / "rock tune a.mid").write_bytes((folders[1] / "rock" / "rock tune b.mid").read_bytes())
    words = ["--out", tmp_path / "x.safetensors", "--coordinator", coordinator, "--processes", 2, "--process"]
    for process in [start("groove_tiny.py", "train", folder, *words, n) for n, folder in enumerate(folders)]:
        _, err = process.communicate(timeout=400)
        assert process.returncode == 1
        message = "rock/rock tune a.mid: processes 0 and 1 have different files of this name; rename one of them"
        assert err.splitlines()[-1] == f"Error: {message}"
    assert not list(tmp_path.glob("x.*"))


def test_what_processes_agree_on(start: Start, coordinator: str) -> None:
    first, second = (start("agree_in_processes.py", coordinator, process) for process in (0, 1))
    other = "RequestError: another process has failed; it has printed why"
    differ = "RequestError: processes 0 and 1 differ in their settings; give all the same files and options"
    versions = "RequestError: process 0 is version 0, process 1 is version 1; install the same on all"
    common = ["[b'', b'nine byte']", "False", "True"]
    ending = ["None", differ, "None", versions]
    assert finish(second) == [*common, other, "CorpusError: of process 1", "None", "None", other, *ending]
    *lines, last = finish(first)
    writing = ["said once", "None", "OutputError: no room"]
    assert lines == [*common, "CorpusError: of process 0", other, "None", *writing, *ending]
    assert last.startswith("ProcessLostError: another process of this run has ended; start all of them again")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_a_signal_to_one_process_stops_them_all(
    start: Start, tmp_path: Path, band_corpus: Path, coordinator: str
) -> None:
    """Each has half of the files."""
    path = tmp_path / "model.safetensors"
    folders = put_apart(band_corpus, tmp_path, is_of_second=lambda name: name[-5] in "bdfh")
    words = ["--out", path, "--batch-size", SETTINGS.batch_size, "--steps", 100_000]
    words += ["--coordinator", coordinator, "--processes", 2, "--process"]
    first, second = (start("groove_tiny.py", "train", folder, *words, n) for n, folder in enumerate(folders))
    lines = list(takewhile(lambda line: not line.startswith("step "), first.stdout))
    assert f"{folders[0]}: files used: 12, genres: 3\n" in lines
    assert "all processes together: files used: 24, genres: 3\n" in lines
    second.send_signal(signal.SIGTERM)
    assert finish(second, 143) == [f"Process 1 of 2: waiting for the others ({coordinator})"]
    found = re.fullmatch(r"Stopped at step ([\d,]+) of 100,000; the same command resumes it\.", finish(first, 143)[-1])
    step = int(found[1].replace(",", ""))
    assert step % loop.REPORT_STEPS == 0
    assert load_model_file(path).provenance["steps"] == unfinished_step(path) == step


@pytest.mark.parametrize(("size", "devices", "fitting"), [(256, 3, "255 or 258"), (2, 4, "4"), (17, 2, "16 or 18")])
def test_batches_that_devices_cannot_share(
    monkeypatch: pytest.MonkeyPatch, size: int, devices: int, fitting: str
) -> None:
    monkeypatch.setattr(jax, "devices", lambda: jax.local_devices() * devices)
    message = f"batch size {size} is not a multiple of the {devices} devices to train on; use {fitting}"
    with pytest.raises(RequestError, match=message):
        make_mesh(size)


def test_a_batch_that_cannot_be_shared_leaves_no_state(
    tmp_path: Path, tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jax, "devices", lambda: jax.local_devices() * 3)
    with pytest.raises(RequestError, match="batch size 16 is not a multiple of the 3 devices"):
        train_tiny(tiny.corpus, tmp_path / "model.safetensors")
    assert not list(tmp_path.iterdir())


def test_a_port_in_use() -> None:
    with socket.create_server(("", 0)) as server:
        address = f"localhost:{server.getsockname()[1]}"
        with pytest.raises(RequestError, match=rf"{address}: cannot listen on port \d+ \("):
            connect(address, num_processes=2, process=0)


@pytest.mark.parametrize(
    ("address", "processes", "process", "message"),
    [
        ("nowhere", 2, 1, "nowhere: not an address; HOST:PORT of process 0 is needed"),
        ("localhost:0", 2, 1, "localhost:0: not an address"),
        ("localhost:65536", 2, 1, "localhost:65536: not an address"),
        ("localhost:4321", 2, 2, "process 2 of 2; processes count from 0 to one less than there are"),
        ("localhost:4321", 2, -1, "process -1 of 2"),
        ("localhost:4321", 2, None, "process None of 2"),
    ],
)
def test_connections_that_cannot_be(address: str, processes: int, process: int | None, message: str) -> None:
    with pytest.raises(RequestError, match=re.escape(message)):
        connect(address, num_processes=processes, process=process)


def test_no_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    def initialize(**options: object) -> None:
        raise ValueError("coordinator_address should be defined.")

    monkeypatch.setattr(jax.distributed, "initialize", initialize)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(RequestError, match=r"auto: no connection .* \(coordinator_address should be defined\); name"):
        connect("auto")
    assert signal.getsignal(signal.SIGINT) == before


@pytest.mark.parametrize(
    "words",
    [
        "--processes 2",
        "--process 1",
        "--coordinator localhost:4321",
        "--coordinator localhost:4321 --process 0",
        "--coordinator auto --process 0",
    ],
)
def test_options_that_go_together(run: Run, band_corpus: Path, words: str) -> None:
    message = error_of(run("train", band_corpus, *words.split()), 2)
    assert message == "--coordinator HOST:PORT, --processes and --process go together; auto goes alone"
