"""`groove train`: what it asks of the library, what it prints, what it refuses."""

import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from command_line import COMMANDS, Run, error_of, examples_of, midi_files
from corpus_files import band_tune, make_corpus, make_labelled_corpus
from tiny import ARRANGER, PRIOR, SETTINGS, SIZES, Tiny

import groovevae
from groovevae import config
from groovevae.anomaly import suspects
from groovevae.config import TrainConfig
from groovevae.corpus import Corpus
from groovevae.model.file import STATE_KIND, read_tensors, write_tensors
from groovevae.training import processes, train
from groovevae.training.state_file import state_file


@pytest.fixture
def tiny_train(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`groove train` with a tiny network."""
    monkeypatch.setattr(config, "ModelConfig", lambda variational: SIZES)
    monkeypatch.setattr(config, "PriorConfig", lambda: PRIOR)
    monkeypatch.setattr(config, "ArrangerConfig", lambda: ARRANGER)
    options = ["--batch-size", SETTINGS.batch_size]
    return lambda corpus, *words: run("train", corpus, *options, *words)


def test_train_refuses_too_little(tiny_train: Run, tmp_path: Path) -> None:
    one = make_corpus(tmp_path / "one", "rock/a.mid", "rock/b.mid")
    assert "one genre only (bars found: rock 4)" in error_of(tiny_train(one))
    two = make_corpus(tmp_path / "two", "rock/a.mid", "rock/b.mid", "jazz/c.mid")
    message = "too little to learn from: bars to train on: jazz 2, rock 4; needed: 64 for each genre and 512 in all"
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
        ("--seed 2147483648", 1, "seed 2147483648 is out of range; at most 2147483647 is taken"),
        ("--out file/model.safetensors", 1, "a folder on the way is a file"),
        ("--out .", 1, ".: a folder; name a file for the model with --out"),
        ("--from none.safetensors", 1, "none.safetensors: no such file"),
        ("--from file", 1, "file: not a groovevae model file"),
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


@pytest.mark.parametrize("example", examples_of(COMMANDS["train"]))
def test_the_examples_of_train_work(
    run: Run, tmp_path: Path, tiny: Tiny, band_corpus: Path, monkeypatch: pytest.MonkeyPatch, example: str
) -> None:
    """They ask for what they say; training itself is left out, since it takes an hour."""
    asked = {}

    def train_model(corpus: Corpus, out: Path, *, config: TrainConfig, start_from, report, stop, **options):
        asked.update(corpus=corpus.root, songs=len(corpus.songs), out=str(out), steps=config.steps, start=start_from)
        assert not stop()
        for progress in tiny.reports:
            report(progress)
        return replace(tiny.trained, steps_done=config.steps)

    def connect(address: str, **options: int) -> None:
        asked.update(coordinator=address, **options)

    monkeypatch.setattr(train, "train_model", train_model)
    monkeypatch.setattr(processes, "connect", connect)
    (tmp_path / "my-midi").symlink_to(band_corpus)
    (tmp_path / "outliers.csv").write_text("path\njazz/jazz tune a.mid\n")
    (tmp_path / "labels.csv").write_text("path,genre\njazz/jazz tune a.mid,jazz\n")
    result = run(*shlex.split(example)[1:])
    assert result.exit_code == 0, result.output
    assert asked["corpus"] == tmp_path / "my-midi"
    assert asked["songs"] == (23 if "--without" in example else 24)
    assert asked["out"] == ("my.safetensors" if "--out" in example else "model.safetensors")
    assert asked["steps"] == (2000 if "--steps" in example else 1000 if "--from" in example else TrainConfig.steps)
    assert bool(asked["start"]) == ("--from" in example)
    if "--coordinator" in example:
        others = {name: asked[name] for name in ("coordinator", "num_processes", "process")}
        assert others == {"coordinator": "10.0.0.1:4321", "num_processes": 2, "process": 0}


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
    assert lines[:2] == ["again: files used: 24, genres: 3", "files not used: 1; groove corpus again lists them"]
    assert lines[2] == "gathering bars"
    assert re.match(
        r"step 3 of 3: nats per bar: drums \d+\.\d, .*, \d+ active units, .* bars/s, 0:00:00 left$", lines[3]
    )
    assert re.match(r"step 3: held-out note F1 drums \d\.\d\d, bass", lines[4])
    assert lines[5:8] == ["describing genres", "songs that genres share", "measuring on held-out songs"]
    assert re.search(r"^ ?classical +- +\d\.\d\d", first.stdout, re.MULTILINE)
    assert re.search(r"^ ?mean of held-out songs +\d\.\d\d", first.stdout, re.MULTILINE)
    assert re.search(r"^ ?mean of training songs +\d\.\d\d", first.stdout, re.MULTILINE)
    assert lines[-2:] == [
        "Model of 3 steps: model.safetensors",
        "Try it: groove blend classical jazz --model model.safetensors",
    ]
    assert "unfinished run" not in first.stdout + second.stdout
    assert "All 3 steps were done before: raise --steps, or start anew with --restart." in second.stdout
    assert lines[-2:] == second.stdout.splitlines()[-2:]
    assert groovevae.load_model("model.safetensors").model.provenance["steps"] == 3


def unfinished_state(tiny: Tiny, path: Path) -> None:
    """Writes the state of the tiny run as if it had been stopped."""
    tensors, texts = read_tensors(state_file(tiny.path), kind=STATE_KIND)
    write_tensors(path, tensors, kind=STATE_KIND, texts={**texts, "done": False})


def test_an_unfinished_run_of_other_settings(tiny_train: Run, tmp_path: Path, tiny: Tiny, band_corpus: Path) -> None:
    unfinished_state(tiny, tmp_path / "model.training")
    result = tiny_train(band_corpus, "--seed", 5)
    message = error_of(result)
    assert "An unfinished run lies beside model.safetensors, at step 30: resuming it" in result.stdout
    assert "model.training: an unfinished run with " in message
    assert "seed 0, now 5" in message
    assert "discard it with --restart" in message
    assert midi_files(tmp_path) == ["model.training"]


def test_a_finished_run_of_other_settings_is_no_hindrance(
    tiny_train: Run, tmp_path: Path, tiny: Tiny, band_corpus: Path
) -> None:
    (tmp_path / "model.training").write_bytes(state_file(tiny.path).read_bytes())
    result = tiny_train(band_corpus, "--seed", 5, "--steps", 2)
    assert result.exit_code == 0
    assert "unfinished" not in result.stdout
    assert "Model of 2 steps: model.safetensors" in result.stdout


def dirty_corpus(root: Path) -> Path:
    """Two genres too small to train on; a rock song lies among the classical ones, a jazz song twice."""
    for genre in ("classical", "rock"):
        for seed in range(16):
            path = root / genre / f"{genre} {'abcdefghijklmnop'[seed]}.mid"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(band_tune(genre, seed, num_bars=6))
    (root / "classical" / "misplaced.mid").write_bytes(band_tune("rock", 90, num_bars=6))
    (root / "rock" / "copied.mid").write_bytes(band_tune("rock", 3, num_bars=7))
    return root


def test_what_stands_out_is_named_before_training(tiny_train: Run, tmp_path: Path) -> None:
    dirty_corpus(tmp_path / "my midi")
    result = tiny_train("my midi")
    assert "too little to learn from" in error_of(result)
    lines = result.stdout.splitlines()
    assert re.match("Files that look as if they did not belong: [12] of 34$", lines[1])
    assert lines[2].startswith("  classical/misplaced.mid: looks like rock")
    assert "Near-duplicates of another file: 1 (trained on or held out with their like)" in lines
    assert lines[-1].startswith("All are trained on; groove outliers 'my midi' shows more")
    assert not list(tmp_path.glob("model*"))


def test_files_are_left_out(tiny_train: Run, tmp_path: Path) -> None:
    dirty_corpus(tmp_path / "my-midi")
    (tmp_path / "list.txt").write_text("classical/misplaced.mid\n\nrock/copied.mid\n", "utf-8")
    result = tiny_train("my-midi", "--without", "list.txt")
    assert result.stdout.splitlines()[:2] == [
        "my-midi: files used: 32, genres: 2",
        "files not used: 2; groove corpus my-midi lists them",
    ]
    assert "misplaced.mid" not in result.stdout
    assert "Near-duplicates" not in result.stdout
    assert "none.txt: No such file" in error_of(tiny_train("my-midi", "--without", "none.txt"))
    (tmp_path / "list.txt").write_text("classical/gone.mid\nrock/copied.mid\nb.mid\n", "utf-8")
    assert "list.txt: classical/gone.mid and 1 more: not in the corpus" in error_of(
        tiny_train("my-midi", "--without", "list.txt")
    )


def test_what_stands_out_is_said_once_a_run(
    tiny_train: Run, tmp_path: Path, tiny: Tiny, band_corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train, "train_model", lambda *_, stop, **options: tiny.trained)
    monkeypatch.setattr(suspects, "find_suspects", lambda corpus, progress: [suspects.Suspect(0, "off the grid")])
    said = "Files that look as if they did not belong: 1 of 24"
    assert said in tiny_train(band_corpus, "--steps", 30).stdout
    unfinished_state(tiny, tmp_path / "model.training")
    assert said not in tiny_train(band_corpus, "--steps", 30).stdout
    assert said in tiny_train(band_corpus, "--steps", 30, "--restart").stdout
    other = dirty_corpus(tmp_path / "other")
    assert "did not belong: 1 of 34" in tiny_train(other, "--steps", 30).stdout


def test_training_with_labels(tiny_train: Run, tmp_path: Path) -> None:
    labels = make_labelled_corpus(tmp_path / "tunes")
    done = tiny_train("tunes", "--labels", labels, "--steps", 3)
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("tunes: files used: 24, genres: 2, files without a genre: 6\n")
    assert "Try it: groove blend classical rock --model model.safetensors" in done.stdout
    assert "unlabelled" not in done.stdout
