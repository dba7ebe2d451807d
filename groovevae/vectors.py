"""Vectors as things of their own: files that name the network they belong to, and vectors looked up by name."""

from __future__ import annotations

import difflib
from pathlib import Path

import numpy as np

from groovevae.checkpoint import ModelFile, read_tensors, vector_to_json, write_tensors
from groovevae.errors import ModelFileError, RequestError
from groovevae.latents import Vector

VECTOR_KIND = "groovevae vector"
SUFFIX = ".safetensors"


def save_vector(path: str | Path, vector: Vector, model: ModelFile) -> None:
    """Writes a vector of a model to a file of its own. Raises OutputError."""
    texts = {**vector_to_json(vector), "model": model.digest}
    write_tensors(path, {"z": vector.z.astype(np.float32)}, kind=VECTOR_KIND, texts=texts)


def load_vector(path: str | Path, model: ModelFile) -> Vector:
    """Reads what `save_vector` wrote. Raises ModelFileError for another kind of file, and for another model's."""
    tensors, texts = read_tensors(Path(path), kind=VECTOR_KIND)
    if texts.get("model") != model.digest:
        raise ModelFileError(f"{path}: a vector of another model; its numbers mean nothing here: make it anew")
    z = tensors.get("z", np.zeros(0, np.float32))
    if z.shape != (model.config.latent_size,) or not np.isfinite(z).all():
        raise ModelFileError(f"{path}: damaged {VECTOR_KIND} file (no vector of {model.config.latent_size} numbers)")
    return Vector(str(texts.get("name", "")), z, str(texts.get("about", "")), str(texts.get("unit", "")))


def find_vector(word: str, model: ModelFile) -> Vector:
    """The vector that a word names: a file, or one in the model. Raises RequestError, ModelFileError."""
    if word.endswith(SUFFIX):
        return load_vector(word, model)
    if word in model.vectors:
        return model.vectors[word]
    if not model.vectors:
        raise RequestError(
            f"no vector {word!r}: this model has none; groove vector learn CORPUS adds the ready-made ones"
        )
    near = difflib.get_close_matches(word, model.vectors, n=1)
    hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(model.vectors)}"
    raise RequestError(f"no vector {word!r} in this model; {hint}")


def difference(name: str, without: np.ndarray, having: np.ndarray, *, about: str = "") -> Vector:
    """The mean of points (M, Z) that have a feature less the mean of points (N, Z) that have it not.

    An attribute vector as in Roberts et al. 2018 (MusicVAE, sec. 5.2).
    """
    return Vector(name, (having.mean(0) - without.mean(0)).astype(np.float32), about)
