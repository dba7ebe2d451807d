"""`groove info` and `groove corpus`: what they print, as text and as JSON."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
from command_line import Run, error_of
from corpus_files import make_corpus
from tiny import Tiny

from groovevae.model import file
from groovevae.model.file import load_model_file
from groovevae.model.genres import SongCode


def test_info(run: Run, tiny: Tiny) -> None:
    result = run("info", tiny.path)
    assert result.exit_code == 0
    assert "3 genres" in result.stdout
    assert "Trained 30 steps on 21 songs (3 more held out)" in result.stdout
    assert "Licences of the music (files): not stated (24)" in result.stdout
    assert re.search(r"^ ?jazz +7 +224 +160 +7 +Electric Bass", result.stdout, re.MULTILINE)
    assert result.stdout.splitlines()[0].startswith(f"{tiny.path}: ")
    assert run("info").stdout == result.stdout


def test_info_as_json(run: Run, tiny: Tiny) -> None:
    about = json.loads(run("info", "--json").stdout)
    assert about["path"] == str(tiny.path)
    assert about["bytes"] == tiny.path.stat().st_size
    assert about["config"]["latent_size"] == 8
    assert about["provenance"]["steps"] == 30
    rock = about["genres"][-1]
    assert (rock["name"], rock["songs"], rock["bars"], rock["phrases"]) == ("rock", 7, 224, 7)
    assert rock["instruments"]["bass"] == [{"program": 33, "name": "Electric Bass (finger)", "share": 1.0}]


def test_info_of_a_genre_with_an_odd_name_and_no_lead(run: Run, tiny: Tiny, tmp_path: Path) -> None:
    model = load_model_file(tiny.path)
    genre = replace(model.genres["rock"], name="[red]Über\udcff", programs=((), (), ()))
    file.save_model(
        tmp_path / "x.safetensors", replace(model, genres={genre.name: genre}, provenance={}, prior=None, arranger=None)
    )
    result = run("info", "x.safetensors")
    assert re.search(r"^ ?\[red\]Über\? +7 .* none, none, none", result.stdout, re.MULTILINE)
    assert "Trained" not in result.stdout
    assert "songs that genres share" not in result.stdout


def test_info_of_genres_that_share_songs(run: Run, tiny: Tiny, tmp_path: Path) -> None:
    model = load_model_file(tiny.path)
    code = SongCode(np.zeros((8, 2), np.float16), np.zeros((2, 8), np.float16))
    coded = {name: replace(genre, code=code if name != "rock" else None) for name, genre in model.genres.items()}
    file.save_model(tmp_path / "x.safetensors", replace(model, genres=coded))
    line = "Blends learned from songs that genres share: between classical, jazz\n"
    assert line in run("info", "x.safetensors").stdout
    shares = [genre["shares_songs"] for genre in json.loads(run("info", "x.safetensors", "--json").stdout)["genres"]]
    assert shares == [True, True, False]


def test_info_says_what_genres_rest_on(run: Run, tiny: Tiny, tmp_path: Path) -> None:
    assert "rest on" not in run("info").stdout
    model = load_model_file(tiny.path)
    corpus = {**model.provenance["corpus"], "rests_on": {"jazz": {"hands": 300, "rendering": 100}, "rock": {"real": 9}}}
    provenance = {**model.provenance, "corpus": corpus}
    file.save_model(tmp_path / "x.safetensors", replace(model, provenance=provenance))
    lines = run("info", "x.safetensors").stdout.splitlines()
    start = lines.index("What genres rest on (bars):")
    assert lines[start + 1 : start + 3] == ["  jazz: hands 75%, rendering 25%", "  rock: real 100%"]


def test_info_loads_no_jax(run_python, tiny: Tiny) -> None:
    code = f"""
import sys
from groovevae.cli import main
main(["info", {str(tiny.path)!r}], standalone_mode=False)
assert not {{"jax", "flax", "optax"}} & set(sys.modules)
"""
    assert "3 genres" in run_python("-c", code).stdout


def test_corpus(run: Run, tmp_path: Path) -> None:
    make_corpus(tmp_path / "my-midi", "jazz/a.mid", "rock/b.mid")
    (tmp_path / "my-midi/rock/bad [1].mid").write_bytes(b"")
    result = run("corpus", "my-midi")
    assert result.exit_code == 0
    assert "2 of 3 MIDI files used" in result.stdout
    assert "rock/bad [1].mid: empty file" in result.stdout
    assert result.stderr == ""


def test_corpus_as_json(run: Run, tmp_path: Path) -> None:
    make_corpus(tmp_path / "my-midi", "jazz/a.mid", "rock/b.mid")
    report = json.loads(run("corpus", "my-midi", "--json", "--jobs", 1).stdout)
    assert [genre["genre"] for genre in report["genres"]] == ["jazz", "rock"]


def test_a_corpus_of_which_nothing_can_be_used(run: Run, tmp_path: Path) -> None:
    (tmp_path / "my-midi/rock").mkdir(parents=True)
    (tmp_path / "my-midi/rock/bad.mid").write_bytes(b"")
    for options in ([], ["--json"]):
        result = run("corpus", "my-midi", *options)
        assert error_of(result) == "my-midi: no file that can be used"
        assert "bad.mid" in result.stdout
