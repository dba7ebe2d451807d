"""Renders genres: which tunes each takes, in which styles, and the manifest's rows of what comes out."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from corpus_making.bands import WITH_HANDS, Rendering, render, wanted_of
from corpus_making.genres import GENRES
from corpus_making.grooves import grooves_of
from corpus_making.rows import Row
from corpus_making.styles import Rendered, Style
from corpus_making.takes import Take, group_of
from corpus_making.tunes import Tune, number_of
from groovevae.midi.writing import score_to_midi

MMA = "accompaniment rendered with MMA, https://www.mellowood.ca/mma/"
GMD = "drums: Groove MIDI Dataset, Gillick et al. 2019, CC-BY-4.0"


def render_genre(name: str, tunes: Sequence[Tune], takes: Mapping[int, Sequence[Take]], out: Path) -> Iterator[Row]:
    """Render the files of a genre into its folder and yield their rows; what cannot be rendered is told on stderr."""
    genre = GENRES[name]
    counts: Counter[tuple[str, str]] = Counter()
    for tune in plan(tunes, name, genre, takes):
        number = counts[tune.source, tune.song_id]
        counts[tune.source, tune.song_id] += 1
        seed = number_of(f"{name} {tune.song_id} {tune.source} {number}")
        group = group_of(tune.song_id)
        try:
            done = render_tune(tune, genre, takes.get(group, ()), seed=seed)
        except ValueError as error:
            print(f"{name}: {tune.song_id}: not rendered: {error}", file=sys.stderr)
            continue
        folder = Path(genre.genre, f"{tune.source}_{name}") if genre.genre else Path(name, tune.source)
        path = folder / f"{tune.song_id.removeprefix(f'{tune.source}-')}_{number}.mid"
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (out / path).write_bytes(score_to_midi(done.score))
        yield _row(path, genre.genre or name, tune, group, done)


def plan(tunes: Sequence[Tune], name: str, genre: Rendered, takes: Mapping[int, Sequence[Take]]) -> Iterator[Tune]:
    """Yield as many tunes as a genre has files; some genres leave out tunes that no take suits.

    Genres take tunes in one order, so that they share songs; jazz and blues begin with what was written as such, and
    render it more than once.
    """
    left = genre.files
    preferred = {"jazz": lambda tune: tune.source == "neonscribe", "blues": lambda tune: tune.is_blues}.get(name)
    times = {"jazz": 2, "blues": 4}.get(name, 1)
    for tune in sorted(tunes, key=lambda tune: (not (preferred and preferred(tune)), number_of(tune.song_id))):
        for _ in range(times if preferred and preferred(tune) else 1):
            if left and is_wanted(tune, genre, takes.get(group_of(tune.song_id), ())):
                left -= 1
                yield tune


def is_wanted(tune: Tune, genre: Rendered, takes: Sequence[Take]) -> bool:
    """Say whether a genre has styles of the tune's metre, and one that a take suits, where nothing else will do."""
    styles = styles_of(genre, tune.beats)
    return bool(suited(styles, genre, tune.beats, takes) if genre.only_hands else styles)


def styles_of(genre: Rendered, beats: int) -> list[Style]:
    """Return the styles of a genre in bars of so many quarter notes."""
    return [style for style in genre.styles if grooves_of(style.file).beats == beats]


def suited(styles: Sequence[Style], genre: Rendered, beats: int, takes: Sequence[Take]) -> list[Style]:
    """Return the styles that a take suits."""
    return [style for style in styles if beats in WITH_HANDS and any(map(wanted_of(genre, style).is_met, takes))]


def render_tune(tune: Tune, genre: Rendered, takes: Sequence[Take], *, seed: int) -> Rendering:
    """Render a tune in one of the genre's styles: the first, in random order, that a take suits, if it suits any."""
    styles = styles_of(genre, tune.beats)
    styles = [styles[index] for index in np.random.default_rng(seed).permutation(len(styles))]
    return render(tune, genre, [*suited(styles, genre, tune.beats, takes), *styles][0], takes, seed=seed)


def _row(path: Path, genre: str, tune: Tune, group: int, done: Rendering) -> Row:
    return {
        "path": path.as_posix(),
        "genre": genre,
        "source": f"rendering of {tune.source}",
        "song_id": tune.song_id,
        "group": f"#{group}",  # in order before song ids: its name then decides its side of a split
        "title": tune.title,
        "authors": tune.authors,
        "licence": tune.licence,
        "phrases": "yes",
        "rests_on": "hands" if done.take else "rendering",
        "groove": done.groove,
        "take": done.take,
        "attribution": "; ".join([tune.attribution, MMA, *([GMD] if done.take else [])]),
    }
