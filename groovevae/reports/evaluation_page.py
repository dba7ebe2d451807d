"""An evaluation as one HTML file with plots in it. Needs matplotlib."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from groovevae.errors import GrooveError
from groovevae.evaluation.dose_response import PairResponse
from groovevae.evaluation.run import Evaluation
from groovevae.reports.evaluation import AMOUNTS, HALF, IDENTITY, WHOLE, Table, blend_name, details, summary

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #222 }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums }
th, td { padding: 0.15rem 0.6rem; text-align: right; border-bottom: 1px solid #ddd }
th:first-child, td:first-child { text-align: left }
img { max-width: 100% }
p { max-width: 50rem }
div { overflow-x: auto }
"""
_SHOWN = ("all", "without drums")


def check_plots() -> None:
    """Raises GrooveError without matplotlib."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise GrooveError("matplotlib is missing; pip install 'groovevae[evaluate]'") from None


def to_html(evaluation: Evaluation, *, title: str) -> str:
    """A page that needs nothing beside it."""
    parts = [f"<h1>{escape(title)}</h1>"]
    parts += [_table(table) for table in summary(evaluation)]
    parts.append("<h2>Plots</h2>")
    parts += [_image(picture, about) for picture, about in pictures(evaluation)]
    parts.append("<h2>By genre and by pair</h2>")
    parts += [_table(table) for table in details(evaluation)]
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    body = "\n".join(parts)
    return f'<!doctype html>\n<html lang="en">\n<head>{head}</head>\n<body>\n{body}\n</body>\n</html>\n'


def _table(table: Table) -> str:
    def row(cells: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"

    lines = [f"<h3>{escape(table.title)}</h3>"]
    lines += [f"<p>{escape(table.note)}</p>"] if table.note else []
    rows = "\n".join(row(cells, "td") for cells in table.rows)
    return "\n".join([*lines, f"<div><table>\n{row(table.header, 'th')}\n{rows}\n</table></div>"])


def _image(picture: bytes, about: str) -> str:
    text, data = escape(about), base64.b64encode(picture).decode()
    return f'<p>{text}</p><img alt="{text}" src="data:image/png;base64,{data}">'


def pictures(evaluation: Evaluation) -> list[tuple[bytes, str]]:
    """PNG pictures, each with what it shows."""
    from matplotlib.figure import Figure

    found = [
        (_png(_maps(Figure, evaluation)), "Share of the way at half and at the whole amount, source by target."),
    ]
    for kind in _SHOWN:
        about = f"Share of the way against amount, a line a target ({kind}); the dashed line is amount itself."
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
