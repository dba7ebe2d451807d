"""A collection looked through: files ranked by how little they belong, with where and why. Reads no files itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from groovevae.anomaly.belonging import Belonging, fit_belonging, unseen_scores
from groovevae.anomaly.detectors import MIN_SONGS, Known
from groovevae.anomaly.measurements import describe
from groovevae.anomaly.reasons import Blame, Blamer
from groovevae.bars import Bars
from groovevae.corpus import Corpus, CorpusSong, most_alike
from groovevae.corpus.duplicates import distinct_bars
from groovevae.corpus.scan import shown_path
from groovevae.errors import CorpusError, RequestError
from groovevae.generation.groove import Groove
from groovevae.network.forward import Network

FALSE_ALARMS = 0.05  # share of normal files above the threshold
FEW_BARS = 4  # with notes: a file with fewer is nearly empty
EMPTY_SHARE = 0.5  # of a file's bars without a note
REPEATED_SHARE = 0.1  # of a file's bars that differ; below, in a file of MANY_BARS bars, it repeats itself
MANY_BARS = 16

Report = Callable[[str, int, int], None]  # what is being done, parts done, parts in all


def quiet(what: str, done: int, total: int) -> None:
    """Reports nothing."""


@dataclass(frozen=True)
class Outlier:
    """A file and how little it belongs in its genre."""

    path: str  # within the corpus
    genre: str
    score: float  # spreads above the median of normal files
    is_flagged: bool  # above the threshold
    role: str  # that lies farthest from the usual
    bars: tuple[int, ...]  # its worst bars, counted from 1
    reasons: tuple[str, ...]  # may be empty: then no single thing stands out
    looks_like: str = ""  # a genre that is likelier than its own
    duplicate_of: str = ""  # an earlier file, of any genre, with nearly the same bars


@dataclass(frozen=True)
class Outliers:
    """The files of a corpus, those that belong least first, and what the threshold is made of."""

    root: str
    files: tuple[Outlier, ...]
    threshold: float
    false_alarms: float  # share of normal files above the threshold
    num_normal: int
    own_normal: bool  # whether the corpus itself was taken for normal
    unused: tuple[tuple[str, str], ...]  # files that hold no song, or one that is there already, and why


def find_outliers(
    groove: Groove,
    corpus: Corpus,
    *,
    genre: str | None = None,
    normal: Corpus | None = None,
    false_alarms: float = FALSE_ALARMS,
    report: Report = quiet,
) -> Outliers:
    """The files of a corpus, or of one genre of it, ranked by how little they belong in their genre folders.

    Each is compared with the songs of its genre in `normal`, or in the corpus itself, of which most must then belong;
    never with versions of itself. Raises CorpusError for fewer than MIN_SONGS normal songs and RequestError for an
    unknown genre.

    >>> found = find_outliers(load_model(), load_corpus("my-midi"))
    >>> found.files[0].path, found.files[0].reasons
    ('jazz/take five.mid', ('drums off the grid',))
    """
    if not 0 < false_alarms < 1:
        raise RequestError(f"a false-alarm rate of {false_alarms:g}; it is a share of the files, between 0 and 1")
    if genre is not None and genre not in corpus.genres:
        raise RequestError(f"no genre {genre!r} in {corpus.root}; there are {', '.join(corpus.genres)}")
    network = groove.network
    songs = corpus.songs
    known = known_songs(network, songs, report=report)
    baseline = known if normal is None else known_songs(network, normal.songs, report=report)
    if len(np.unique(baseline.group)) < MIN_SONGS:
        raise CorpusError(f"{len(np.unique(baseline.group))} songs to tell what is normal; {MIN_SONGS} are needed")
    report("comparing", 0, 1)
    measure = fit_belonging(baseline)
    normal_scores = measure(baseline).score if normal is None else unseen_scores(baseline)
    threshold = float(np.quantile(normal_scores, 1 - false_alarms))
    found, blames = measure(known), Blamer(baseline)(known)
    report("looking for duplicates", 0, 1)
    twins = {pair.song: pair.of for pair in most_alike(corpus.near_duplicates).values()}
    files = [
        _outlier(corpus, number, found, blames[number], twins, threshold)
        for number in np.argsort(-found.score, kind="stable").tolist()
        if genre in (None, songs[number].entry.genre)
    ]
    unused = tuple((shown_path(item.path, corpus.root), item.reason) for item in corpus.rejected)
    return Outliers(str(corpus.root), tuple(files), threshold, false_alarms, len(normal_scores), normal is None, unused)


def known_songs(network: Network | None, songs: Sequence[CorpusSong], *, report: Report = quiet) -> Known:
    """Songs as detectors know them, without a network by what can be heard alone. Raises CorpusError for none."""
    if not songs:
        raise CorpusError("no song to look at; none of the files can be used")
    bars = (song.song.bars for song in songs)  # one by one: all together fill the memory
    measured = describe(
        network, bars, with_features=False, progress=lambda done: report("looking at songs", done, len(songs))
    )
    genre, group = (np.array([getattr(song.entry, name) for song in songs]) for name in ("genre", "song_id"))
    return Known(measured, genre, group)


def _outlier(
    corpus: Corpus,
    number: int,
    found: Belonging,
    blame: Blame,
    twins: dict[int, int],
    threshold: float,
) -> Outlier:
    entry, bars = corpus.songs[number].entry, corpus.songs[number].song.bars
    score = float(found.score[number])
    other = str(found.genre.other[number]) if found.genre.log_odds[number] > 0 else ""
    twin = shown_path(corpus.songs[twins[number]].entry.path, corpus.root) if number in twins else ""
    reasons = [*([f"looks like {other}"] if other else []), *([f"duplicate of {twin}"] if twin else [])]
    return Outlier(
        path=shown_path(entry.path, corpus.root),
        genre=entry.genre,
        score=round(score, 3),
        is_flagged=score > threshold,
        role=blame.role,
        bars=blame.bars,
        reasons=(*reasons, *_of_the_whole(bars), *blame.reasons),
        looks_like=other,
        duplicate_of=twin,
    )


def _of_the_whole(bars: Bars) -> list[str]:
    """What is wrong with a file as a whole: empty, or the same bars over and over."""
    sounding = int(bars.has_notes.sum())
    if sounding < FEW_BARS:
        return [f"nearly empty: {sounding} bars with notes"]
    found = []
    if sounding < (1 - EMPTY_SHARE) * len(bars):
        found.append(f"mostly empty: {sounding} of {len(bars)} bars have notes")
    differing = len(distinct_bars(bars))
    if sounding >= MANY_BARS and differing < REPEATED_SHARE * sounding:
        found.append(f"repeated: {differing} bars that differ among {sounding}")
    return found
