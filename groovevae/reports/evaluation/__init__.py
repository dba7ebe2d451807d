"""Reports an evaluation as tables of text, Markdown, one HTML page with plots, and JSON. Measures nothing itself."""

from groovevae.reports.evaluation.page import to_html
from groovevae.reports.evaluation.plots import check_plots
from groovevae.reports.evaluation.text import details, summary, to_json, to_markdown

__all__ = ["check_plots", "details", "summary", "to_html", "to_json", "to_markdown"]
