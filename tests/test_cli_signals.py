"""`groove` in processes of its own: signals, and pipes that nobody reads."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from corpus_files import make_corpus
from tiny import SETTINGS

from groovevae.model.file import load_model_file

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def environment(compiled_apart: Callable[[], dict[str, str]]) -> dict[str, str]:
    """The processes share what they compile."""
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    return {**os.environ, **compiled_apart(), "PYTHONPATH": paths}


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
    out, err = process.communicate(timeout=400)
    assert process.returncode == status, err
    assert err == "\nStopping: the model is being written. Ctrl-C again ends at once.\n"
    found = re.search(r"^Stopped at step ([\d,]+) of 100,000; the same command resumes it\.$", out, re.MULTILINE)
    assert found
    step = int(found[1].replace(",", ""))
    assert load_model_file(tmp_path / "model.safetensors").provenance["steps"] == step
    if number == signal.SIGINT:
        process = start([*words[:-1], step + 5], tmp_path, environment)
        out, err = process.communicate(timeout=400)
        assert process.returncode == 0, err
        assert f"An unfinished run lies beside model.safetensors, at step {step:,}: resuming it" in out
        assert load_model_file(tmp_path / "model.safetensors").provenance["steps"] == step + 5


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_a_second_signal_ends_at_once(tmp_path: Path, band_corpus: Path, environment: dict[str, str]) -> None:
    words = ["train", band_corpus, "--batch-size", SETTINGS.batch_size, "--steps", 100_000]
    process = start(words, tmp_path, environment)
    wait_for_line(process, "step ")
    process.send_signal(signal.SIGINT)
    process.stderr.readline()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode in (-signal.SIGINT, 128 + signal.SIGINT)
    assert not list(tmp_path.glob("*.safetensors"))


@pytest.mark.skipif(os.name == "nt", reason="here nothing needs to be taken away")
def test_training_without_what_windows_has_not(tmp_path: Path, band_corpus: Path, environment: dict[str, str]) -> None:
    paths = os.pathsep.join([str(ROOT / "tests" / "windows_like"), environment["PYTHONPATH"]])
    words = ["train", band_corpus, "--batch-size", SETTINGS.batch_size, "--steps", 5]
    out, err = start(words, tmp_path, {**environment, "PYTHONPATH": paths}).communicate(timeout=400)
    assert "Model of 5 steps: model.safetensors" in out, err


def open_when_read(pipe: Path, *, seconds: float = 60.0) -> int:
    """A descriptor to write to a named pipe, as soon as another process reads from it."""
    for _ in range(int(seconds * 20)):
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:  # nobody reads yet
            time.sleep(0.05)
    pytest.fail(f"nobody reads {pipe} within {seconds:g} s")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_ctrl_c_while_files_are_read(tmp_path: Path, environment: dict[str, str]) -> None:
    folder = tmp_path / "my-midi/rock"
    folder.mkdir(parents=True)
    os.mkfifo(folder / "slow.mid")  # reading it takes for ever
    process = start(["corpus", "my-midi"], tmp_path, environment)
    writer = open_when_read(folder / "slow.mid")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    os.close(writer)
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
