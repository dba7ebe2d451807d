"""Reports on a training run: what it begins with, and what came of it. Trains and measures nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from groovevae.bars.constants import ROLES
from groovevae.corpus import Corpus
from groovevae.measures.note_f1 import macro_f1
from groovevae.reports.table import Part, Table
from groovevae.systems import command_text

if TYPE_CHECKING:
    from groovevae.training.result import Trained


def corpus_read(corpus: Corpus, name: str) -> Iterator[Part]:
    """Say what was read from the corpus that the user calls `name`."""
    without = len(corpus.songs) - len(corpus.labelled)
    unlabelled = f", files without a genre: {without:,}" if without else ""
    yield f"{name}: files used: {len(corpus.songs):,}, genres: {len(corpus.genres)}{unlabelled}"
    if unused := len(corpus.rejected) + len(corpus.unread):
        yield f"files not used: {unused:,}; {command_text(['groove', 'corpus', name])} lists them"


def corpus_shared(corpus: Corpus) -> Iterator[Part]:
    """Say what all processes that train together have read."""
    yield f"all processes together: files used: {len(corpus.songs):,}, genres: {len(corpus.genres)}"


def trained_model(trained: Trained, name: str) -> Iterator[Part]:
    """Say how well a model that was written to `name` reconstructs, and how to try it."""
    rows = dict(trained.held_out_f1)
    if rows:
        rows["mean of held-out songs"] = macro_f1(trained.held_out_f1)
    rows["mean of training songs"] = macro_f1(trained.train_f1)
    yield f1_table(rows)
    genres = sorted(trained.model.genres.values(), key=lambda genre: not genre.phrases)
    first, second = [genre.name for genre in [*genres, *genres]][:2]
    yield f"Model of {trained.steps_done:,} steps: {name}"
    yield f"Try it: {command_text(['groove', 'blend', first, second, '--model', name])}"


def f1_table(rows: Mapping[str, Mapping[str, float]]) -> Table:
    """Return a table of note F1 by role; its rows are genres and means."""
    return Table(("note F1", *ROLES), tuple((name, *(_share(f1[role]) for role in ROLES)) for name, f1 in rows.items()))


def f1_text(f1: Mapping[str, float]) -> str:
    """Return note F1 by role as one line."""
    return ", ".join(f"{role} {_share(f1[role])}" for role in ROLES if role in f1)


def _share(value: float) -> str:
    return "-" if value != value else f"{value:.2f}"  # NaN: no such notes
