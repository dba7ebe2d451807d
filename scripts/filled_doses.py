"""Measures how good doses are that are filled in for pairs of genres, on the pairs that a model file was measured for.

python scripts/filled_doses.py default

Some pairs are taken as measured and the others filled in, many times with other pairs. The error is the root mean
square of filled in minus measured, over the pairs that were left out, beside that of one dose for all: the mean of the
pairs taken as measured, on average.
"""

from __future__ import annotations

from itertools import permutations

import click
import numpy as np

from groovevae.bars.constants import PITCHED, ROLES
from groovevae.fitting.arranger_doses import share_songs
from groovevae.fitting.pair_sample import filled_in, filled_in_choices, in_a_circle
from groovevae.model.calibration import AMOUNTS, Calibration
from groovevae.model.file import ModelFile, load_model_file

SHOWN = [role for role in ROLES if role != PITCHED[-1]]  # the lead's doses are bounded, and hardly differ
AT = [AMOUNTS.index(amount) for amount in (0.5, 1.0)]


def errors(doses: Calibration, partners: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the errors of filled-in doses, and of one dose for all, by role and amount, (4, K) each."""
    names = sorted({name for pair in doses for name in pair})
    chosen = in_a_circle(names, round(partners * len(names) / 2), seed=seed)
    measured = {way: doses[way] for pair in chosen for way in (pair, pair[::-1])}
    found, mean = filled_in(measured), np.mean(list(measured.values()), axis=0)
    rest = [pair for pair in permutations(names, 2) if pair not in measured]
    gaps = np.array([[found[pair] - doses[pair], mean - doses[pair]] for pair in rest])  # (P, 2, 4, K)
    filled, one = np.sqrt((gaps**2).mean(0))
    return filled, one


def right(model: ModelFile, arranges: Calibration, partners: float, seed: int) -> np.ndarray:
    """Return by role for which share of the pairs left out it is filled in as measured whether it is arranged, (4,)."""
    names = sorted({name for pair in arranges for name in pair})
    chosen = in_a_circle(names, round(partners * len(names) / 2), seed=seed)
    measured = {way: arranges[way] for pair in chosen for way in (pair, pair[::-1])}
    found = filled_in_choices(measured, lambda pair: share_songs(model, *pair))
    return np.mean([found[pair] == own for pair, own in arranges.items() if pair not in measured], axis=0)


@click.command()
@click.argument("model")
@click.option(
    "--partners", default="2.8,4,6", show_default=True, help="Of each genre, that are taken as measured, on average."
)
@click.option("--draws", default=30, show_default=True)
def main(model: str, partners: str, draws: int) -> None:
    """Print the errors of doses, and of calibration, that are filled in; in brackets those of one dose for all."""
    loaded = load_model_file(None if model == "default" else model)
    if max(counts := [float(count) for count in partners.split(",")]) > len(loaded.genres) - 2:
        raise click.UsageError(f"of {len(loaded.genres)} genres, each has fewer partners that can be left out")
    print("| what | partners | " + " | ".join(f"{role} at {AMOUNTS[at]:g}" for role in SHOWN for at in AT) + " |")
    print("|---|---:|" + "---:|" * (len(SHOWN) * len(AT)))
    arranger = loaded.arranger
    for what, doses in {"calibration": loaded.calibration, "doses": arranger.doses if arranger else {}}.items():
        for count in counts if doses else ():
            filled, one = np.mean([errors(doses, count, seed) for seed in range(draws)], axis=0)  # (4, K) each
            places = [(ROLES.index(role), at) for role in SHOWN for at in AT]
            print(f"| {what} | {count:g} | " + " | ".join(f"{filled[at]:.3f} ({one[at]:.3f})" for at in places) + " |")
    if arranger and arranger.arranges:
        for count in counts:
            shares = np.mean([right(loaded, arranger.arranges, count, seed) for seed in range(draws)], axis=0)
            by_role = dict(zip(ROLES, shares.round(2).tolist(), strict=True))
            print(f"{count:g} partners: arranged or not, as measured: {by_role}")


if __name__ == "__main__":
    main()
