"""Fits metres to the grid of sixteenths: long ones are divided, those of thirty-seconds read together."""

from __future__ import annotations

from fractions import Fraction

from groovevae.bars.constants import MAX_STEPS, STEPS_PER_WHOLE


def in_whole_steps(numerator: int, denominator: int) -> tuple[int, int]:
    """Return the metre of so many bars in a row as have whole sixteenths together: two of 5/32 are one of 5/16.

    Bars shorter than a sixteenth stay what they are: nobody can mean them.
    """
    steps = Fraction(STEPS_PER_WHOLE * numerator, denominator)
    return (numerator, denominator) if steps < 1 or steps.denominator == 1 else (steps.numerator, STEPS_PER_WHOLE)


def bars_together(numerator: int, denominator: int, whole: int, of: int) -> list[str]:
    """Tell that bars are read together, as the grid of sixteenths holds them."""
    number = whole * denominator // (numerator * of)
    return [f"{number} bars of {numerator}/{denominator} as one of {whole}/{of}"] if number > 1 else []


def bars_of_metre(numerator: int, denominator: int) -> list[int]:
    """Return the numerators that a metre is read with in turn: its own, or those of halves that the grid can hold."""
    if STEPS_PER_WHOLE * numerator <= MAX_STEPS * denominator:
        return [numerator]
    unit = 3 if denominator >= 8 and numerator % 3 == 0 else 1  # dotted beats stay whole
    larger = unit * -(-numerator // (2 * unit))
    return [part for half in (larger, numerator - larger) for part in bars_of_metre(half, denominator)]


def metre_of_steps(steps: int) -> tuple[int, int]:
    """Return the metre of a bar of so many sixteenths, with beats as long as they can be."""
    denominator = 16
    while steps % 2 == 0 and denominator > 4:
        steps, denominator = steps // 2, denominator // 2
    return steps, denominator
