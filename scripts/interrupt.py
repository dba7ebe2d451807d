"""Ends commands with Ctrl-C and SIGTERM at random moments, from their first imports to the writing of their files.

python scripts/interrupt.py --times 40

Each command first runs undisturbed. Then it is sent a signal at a random moment of its running time. It must either end
with that signal's status or finish, print at most the one line that says that a model is being written, and leave no
temporary file; every file that it leaves must be one that the undisturbed command wrote. A training run's state and
model must be whole, and the next run resumes from them. The corpora are made up, and the network to train is tiny.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import click
import numpy as np

from groovevae.errors import ModelFileError
from groovevae.model.file import MODEL_KIND, STATE_KIND, read_tensors

TESTS = Path(__file__).parent.parent / "tests"
GROOVE = [sys.executable, "-m", "groovevae"]
TINY = [sys.executable, str(TESTS / "groove_tiny.py")]
COMMANDS = {
    "train": [*TINY, "train", "my-midi", "--batch-size", "16", "--steps", "1000000", "--out", "out/model.safetensors"],
    "corpus": [*GROOVE, "corpus", "my-midi"],
    "blend": [*GROOVE, "blend", "classical", "rock", "--count", "20", "--out", "out"],
    "outliers": [*GROOVE, "outliers", "my-midi", "--csv", "out/files.csv", "--json", "out/files.json"],
    "evaluate": [*GROOVE, "evaluate", "default", "many", "--runs", "2", "--out", "out"],
}
SIGNALS = (signal.SIGINT, signal.SIGTERM)
TRAIN_SECONDS = 2.0  # of training after its first report, in the time that moments are drawn from
LATE_SHARE = 0.5  # of the moments, those in the second half of a command
STOPPING = "Stopping: the model is being written. Ctrl-C again ends at once."


def make_corpora(folder: Path) -> None:
    """One of 24 songs, and one that is large enough to be evaluated on."""
    sys.path.append(str(TESTS))
    from corpus_files import band_tune, make_band_corpus

    make_band_corpus(folder / "my-midi", "classical", "jazz", "rock")
    for genre in ("jazz", "rock"):
        (folder / "many" / genre).mkdir(parents=True)
        for number in range(60):
            name = f"{genre} number {'abcdefghij'[number // 10]}{'abcdefghij'[number % 10]}.mid"
            (folder / "many" / genre / name).write_bytes(band_tune(genre, number, num_bars=8))


def start(name: str, folder: Path) -> subprocess.Popen[str]:
    settings = {
        "PYTHONPATH": os.pathsep.join([str(TESTS.parent), str(TESTS), os.environ.get("PYTHONPATH", "")]),
        "GROOVEVAE_CACHE": str(folder / "cache" / name),
        "XLA_FLAGS": "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
        " --xla_cpu_use_fusion_emitters=false",
        "JAX_COMPILATION_CACHE_DIR": str(folder / "compiled"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(COMMANDS[name], cwd=folder, env={**os.environ, **settings}, encoding="utf-8", **pipes)


def undisturbed(name: str, folder: Path) -> tuple[float, dict[str, bytes], set[str]]:
    """How long a command takes, the files it writes, and what it says; training is stopped once it has begun."""
    begin, process = time.monotonic(), start(name, folder)
    if name == "train":
        for line in process.stdout or ():
            if line.startswith("step "):
                break
        seconds = time.monotonic() - begin + TRAIN_SECONDS
        process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    if process.returncode not in (0, 130):
        raise click.ClickException(f"{name} fails undisturbed:\n{errors}")
    if name != "train":
        seconds = time.monotonic() - begin
    return seconds, files_of(folder / "out"), {STOPPING, *errors.splitlines()}


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


def what_is_wrong(name: str, number: int, status: int, left: Path, whole: dict[str, bytes]) -> list[str]:
    """What a command that was sent a signal has done that it must not, by its status and the files it left."""
    found = []
    if status not in (128 + number, -number, 0) or (status == 0 and name == "train"):
        found.append(f"status {status}")
    for file, data in files_of(left).items():
        if file.endswith(".tmp"):
            found.append(f"leaves {file}")
        elif name == "train":
            try:
                read_tensors(left / file, kind=STATE_KIND if file.endswith(".training") else MODEL_KIND)
            except ModelFileError as error:
                found.append(str(error))
        elif whole.get(file) != data:
            found.append(f"leaves another {file} than when undisturbed")
    return found


def moment(rng: np.random.Generator, seconds: float) -> float:
    first = seconds / 2 if rng.random() < LATE_SHARE else 0.0
    return float(rng.uniform(first, first + seconds / 2))


def interrupt(name: str, folder: Path, *, times: int, rng: np.random.Generator) -> tuple[Counter[str], list[str]]:
    """Sends each signal so many times; how the command ended, and what was wrong."""
    seconds, whole, usual = undisturbed(name, folder)
    ends, faults = Counter(), []
    for number in SIGNALS * times:
        if name != "train":
            remove(folder / "out")
        remove(folder / "cache" / name)  # so that files are read
        process = start(name, folder)
        time.sleep(moment(rng, seconds))
        process.send_signal(number)
        _, errors = process.communicate()
        if "KeyboardInterrupt" in errors and f"{os.sep}groove" not in errors:
            ends["before any line of ours has run"] += 1  # what Python itself then says is not ours to mend
            continue
        ends["done before" if process.returncode == 0 else "ended by it"] += 1
        ends["while training"] += STOPPING in errors
        wrong = what_is_wrong(name, number, process.returncode, folder / "out", whole)
        wrong += [f"says {line!r}" for line in errors.splitlines() if line and line not in usual]
        faults += [f"{name}, {number.name}: {one}" for one in wrong]
    remove(folder / "out")
    return ends, faults


def remove(folder: Path) -> None:
    """Removes a folder of files."""
    for path in folder.iterdir() if folder.exists() else ():
        path.unlink()


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(COMMANDS)))
@click.option("--times", default=5, show_default=True, help="How often each command is sent each signal.")
@click.option("--seed", default=0, show_default=True)
def main(names: tuple[str, ...], times: int, seed: int) -> None:
    """Interrupt the named commands, by default all of them, and print how they ended."""
    faults = []
    with tempfile.TemporaryDirectory() as folder:
        make_corpora(Path(folder))
        for name in names or COMMANDS:
            ends, wrong = interrupt(name, Path(folder), times=times, rng=np.random.default_rng([seed, *name.encode()]))
            print(f"{name}: " + "; ".join(f"{end}: {count}" for end, count in ends.items()), flush=True)
            faults += wrong
    for fault in faults:
        print(f"FAULT {fault}")
    print(f"{len(faults)} faults")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
