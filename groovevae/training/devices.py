"""Lays each batch over all devices, with the same weights on each of them. Computes nothing itself.

The same code serves one device and many hosts with many. Every process draws the whole batch, which the seed and the
step decide, and keeps its own rows.
"""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from groovevae.errors import RequestError

_AXIS = "bars"


def make_mesh(batch_size: int) -> Mesh:
    """Put all devices of all processes in a row. Raises RequestError where they cannot share a batch equally."""
    devices = np.array(jax.devices())
    if batch_size % len(devices):
        below = batch_size // len(devices) * len(devices)
        fitting = " or ".join(str(size) for size in (below, below + len(devices)) if size)
        raise RequestError(
            f"batch size {batch_size} is not a multiple of the {len(devices)} devices to train on; use {fitting}"
        )
    return Mesh(devices, (_AXIS,))


def split_rows(mesh: Mesh, batch: Any) -> Any:
    """Turn NumPy arrays (B, ...) of a whole batch into JAX arrays, of which each device holds its share of the rows."""
    sharding = NamedSharding(mesh, PartitionSpec(_AXIS))
    return jax.tree.map(lambda part: jax.make_array_from_callback(part.shape, sharding, part.__getitem__), batch)


def on_all_devices(mesh: Mesh) -> NamedSharding:
    """Say that every device of the mesh has the whole of an array."""
    return NamedSharding(mesh, PartitionSpec())


def replicate(mesh: Mesh, tree: Any) -> Any:
    """Copy a tree of arrays, as it is in the first process, to every device of the mesh."""
    tree = multihost_utils.broadcast_one_to_all(tree)
    sharding = on_all_devices(mesh)
    return jax.tree.map(lambda part: jax.make_array_from_callback(part.shape, sharding, part.__getitem__), tree)
