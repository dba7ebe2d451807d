"""Says in lines what a vector does. Makes no vectors."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from groovevae.model.file import ModelFile
from groovevae.model.genres import Vector

NUM_SHOWN = 3  # genres at either end of a vector


def vector_held(vector: Vector, model: ModelFile) -> Iterator[str]:
    """Say what a vector does, how long it is, and which genres lie furthest along it and against it."""
    yield f"{vector.name}: {vector.about}" if vector.about else vector.name
    if vector.unit:
        yield f"strength 1: {vector.unit}"
    yield f"length {np.linalg.norm(vector.z):.2f}"
    centre = np.mean([genre.mean for genre in model.genres.values()], axis=0)
    square = max(float(vector.z @ vector.z), 1e-12)
    along = {name: float((genre.mean - centre) @ vector.z) / square for name, genre in model.genres.items()}
    ranked = sorted(along, key=lambda name: -along[name])
    for side, names in (("along", ranked[:NUM_SHOWN]), ("against", ranked[::-1][:NUM_SHOWN])):
        yield f"genres furthest {side} it: " + ", ".join(f"{name} ({along[name]:+.2f})" for name in names)
