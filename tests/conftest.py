"""What tests get: a strict JAX on the CPU, a cache folder of their own, a way to run a clean Python, a tiny model."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # in the background of a script, and so would be what tests start
    signal.signal(signal.SIGINT, signal.default_int_handler)

if TYPE_CHECKING:
    from command_line import Run
    from starlette.testclient import TestClient
    from studio_browser import Server
    from tiny import Tiny

    from groovevae import Groove

# JAX reads these when it is first imported, so tests that need no JAX do not pay for it.
os.environ["JAX_NUMPY_RANK_PROMOTION"] = "raise"
os.environ.setdefault("JAX_PLATFORMS", "cpu")
# Tiny networks spend their time in the compiler: unoptimised code, of the older emitters, is ready five times as fast.
NO_OPTIMISATION = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
os.environ.setdefault("XLA_FLAGS", f"{NO_OPTIMISATION} --xla_cpu_use_fusion_emitters=false")
# And they are compiled once. Each worker has a folder of its own: JAX may read a file that another one still writes.
COMPILED = tempfile.TemporaryDirectory(prefix="groovevae-compiled-")
os.environ["JAX_COMPILATION_CACHE_DIR"] = COMPILED.name
os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
os.environ["JAX_PERSISTENT_CACHE_ENABLE_XLA_CACHES"] = "none"  # or a copy of the folder would be of no use
# NumPy's products of tiny matrices take ten times as long on several threads.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

pytest.register_assert_rewrite("command_line", "midi_readers")

ROOT = Path(__file__).parent.parent


# The files that take longest, longest first: they begin first, so that no worker is left alone with one at the end.
LONGEST = ("processes", "training", "cli_train", "cli_signals", "evaluation", "reliability", "faults", "flax_network")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    first = {f"test_{name}.py": place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: first.get(item.path.name, len(first)))


def pytest_unconfigure() -> None:
    COMPILED.cleanup()


@pytest.fixture(scope="session", autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The cache of this test run: the user's own is neither read nor written."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GROOVEVAE_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session")
def compiled_apart(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], dict[str, str]]:
    """For processes that run at once, or are killed: each call gives one a copy of what is compiled so far."""

    def copy() -> dict[str, str]:
        folder = tmp_path_factory.mktemp("compiled")
        shutil.copytree(COMPILED.name, folder, dirs_exist_ok=True)
        return {"JAX_COMPILATION_CACHE_DIR": str(folder)}

    return copy


@pytest.fixture(scope="session")
def run_python() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run this Python with the arguments given, in a new process that sees the package under test."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, *arguments]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"{' '.join(command)} failed:\n{done.stderr}"
        return done

    return run


@pytest.fixture(scope="session")
def band_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small corpus of three genres; not to be changed."""
    from corpus_files import make_band_corpus

    return make_band_corpus(tmp_path_factory.mktemp("corpus") / "my-midi", "classical", "jazz", "rock")


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory, band_corpus: Path, cache_folder: Path) -> "Tiny":
    """A tiny network, trained for a moment on the small corpus. It has learned next to nothing."""
    from tiny import train_tiny

    from groovevae import load_corpus
    from groovevae.training import loop

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "REPORT_STEPS", 5)
        return train_tiny(load_corpus(band_corpus), tmp_path_factory.mktemp("model") / "tiny.safetensors")


@pytest.fixture(scope="session")
def groove(tiny: "Tiny") -> "Groove":
    """The tiny model, ready to use."""
    from groovevae import load_model

    return load_model(tiny.path)


@pytest.fixture
def run(tmp_path: Path, tiny: "Tiny", monkeypatch: pytest.MonkeyPatch) -> "Run":
    """Runs `groove` in an empty folder, where the tiny model is the one that comes with the package."""
    from command_line import invoke

    from groovevae.model import file

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(file, "default_model_path", lambda: tiny.path)
    return invoke


@pytest.fixture(scope="module")
def client(groove: "Groove") -> "Iterator[TestClient]":
    """A client of a studio of the tiny model that runs in this process."""
    from studio_client import client_of

    with client_of(groove) as client:
        yield client


@pytest.fixture(scope="module")
def server(tiny: "Tiny", tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Server]":
    """A studio of the tiny model, for a browser."""
    from studio_browser import find_chromium, served

    find_chromium()
    with served(tiny.path, tmp_path_factory.mktemp("kept")) as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A browser without a window. Skips where there is none."""
    from studio_browser import browser_of, find_chromium

    with browser_of(find_chromium()) as browser:
        yield browser
