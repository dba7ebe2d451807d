"""Phrases without a source: `SampleRequest`, `Groove.sample` and `groove sample`."""

import io
import re
import shlex
from dataclasses import replace
from pathlib import Path

import mido
import numpy as np
import pytest
from command_line import COMMANDS, Run, error_of, examples_of, midi_files
from test_phrases import phrase
from tiny import PRIOR, Tiny

from groovevae import Groove, SampleRequest
from groovevae.errors import RequestError
from groovevae.generation.sampling import follow_plan, form_of_piece
from groovevae.measures.phrases import role_digests
from groovevae.model.file import MODEL_KIND, load_model_file, read_tensors, save_model, write_tensors
from groovevae.model.form_order import chosen_first, full_first
from groovevae.training.refit import add_prior

REQUEST = SampleRequest("jazz", temperature=1.0)  # the tiny model is silent at its likeliest


def test_a_plan_is_followed_note_by_note() -> None:
    bars = phrase([60], [61], [62], [63], drums="x-xx")
    bars.drums_offset[0, 0, 0] = 5
    bars.velocity[:, 0, 2] = [90, 91, 92, 93]
    plan = np.array([[0, 0, 0, 0], [1, 0, 0, -1], [0, 0, 0, 2], [3, 0, 0, 1]])
    out = follow_plan(bars, plan)
    assert (out.lead[[2, 3]] == bars.lead[0]).all()
    assert not out.lead[1].any()
    assert out.velocity[:, 0, 2].tolist() == [90, 0, 90, 90]
    assert (out.drums[[1, 3]] == bars.drums[0]).all()
    assert out.drums_offset[:, 0, 0].tolist() == [5, 5, 0, 5]
    assert bars.velocity[1, 0, 2] == 91  # what was given stays


def test_the_same_request_gives_the_same_bytes(groove: Groove) -> None:
    many = groove.sample(replace(REQUEST, count=3, seed=5))
    assert [piece.seed for piece in many] == [5, 6, 7]
    assert len({piece.midi for piece in many}) == 3
    for piece in many:
        assert groove.sample(replace(REQUEST, seed=piece.seed))[0].midi == piece.midi


def test_a_piece_does_what_its_form_says(groove: Groove) -> None:
    prior, arranger = groove.model.prior, groove.model.arranger
    assert prior is not None
    assert arranger is not None
    forms = chosen_first(prior.forms["jazz"], arranger.typical.get("jazz", ()))
    for piece in groove.sample(replace(REQUEST, count=4, bars=12)):
        form = form_of_piece(replace(REQUEST, seed=piece.seed), forms)
        digests = role_digests(piece.song.bars)
        for (bar, role), lag in np.ndenumerate(form.at(12)):
            if lag == -1:
                assert digests[bar, role] == 0
            elif lag > 0:
                assert digests[bar, role] == digests[bar - lag, role]
        assert (piece.song.bars.metre == form.metre).all()
        assert (piece.song.programs, piece.song.kit) == (form.programs, form.kit)
        assert piece.song.transpose == form.transpose


def test_a_phrase_is_arranged_in_its_own_genre_and_keeps_its_form(groove: Groove) -> None:
    """Without an arranger, it is what the prior drew."""
    assert groove.model.arranger is not None
    drawn = Groove(replace(groove.model, arranger=None)).sample(REQUEST)[0].song.bars
    in_order = Groove(replace(groove.model, arranger=replace(groove.model.arranger, typical={})))
    arranged = in_order.sample(REQUEST)[0].song.bars
    assert any((getattr(drawn, role) != getattr(arranged, role)).any() for role in ("drums", "bass", "chords"))
    assert (arranged.metre == drawn.metre).all()


def test_a_genre_that_the_arranger_does_not_know_is_not_arranged(groove: Groove) -> None:
    arranger = groove.model.arranger
    assert arranger is not None
    genres = tuple("other" if name == "jazz" else name for name in arranger.genres)
    others = Groove(replace(groove.model, arranger=replace(arranger, genres=genres)))
    bare = Groove(replace(groove.model, arranger=None))
    assert others.sample(REQUEST)[0].midi == bare.sample(REQUEST)[0].midi


def test_typical_forms_take_their_turn_first(groove: Groove) -> None:
    model = groove.model
    assert model.prior is not None
    assert model.arranger is not None
    last = len(model.prior.forms["jazz"]) - 1
    alone = replace(model.prior, forms={**model.prior.forms, "jazz": model.prior.forms["jazz"][last:]})
    typical = Groove(replace(model, arranger=replace(model.arranger, typical={"jazz": (last,)})))
    only = Groove(replace(model, prior=alone, arranger=replace(model.arranger, typical={})))
    assert typical.sample(REQUEST)[0].midi == only.sample(REQUEST)[0].midi


def test_chosen_forms_come_first(groove: Groove) -> None:
    assert groove.model.prior is not None
    forms = [replace(groove.model.prior.forms["jazz"][0], tempo=100 + number) for number in range(4)]
    assert [form.tempo for form in chosen_first(forms, (2, 1))] == [102, 101, 100, 103]


def test_thin_forms_take_their_turn_last(groove: Groove) -> None:
    assert groove.model.prior is not None
    form = groove.model.prior.forms["jazz"][0]
    plans = [[[0, -1, -1, -1]], [[0, 0, 0, 0]], [[0, 0, 0, -1]], [[0, 0, -1, -1], [0, 0, -1, 0]], [[0, 0, 0, 0]]]
    forms = [replace(form, roles=np.array(plan, np.int8), tempo=100 + number) for number, plan in enumerate(plans)]
    assert [one.tempo for one in full_first(forms)] == [101, 102, 103, 104, 100]


def test_tempo_and_key_as_asked_for(groove: Groove) -> None:
    [piece] = groove.sample(replace(REQUEST, tempo=77.0, key="F# minor"))
    assert set(piece.song.bars.tempo.tolist()) == {77.0}
    assert (piece.song.transpose, piece.song.is_minor) == (3, True)
    assert "a new phrase of jazz in F#m; plays " in piece.description
    signature = next(m for m in mido.MidiFile(file=io.BytesIO(piece.midi)).tracks[0] if m.type == "key_signature")
    assert signature.key == "F#m"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"genre": "jaz"}, "did you mean jazz"),
        ({"bars": 0}, "bars 0 is outside 1 to 1024"),
        ({"count": 0}, "count 0 is outside"),
        ({"seed": -1}, "seed -1 is outside"),
        ({"temperature": float("nan")}, "temperature nan is outside"),
        ({"tempo": 0.0}, "tempo 0 is outside 20 to 400"),
        ({"key": "H"}, "no key 'H'; write one like C, F#m, Bb or 'D minor'"),
    ],
)
def test_requests_that_cannot_be(groove: Groove, changes: dict, message: str) -> None:
    with pytest.raises(RequestError, match=re.escape(message)):
        groove.sample(replace(REQUEST, **changes))


@pytest.mark.parametrize("example", examples_of(COMMANDS["sample"]))
def test_the_examples_of_sample_work(run: Run, tmp_path: Path, example: str) -> None:
    result = run(*shlex.split(example)[1:])
    assert result.exit_code == 0
    written = sorted(Path(line.split(": ")[0]).name for line in result.stdout.splitlines())
    assert midi_files(tmp_path) == written
    assert len(written) == (4 if "--count" in example else 1)


def test_the_command_in_a_file_makes_it_again(run: Run, tmp_path: Path, tiny: Tiny) -> None:
    options = ["--bars", 5, "--seed", 3, "--temperature", 1, "--tempo", 1e2 / 3, "--key", "D minor"]
    result = run("sample", "rock", *options, "--model", tiny.path)
    assert result.stdout.startswith("rock-sample-3.mid: 5 bars, a new phrase of rock in Dm; ")
    data = (tmp_path / "rock-sample-3.mid").read_bytes()
    file = mido.MidiFile(file=io.BytesIO(data), charset="utf-8")
    text = next(message.text for message in file.tracks[0] if message.type == "text")
    (tmp_path / "rock-sample-3.mid").unlink()
    run(*shlex.split(text[text.index("groove sample") :])[1:])
    assert (tmp_path / "rock-sample-3.mid").read_bytes() == data


def without_prior(tiny: Tiny, path: Path) -> Path:
    """The tiny model as it was written before there were priors."""
    tensors, texts = read_tensors(tiny.path, kind=MODEL_KIND)
    del texts["prior"], texts["arranger"]
    tensors = {name: array for name, array in tensors.items() if not name.startswith(("prior/", "arranger/"))}
    write_tensors(path, tensors, kind=MODEL_KIND, texts=texts)
    return path


def test_a_model_without_a_prior_blends_and_says_what_to_do(run: Run, tmp_path: Path, tiny: Tiny) -> None:
    path = without_prior(tiny, tmp_path / "old.safetensors")
    assert run("blend", "rock", "jazz", "--model", path).exit_code == 0
    message = error_of(run("sample", "rock", "--model", path))
    cure = "train it anew, or add one with groove refit MODEL CORPUS --only prior --out OUT"
    assert message == f"this model has no prior over phrases to sample from; {cure}"


def test_a_prior_added_later_is_the_one_that_training_adds(tmp_path: Path, tiny: Tiny) -> None:
    old = load_model_file(without_prior(tiny, tmp_path / "old.safetensors"))
    trained = tiny.trained.model
    new = add_prior(replace(old, weights=trained.weights, genres=trained.genres), tiny.corpus, config=PRIOR)
    arranged = replace(new, genres=trained.genres, arranger=trained.arranger)
    save_model(tmp_path / "new.safetensors", arranged)
    assert (tmp_path / "new.safetensors").read_bytes() == tiny.path.read_bytes()


def test_a_genre_that_has_no_forms(groove: Groove) -> None:
    prior = groove.model.prior
    assert prior is not None
    bare = replace(groove.model, prior=replace(prior, forms={**prior.forms, "jazz": ()}))
    with pytest.raises(RequestError, match="the songs of 'jazz' were too short"):
        Groove(bare).sample(REQUEST)
