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
from groovevae.corpus import Corpus, CorpusSong, Songs
from groovevae.corpus.dataset import Batches, Dataset
from groovevae.model.file import ModelFile
from groovevae.systems import COMPILER
from groovevae.training.data import genres_of, sizes_of
from groovevae.training.devices import make_mesh, on_all_devices, split_rows
from groovevae.training.loop import compile_step, initial_state

FEW_SONGS = 100  # of a corpus: enough to tell how long the bars of a batch will be


def compile_ahead(corpus: Corpus, config: TrainConfig, sizes: ModelConfig, start: ModelFile | None) -> Thread:
    """Begin to compile the first step of training, with arguments as in `gather_music`; return the thread that does.

    It raises nothing: the step compiles what the thread could not, and meets what was wrong. Nothing stops it, and
    Python does not end before it does. Of several processes that train together, none compiles ahead: what they train
    is settled only once they have told one another of their songs.
    """
    genres = genres_of(corpus, start)
    thread = Thread(target=_compile, args=(corpus.songs, genres, sizes_of(genres, sizes, start), config), name=COMPILER)
    if corpus.songs and jax.process_count() == 1:
        thread.start()
    return thread


def wait_for(compiler: Thread) -> None:
    """Wait until the thread has compiled what it can."""
    while compiler.is_alive():
        compiler.join(0.1)  # again and again, as Windows hears no Ctrl-C while it waits


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
