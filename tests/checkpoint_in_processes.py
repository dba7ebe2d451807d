"""Writes and reads a checkpoint of which each of two processes holds a half; for the tests of that.

python checkpoint_in_processes.py FOLDER COORDINATOR PROCESS
"""

import sys
from pathlib import Path

import jax
import numpy as np

from groovevae.training.devices import make_mesh, replicate, split_rows
from groovevae.training.processes import connect
from groovevae.training.state_folder import newest_checkpoint, read_checkpoint, write_checkpoint

SPLIT, WHOLE = np.arange(12, dtype=np.float32).reshape(4, 3), np.int32(7)


def main(folder: Path, coordinator: str, process: int) -> None:
    connect(coordinator, num_processes=2, process=process)
    mesh = make_mesh(2)
    split = split_rows(mesh, SPLIT)
    state = {"split": split, "whole": replicate(mesh, WHOLE)}
    assert not split.is_fully_addressable
    for step in (3, 4):
        write_checkpoint(folder, state, {"step": step})
    again = read_checkpoint(newest_checkpoint(folder), state, split.sharding.update(spec=jax.P()))
    assert (np.asarray(again["split"]) == SPLIT).all()
    assert int(again["whole"]) == 7


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
