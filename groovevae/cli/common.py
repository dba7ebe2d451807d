"""What several commands share: options that were given, a corpus read with its progress shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from groovevae.corpus import Corpus


def given(options: dict[str, Any]) -> dict[str, Any]:
    """The options that were given: the library knows the others' defaults."""
    return {name: value for name, value in options.items() if value is not None}


def read_corpus(corpus: str, jobs: int | None) -> Corpus:
    """A corpus, with how far the reading is shown on stderr."""
    from rich.console import Console

    from groovevae import display
    from groovevae.corpus import load_corpus

    with display.reading(Console(stderr=True)) as progress:
        return load_corpus(corpus, progress=progress, jobs=jobs)
