"""Keeps a state of which each of two processes holds a half, and prints what comes of it; for the tests of that.

python checkpoint_in_processes.py FOLDER COORDINATOR PROCESS
"""

import sys
from pathlib import Path

import numpy as np

from groovevae.errors import GrooveError
from groovevae.training.devices import make_mesh, replicate, split_rows
from groovevae.training.loop import TrainState
from groovevae.training.processes import connect
from groovevae.training.state_store import StateStore

SPLIT, STEP = np.arange(12, dtype=np.float32).reshape(4, 3), 7
RUN = {"corpus": {"corpus": "c"}}


def main(folder: Path, coordinator: str, process: int) -> None:
    connect(coordinator, num_processes=2, process=process)
    mesh = make_mesh(2)
    split = split_rows(mesh, SPLIT)
    assert not split.is_fully_addressable
    state = TrainState({"split": split}, {}, {}, replicate(mesh, np.int32(STEP)))
    out = folder / "x.safetensors"
    store = StateStore.beside(out, RUN, 10)
    store.save(state)
    store.save(state)
    here = StateStore.beside(folder / str(process) / "x.safetensors", RUN, 10)
    print(store.is_by_all, here.is_by_all)
    whole = TrainState({"split": SPLIT}, {}, {}, np.int32(0))
    print(np.array_equal(store.load(whole, mesh).params["split"], SPLIT))
    try:
        StateStore(out if process == 0 else here.out, RUN, 10, False).load(whole, mesh)
    except GrooveError as error:
        print(f"{type(error).__name__}: {error}".replace(str(folder), "FOLDER"))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
