"""Compiles the first step of training in a thread, while the music for it is gathered. It trains nothing.

What has been compiled stays with JAX, which takes it when a step is called with arrays of the same shapes.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from threading import Thread

import jax

from groovevae.config import ModelConfig, TrainConfig
from groovevae.corpus import CorpusSong, Songs
from groovevae.corpus.dataset import Batches, Dataset
from groovevae.systems import COMPILER
from groovevae.training.devices import make_mesh, on_all_devices, split_rows
from groovevae.training.loop import compile_step, initial_state

FEW_SONGS = 100  # of a corpus: enough to tell how long the bars of a batch will be


def compile_ahead(
    songs: Sequence[CorpusSong], genres: tuple[str, ...], model_config: ModelConfig, config: TrainConfig
) -> Thread:
    """Begin to compile the first step of training on songs; return the thread, to be joined before that step.

    It raises nothing: the step compiles what the thread could not, and meets what was wrong. Nothing stops it, and
    Python does not end before it does. Of several processes that train together, none compiles ahead: what they train
    is settled only once they have told one another of their songs.
    """
    thread = Thread(target=_compile, args=(songs, genres, model_config, config), name=COMPILER)
    if songs and jax.process_count() == 1:
        thread.start()
    return thread


def _compile(
    songs: Sequence[CorpusSong], genres: tuple[str, ...], model_config: ModelConfig, config: TrainConfig
) -> None:
    with suppress(Exception):
        mesh = make_mesh(config.batch_size)
        few = songs[:: -(-len(songs) // FEW_SONGS)]
        data = Dataset.from_songs(Songs(few), [song.entry.genre for song in few], genres)
        batch, genre = split_rows(mesh, Batches.of(data, config)[0])
        state = jax.tree.map(
            lambda part: jax.ShapeDtypeStruct(part.shape, part.dtype, sharding=on_all_devices(mesh)),
            jax.eval_shape(partial(initial_state, model_config, config, None)),
        )
        compile_step(model_config, config, state, batch, genre)
