"""Checks of what a model file says about genres, phrases, forms and vectors: a whole file can hold damaged values.

This module only raises errors: it reads no file and mends nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np

from groovevae.bars.constants import MAX_STEPS, NUM_VOICES, PITCHED, ROLES
from groovevae.bars.states import bar_length
from groovevae.midi.score import TEMPO_RANGE
from groovevae.model.arranger import Arranger
from groovevae.model.calibration import AMOUNTS
from groovevae.model.genres import Genre, Vector
from groovevae.model.phrase_forms import SILENT, Prior


def check_finite(arrays: Iterable[np.ndarray]) -> None:
    """Raise ValueError where arrays hold NaN or infinite values."""
    _require(all(map(_is_finite, arrays)), "it holds NaN or infinite values")


def _is_finite(array: np.ndarray) -> bool:
    """Tell whether no value is NaN or infinite. NumPy converts float16 to tell, so their exponents are looked at."""
    if array.dtype == np.float16:
        return int((array.view(np.uint16) << 1).max(initial=0)) < 0b11111 << 11
    return bool(np.isfinite(array).all())


def check_genre(genre: Genre, latent_size: int) -> None:
    """Raise ValueError where a genre cannot be blended with."""
    points = [genre.mean[None], genre.covariance, *(phrase.z for phrase in genre.phrases)]
    _require(isinstance(genre.name, str) and genre.name != "", "a genre without a name")
    where = f"genre {genre.name!r}"
    is_sized = all(z.ndim == 2 and len(z) and z.shape[1] == latent_size for z in points)
    _require(is_sized, f"{where} has a vector of another size")
    _require(_whole([genre.num_bars, genre.num_songs], 0, 2**53), f"{where} has an impossible number of bars or songs")
    _require(len(genre.programs) == len(PITCHED), f"{where} lacks the programs of a role")
    for role in genre.programs:
        _require(_whole([program for program, _ in role], 0, 127), f"{where} has a program outside 0 to 127")
        _require(all(0 <= share < np.inf for _, share in role), f"{where} has a program whose share is not 0 or more")
    _check_played(where, tempo=genre.tempo, kit=genre.kit)
    for phrase in genre.phrases:
        _check_song(where, phrase)
        _require(_flags(phrase.plays, len(ROLES)), f"{where} has a phrase that does not say which roles play")
        _require(isinstance(phrase.title, str), f"{where} has a phrase whose title is not text")
        _check_metres(where, phrase.metre.tolist())


def check_codes(genres: Iterable[Genre], latent_size: int) -> None:
    """Raise ValueError where a song that is read in one genre cannot be written in another."""
    codes = [genre.code for genre in genres if genre.code is not None]
    shapes = {part.shape for code in codes for part in (code.read, code.write.T)}
    is_sized = all(len(shape) == 2 and shape[0] == latent_size for shape in shapes)
    _require(len(shapes) <= 1 and is_sized, "song codes of different sizes")


def check_vector(vector: Vector, latent_size: int) -> None:
    """Raise ValueError where a vector cannot be added to latent points."""
    _require(vector.z.shape == (latent_size,), f"vector {vector.name!r} is of another size")
    _require(
        all(isinstance(text, str) for text in (vector.name, vector.about, vector.unit)), "a vector without its texts"
    )


def check_prior(prior: Prior, genres: Iterable[str], latent_size: int) -> None:
    """Raise ValueError where no phrase can be sampled from the forms of a prior."""
    _require(set(prior.genres) <= set(genres), "a prior for genres that the model does not have")
    for name, forms in prior.forms.items():
        where = f"the prior of {name!r}"
        for form in forms:
            shape = (len(form.roles), len(ROLES))
            _require(len(form.roles) > 0 and form.roles.shape == shape, f"{where} has a form without the four roles")
            _require(form.roles.dtype.kind == "i" and form.roles.min() >= SILENT, f"{where} has a form without a plan")
            _require(form.style.shape == (latent_size,), f"{where} has a style of another size")
            _check_song(where, form)
            _check_metres(where, [form.metre])


def check_arranger(arranger: Arranger, prior: Prior | None, genres: Iterable[str], latent_size: int) -> None:
    """Raise ValueError where no bar can be arranged."""
    _require(prior is not None, "an arranger without the forms of a prior")
    _require(set(arranger.genres) <= set(genres), "an arranger for genres that the model does not have")
    _require(arranger.mean.shape == arranger.scale.shape == (latent_size,), "an arranger of another size")
    _require(arranger.tells_who_plays.shape == (len(ROLES), latent_size + 1), "an arranger that cannot tell who plays")
    _require(bool((arranger.scale > 0).all()), "an arranger with a coordinate that has no spread")
    for name, numbers in arranger.typical.items():
        forms = prior.forms.get(name, ()) if prior else ()
        _require(_whole(numbers, 0, len(forms) - 1), f"an arranger with forms of {name!r} that the prior does not have")
    _require(all(roles.shape == (len(ROLES),) for roles in arranger.arranges.values()), "an arranger of other roles")
    curves = list(arranger.doses.values())
    _require(
        all(curve.shape == (len(ROLES), len(AMOUNTS)) for curve in curves), "an arranger with doses of other amounts"
    )


def _check_song(where: str, played: Any) -> None:
    """Raise ValueError where what a phrase or a form keeps of its song is out of range."""
    _check_played(where, tempo=played.tempo, kit=played.kit)
    _require(_whole(played.programs, 0, 127, len(PITCHED)), f"{where} has a program outside 0 to 127")
    _require(_whole([played.transpose], -11, 11), f"{where} is transposed by other than -11 to 11 semitones")
    _require(isinstance(played.is_minor, bool), f"{where} is neither major nor minor")


def _check_played(where: str, *, tempo: object, kit: Any) -> None:
    low, high = TEMPO_RANGE
    _require(isinstance(tempo, int | float) and low <= tempo <= high, f"{where} has a tempo of {tempo!r}")
    _require(_whole(kit, 0, 127, NUM_VOICES), f"{where} has a drum kit that is not nine keys from 0 to 127")


def _check_metres(where: str, metres: Iterable[Any]) -> None:
    for numerator, denominator in metres:
        _require(
            _whole([numerator, denominator], 1, 32) and _fits_grid(numerator, denominator),
            f"{where} has a metre that the grid does not hold",
        )


@cache
def _fits_grid(numerator: int, denominator: int) -> bool:
    """Tell whether bars of a metre fit the grid; a model has thousands in a few metres."""
    return 1 <= int(bar_length((numerator, denominator))) <= MAX_STEPS


def _whole(values: Any, low: int, high: int, count: int | None = None) -> bool:
    """Tell whether these are whole numbers within a range, and `count` of them where one is given."""
    return (count is None or len(values) == count) and all(
        isinstance(value, int) and not isinstance(value, bool) and low <= value <= high for value in values
    )


def _flags(values: Any, count: int) -> bool:
    return len(values) == count and all(isinstance(value, bool) for value in values)


def _require(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise ValueError(otherwise)
