"""Vectors outside a blend: saved to files that name their network, looked up by name, added to a model.

This module never measures or fits a vector; `fitting.attribute_vectors` and `generation.sources` do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from groovevae.errors import Cure, ModelFileError, RequestError
from groovevae.model.file import ModelFile, read_tensors, vector_to_json, write_tensors
from groovevae.model.genres import Vector

VECTOR_KIND = "groovevae vector"
SUFFIX = ".safetensors"


def save_vector(path: str | Path, vector: Vector, model: ModelFile) -> None:
    """Write a vector of a model to a file of its own. Raises OutputError."""
    texts = {**vector_to_json(vector), "model": model.digest}
    write_tensors(path, {"z": vector.z.astype(np.float32)}, kind=VECTOR_KIND, texts=texts)


def load_vector(path: str | Path, model: ModelFile, *, name: str | None = None) -> Vector:
    """Read what `save_vector` wrote. Raises ModelFileError for another kind of file, and for another model's vector."""
    tensors, texts = read_tensors(Path(path), kind=VECTOR_KIND)
    if texts.get("model") != model.digest:
        raise ModelFileError(f"{path}: a vector of another model; its numbers mean nothing here: make it anew")
    z = tensors.get("z", np.zeros(0, np.float32))
    if z.shape != (model.config.latent_size,) or not np.isfinite(z).all():
        raise ModelFileError(f"{path}: damaged {VECTOR_KIND} file (no vector of {model.config.latent_size} numbers)")
    named, about, unit = (str(texts.get(key, "")) for key in ("name", "about", "unit"))
    return Vector(named if name is None else name, z, about, unit)


def find_vector(word: str, model: ModelFile) -> Vector:
    """Return the vector that a word names: one in a file or in the model. Raises RequestError, ModelFileError."""
    if word.endswith(SUFFIX):
        return load_vector(word, model)
    if word in model.vectors:
        return model.vectors[word]
    if not model.vectors:
        raise RequestError(f"no vector {word!r}: this model has none", cure=Cure.LEARN_VECTORS)
    near = difflib.get_close_matches(word, model.vectors, n=1)
    hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(model.vectors)}"
    raise RequestError(f"no vector {word!r} in this model; {hint}")


def with_vectors(model: ModelFile, vectors: Iterable[Vector]) -> ModelFile:
    """Return the model with these vectors added; one of the same name is replaced.

    Raises RequestError for a name that cannot be used.
    """
    added = {vector.name: vector for vector in vectors}
    for name in added:
        if not name or "=" in name or name.endswith(SUFFIX):
            raise RequestError(f"{name!r} cannot be a vector's name: it must not hold =, nor end in {SUFFIX}")
    return replace(model, vectors={**model.vectors, **added})
