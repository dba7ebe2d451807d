"""The maths of moving points in the latent space: the literal formula, optimal transport, song codes and arcs.

This module needs only NumPy. It decodes nothing and knows no calibration.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from groovevae.model.genres import RIDGE, Genre

REST_KEPT = 0.4  # the share that `translation_matrix` keeps of what a song's code leaves open
MIN_SINE = 1e-4  # of the angle between two points; below it, `slerp` takes the straight line

LatentPath = Callable[[str, np.ndarray], np.ndarray]  # from a role and the amounts of its bars (N,) to points (N, Z)
Displacement = Callable[[np.ndarray], np.ndarray]  # from points (N, Z) to what amount 1 adds to each, (N, Z)


def genre_arithmetic(z: np.ndarray, source: np.ndarray, target: np.ndarray, amount: float | np.ndarray) -> np.ndarray:
    """Return `z + amount * (target - source)`: points (N, Z) moved by the difference of two genre vectors (Z,).

    This is the arithmetic of attribute vectors (Roberts et al. 2018, MusicVAE, sec. 5.2). `amount` is one number or
    (N,). It moves all bars in the same way, while genres differ from bar to bar: alone it changes little of what is
    heard.
    """
    return moved(z, np.broadcast_to(target - source, z.shape), amount)


def moved(z: np.ndarray, displacement: np.ndarray, amount: float | np.ndarray) -> np.ndarray:
    """Return `z + amount * displacement`, (N, Z) float32; `amount` is a number or (N,)."""
    amounts = np.broadcast_to(np.asarray(amount, np.float32), len(z))
    return (z + amounts[:, None] * displacement).astype(np.float32)


def mixed_vector(weights: Mapping[str, float], genres: Mapping[str, Genre]) -> np.ndarray:
    """Return the weighted mean (Z,) of genre vectors; `weights` sum to 1."""
    return np.sum([weight * genres[name].mean for name, weight in weights.items()], axis=0)


def transport_matrix(source: Genre, target: Genre) -> np.ndarray:
    """Return the symmetric A (Z, Z) of the optimal transport map between two genres' Gaussians.

    `z -> target.mean + A (z - source.mean)` moves mass the least way (Peyre & Cuturi 2019, Computational Optimal
    Transport, remark 2.31). It matches the spread as well as the mean: what varies little in the source genre (drums,
    where it has none) then varies as much as it does in the target.
    """
    ridge = RIDGE * np.eye(len(source.mean))
    root = _square_root(source.covariance + ridge)
    inverse = np.linalg.inv(root)
    return inverse @ _square_root(root @ (target.covariance + ridge) @ root) @ inverse


def translation_matrix(source: Genre, target: Genre) -> np.ndarray:
    """Return the A (Z, Z) that reads a song in `source` and writes it in `target`; without codes, the transport matrix.

    The code says which song it is, but not in which of the genre's ways it is played. That rest is carried over by
    optimal transport and scaled by REST_KEPT; without it, every bar would be played in the same, likeliest way.
    """
    if source.code is None or target.code is None:
        return transport_matrix(source, target)
    read, write = source.code.read.astype(np.float64), target.code.write.astype(np.float64)
    return read @ write + REST_KEPT * _rest(source) @ transport_matrix(_rest_of(source), _rest_of(target))


def _rest(genre: Genre) -> np.ndarray:
    """Return the matrix (Z, Z) that maps a genre's centred points to what their song's code leaves open."""
    assert genre.code is not None
    return np.eye(len(genre.mean)) - genre.code.read.astype(np.float64) @ genre.code.write


def _rest_of(genre: Genre) -> Genre:
    rest = _rest(genre)
    return replace(genre, covariance=rest.T @ genre.covariance @ rest)


def _square_root(matrix: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(np.asarray(matrix, np.float64))
    return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T


def find_displacement(
    source: Genre,
    weights: Mapping[str, float],
    genres: Mapping[str, Genre],
    *,
    find_matrix: Callable[[Genre, Genre], np.ndarray] = transport_matrix,
) -> Displacement:
    """Return the displacement from `source` to a weighted mix of genres; its matrices are computed here, once.

    `weights` sum to 1. `find_matrix` decides where points go in each genre: `transport_matrix` or `translation_matrix`.
    """
    matrices = {name: find_matrix(source, genres[name]) for name in weights if name != source.name}

    def to_where_it_is_carried(z: np.ndarray) -> np.ndarray:
        carried = {name: _carried(z, source, genres[name], matrix) for name, matrix in matrices.items()}
        return np.sum([weight * carried.get(name, z) for name, weight in weights.items()], axis=0) - z

    return to_where_it_is_carried


def _carried(z: np.ndarray, source: Genre, target: Genre, matrix: np.ndarray) -> np.ndarray:
    return (target.mean + (z - source.mean) @ matrix).astype(np.float32)


def slerp(z: np.ndarray, target: np.ndarray, amount: float | np.ndarray) -> np.ndarray:
    """Move points (N, Z) towards points (N, Z) along the arc around the origin (Shoemake 1985, Animating rotation).

    High-dimensional Gaussian points lie near a sphere, and the straight line between two leaves it (White 2016,
    Sampling generative networks). Two points in the same direction or in opposite ones are joined by a straight line.
    """
    amounts = np.broadcast_to(np.asarray(amount, np.float64), len(z))[:, None]
    lengths = np.linalg.norm(z, axis=1, keepdims=True) * np.linalg.norm(target, axis=1, keepdims=True)
    cosine = np.sum(np.asarray(z, np.float64) * target, axis=1, keepdims=True) / np.maximum(lengths, 1e-12)
    angle = np.arccos(np.clip(cosine, -1.0, 1.0))
    sine = np.sin(angle)
    has_arc = (sine > MIN_SINE) & (lengths > 0)
    divisor = np.where(has_arc, sine, 1.0)
    of_start = np.where(has_arc, np.sin((1 - amounts) * angle) / divisor, 1 - amounts)
    of_target = np.where(has_arc, np.sin(amounts * angle) / divisor, amounts)
    return (of_start * z + of_target * target).astype(np.float32)
