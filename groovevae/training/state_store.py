"""Chooses how a run's state is kept beside its model: in one file, or by all processes together in one folder."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import jax
from jax.sharding import Mesh

from groovevae.errors import Cure, RequestError
from groovevae.files import write_file
from groovevae.training.devices import on_all_devices
from groovevae.training.loop import TrainState
from groovevae.training.processes import any_process, gather_bytes, in_first_process, is_first_process, together
from groovevae.training.state_file import (
    Run,
    is_checkpoint_resumed,
    load_state,
    save_state,
    saved_state,
    state_file,
    state_texts,
)
from groovevae.training.state_folder import read_checkpoint, state_folder, write_checkpoint


@dataclass(frozen=True)
class StateStore:
    """The place of the state of one run. All processes must make it, save and load together."""

    out: Path
    run: Run  # what a resumed run must agree on
    steps: int
    is_by_all: bool  # whether all processes write, into a folder that all of them see

    @classmethod
    def beside(cls, out: Path, run: Run, steps: int) -> StateStore:
        """Return the store of a run that writes its model to `out`. Raises OutputError where nothing can be written."""
        return cls(out, run, steps, jax.process_count() > 1 and _is_seen_by_all(out))

    def save(self, state: TrainState) -> None:
        """Write the state; then remove one that was kept in the other way. Raises OutputError where it cannot be."""
        is_done = int(state.step) >= self.steps
        if self.is_by_all:
            write_checkpoint(state_folder(self.out), state, state_texts(state, self.run, is_done=is_done))
            in_first_process(_remove_file, state_file(self.out))
        else:
            in_first_process(self._save_alone, state, is_done)

    def _save_alone(self, state: TrainState, is_done: bool) -> None:
        save_state(state_file(self.out), state, self.run, is_done=is_done)
        shutil.rmtree(state_folder(self.out), ignore_errors=True)

    def load(self, like: TrainState, mesh: Mesh) -> TrainState:
        """Return the state of an unfinished run in the same place, whichever processes wrote it; `like` without one.

        Raises ModelFileError where it is of another run, or damaged, and RequestError where a process does not see it.
        """
        with together():
            path = saved_state(self.out) if is_first_process() else None
            if path and path.is_dir() and not is_checkpoint_resumed(path, self.run):
                path = None
        name = gather_bytes(path.name.encode() if path else b"")[0].decode("utf-8", "surrogateescape")
        if not name.isdecimal():  # no checkpoint
            with together():
                return load_state(path, like, self.run) if path else like
        path = state_folder(self.out) / name
        if any_process(not path.is_dir()):
            raise RequestError(f"{path}: not seen by all processes (share its folder with them)", cure=Cure.RESTART)
        return read_checkpoint(path, like, on_all_devices(mesh))


def _is_seen_by_all(out: Path) -> bool:
    """Tell whether a file that the first process writes beside `out` is there for all. Raises OutputError for none."""
    token = gather_bytes(os.urandom(8).hex().encode())[0].decode()
    mark = out.parent / f".{out.name[:40]}.{token}.tmp"
    in_first_process(write_file, mark, b"")
    is_missing = any_process(not mark.exists())
    in_first_process(_remove_file, mark)
    return not is_missing


def _remove_file(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)
