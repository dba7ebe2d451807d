"""Saves the state of processes that train as one through Orbax: each writes what its devices hold, into one folder.

The folder holds a checkpoint under a number, the highest of which counts. A new one is whole before the old one goes.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import Sharding

from groovevae.errors import Cure, ModelFileError, OutputError
from groovevae.model.file import STATE_KIND
from groovevae.training.processes import in_first_process
from groovevae.training.weights import leaves_by_path, tree_of_leaves
from groovevae.wording import one_line


def state_folder(out: Path) -> Path:
    """Return the path of the checkpoints of a run of several processes that writes its model to `out`."""
    return out.parent / (out.name.removesuffix(".safetensors") + ".checkpoints")


def newest_checkpoint(folder: Path) -> Path | None:
    """Return the last checkpoint that was written whole, None where there is none."""
    if not folder.is_dir():
        return None
    numbers = [int(path.name) for path in folder.iterdir() if path.name.isdecimal()]  # Orbax's unfinished ones are not
    return folder / str(max(numbers)) if numbers else None


def _orbax() -> Any:
    """Return Orbax, which a process that trains alone does without: it takes most of a second to load."""
    import orbax.checkpoint

    return orbax.checkpoint


def write_checkpoint(folder: Path, state: Any, texts: dict[str, Any]) -> None:
    """Write a tree of arrays that lie over the devices of all processes, with JSON values; then remove older ones.

    All processes must call it together, with the same folder. Raises OutputError where it cannot be written to.
    """
    newest = newest_checkpoint(folder)
    number = multihost_utils.broadcast_one_to_all(np.int32(newest.name if newest else 0)) + 1
    path = folder.absolute() / str(int(number))
    ocp = _orbax()
    try:
        with ocp.Checkpointer(ocp.StandardCheckpointHandler()) as checkpointer:
            args = ocp.args.StandardSave(leaves_by_path(state))
            checkpointer.save(path, args=args, custom_metadata={"kind": STATE_KIND, **texts})
    except OSError as error:
        raise OutputError(
            f"{folder}: cannot be written ({error.strerror or error}); make room there, or choose another place"
        ) from None
    in_first_process(_remove_all_but, path)


def read_checkpoint_texts(path: Path) -> dict[str, Any]:
    """Return the JSON values of a checkpoint. Raises ModelFileError where it is none of ours, or damaged."""
    ocp = _orbax()
    try:
        with ocp.Checkpointer(ocp.StandardCheckpointHandler()) as checkpointer:
            texts = checkpointer.metadata(path.absolute()).custom_metadata or {}
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise _damaged(path, error) from None
    if texts.get("kind") != STATE_KIND:
        raise ModelFileError(f"{path}: damaged {STATE_KIND} (it does not say what it is)", cure=Cure.RESTART)
    return {name: value for name, value in texts.items() if name != "kind"}


def read_checkpoint(path: Path, like: Any, sharding: Sharding) -> Any:
    """Read a tree of arrays like `like`, laid over devices as `sharding` says.

    All processes that have these devices must call it together; they need not be those that wrote it. Raises
    ModelFileError where it is damaged.
    """
    wanted = {
        name: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=sharding)
        for name, leaf in leaves_by_path(like).items()
    }
    ocp = _orbax()
    try:
        with ocp.Checkpointer(ocp.StandardCheckpointHandler()) as checkpointer:
            leaves = checkpointer.restore(path.absolute(), args=ocp.args.StandardRestore(wanted))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise _damaged(path, error) from None
    return tree_of_leaves(like, leaves)


def _damaged(path: Path, error: Exception) -> ModelFileError:
    reason = one_line(str(error))[:200]
    return ModelFileError(f"{path}: damaged {STATE_KIND} ({reason})", cure=Cure.RESTART)


def _remove_all_but(path: Path) -> None:
    """Remove what lies beside a checkpoint: older ones, and what a killed run has left half written."""
    for other in path.parent.iterdir():
        if other.name != path.name and other.is_dir():
            shutil.rmtree(other, ignore_errors=True)
