"""The function that long work calls to report how far it has come. The caller decides whether anybody sees it."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]  # what is being done, parts done, parts in all


def quiet(what: str, done: int, total: int) -> None:
    """Tell nobody."""
