"""Writes an evaluation as one HTML page with its plots inside. Needs matplotlib."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape

from groovevae.evaluation.run import Evaluation
from groovevae.reports.evaluation.plots import pictures
from groovevae.reports.evaluation.text import details, summary
from groovevae.reports.table import Table
from groovevae.wording import printable

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #222 }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums }
th, td { padding: 0.15rem 0.6rem; text-align: right; border-bottom: 1px solid #ddd }
th:first-child, td:first-child { text-align: left }
img { max-width: 100% }
p { max-width: 50rem }
div { overflow-x: auto }
"""


def to_html(evaluation: Evaluation, *, title: str) -> str:
    """Return a page that needs no other file."""
    parts = [f"<h1>{escape(title)}</h1>"]
    parts += [_table(table) for table in summary(evaluation)]
    parts.append("<h2>Plots</h2>")
    parts += [_image(picture, about) for picture, about in pictures(evaluation)]
    parts.append("<h2>By genre and by pair</h2>")
    parts += [_table(table) for table in details(evaluation)]
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    body = "\n".join(parts)
    return printable(f'<!doctype html>\n<html lang="en">\n<head>{head}</head>\n<body>\n{body}\n</body>\n</html>\n')


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
