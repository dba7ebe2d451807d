"""Ranks the files of a collection by how little they belong, and says where and why. It reads no files itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from groovevae.anomaly.belonging import Belonging, fit_belonging, unseen_scores
from groovevae.anomaly.copies import break_songs, copied_songs
from groovevae.anomaly.detectors import MIN_SONGS, Known
from groovevae.anomaly.faults import FAULTS
from groovevae.anomaly.measurements import describe
from groovevae.anomaly.reasons import Blame, Blamer
from groovevae.bars import Bars
from groovevae.corpus import Corpus, CorpusSong, most_alike
from groovevae.corpus.duplicates import distinct_bars
from groovevae.corpus.sample import some_of_all
from groovevae.errors import CorpusError, RequestError
from groovevae.generation.groove import Groove
from groovevae.network.forward import Network
from groovevae.progress import Progress, quiet

FALSE_ALARMS = 0.05  # share of normal files above the threshold
FEW_BARS = 4  # with notes: a file with fewer is nearly empty
EMPTY_SHARE = 0.5  # a file with more than this share of bars without a note is mostly empty
REPEATED_SHARE = 0.1  # a file of MANY_BARS bars or more repeats itself where a smaller share of its bars differs
MANY_BARS = 16
MOST_COMPARED_WITH = 8000  # songs of all genres together: each takes some 120 KB while judges are fitted
TOGETHER = 1000  # songs measured and judged together, where not all of them are compared with


@dataclass(frozen=True)
class Outlier:
    """A file and how little it belongs in its genre."""

    path: str  # within the corpus
    genre: str
    score: float  # spreads above the median of normal files
    is_flagged: bool  # above the threshold
    role: str  # the one farthest from what is usual in the genre
    bars: tuple[int, ...]  # its worst bars, counted from 1
    reasons: tuple[str, ...]  # may be empty: then no single thing stands out
    looks_like: str = ""  # a genre that is likelier than its own
    duplicate_of: str = ""  # an earlier file, of any genre, with nearly the same bars


@dataclass(frozen=True)
class Outliers:
    """The files of a corpus, those that belong least first, and how the threshold was set."""

    root: str
    files: tuple[Outlier, ...]
    threshold: float
    false_alarms: float  # share of normal files above the threshold
    num_normal: int
    own_normal: bool  # whether the corpus itself was taken as normal
    unused: tuple[tuple[str, str], ...]  # files without a song, and duplicates: path and reason


def find_outliers(
    groove: Groove,
    corpus: Corpus,
    *,
    genre: str | None = None,
    normal: Corpus | None = None,
    false_alarms: float = FALSE_ALARMS,
    progress: Progress = quiet,
) -> Outliers:
    """Rank the files of a corpus, or of one genre of it, by how little they belong in their genre folders.

    Each file is compared with the songs of its genre in `normal`, or else in the corpus itself, most of which must then
    belong; where a genre has more than `sample.MOST_SONGS`, with so many of them, and with MOST_COMPARED_WITH songs of
    all genres. It is never compared with versions of itself. Raises CorpusError for fewer than MIN_SONGS normal songs
    and RequestError for an unknown genre.

    >>> found = find_outliers(load_model(), load_corpus("my-midi"))
    >>> found.files[0].path, found.files[0].reasons
    ('jazz/take five.mid', ('drums off the grid',))
    """
    _check_request(corpus, genre, false_alarms)
    network, corpus = groove.network, corpus.of_genres()
    usual = _compared_with((corpus if normal is None else normal).songs)
    baseline = known_songs(network, usual, progress=progress)
    if len(np.unique(baseline.group)) < MIN_SONGS:
        raise CorpusError(f"normal songs to compare with: {len(np.unique(baseline.group))}; {MIN_SONGS} are needed")
    progress("comparing", 0, 1)
    baseline = with_copies(network, baseline, usual)
    measure, blame = fit_belonging(baseline), Blamer(baseline)
    normal_scores = measure(baseline).score if normal is None else unseen_scores(baseline)
    threshold = float(np.quantile(normal_scores, 1 - false_alarms))
    is_whole = normal is None and len(usual) == len(corpus.songs)  # then every song has been looked at
    parts = [(0, baseline)] if is_whole else _in_parts(network, corpus.songs, progress)
    corpus.find_near_duplicates(progress=progress)
    twins = {pair.song: pair.of for pair in most_alike(corpus.near_duplicates).values()}
    scored = (_judged(corpus, start, measure(known), blame(known), twins, threshold) for start, known in parts)
    ranked = sorted(chain.from_iterable(scored), key=lambda found: -found[0])
    files = tuple(outlier for _, outlier in ranked if genre in (None, outlier.genre))
    unused = tuple((corpus.path_within(item.path), item.reason) for item in corpus.rejected)
    return Outliers(corpus.name, files, threshold, false_alarms, len(normal_scores), normal is None, unused)


def _check_request(corpus: Corpus, genre: str | None, false_alarms: float) -> None:
    if not 0 < false_alarms < 1:
        raise RequestError(f"a false-alarm rate of {false_alarms:g}; it is a share of the files, between 0 and 1")
    if genre is not None and genre not in corpus.genres:
        raise RequestError(f"no genre {genre!r} in {corpus.name}; there are {', '.join(corpus.genres)}")


def _compared_with(songs: Sequence[CorpusSong]) -> list[CorpusSong]:
    return [songs[index] for index in some_of_all(songs, MOST_COMPARED_WITH, least=MIN_SONGS)]


def known_songs(network: Network | None, songs: Sequence[CorpusSong], *, progress: Progress = quiet) -> Known:
    """Measure songs for the detectors; without a network, only what can be heard in them.

    Raises CorpusError where there are no songs.
    """
    if not songs:
        raise CorpusError("no song to look at; none of the files can be used")

    def bars() -> Iterator[Bars]:
        for done, song in enumerate(songs):  # one by one: all together would fill the memory
            progress("looking at songs", done, len(songs))
            yield song.song.bars

    measured = describe(network, bars(), with_features=False)
    genre, group = (np.array([getattr(song.entry, name) for song in songs]) for name in ("genre", "song_id"))
    return Known(measured, genre, group)


def with_copies(network: Network, known: Known, songs: Sequence[CorpusSong]) -> Known:
    """Return measured songs with broken copies of some of them, from which a judge learns what faults do to them."""
    some = copied_songs(len(songs))
    return replace(known, copies=break_songs(network, [songs[number].song.bars for number in some], some))


def _in_parts(network: Network, songs: Sequence[CorpusSong], progress: Progress) -> Iterator[tuple[int, Known]]:
    """Measure songs some at a time; yield the index of the first of them, and what was measured."""
    for start in range(0, len(songs), TOGETHER):

        def told(what: str, done: int, _: int, start: int = start) -> None:
            progress(what, start + done, len(songs))

        yield start, known_songs(network, songs[start : start + TOGETHER], progress=told)


def _judged(
    corpus: Corpus,
    start: int,
    found: Belonging,
    blames: Sequence[Blame],
    twins: dict[int, int],
    threshold: float,
) -> Iterator[tuple[float, Outlier]]:
    """Yield the score of each song from `start` on, and what is told of its file."""
    for place, blame in enumerate(blames):
        yield float(found.score[place]), _outlier(corpus, start + place, place, found, blame, twins, threshold)


def _outlier(
    corpus: Corpus,
    number: int,
    place: int,
    found: Belonging,
    blame: Blame,
    twins: dict[int, int],
    threshold: float,
) -> Outlier:
    """Tell what was found of song `number` of the corpus, which is at `place` among those judged together."""
    entry, bars = corpus.songs[number].entry, corpus.songs[number].song.bars
    score = float(found.score[place])
    other = str(found.genre.other[place]) if found.genre.log_odds[place] > 0 else ""
    twin = corpus.path_within(corpus.songs[twins[number]].entry.path) if number in twins else ""
    reasons = [*([f"looks like {other}"] if other else []), *([f"duplicate of {twin}"] if twin else [])]
    if found.soundness.log_odds[place] > 0 and found.unsound[place] == score:
        reasons.append(f"sounds broken: {list(FAULTS)[found.soundness.fault[place] - 1]}")
    return Outlier(
        path=corpus.path_within(entry.path),
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
    """Say what is wrong with a file as a whole: nearly or mostly empty, or the same bars over and over."""
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
