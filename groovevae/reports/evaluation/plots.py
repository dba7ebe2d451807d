"""Draws the plots of an evaluation, as PNG pictures. Needs matplotlib."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from groovevae.errors import GrooveError
from groovevae.evaluation.dose_response import PairResponse
from groovevae.evaluation.run import Evaluation
from groovevae.evaluation.versions import AMOUNTS, IDENTITY, blend_name
from groovevae.reports.evaluation.blends import HALF, WHOLE

_SHOWN = ("all", "without drums")


def check_plots() -> None:
    """Raise GrooveError where matplotlib is not installed."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise GrooveError("matplotlib is missing; pip install 'groovevae[evaluate]'") from None


def pictures(evaluation: Evaluation) -> list[tuple[bytes, str]]:
    """Return PNG pictures, each with a line that says what it shows."""
    from matplotlib.figure import Figure

    found = [
        (_png(_maps(Figure, evaluation)), "Share of the way at half and at the whole amount, source by target."),
    ]
    for kind in _SHOWN:
        about = f"Share of the way against amount, one line per target ({kind}); the dashed line is amount itself."
        found.append((_png(_curves(Figure, evaluation, kind)), about))
    return found


def _png(figure: Any) -> bytes:
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=100, metadata={"Software": None})
    return out.getvalue()


def _maps(make: Any, evaluation: Evaluation) -> Any:
    names = evaluation.genres
    figure = make(figsize=(14, 12), layout="constrained")
    axes = figure.subplots(2, 2)
    for row, kind in zip(axes, _SHOWN, strict=True):
        for axis, version, middle in zip(row, (HALF, WHOLE), (0.5, 1.0), strict=True):
            grid = np.full((len(names), len(names)), np.nan)
            for pair in evaluation.pairs:
                grid[names.index(pair.source), names.index(pair.target)] = pair.shares[kind][version].value
            axis.imshow(grid, cmap="RdBu_r", vmin=middle - 0.5, vmax=middle + 0.5)
            for (y, x), value in np.ndenumerate(grid):
                if np.isfinite(value):
                    color = "white" if abs(value - middle) > 0.35 else "black"
                    axis.text(x, y, f"{value:.2f}", ha="center", va="center", fontsize=7, color=color)
            axis.set_xticks(range(len(names)), names, rotation=60, ha="right")
            axis.set_yticks(range(len(names)), names)
            axis.set_title(f"{version}: {kind}")
    return figure


def _curves(make: Any, evaluation: Evaluation, kind: str) -> Any:
    from matplotlib import colormaps

    names = evaluation.genres
    columns = min(4, len(names))
    figure = make(figsize=(14, 3.2 * -(-len(names) // columns)), layout="constrained")
    axes = figure.subplots(-(-len(names) // columns), columns, squeeze=False, sharex=True, sharey=True)
    for axis in axes.flat[len(names) :]:
        axis.set_axis_off()
    amounts, colors = (0.0, *AMOUNTS), colormaps["tab20"]
    for axis, source in zip(axes.flat, names, strict=False):
        axis.plot((0, 1), (0, 1), "k--", linewidth=1)
        for pair in evaluation.pairs:
            if pair.source == source:
                color = colors(names.index(pair.target) % colors.N)
                axis.plot(amounts, _dose(pair, kind), label=pair.target, linewidth=1, color=color)
        axis.set_title(f"from {source}")
        axis.set_ylim(-0.3, 1.5)
        axis.legend(fontsize=5, ncols=2, loc="upper left")
    return figure


def _dose(pair: PairResponse, kind: str) -> list[float]:
    return [pair.shares[kind][name].value for name in (IDENTITY, *map(blend_name, AMOUNTS))]
