"""Full disks, read-only folders, a corpus that vanishes: one line, and the last good state is kept."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import ROOT
from corpus_files import make_corpus
from tiny import ARRANGER, PRIOR, SETTINGS, SIZES, Tiny

from groovevae.errors import OutputError
from groovevae.files import check_place
from groovevae.model.file import STATE_KIND, load_model_file, read_tensors
from groovevae.training import arranger, result
from groovevae.training.state_file import state_file, unfinished_step
from groovevae.training.train import train_model

CURE = "make room there, or choose another place"

needs_root = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("mount"), reason="only root mounts disks"
)


@contextmanager
def small_files(size: int) -> Iterator[None]:
    """No file can be larger than `size` bytes: what a full disk is to whoever writes."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_costs_no_state(tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        result, "find_attribute_vectors", lambda network, data, **_: []
    )  # they take longer than the run
    monkeypatch.setattr(result, "with_calibration", lambda model, **_: model)
    monkeypatch.setattr(arranger, "with_arranger_doses", lambda model, **_: model)
    out = tmp_path / "model.safetensors"
    settings = {
        "config": replace(SETTINGS, steps=4),
        "model_config": SIZES,
        "prior_config": PRIOR,
        "arranger_config": ARRANGER,
    }
    asked = iter(range(100))
    train_model(tiny.corpus, out, **settings, stop=lambda: next(asked) == 2)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert sorted(before) == ["model.safetensors", "model.training"]
    with small_files(10_000), pytest.raises(OutputError, match="cannot be written") as caught:
        train_model(tiny.corpus, out, **settings)
    assert "\n" not in str(caught.value)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert unfinished_step(out) == 2
    assert train_model(tiny.corpus, out, **settings).steps_done == 4


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """The folder of a disk of its own, of 64 MiB. What it holds can be changed with `remount`."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def remount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", folder], check=True)


def groove(*words: object, script: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    """Runs `groove` in a process of its own, or a script of the tests in its place."""
    command = [sys.executable, *([str(ROOT / "tests" / script)] if script else ["-m", "groovevae"]), *map(str, words)]
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    environment = {**os.environ, "PYTHONPATH": paths, **settings}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)


def line_of(done: subprocess.CompletedProcess[str]) -> str:
    """The one line that a failed command says."""
    assert done.returncode == 1, done.stdout + done.stderr
    [line] = done.stderr.splitlines()
    return line


@needs_root
def test_training_on_a_disk_that_fills_up(band_corpus: Path, disk: Path, tmp_path: Path) -> None:
    """It holds one state (420 KB), not the next one beside it; then it is read-only; then the corpus is gone."""
    out, corpus = disk / "model.safetensors", tmp_path / "my-midi"
    shutil.copytree(band_corpus, corpus)

    def train() -> subprocess.CompletedProcess[str]:
        words = ["train", corpus, "--out", out, "--batch-size", SETTINGS.batch_size, "--steps", 30]
        return groove(*words, script="groove_tiny.py")

    def check_kept() -> None:
        assert os.listdir(disk) == ["model.training"]
        assert unfinished_step(out) == 0
        read_tensors(state_file(out), kind=STATE_KIND)

    remount(disk, "size=640k")
    assert line_of(train()) == f"Error: {state_file(out)}: cannot be written (No space left on device); {CURE}"
    check_kept()
    remount(disk, "ro")
    assert line_of(train()) == f"Error: {state_file(out)}: cannot be written (Read-only file system); {CURE}"
    check_kept()
    remount(disk, "rw,size=64m")
    corpus.rename(tmp_path / "gone")
    assert f"Error: {corpus}: no such folder" in line_of(train())
    check_kept()
    (tmp_path / "gone").rename(corpus)
    done = train()
    assert done.returncode == 0, done.stderr
    assert "at step 0: resuming it" in done.stdout
    assert load_model_file(out).provenance["steps"] == 30


@needs_root
def test_commands_on_a_disk_that_is_full(band_corpus: Path, disk: Path) -> None:
    remount(disk, "size=8k")  # a folder, and a small file
    done = groove("blend", "classical", "rock", "--count", 5, "--out", disk)
    assert done.returncode == 1
    assert f"cannot be written (No space left on device); {CURE}" in done.stderr
    assert [path.name for path in disk.iterdir() if path.suffix != ".mid"] == []
    assert len(done.stderr.splitlines()) == 1
    done = groove("corpus", band_corpus, GROOVEVAE_CACHE=str(disk / "cache"))
    assert done.returncode == 0
    assert "continuing without a cache" in done.stderr
    assert "Traceback" not in done.stderr
    remount(disk, "ro")
    for words in (
        ["blend", "classical", "rock", "--out", disk / "blends"],
        ["outliers", band_corpus, "--csv", disk / "files.csv"],
        ["evaluate", "default", band_corpus, "--out", disk / "report"],
    ):
        assert "cannot be written (Read-only file system)" in line_of(groove(*words))


def test_a_corpus_that_vanishes_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from groovevae.corpus import load_corpus

    monkeypatch.setenv("GROOVEVAE_CACHE", str(tmp_path / "cache"))
    folder = make_corpus(tmp_path / "my-midi", *(f"rock/{number}.mid" for number in range(40)))

    def vanish(what: str, done: int, total: int) -> None:
        if done == 10:
            shutil.rmtree(folder)

    corpus = load_corpus(folder, jobs=1, progress=vanish)
    assert len(corpus.songs) + len(corpus.rejected) == 40
    assert {reason for _, reason in corpus.rejected} == {"No such file or directory"}
    assert len(corpus.songs) >= 10


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_a_folder_that_may_not_be_written_to(tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir()
    folder.chmod(0o555)
    words = [sys.executable, "-m", "groovevae", "blend", "classical", "rock", "--out", str(folder / "new")]
    if os.geteuid() == 0:  # whom permissions do not stop, unless it gives that up
        if not shutil.which("setpriv"):
            pytest.skip("root writes everywhere")
        words = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override", *words]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert f"{folder / 'new'}" in line_of(done)
    assert f"(Permission denied); {CURE}" in done.stderr
    assert list(folder.iterdir()) == []


def test_places_are_checked_before_the_work(tmp_path: Path) -> None:
    check_place(tmp_path / "new" / "deep" / "x.csv")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").touch()
    for place in (tmp_path, tmp_path / "file" / "x.csv"):
        with pytest.raises(OutputError, match="cannot be written"):
            check_place(place)
    assert os.listdir(tmp_path) == ["file"]
