"""What a model file holds of its arranger: weights, coordinates and doses, to and from the file's arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from groovevae.config import ArrangerConfig
from groovevae.model.calibration import Calibration


@dataclass(frozen=True)
class Arranger:
    """Everything that bars are arranged from, besides forms: a network's weights, its coordinates, and doses."""

    config: ArrangerConfig
    genres: tuple[str, ...]  # those it was fitted to, in the order of their weights
    mean: np.ndarray  # (Z,) float32, of the training bars' latent points
    scale: np.ndarray  # (Z,) float32, their spread
    weights: dict[str, np.ndarray]
    tells_who_plays: np.ndarray  # (4, Z + 1) float32: by role, linear in coordinates, near 1 where it plays, else -1
    doses: Calibration = field(default_factory=dict)  # how far roles go, pair by pair
    arranges: Calibration = field(default_factory=dict)  # (4,) bool: roles that are arranged; others are transported
    typical: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # by genre, forms as they take turns

    def of(self, z: np.ndarray) -> np.ndarray:
        """Convert latent points (..., Z) to coordinates (..., Z)."""
        return ((z - self.mean) / self.scale).astype(np.float32)

    def points(self, coordinates: np.ndarray) -> np.ndarray:
        """Convert coordinates (..., Z) to latent points (..., Z): the inverse of `of`."""
        return (self.mean + coordinates * self.scale).astype(np.float32)


def arranger_to_file(arranger: Arranger) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Convert an arranger to the arrays and JSON values of a model file; weights become float16."""
    tensors = {f"weights/{name}": array.astype(np.float16) for name, array in arranger.weights.items()}
    curves = {name: getattr(arranger, name).astype(np.float32) for name in ("mean", "scale", "tells_who_plays")}
    if arranger.doses:
        curves["doses"] = np.stack(list(arranger.doses.values())).astype(np.float32)  # (pairs, 4, K)
        curves["arranges"] = np.stack(list(arranger.arranges.values())).astype(np.uint8)  # (pairs, 4)
    texts = {
        "config": arranger.config.to_json(),
        "genres": list(arranger.genres),
        "pairs": list(arranger.doses),
        "typical": dict(arranger.typical),
    }
    return tensors | curves, texts


def arranger_from_file(tensors: Mapping[str, np.ndarray], texts: Mapping[str, Any]) -> Arranger:
    """Build an arranger from what `arranger_to_file` returned, the arrays now named "arranger/...".

    Raises KeyError, TypeError or ValueError for damaged values.
    """
    own = {name.removeprefix("arranger/"): array for name, array in tensors.items() if name.startswith("arranger/")}
    weights = {name.removeprefix("weights/"): array for name, array in own.items() if name.startswith("weights/")}
    pairs = [(source, target) for source, target in texts["pairs"]]
    return Arranger(
        config=ArrangerConfig.from_json(texts["config"]),
        genres=tuple(texts["genres"]),
        mean=own["mean"],
        scale=own["scale"],
        weights=weights,
        doses=dict(zip(pairs, own["doses"], strict=True)) if pairs else {},
        arranges=dict(zip(pairs, own["arranges"].astype(bool), strict=True)) if pairs else {},
        typical={name: tuple(numbers) for name, numbers in texts["typical"].items()},
        tells_who_plays=own["tells_who_plays"],
    )
