"""Fits the prior over phrases to a trained network: songs to latent points, forms and weights. Draws no phrases."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from flax import nnx

from groovevae.bars import Song
from groovevae.config import PriorConfig
from groovevae.corpus.dataset import sounding
from groovevae.measures.phrases import role_digests
from groovevae.model.genres import Genre
from groovevae.model.phrase_forms import FORM_BARS, NEW, Coordinates, Prior, pick_forms, plan_of
from groovevae.network.decoding import encode
from groovevae.network.forward import Network
from groovevae.network.inputs import metre_rows
from groovevae.progress import Progress, quiet
from groovevae.training.flow_matching import fit_flow, spread_songs
from groovevae.training.prior_network import PhraseBatch, PriorNetwork, flow_loss


class _Bars(NamedTuple):
    """All bars of some songs in a row, with all that a phrase of them needs."""

    x: np.ndarray  # (N, K)
    plan: np.ndarray  # (N, 4)
    genre: np.ndarray  # (N,)
    metre: np.ndarray  # (N,)
    setting: np.ndarray  # (N, 2)
    last: np.ndarray  # (N,) index of the song's last bar
    style: np.ndarray  # (N, K) mean of the song's bars


def fit_prior(
    network: Network,
    genres: Mapping[str, Genre],
    songs: Sequence[Song],
    song_genres: Sequence[str],
    *,
    config: PriorConfig | None = None,
    stop: Callable[[], bool] = lambda: False,
    progress: Progress = quiet,
) -> Prior | None:
    """Fit a prior over phrases to songs with their genres, as this network encodes them; None where `stop` ended it.

    The same songs and config give the same prior.
    """
    config = config or PriorConfig()
    names = tuple(sorted(set(song_genres)))
    coordinates = {name: Coordinates(genres[name]) for name in names}
    used, genre_of = spread_songs(songs, song_genres, seed=config.seed)
    bars, styles = _read(network, used, genre_of, coordinates, partial(progress, "reading phrases"))
    weights = _fit(bars, config, len(names), stop, progress)
    if weights is None:
        return None
    forms = {}
    for name in names:
        own = [index for index, other in enumerate(genre_of) if other == name]
        forms[name] = pick_forms(name, [used[index] for index in own], [styles[index] for index in own])
    return Prior(config, names, weights, forms)


def _read(
    network: Network,
    songs: Sequence[Song],
    song_genres: Sequence[str],
    coordinates: Mapping[str, Coordinates],
    told: Callable[[int, int], None],
) -> tuple[_Bars, list[np.ndarray]]:
    """Return the sounding bars of songs, and the style of each: the mean (Z,) of its latent points.

    A song on disk is unpacked once. `coordinates` are those of each genre, in the order of their numbers.
    """
    genres = list(coordinates)
    parts: list[_Bars] = []
    styles: list[np.ndarray] = []
    end = 0
    for done, (song, name) in enumerate(zip(songs, song_genres, strict=True)):
        told(done, len(songs))
        bars = song.bars[sounding(song)]
        z = encode(network, bars)[0]
        own = coordinates[name].of(z)
        styles.append(z.mean(0))
        end += len(bars)
        tempo = np.full(len(bars), np.median(bars.tempo))
        parts.append(
            _Bars(
                own,
                plan_of(role_digests(bars)),
                np.full(len(bars), genres.index(name)),
                metre_rows(bars.metre),
                np.stack([np.full(len(bars), song.is_minor), np.log2(tempo / 120)], axis=1).astype(np.float32),
                np.full(len(bars), end - 1),
                np.broadcast_to(own.mean(0), own.shape),
            )
        )
    return _Bars(*(np.concatenate(columns) for columns in zip(*parts, strict=True))), styles


def _phrases(bars: _Bars, starts: np.ndarray) -> tuple[np.ndarray, PhraseBatch, np.ndarray]:
    """Cut FORM_BARS bars from each start (B,): coordinates (B, T, K), what is known of them, which are in the song."""
    place = np.arange(FORM_BARS)
    index = starts[:, None] + place  # (B, T)
    mask = index <= bars.last[starts][:, None]
    index = np.minimum(index, bars.last[starts][:, None])
    plan = bars.plan[index]
    plan = np.where(plan > place[None, :, None], NEW, plan)
    batch = PhraseBatch(plan, bars.genre[starts], bars.metre[index], bars.setting[starts], bars.style[starts])
    return bars.x[index], batch, mask.astype(np.float32)


def _fit(
    bars: _Bars,
    config: PriorConfig,
    num_genres: int,
    stop: Callable[[], bool] = lambda: False,
    progress: Progress = quiet,
) -> dict[str, np.ndarray] | None:
    network = PriorNetwork(config, bars.x.shape[1], num_genres, low_precision=True, rngs=nnx.Rngs(config.seed))
    return fit_flow(
        network,
        flow_loss,
        lambda starts, _: _phrases(bars, starts),
        bars.genre,
        config,
        what="prior over phrases",
        stop=stop,
        progress=progress,
    )
