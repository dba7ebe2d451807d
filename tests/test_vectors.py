"""Vectors in files and in models."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from groovevae import Groove
from groovevae.errors import ModelFileError, RequestError
from groovevae.generation.sources import Sources, make_vector
from groovevae.model.file import load_model_file, save_model
from groovevae.model.genres import Vector
from groovevae.model.vectors import find_vector, load_vector, save_vector, with_vectors
from groovevae.reports.vector import vector_held

SIZE = 8


def vector(name: str = "busy") -> Vector:
    return Vector(name, np.arange(SIZE, dtype=np.float32), "more of everything", "+1 note")


def same(one: Vector, other: Vector) -> bool:
    return (one.z == other.z).all() and (one.name, one.about, one.unit) == (other.name, other.about, other.unit)


def test_there_and_back(groove: Groove, tmp_path: Path) -> None:
    save_vector(tmp_path / "v.safetensors", vector(), groove.model)
    assert same(load_vector(tmp_path / "v.safetensors", groove.model), vector())
    assert load_vector(tmp_path / "v.safetensors", groove.model, name="x").name == "x"
    assert same(find_vector(str(tmp_path / "v.safetensors"), groove.model), vector())
    again = tmp_path / "again.safetensors"
    save_vector(again, vector(), groove.model)
    assert again.read_bytes() == (tmp_path / "v.safetensors").read_bytes()


def test_a_model_keeps_its_vectors(groove: Groove, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save_model(path, with_vectors(groove.model, [vector(), vector("calm")]))
    loaded = load_model_file(path)
    assert {"busy", "calm"} <= set(loaded.vectors)
    assert same(find_vector("busy", loaded), vector())
    assert loaded.digest == groove.model.digest  # its weights are the same: what was made for one fits the other


def test_the_vector_of_another_model_is_refused(groove: Groove, tmp_path: Path) -> None:
    name = next(iter(groove.model.weights))
    other = replace(groove.model, weights={**groove.model.weights, name: groove.model.weights[name] + 1})
    save_vector(tmp_path / "v.safetensors", vector(), other)
    with pytest.raises(ModelFileError, match=r"v\.safetensors: a vector of another model; its numbers mean"):
        load_vector(tmp_path / "v.safetensors", groove.model)


@pytest.mark.parametrize("z", [np.zeros(3), np.full(SIZE, np.nan)])
def test_numbers_that_are_no_vector(groove: Groove, tmp_path: Path, z: np.ndarray) -> None:
    save_vector(tmp_path / "v.safetensors", replace(vector(), z=z), groove.model)
    with pytest.raises(ModelFileError, match=r"damaged groovevae vector file \(no vector of 8 numbers\)"):
        load_vector(tmp_path / "v.safetensors", groove.model)


@pytest.mark.parametrize("name", ["", "a=b", "x.safetensors"])
def test_names_that_could_not_be_asked_for(groove: Groove, name: str) -> None:
    with pytest.raises(RequestError, match="cannot be a vector's name"):
        with_vectors(groove.model, [vector(name)])


def test_what_is_told_of_a_vector(groove: Groove) -> None:
    difference = groove.genre_vectors["rock"] - groove.genre_vectors["classical"]
    lines = list(vector_held(Vector("x", difference), groove.model))
    assert lines[0] == "x"
    along, against = lines[-2:]
    assert re.match(r"genres furthest along it: (\w+ \([+-]\d\.\d\d\)(, )?){3}$", along)
    assert against.startswith("genres furthest against it: classical (-")


def test_a_vector_of_two_genres_is_their_difference(groove: Groove, band_corpus: Path) -> None:
    sources = Sources(groove.model, groove.network)
    made = make_vector(sources, "x", ["Classical"], ["rock"])
    np.testing.assert_allclose(made.z, groove.genre_vectors["rock"] - groove.genre_vectors["classical"], atol=1e-6)
    assert made.about == "from Classical to rock"
    files = sorted(map(str, (band_corpus / "rock").iterdir()))
    of_files = make_vector(sources, "x", ["classical"], files)
    of_folder = make_vector(sources, "x", ["classical"], [str(band_corpus / "rock")])
    np.testing.assert_allclose(of_files.z, of_folder.z, atol=1e-4)
    with pytest.raises(RequestError, match="did you mean classical"):
        make_vector(sources, "x", ["clasical"], ["rock"])
