"""Genres made by hand: a place in a small latent space, and how they are played."""

import numpy as np

from groovevae.bars.constants import VOICE_PITCH
from groovevae.model.genres import Genre


def genre(
    name: str,
    mean: list[float],
    covariance: list[list[float]] | None = None,
    *,
    tempo: float = 120.0,
    programs: tuple = ((), (), ()),
    kit: tuple[int, ...] = VOICE_PITCH,
) -> Genre:
    return Genre(
        name=name,
        mean=np.array(mean, np.float32),
        covariance=np.array(np.eye(len(mean)) if covariance is None else covariance, np.float32),
        num_bars=64,
        num_songs=2,
        tempo=tempo,
        programs=programs,
        kit=kit,
    )


GENRES = {
    "classical": genre("classical", [0.0, 0.0], tempo=60.0, programs=(((42, 1.0),), ((0, 1.0),), ((40, 1.0),))),
    "rock": genre("rock", [1.0, 2.0], tempo=120.0, programs=(((33, 0.9), (34, 0.1)), ((29, 1.0),), ())),
    "jazz": genre("jazz", [3.0, 0.0], tempo=240.0),
}
