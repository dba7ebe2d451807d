"""Where training computes: a batch laid over all devices there are, weights alike on each of them.

One device is the same code as many hosts with many. Every process draws the whole batch, which the seed and the step
decide, and keeps its own rows.
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
    """All devices of all processes in a row. Raises RequestError where a batch has no equal share for each."""
    devices = np.array(jax.devices())
    if batch_size % len(devices):
        below = batch_size // len(devices) * len(devices)
        fitting = " or ".join(str(size) for size in (below, below + len(devices)) if size)
        raise RequestError(
            f"batch size {batch_size} is no multiple of the {len(devices)} devices to train on; use {fitting}"
        )
    return Mesh(devices, (_AXIS,))


def split_rows(mesh: Mesh, batch: Any) -> Any:
    """NumPy arrays (B, ...) of a whole batch as JAX arrays, each device of the mesh holding its share of the rows."""
    sharding = NamedSharding(mesh, PartitionSpec(_AXIS))
    return jax.tree.map(lambda part: jax.make_array_from_callback(part.shape, sharding, part.__getitem__), batch)


def replicate(mesh: Mesh, tree: Any) -> Any:
    """A tree of arrays as it is in the first process, whole on every device of the mesh."""
    tree = multihost_utils.broadcast_one_to_all(tree)
    sharding = NamedSharding(mesh, PartitionSpec())
    return jax.tree.map(lambda part: jax.make_array_from_callback(part.shape, sharding, part.__getitem__), tree)
