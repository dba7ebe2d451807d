"""Small versions of the proofs in scripts/: mutants of MIDI files are read, training killed, commands interrupted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT
from corpus_files import make_corpus, tune
from tiny import Tiny

from fuzz_models import Tally as Found
from fuzz_models import fuzz_models
from fuzz_reading import Tally, fuzz
from groovevae.errors import ModelFileError
from groovevae.model.file import STATE_KIND, read_tensors, write_tensors
from groovevae.training.state_file import STATE_LAYOUT, corpus_begun_with, load_state
from mutants import MUTATIONS, mutant

KINDS = ("model", "training", "vector")  # of files that are damaged


@pytest.mark.parametrize("name", MUTATIONS)
def test_every_mutation_changes_a_file(name: str) -> None:
    whole, other = tune(0), tune(1)
    changed = 0
    for seed in range(20):
        data = bytearray(whole)
        MUTATIONS[name](data, other, np.random.default_rng(seed))
        changed += bytes(data) != whole
    assert changed > 10


def test_a_mutant_is_the_same_again() -> None:
    assert mutant(tune(0), tune(1), 5) == mutant(tune(0), tune(1), 5)
    assert len({mutant(tune(0), tune(1), seed)[1] for seed in range(50)}) > 40


def test_mutants_are_read_or_refused(tmp_path: Path) -> None:
    make_corpus(tmp_path, "jazz/a.mid", "rock/b.mid")
    tally = fuzz(sorted(tmp_path.rglob("*.mid")), mutants=2000, seed=0, jobs=1, report=lambda done: None)
    assert sum(tally.outcomes.values()) == 2000
    assert tally.faults == []
    assert tally.outcomes["read"] > 100
    assert len(tally.outcomes) > 5


def test_a_lost_batch_is_read_again_one_by_one() -> None:
    tally = Tally()
    assert tally.add("7|3|a.mid|b.mid", "the parser crashed on it") == [f"{seed}|1|a.mid|b.mid" for seed in (7, 8, 9)]
    assert tally.add("8|1|a.mid|b.mid", "the parser crashed on it") == []
    assert tally.outcomes == {"lost alone: the parser crashed on it": 1}
    tally.add("9|1|a.mid|b.mid", "took longer than 60 s")
    assert len(tally.faults) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_killed_training_goes_on(band_corpus: Path) -> None:
    command = [sys.executable, str(ROOT / "scripts" / "kill_training.py"), str(band_corpus), "--kills", "2"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "killed: 2;" in done.stdout
    assert done.stdout.endswith("0 faults\n")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_commands_are_interrupted() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "interrupt.py"), "blend", "--times", "2"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("0 faults\n")


def test_damaged_models_states_and_vectors_are_refused(tiny: Tiny, tmp_path: Path) -> None:
    with np.errstate(all="ignore"):
        tally = fuzz_models(tiny.path, tmp_path, times=60, forged=60, seed=0)
    assert tally.faults == []
    assert tally.refused.total() > 3000
    assert set(tally.read) <= {f".{kind}: {what} forged" for kind in KINDS for what in ("values", "arrays")}


@pytest.mark.parametrize("forged", [None, [], {"corpus": 3}])
def test_a_state_that_does_not_say_what_it_is_of_is_refused(tmp_path: Path, forged: object) -> None:
    path, run = tmp_path / "x.training", {"corpus": {"corpus": "0"}}
    texts = {"layout": STATE_LAYOUT, "run": forged, "step": 3, "done": False}
    write_tensors(path, {"x": np.zeros(2, np.float32)}, kind=STATE_KIND, texts=texts)
    with pytest.raises(ModelFileError, match="does not say what it was started with"):
        load_state(path, None, run)
    assert corpus_begun_with(tmp_path / "x.safetensors") == ""


def test_files_that_are_read_and_must_not_be_are_faults(tmp_path: Path) -> None:
    tally = Found()
    tally.add("nothing done", tmp_path / "x", lambda path: None)
    tally.add("no error of ours", tmp_path / "x", lambda path: [][0])
    tally.add("no name", tmp_path / "x", lambda path: read_tensors(tmp_path / "y", kind="z"))
    assert [fault.partition(":")[0] for fault in tally.faults] == ["nothing done", "no error of ours", "no name"]
