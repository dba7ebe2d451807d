"""Draws how far blends are heard to go by amount, from the `evaluation.json` that `groove evaluate` writes.

python scripts/plot_how_far.py evaluation/evaluation.json --out docs/how-far.png
"""

from __future__ import annotations

import json
from pathlib import Path

import click
import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from groovevae.evaluation.versions import AMOUNTS, DOUBLED, IDENTITY, RANDOM, blend_name, literal_name

KINDS = {"all": "all that is heard", "without drums": "without drums"}  # of judges, and the titles of their plots
BLEND = "#d0402b"
RIVALS = {"the plain formula": ("#1f5fbf", DOUBLED, literal_name), "a random direction": ("#888888", (1.0,), None)}


def shares(pairs: list[dict], kind: str, version: str) -> np.ndarray:
    """Return the share of the way that each pair's version is heard to go, (P,)."""
    return np.array([pair["shares"][kind][version][0] for pair in pairs], float)


def draw(axes: plt.Axes, pairs: list[dict], kind: str) -> None:
    """Draw the median and the middle half of the pairs at each amount, beside the rivals' medians."""
    amounts = (0.0, *AMOUNTS)
    heard = [shares(pairs, kind, name) for name in (IDENTITY, *map(blend_name, AMOUNTS))]
    low, middle, high = np.nanquantile(heard, [0.25, 0.5, 0.75], axis=1)
    axes.plot((0, 1), (0, 1), "--", color="#bbbbbb", lw=1, label="the amount itself")
    axes.fill_between(amounts, low, high, color=BLEND, alpha=0.15, lw=0)
    axes.plot(amounts, middle, "o-", color=BLEND, label="blends: median, and the middle half of the pairs")
    for label, (colour, places, name_of) in RIVALS.items():
        medians = [np.nanmedian(shares(pairs, kind, name_of(place) if name_of else RANDOM)) for place in places]
        axes.plot((0.0, *places), (0.0, *medians), "o-", color=colour, ms=4, lw=1, label=label)
    axes.set_title(KINDS[kind], fontsize=10)
    axes.set_xlabel("amount")
    axes.set_ylim(-0.1, 1.2)
    axes.spines[["top", "right"]].set_visible(False)


@click.command()
@click.argument("evaluation", type=click.Path(exists=True, path_type=Path))
@click.option("--out", default="how-far.png", show_default=True)
def main(evaluation: Path, out: str) -> None:
    """Write the plot, and print the medians it shows."""
    pairs = json.loads(evaluation.read_text(encoding="utf-8"))["pairs"]
    figure, places = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True, layout="constrained")
    for axes, kind in zip(places, KINDS, strict=True):
        draw(axes, pairs, kind)
        medians = {amount: float(np.nanmedian(shares(pairs, kind, blend_name(amount)))) for amount in AMOUNTS}
        print(f"{kind}, {len(pairs)} pairs: " + ", ".join(f"{value:.2f} at {at:g}" for at, value in medians.items()))
    places[0].set_ylabel("share of the way, as judges hear it")
    places[0].legend(fontsize=7, frameon=False, loc="upper left")
    figure.savefig(out, dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    main()
