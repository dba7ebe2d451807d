"""The first step of training is compiled in a thread, which nobody has to wait for."""

import logging
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import jax
import pytest
from tiny import GENRES, SETTINGS, SIZES, Tiny, stop_after, train_tiny

from groovevae.corpus.dataset import Dataset
from groovevae.errors import CorpusError
from groovevae.systems import COMPILER
from groovevae.training.ahead import compile_ahead, wait_for
from groovevae.training.data import genres_of
from groovevae.training.loop import initial_state, run_training

ROOT = Path(__file__).parent.parent
SIZES_OF_THREE = replace(SIZES, num_genres=len(GENRES))


@pytest.fixture
def compiled(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """What JAX compiles is logged."""
    jax.config.update("jax_log_compiles", True)
    with caplog.at_level(logging.WARNING):
        yield caplog
    jax.config.update("jax_log_compiles", False)


def halves_compiled(log: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """Which half of a step was compiled in which thread."""
    return [
        (half, record.threadName)
        for record in log.records
        for half in ("_gradients", "_updated")
        if record.getMessage().startswith(f"Finished XLA compilation of jit({half})")
    ]


def test_the_first_step_finds_itself_compiled(tiny: Tiny, compiled: pytest.LogCaptureFixture) -> None:
    config = replace(SETTINGS, steps=2, batch_size=24)  # a size that no other test has compiled
    wait_for(compile_ahead(tiny.corpus, config, SIZES, None))
    assert halves_compiled(compiled) == [("_gradients", COMPILER), ("_updated", COMPILER)]
    songs = tiny.corpus.songs
    data = Dataset.from_songs([song.song for song in songs], [song.entry.genre for song in songs], GENRES)
    run = {"model_config": SIZES_OF_THREE, "config": config, "stop": stop_after(2)}
    state = initial_state(SIZES_OF_THREE, config, None)
    state = run_training(data, data, state, report=lambda progress: None, save=lambda state: None, **run)
    assert int(state.step) == 2
    assert len(halves_compiled(compiled)) == 2


def test_what_is_wrong_is_told_by_the_run(tiny: Tiny, tmp_path: Path) -> None:
    wait_for(compile_ahead(tiny.corpus, replace(SETTINGS, batch_size=0), SIZES, None))
    assert not compile_ahead(replace(tiny.corpus, songs=[]), SETTINGS, SIZES, None).is_alive()
    songs = [song for song in tiny.corpus.songs if song.entry.genre == "rock"]
    with pytest.raises(CorpusError, match="one genre only"):
        train_tiny(replace(tiny.corpus, songs=songs), tmp_path / "x.safetensors")


def test_the_genres_of_a_model(tiny: Tiny) -> None:
    assert genres_of(tiny.corpus, None) == GENRES
    songs = [song for song in tiny.corpus.songs if song.entry.genre == "rock"]
    assert genres_of(replace(tiny.corpus, songs=songs), tiny.trained.model) == GENRES


BUSY = f"""
from threading import Thread
from time import sleep
from groovevae.__main__ import run
from groovevae.cli import main
from groovevae.errors import CorpusError

@main.command()
def busy():
    Thread(target=sleep, args=(300,), name={COMPILER!r}).start()
    {{}}

run()
"""


@pytest.mark.parametrize(
    ("end", "status", "told"),
    [
        ("raise CorpusError('my-midi: no songs')", 1, "Error: my-midi: no songs\n"),
        ("raise SystemExit(130)", 130, ""),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM); sleep(1)", 143, ""),
    ],
)
def test_a_command_that_fails_does_not_wait_for_the_compiler(end: str, status: int, told: str) -> None:
    command = [sys.executable, "-c", BUSY.format(end), "busy"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (status, told)
