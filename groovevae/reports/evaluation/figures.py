"""Formats the numbers of an evaluation as text; a dash stands for what could not be measured."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from groovevae.evaluation.bootstrap import Estimate


def number(value: float, digits: int = 2) -> str:
    """Return a number with `digits` decimal places."""
    return f"{value:.{digits}f}" if math.isfinite(value) else "–"


def with_interval(value: Estimate) -> str:
    """Return an estimate and its interval."""
    return f"{number(value.value)} ({number(value.low)} to {number(value.high)})"


def mean(values: Sequence[float]) -> float:
    """Return the mean of what could be measured, NaN where nothing could."""
    known = [value for value in values if math.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")
