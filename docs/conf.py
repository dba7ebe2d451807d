"""Settings of the documentation site: `sphinx-build -W -n docs build/docs` builds it, without a network."""

import dataclasses
import inspect
import re
from typing import Any

from sphinx.application import Sphinx

import groovevae

project = "groovevae"
author = "groovevae contributors"
version = release = groovevae.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc"]
html_theme = "furo"
html_title = "groovevae"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = False

myst_heading_anchors = 4  # GitHub's anchors: links work there and here
smartquotes = False  # would make one dash of the two of an option
default_role = "code"  # docstrings mark `names` as Markdown does
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
nitpick_ignore_regex = [
    ("py:.*", r"(np|numpy|pretty_midi|collections|pathlib)\..*"),  # other projects' pages: only a network has them
    ("py:class", r"groovevae\.\w+\..*"),  # what public functions return or take beside the public names
]


def add_fields(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Lists the fields of a dataclass with the comments that stand beside them in its source."""
    classes = [one for one in getattr(obj, "__mro__", ()) if dataclasses.is_dataclass(one)]
    for line in (line for one in classes for line in inspect.getsource(one).splitlines()):
        if found := re.fullmatch(r"    (\w+): ([^#]+?)(?:  # (.*))?", line):
            field, kind, comment = found.groups("")
            kind = kind.replace("field(default_factory=dict)", "{}")
            lines.append(f"* ``{field}: {kind}``" + (f": {comment}" if comment else ""))


def without_fields(app: Sphinx, what: str, name: str, obj: Any, *rest: Any) -> tuple[str, None] | None:
    """Leaves the arguments of a dataclass to the list of its fields."""
    return ("", None) if dataclasses.is_dataclass(obj) else None


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("autodoc-process-docstring", add_fields)
    app.connect("autodoc-process-signature", without_fields)
