"""Draws random requests of every kind from a seed, and makes starting files in every metre, for `check_files.py`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from groovevae.bars.constants import ROLES
from groovevae.bars.key import key_name
from groovevae.generation.parsing import MAX_AMOUNT
from groovevae.generation.requests import (
    BAR_METHODS,
    METHODS,
    BlendRequest,
    SampleRequest,
    joined_morph,
    morph_requests,
)
from groovevae.midi.score import NOTE_DTYPE, Score, Track
from groovevae.midi.writing import score_to_midi
from groovevae.model.file import ModelFile

BAND = (Track("Drums", 0, is_drum=True), Track("Bass", 33, is_drum=False), Track("Piano", 0, is_drum=False))
METRES = ((2, 4), (3, 4), (4, 4), (5, 4), (3, 8), (5, 8), (6, 8), (7, 8), (9, 8), (12, 8), (2, 2), (3, 2), (6, 4))
SHARES = {"blend": 0.4, "mixture": 0.1, "file": 0.2, "to a file": 0.05, "morph": 0.1, "sample": 0.15}

Request = BlendRequest | SampleRequest


def starting_files(folder: Path, rng: np.random.Generator) -> list[str]:
    """A file of 4 bars in each metre, and one in which the metre changes with every bar."""
    paths = []
    for metres in [[metre] * 4 for metre in METRES] + [list(METRES)]:
        name = "{}-{}".format(*metres[0]) if len(set(metres)) == 1 else "changing"
        paths.append(str(folder / f"{name}.mid"))
        Path(paths[-1]).write_bytes(_tune(metres, rng))
    return paths


def _tune(metres: list[tuple[int, int]], rng: np.random.Generator) -> bytes:
    """A band of drums, bass and piano on every eighth, in these bars."""
    notes, starts, begin = [], [], 0.0
    for numerator, denominator in metres:
        starts.append((begin, numerator, denominator))
        for eighth in np.arange(0, 4 * numerator / denominator, 0.5).tolist():
            notes.append((begin + eighth, 0.1, 42 if eighth % 1 else 36, 90, 0))
            notes.append((begin + eighth, 0.5, int(rng.integers(36, 48)), 90, 1))
            notes += [(begin + eighth, 0.5, int(pitch), 80, 2) for pitch in rng.choice(np.arange(55, 85), 3, False)]
        begin += 4 * numerator / denominator
    return score_to_midi(Score(np.array(sorted(notes), NOTE_DTYPE), BAND, metres=np.array(starts, float), length=begin))


def random_requests(model: ModelFile, files: list[str], rng: np.random.Generator) -> tuple[str, list[Request]]:
    """What is asked for, and one or more requests for it."""
    genres = list(model.genres)
    kinds = [kind for kind in SHARES if kind != "sample" or model.prior]
    weights = np.array([SHARES[kind] for kind in kinds])
    kind = kinds[rng.choice(len(kinds), p=weights / weights.sum())]
    start, target = (str(name) for name in rng.choice(genres, 2, replace=False))
    file = files[int(rng.integers(len(files)))]
    bars, key, tempo, temperature, seed = _piece(rng)
    options = {"bars": bars, "tempo": tempo, "temperature": temperature, "seed": seed}
    if kind == "sample":
        return kind, [SampleRequest(start, **options, key=key)]
    options |= {"key": key}
    if kind == "morph":
        words = (start, target) if rng.random() < 0.5 else (file, target)
        request = BlendRequest(words[0], {words[1]: 1.0}, method=BAR_METHODS[int(rng.integers(2))], **options)
        steps = int(rng.integers(2, 6))
        return kind, [joined_morph(request, steps)] if rng.random() < 0.5 else morph_requests(request, steps)
    method = [name for name in METHODS if name not in BAR_METHODS][int(rng.integers(3))]
    targets = {target: 1.0}
    if kind == "mixture":
        names = rng.choice(genres, min(int(rng.integers(2, 5)), len(genres)), replace=False)
        targets = {str(name): float(rng.random()) + 0.01 for name in names}
    if kind == "to a file":
        targets = {file: 1.0}
    roles, keep = _roles(rng)
    where = file if kind == "file" else start
    vectors = {str(name): float(rng.normal()) for name in model.vectors if rng.random() < 0.05}
    return kind, [
        BlendRequest(
            where, targets, amount=_amount(rng), roles=roles, keep=keep, vectors=vectors, method=method, **options
        )
    ]


def _piece(rng: np.random.Generator) -> tuple[int, str | None, float | None, float, int]:
    """Bars, key, tempo, temperature and seed."""
    key = key_name(int(rng.integers(-5, 7)), bool(rng.integers(2))) if rng.random() < 0.3 else None
    tempo = float(rng.uniform(20, 400)) if rng.random() < 0.3 else None
    temperature = float(rng.choice([0.0, 0.5, 1.0, 2.0])) if rng.random() < 0.5 else float(rng.uniform(0, 2))
    return int(rng.integers(1, 13)), key, tempo, temperature, int(rng.integers(2**31))


def _amount(rng: np.random.Generator) -> float | tuple[float, float]:
    """Half of them up to 1, half of them past it; one in four is a ramp."""
    draw: Callable[[], float] = lambda: float(rng.uniform(0, MAX_AMOUNT if rng.random() < 0.5 else 1))  # noqa: E731
    return (draw(), draw()) if rng.random() < 0.25 else draw()


def _roles(rng: np.random.Generator) -> tuple[dict[str, float | tuple[float, float]], tuple[str, ...]]:
    """Amounts of roles, and roles that are kept; most requests have none."""
    says = rng.random(len(ROLES))
    roles = {role: _amount(rng) for role, number in zip(ROLES, says, strict=True) if number < 0.1}
    return roles, tuple(role for role, number in zip(ROLES, says, strict=True) if number > 0.9)
