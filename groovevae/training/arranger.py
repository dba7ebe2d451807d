"""Fits the arranger to a trained network: bars, and what is known of them, to weights. Draws no bars."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np
from flax import nnx

from groovevae.arranging.conditions import Conditions
from groovevae.arranging.lead_sheet import harmony, only_roles, without_feel
from groovevae.bars import Bars, Song
from groovevae.bars.constants import LEAD, ROLES
from groovevae.config import ArrangerConfig
from groovevae.corpus import CorpusSong
from groovevae.corpus.dataset import Dataset
from groovevae.corpus.packed_bars import KeptBars
from groovevae.fitting.arranger_doses import with_arranger_doses
from groovevae.model.arranger import Arranger
from groovevae.model.file import ModelFile
from groovevae.network.chunks import CHUNK
from groovevae.network.decoding import encode
from groovevae.network.forward import Network
from groovevae.network.inputs import metre_rows
from groovevae.progress import Progress, quiet
from groovevae.training.arranger_network import ArrangerBatch, ArrangerFlow, arranger_loss
from groovevae.training.data import set_aside, songs_with_genres
from groovevae.training.flow_matching import fit_flow, spread_songs

LEAST_SPREAD = 0.05  # added to each coordinate's spread: one that hardly varies must not count as much as the others
WHO_PLAYS_RIDGE = 10.0
INPUT_NOISE = 0.2  # standard deviation, added to the points that are known: drawn bars are not as clean as real ones

# How often each thing is hidden in training. What is never hidden could not be left out later.
HIDDEN = {"roles": 0.1, "harmony": 0.3, "bass": 0.4, "plays": 0.15, "before": 0.3, "after": 0.75, "style": 0.5}
GENRE_HIDDEN = 0.18

_TOGETHER = 32 * CHUNK  # bars unpacked at once: what comes out does not depend on it
_LEAD_ALONE = np.arange(len(ROLES)) == LEAD
VERSIONS = (0.4, 0.45, 0.15)  # how often bars are reduced to the lead, to roles drawn at random, to notes without feel
_SUBSETS = np.array([[number >> role & 1 for role in range(len(ROLES))] for number in range(1, 15)], bool)


class _Bars(NamedTuple):
    """All bars of some songs in a row, with all that can be known of them."""

    x: np.ndarray  # (N, K)
    given: np.ndarray  # (N, 3, K) reduced to the lead, to roles drawn at random, and to notes without feel
    is_given: np.ndarray  # (N, 3, 4) bool
    harmony: np.ndarray  # (N, 144)
    plays: np.ndarray  # (N, 4) bool
    first: np.ndarray  # (N,) index of the first bar of its song
    last: np.ndarray  # (N,)
    style: np.ndarray  # (N, K)
    setting: np.ndarray  # (N, 2)
    metre: np.ndarray  # (N,)
    genre: np.ndarray  # (N,)


def fit_arranger(
    network: Network,
    songs: Sequence[Song],
    song_genres: Sequence[str],
    *,
    config: ArrangerConfig | None = None,
    stop: Callable[[], bool] = lambda: False,
    progress: Progress = quiet,
) -> Arranger | None:
    """Fit an arranger to songs with their genres, as this network encodes them; None where `stop` ended it.

    The same songs and config give the same arranger.
    """
    config = config or ArrangerConfig()
    names = tuple(sorted(set(song_genres)))
    used, genre_of = spread_songs(songs, song_genres, seed=config.seed)
    data = Dataset.from_songs(used, genre_of, names)
    parts = _parts(data.bars, partial(progress, "encoding bars"))
    rows = [(encode(network, part)[0], part.role_plays) for part in parts]
    z, plays = (np.concatenate(column) for column in zip(*rows, strict=True))
    mean, scale = z.mean(0), z.std(0) + np.float32(LEAST_SPREAD)
    x = ((z - mean) / scale).astype(np.float32)
    arranger = Arranger(config, names, mean, scale, {}, fit_who_plays(x, plays))
    is_minor = [song.is_minor for song in used]
    weights = _fit(_known(network, arranger, data, is_minor, x, progress), config, len(names), stop, progress)
    return None if weights is None else replace(arranger, weights=weights)


def _parts(bars: KeptBars, told: Callable[[int, int], None]) -> Iterator[Bars]:
    """Unpack bars, some at a time."""
    for start in range(0, len(bars), _TOGETHER):
        told(start, len(bars))
        yield bars[start : start + _TOGETHER]


def with_arranger(
    model: ModelFile,
    songs: Sequence[CorpusSong],
    rehearsal: Sequence[tuple[Song, str]],
    data: Dataset,
    *,
    config: ArrangerConfig | None = None,
    stop: Callable[[], bool] = lambda: False,
    progress: Progress = quiet,
) -> ModelFile:
    """Return the model with an arranger and its doses; without one where `stop` ended it.

    The arranger is fitted to the rehearsed phrases and to most of the songs. Its doses are measured on the others,
    among the bars of `data`, which come from the songs and from phrases after them.
    """
    aside = set_aside(songs)
    used = [song for song, is_aside in zip(songs, aside, strict=True) if not is_aside]
    arranger = fit_arranger(
        model.network(), *songs_with_genres(used, rehearsal), config=config, stop=stop, progress=progress
    )
    moved = np.append(aside, np.zeros(len(rehearsal), bool))
    return with_arranger_doses(replace(model, arranger=arranger), data=data, set_aside=moved, progress=progress)


def fit_who_plays(x: np.ndarray, plays: np.ndarray) -> np.ndarray:
    """Fit what tells from coordinates x (N, K) whether each role plays (N, 4): ridge regression, (4, K + 1).

    Bars with and without a role weigh the same together.
    """
    known = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    rows = []
    for column in range(len(ROLES)):
        is_there = plays[:, column]
        weight = 0.5 / np.maximum(np.where(is_there, is_there.mean(), 1 - is_there.mean()), 1e-3)
        products = (known * weight[:, None]).T
        ridge = WHO_PLAYS_RIDGE * np.eye(known.shape[1])
        rows.append(np.linalg.solve(products @ known + ridge, products @ np.where(is_there, 1.0, -1.0)))
    return np.array(rows, np.float32)


class _Reduced(NamedTuple):
    """What is known of some bars by themselves."""

    given: np.ndarray  # (N, 3, K)
    harmony: np.ndarray  # (N, 144)
    plays: np.ndarray  # (N, 4) bool
    metre: np.ndarray  # (N,)
    tempo: np.ndarray  # (N,)


def _reduced(network: Network, arranger: Arranger, bars: Bars, is_given: np.ndarray) -> _Reduced:
    """Return what is known of bars of which some roles `is_given` (N, 3, 4), as in `_Bars`."""
    reduced = [only_roles(bars, is_given[:, 0]), only_roles(bars, is_given[:, 1]), without_feel(bars)]
    given = np.stack([arranger.of(encode(network, own)[0]) for own in reduced], axis=1)
    return _Reduced(given, harmony(bars), bars.role_plays, metre_rows(bars.metre), bars.tempo)


def _known(
    network: Network, arranger: Arranger, data: Dataset, is_minor: Sequence[bool], x: np.ndarray, progress: Progress
) -> _Bars:
    """Gather what can be known of the bars of songs, which encode to x (N, K)."""
    rng = np.random.default_rng(arranger.config.seed)
    lengths = np.bincount(data.song)
    starts = np.cumsum(lengths) - lengths
    drawn = _SUBSETS[rng.integers(0, len(_SUBSETS), len(x))]
    is_given = np.stack([np.broadcast_to(_LEAD_ALONE, drawn.shape), drawn, np.ones_like(drawn)], axis=1)  # (N, 3, 4)
    parts = enumerate(_parts(data.bars, partial(progress, "reducing bars to some of their roles")))
    rows = [_reduced(network, arranger, part, is_given[number * _TOGETHER :][: len(part)]) for number, part in parts]
    known = _Reduced(*(np.concatenate(column) for column in zip(*rows, strict=True)))
    tempo = np.array([np.median(own) for own in np.split(known.tempo, starts[1:])])
    setting = np.stack([np.array(is_minor), np.log2(tempo / 120)], axis=1)  # (songs, 2)
    return _Bars(
        x=x,
        given=known.given,
        is_given=is_given,
        harmony=known.harmony,
        plays=known.plays,
        first=starts[data.song],
        last=(starts + lengths - 1)[data.song],
        style=(np.add.reduceat(x, starts, axis=0) / lengths[:, None])[data.song],
        setting=setting.astype(np.float32)[data.song],
        metre=known.metre,
        genre=data.genre,
    )


def hide(bars: _Bars, index: np.ndarray, num_genres: int, rng: np.random.Generator) -> Conditions:
    """Return what is known of the bars at `index` (B,), with something different hidden of each."""
    size, width = len(index), bars.x.shape[1]

    def seen(name: str) -> np.ndarray:
        return rng.random(size) >= HIDDEN[name]

    def blurred(points: np.ndarray) -> np.ndarray:
        return points + INPUT_NOISE * rng.standard_normal((size, width), np.float32)

    version = rng.choice(len(VERSIONS), size, p=VERSIONS)
    knows_roles, knows_harmony = seen("roles"), seen("harmony")
    knows_genre = rng.random(size) >= GENRE_HIDDEN
    genre = np.eye(num_genres, dtype=np.float32)[bars.genre[index]]
    alone = ~knows_roles[:, None]  # nothing but the bars around it: then they are always known
    return Conditions(
        given=bars.given[index, version],
        is_given=bars.is_given[index, version] & ~alone,
        harmony=bars.harmony[index],
        knows_harmony=knows_harmony,
        knows_bass=knows_harmony & seen("bass"),
        plays=bars.plays[index],
        knows_plays=seen("plays"),
        before=blurred(bars.x[np.maximum(index - 1, 0)]),
        knows_before=(index > bars.first[index]) & (seen("before") | ~knows_roles),
        after=blurred(bars.x[np.minimum(index + 1, len(bars.x) - 1)]),
        knows_after=(index < bars.last[index]) & (seen("after") | (~knows_roles & (version == 0))),
        style=blurred(bars.style[index]),
        knows_style=seen("style") & (knows_genre | (rng.random(size) < 0.5)),
        place=index - bars.first[index],
        setting=bars.setting[index],
        metre=bars.metre[index],
        genre=genre * knows_genre[:, None],
    )


def _fit(
    bars: _Bars, config: ArrangerConfig, num_genres: int, stop: Callable[[], bool], progress: Progress
) -> dict[str, np.ndarray] | None:
    network = ArrangerFlow(config, bars.x.shape[1], num_genres, rngs=nnx.Rngs(config.seed))

    def inputs(index: np.ndarray, rng: np.random.Generator) -> tuple[ArrangerBatch]:
        known = hide(bars, index, num_genres, rng)
        return (ArrangerBatch(bars.x[index], known.features, known.genre, known.metre),)

    return fit_flow(network, arranger_loss, inputs, bars.genre, config, what="arranger", stop=stop, progress=progress)
