"""`groove refit` and `training.refit`: what a model holds beside its network, as training would have fitted it."""

import shlex
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from command_line import COMMANDS, Run, error_of, examples_of, midi_files
from corpus_files import make_band_corpus
from tiny import ARRANGER, PRIOR, Tiny

from groovevae.corpus import load_corpus
from groovevae.errors import CorpusError, RequestError
from groovevae.model.file import load_model_file, save_model
from groovevae.model.genres import SongCode, Vector
from groovevae.training.refit import fit_blends, fit_vectors, refit


@pytest.fixture
def old(run: Run, tmp_path: Path, tiny: Tiny, band_corpus: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tiny model without anything beside its network but genres, and with a vector of the user's own."""
    monkeypatch.setattr("groovevae.training.prior.PriorConfig", lambda: PRIOR)
    monkeypatch.setattr("groovevae.training.arranger.ArrangerConfig", lambda: ARRANGER)
    (tmp_path / "my-midi").symlink_to(band_corpus)
    sway = Vector("sway", np.ones(8, np.float32), "sways")
    bare = replace(load_model_file(tiny.path), prior=None, arranger=None, calibration={}, vectors={"sway": sway})
    save_model(tmp_path / "old.safetensors", bare)
    return tmp_path / "old.safetensors"


@pytest.mark.parametrize(
    ("only", "calibrated", "has_prior"),
    [("", 6, True), ("blends", 6, False), ("vectors", 0, False), ("prior", 0, True), ("blends prior", 6, True)],
)
def test_parts(run: Run, tmp_path: Path, tiny: Tiny, old: Path, only: str, calibrated: int, has_prior: bool) -> None:
    options = [word for part in only.split() for word in ("--only", part)]
    before = old.read_bytes()
    result = run("refit", old, "my-midi", "--out", "new.safetensors", *options)
    assert result.exit_code == 0, result.output
    new, trained = load_model_file(tmp_path / "new.safetensors"), load_model_file(tiny.path)
    assert (len(new.calibration), new.prior is not None) == (calibrated, has_prior)
    assert list(new.vectors) == ["sway"]  # the tiny model answers to no attribute
    assert new.digest == trained.digest
    assert old.read_bytes() == before
    forms = sum(map(len, new.prior.forms.values())) if new.prior else 0
    counts = f"{calibrated}, genres with song codes: 0, vectors: 1, forms of phrases: {forms}"
    arranged = len(new.arranger.doses) if new.arranger else 0
    assert arranged == (0 if only else 6)
    counts += f", pairs of genres arranged: {arranged}"
    assert result.stdout == f"new.safetensors: pairs of genres calibrated: {counts} (0.1 MiB)\n"
    for pair, curves in new.calibration.items():
        np.testing.assert_allclose(curves, trained.calibration[pair], atol=0.3)  # of weights in float16


def test_its_progress_is_told(tiny: Tiny) -> None:
    told: dict[str, list[tuple[int, int]]] = {}
    refit(
        tiny.trained.model,
        tiny.corpus,
        prior_config=PRIOR,
        arranger_config=ARRANGER,
        progress=lambda what, done, total: told.setdefault(what, []).append((done, total)),
    )
    assert list(told) == [
        "songs that genres share",
        "gathering bars",
        "how far blends are heard to go",
        "listening to forms",
        "attribute vectors",
        "reading phrases",
        "prior over phrases",
        "encoding bars",
        "reducing bars to some of their roles",
        "arranger",
    ]
    assert told["prior over phrases"] == [(step, PRIOR.steps) for step in range(PRIOR.steps)]


def test_blends_are_those_of_training(tiny: Tiny) -> None:
    stale = SongCode(np.ones((8, 2), np.float16), np.ones((2, 8), np.float16))
    trained = tiny.trained.model
    coded = {name: replace(genre, code=stale) for name, genre in trained.genres.items()}
    new = fit_blends(replace(trained, genres=coded, calibration={}), tiny.corpus)
    assert not any(genre.code for genre in new.genres.values())  # its genres share no songs
    for pair, curves in trained.calibration.items():
        np.testing.assert_array_equal(new.calibration[pair], curves)


def test_vectors_of_attributes_are_learned_anew(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    learned = Vector("density", np.ones(8, np.float32), "more strikes")
    monkeypatch.setattr("groovevae.training.refit.find_attribute_vectors", lambda network, data, progress: [learned])
    before = {name: Vector(name, np.zeros(8, np.float32), name) for name in ("swing", "density", "sway")}
    new = fit_vectors(replace(tiny.trained.model, vectors=before), tiny.corpus)
    assert list(new.vectors) == ["density", "sway"]
    assert new.vectors["density"] is learned


def test_a_corpus_of_other_genres(tiny: Tiny, tmp_path: Path) -> None:
    corpus = load_corpus(make_band_corpus(tmp_path / "other", "samba", num_songs=3))
    with pytest.raises(CorpusError, match="no training song of the model's genres, which are classical, jazz, rock"):
        refit(tiny.trained.model, corpus)


def test_a_part_that_is_none(tiny: Tiny) -> None:
    with pytest.raises(
        RequestError, match="no part 'songs' to fit anew; there are blends, vectors, prior, arranger and"
    ):
        refit(tiny.trained.model, tiny.corpus, parts=["songs"])


def test_doses_alone_leave_the_arranger_as_it_is(tiny: Tiny) -> None:
    arranger = tiny.trained.model.arranger
    assert arranger is not None
    bare = replace(tiny.trained.model, arranger=replace(arranger, doses={}, arranges={}))
    new = refit(bare, tiny.corpus, parts=["doses"]).arranger
    assert new is not None
    assert set(new.doses) == {(a, b) for a in bare.genres for b in bare.genres if a != b}
    assert new.weights is arranger.weights


def test_doses_need_an_arranger(tiny: Tiny) -> None:
    with pytest.raises(RequestError, match="no doses without an arranger"):
        refit(replace(tiny.trained.model, arranger=None), tiny.corpus, parts=["doses"])


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        ("old.safetensors my-midi", 2, "Missing option '--out'"),
        ("old.safetensors my-midi --out old.safetensors", 1, "the model itself would be written over"),
        ("default my-midi --out tiny.safetensors", 1, "the model itself would be written over"),
        ("old.safetensors my-midi --out my-midi", 1, "my-midi: a folder; name a file for the copy with --out"),
        ("none.safetensors my-midi --out x.safetensors", 1, "none.safetensors: no such file"),
        ("old.safetensors none --out x.safetensors", 1, "none: no such folder"),
        ("old.safetensors my-midi --only songs --out x.safetensors", 2, "'songs' is not one of"),
        ("old.safetensors my-midi --seed -1 --out x.safetensors", 2, "x>=0"),
    ],
)
def test_what_cannot_be(run: Run, tmp_path: Path, tiny: Tiny, old: Path, words: str, status: int, message: str) -> None:
    words = words.replace("tiny.safetensors", str(tiny.path))
    before = midi_files(tmp_path)
    assert message in error_of(run("refit", *shlex.split(words)), status)
    assert midi_files(tmp_path) == before


@pytest.mark.parametrize("example", examples_of(COMMANDS["refit"]))
def test_the_examples_work(run: Run, tmp_path: Path, old: Path, example: str) -> None:
    result = run(*shlex.split(example)[1:])
    assert result.exit_code == 0, result.output
    assert load_model_file(tmp_path / shlex.split(example)[-1]).prior is not None


def test_phrases_can_be_sampled_afterwards(run: Run, old: Path) -> None:
    message = error_of(run("sample", "rock", "--model", "old.safetensors"))
    assert "groove refit MODEL CORPUS --only prior --out OUT" in message
    assert run("refit", "old.safetensors", "my-midi", "--only", "prior", "--out", "new.safetensors").exit_code == 0
    assert run("sample", "rock", "--model", "new.safetensors").exit_code == 0
