"""The amounts, weights and strengths of a request: numbers, and the words for them.

This module checks, parses and prints these numbers. It never looks at a genre or a latent point.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, TypeVar

import numpy as np

from groovevae.errors import RequestError
from groovevae.generation.names import is_weight

Number = TypeVar("Number", int, float)
MAX_AMOUNT = 4.0  # beyond it, points lie far outside everything the decoder has seen

Amount = float | tuple[float, float]  # one for all bars, or a ramp from the first bar's to the last bar's

KEEP: Final = "keep"
Tempo = float | Literal["keep"]  # quarter notes per minute, or KEEP: the start's own, bar by bar


def check_amount(amount: Amount) -> None:
    """Raise RequestError for an amount outside 0 to MAX_AMOUNT."""
    for value in np.atleast_1d(amount).tolist():
        if not 0 <= value <= MAX_AMOUNT:
            raise RequestError(
                f"amount {value:g} is outside 0 to {MAX_AMOUNT:g}; 0 is the start, 1 the target, 0.5 half way"
            )


def amount_of_bars(amount: Amount, num_bars: int) -> np.ndarray:
    """Return the amount of each bar, (N,) float32: a ramp goes evenly from the first bar to the last."""
    first, last = ends_of(amount)
    return np.linspace(first, last, num_bars, dtype=np.float32)


def ends_of(amount: Amount) -> tuple[float, float]:
    """Return the amounts of the first and of the last bar."""
    return amount if isinstance(amount, tuple) else (amount, amount)


def share_of(amount: Amount) -> float:
    """Return the targets' share, 0 to 1, in what is chosen once for a whole piece: the instruments and the drum kit."""
    return float(np.mean(np.minimum(amount, 1.0)))


def parse_amount(text: str) -> Amount:
    """Return 0.5 for "0.5" and (0.0, 1.0) for "0..1". Raises RequestError for anything else."""
    first, last = _parse_ends(text, float, "is not an amount; write a number, like 0.5, or a ramp, like 0..1")
    return (first, last) if ".." in text else first


def parse_bars(text: str) -> tuple[int, int]:
    """Return (5, 8) for "5..8" and (5, 5) for "5". Raises RequestError for anything else."""
    return _parse_ends(text, int, "names no bars; write the first and the last, like 5..8")


def _parse_ends(text: str, read: Callable[[str], Number], otherwise: str) -> tuple[Number, Number]:
    """Return the two numbers of "A..B", or one number twice. Raises RequestError with the text `otherwise`."""
    try:
        numbers = [read(end) for end in text.split("..")]
    except ValueError:
        numbers = []
    if len(numbers) not in (1, 2):
        raise RequestError(f"{text!r} {otherwise}")
    return numbers[0], numbers[-1]


def amount_text(amount: Amount) -> str:
    """Return an amount as `parse_amount` reads it."""
    return "..".join(map(number_text, amount)) if isinstance(amount, tuple) else number_text(amount)


def number_text(value: float) -> str:
    """Return a number as short as possible, yet exactly the same when it is read again: 0.5, 1, 0.3333333333333333."""
    return short if float(short := f"{value:g}") == value else repr(float(value))


def parse_tempo(text: str) -> Tempo:
    """Return 96.0 for "96" and KEEP for "keep". Raises RequestError for anything else."""
    if text.strip().lower() == KEEP:
        return KEEP
    try:
        return float(text)
    except ValueError:
        raise RequestError(f"{text!r} is not a tempo; write quarter notes per minute, like 96, or keep") from None


def tempo_text(tempo: Tempo) -> str:
    """Return a tempo as `parse_tempo` reads it."""
    return tempo if tempo == KEEP else number_text(tempo)


def parse_keep(text: str) -> tuple[str, ...]:
    """Return ("lead", "bass") for "lead,bass"."""
    return tuple(dict.fromkeys(part.strip().lower() for part in text.split(",") if part.strip()))


def normalised_weights(weights: Mapping[str, float]) -> dict[str, float]:
    """Scale weights to a sum of 1. Raises RequestError unless all are finite, none is below 0, and one is above 0."""
    if not all(np.isfinite(weight) and weight >= 0 for weight in weights.values()):
        raise RequestError("weights are numbers from 0 up, like classical=0.5 rock=0.3")
    total = sum(weights.values())
    if not np.isfinite(total):
        raise RequestError(f"the weights are too large: their sum is {total:g}; 1 is plenty")
    if total <= 0:
        raise RequestError("all weights are 0; give at least one genre some, like rock=0.3")
    return {name: weight / total for name, weight in weights.items()}


def parse_weights(parts: Sequence[str]) -> dict[str, float]:
    """Return {"classical": 0.5, "rock": 0.3} for ["classical=0.5", "rock=0.3"]. Raises RequestError otherwise."""
    return _parse_numbers(
        parts,
        no_number="has no weight; write GENRE=NUMBER for each of several genres, like rock=0.3",
        no_name="each weight needs a genre of its own, like classical=0.5 rock=0.5",
    )


def parse_targets(words: Sequence[str]) -> dict[str, float]:
    """Return {"rock": 1.0} for ["rock"], and weights for several words as `parse_weights` does."""
    return {words[0]: 1.0} if len(words) == 1 and not is_weight(words[0]) else parse_weights(words)


def target_words(targets: Mapping[str, float]) -> list[str]:
    """Return targets as the words that `parse_targets` reads."""
    if len(targets) == 1 and not is_weight(next(iter(targets))):
        return list(targets)
    return [f"{name}={number_text(weight)}" for name, weight in targets.items()]


def parse_strengths(words: Sequence[str]) -> dict[str, float]:
    """Return {"density": 1.0} for ["density=1"]. Raises RequestError for a word without strength, or a name twice."""
    return _parse_numbers(
        words,
        no_number="is not a vector; write NAME=STRENGTH, like density=1",
        no_name="each vector needs a name of its own, like density=1 swing=0.5",
    )


def _parse_numbers(parts: Sequence[str], *, no_number: str, no_name: str) -> dict[str, float]:
    """Read numbers by name from parts NAME=NUMBER, split at the last equals sign.

    Raises RequestError with the text `no_number` for a part without a number, and `no_name` for one without a name of
    its own.
    """
    numbers: dict[str, float] = {}
    for part in parts:
        name, _, value = part.rpartition("=")
        try:
            number = float(value)
        except ValueError:
            raise RequestError(f"{part!r} {no_number}") from None
        if not name or name in numbers:
            raise RequestError(f"{part!r}: {no_name}")
        numbers[name] = number
    return numbers
