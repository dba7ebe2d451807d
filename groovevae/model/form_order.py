"""Orders the forms of a genre: which come first where seeds take turns. It never makes or changes a form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from groovevae.model.phrase_forms import Form

THIN: Final = 0.75  # of the roles that usually play in a bar of a genre's forms: a form with fewer comes last
STEADY: Final = 0.9  # of a form's bars: a role that plays in fewer rests for long
_LEAST_VARIANCE = 1e-6


def chosen_first(forms: Sequence[Form], chosen: Sequence[int]) -> tuple[Form, ...]:
    """Return forms with those whose numbers were chosen before the others, in that order."""
    rest = [number for number in range(len(forms)) if number not in chosen]
    return tuple(forms[number] for number in (*chosen, *rest))


def full_first(forms: Sequence[Form]) -> tuple[Form, ...]:
    """Return forms with the thin ones last: an introduction in which hardly anything plays is no typical phrase."""
    playing = np.array([form.playing.sum() for form in forms])  # (F,) roles in a bar
    is_thin = playing < THIN * np.median(playing)
    return tuple(forms[number] for number in np.argsort(is_thin, kind="stable"))


def steady_first(forms: Sequence[Form], band: np.ndarray) -> tuple[Form, ...]:
    """Return forms with those last in which a role of the `band` (4,) rests for long: a first take plays on."""
    least = np.array([form.playing[band].min(initial=1) for form in forms])  # (F,) share of the bars
    return tuple(forms[number] for number in np.argsort(least < STEADY, kind="stable"))


def most_usual_first(forms: Sequence[Form], mean: np.ndarray) -> tuple[Form, ...]:
    """Return forms sorted by how far their styles lie from the mean (Z,) of their genre, the nearest first."""
    return tuple(forms[number] for number in np.argsort(style_distances(forms, mean), kind="stable"))


def style_distances(forms: Sequence[Form], mean: np.ndarray) -> np.ndarray:
    """Return the squared distance (F,) of each form's style from a point (Z,), standardised by the styles' variance."""
    if not forms:
        return np.zeros(0)
    styles = np.stack([form.style.astype(np.float64) for form in forms])  # (F, Z)
    return np.asarray(np.square((styles - mean) / np.sqrt(np.maximum(styles.var(0), _LEAST_VARIANCE))).sum(1))
