"""Finds files that almost surely do not belong, in seconds and without a model, for `groove train` to warn about.

It names only clear cases; `outliers` ranks every file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from groovevae.anomaly.belonging import scaled
from groovevae.anomaly.detectors import Known, song_neighbours_without_model
from groovevae.anomaly.genres import fit_genres
from groovevae.anomaly.outliers import known_songs
from groovevae.anomaly.reasons import Blamer
from groovevae.corpus import Corpus
from groovevae.corpus.sample import some_of_all
from groovevae.progress import Progress, quiet

ENOUGH_SONGS = 10  # for each genre: fewer do not show what is usual in it
FAR = 5.0  # spreads above the median distance to the nearest songs of the genre
LIKELIER = 10.0  # nats by which another genre has to be likelier
MOST_LOOKED_AT = 6000  # songs of all genres together: training waits for it
NEARER = 1.5  # spreads by which a song has to be nearer to that genre's songs than to those of its own


@dataclass(frozen=True)
class Suspect:
    """A song that hardly belongs in its genre, by its index in the corpus, or among those examined, and why."""

    song: int
    reason: str


def find_suspects(corpus: Corpus, *, progress: Progress = quiet) -> list[Suspect]:
    """Find the songs of a corpus that stand out, the clearest first. Genres below ENOUGH_SONGS songs are not judged.

    Of a genre of more than `sample.MOST_SONGS`, so many are looked at, and MOST_LOOKED_AT of all genres.
    """
    looked_at = looked_at_before_training(corpus)
    if len(looked_at) < ENOUGH_SONGS:
        return []
    known = known_songs(None, [corpus.songs[index] for index in looked_at], progress=progress)
    return [replace(found, song=looked_at[found.song]) for found in suspects(known, progress=progress)]


def looked_at_before_training(corpus: Corpus) -> list[int]:
    """Return the indices of the songs among which suspects are looked for."""
    own = corpus.labelled
    songs = [corpus.songs[number] for number in own]
    return [own[index] for index in some_of_all(songs, MOST_LOOKED_AT, least=ENOUGH_SONGS)]


def suspects(known: Known, *, progress: Progress = quiet) -> Iterator[Suspect]:
    """Yield the songs that stand out among these, the clearest first; they can be measured without a model.

    A suspect is FAR from the nearest songs of its genre, or in the wrong folder by two signs at once: another genre is
    LIKELIER, and its songs are NEARER. Of clean songs, about 1% at most are suspects, as measured in docs/anomaly.md.
    """
    progress("comparing", 0, 4)
    measure = scaled(song_neighbours_without_model, known)
    progress("comparing", 1, 4)
    odd, odds = measure(known), fit_genres(known)(known)
    progress("comparing", 2, 4)
    judged = [name for name in np.unique(known.genre) if len(set(known.group[known.genre == name])) >= ENOUGH_SONGS]
    nearer = odd - measure(replace(known, genre=odds.other))
    is_misplaced = (odds.log_odds >= LIKELIER) & (nearer >= NEARER) & np.isin(odds.other, judged)
    clearness = np.maximum(odd / FAR, np.where(is_misplaced, nearer / NEARER, 0.0))
    found = np.flatnonzero((clearness >= 1) & np.isin(known.genre, judged))
    found = found[np.argsort(-clearness[found], kind="stable")]
    progress("comparing", 3, 4)
    blames = Blamer(known)(known.of(found)) if len(found) else []
    for song, blame in zip(found.tolist(), blames, strict=True):
        looks_like = [f"looks like {odds.other[song]}"] if is_misplaced[song] else []
        yield Suspect(song, ", ".join([*looks_like, *blame.reasons]) or f"unusual as a whole, most in the {blame.role}")
