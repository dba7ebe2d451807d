"""Converts networks to flat arrays by parameter path, and back. Only this module knows how Flax names parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from groovevae.config import ModelConfig
from groovevae.network.forward import check_shapes
from groovevae.training.flax_network import GrooveVAE


def network_to_weights(network: GrooveVAE) -> dict[str, np.ndarray]:
    """Return the parameters by path ("encoder/read/dense/kernel"), float32."""
    return state_to_arrays(nnx.state(network, nnx.Param))


def state_to_arrays(tree: object) -> dict[str, np.ndarray]:
    """Return the leaves of any tree of arrays by path, as NumPy arrays."""
    return {name: np.asarray(leaf) for name, leaf in leaves_by_path(tree).items()}


def leaves_by_path(tree: object) -> dict[str, Any]:
    """Return the leaves of any tree by path, wherever they lie."""
    return {_path(keys): leaf for keys, leaf in jax.tree_util.tree_flatten_with_path(tree)[0]}


def tree_of_leaves(like: Any, leaves: Mapping[str, Any]) -> Any:
    """Return the tree `like` with its leaves taken from `leaves` by path: the inverse of `leaves_by_path`."""
    old, tree = jax.tree_util.tree_flatten_with_path(like)
    return jax.tree_util.tree_unflatten(tree, [leaves[_path(keys)] for keys, _ in old])


def _path(keys: tuple[Any, ...]) -> str:
    names = (getattr(key, "key", getattr(key, "name", getattr(key, "idx", None))) for key in keys)
    return "/".join(str(name) for name in names if name not in (None, "value"))


def arrays_to_state(like: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    """Return the tree `like` with its leaves taken from `arrays` by path: the inverse of `state_to_arrays`.

    Raises ModelFileError where an array is missing, has another shape, or has no place.
    """
    leaves, tree = jax.tree_util.tree_flatten_with_path(like)
    names = [_path(keys) for keys, _ in leaves]
    needed = {name: leaf.shape for name, (_, leaf) in zip(names, leaves, strict=True)}
    check_shapes({name: array.shape for name, array in arrays.items()}, needed)
    values = [jnp.asarray(arrays[name], leaf.dtype) for name, (_, leaf) in zip(names, leaves, strict=True)]
    return jax.tree_util.tree_unflatten(tree, values)


def build_network(config: ModelConfig, weights: Mapping[str, np.ndarray], *, low_precision: bool = False) -> GrooveVAE:
    """Build a network of `config` with `weights`. Raises ModelFileError where they do not fit."""
    network = nnx.eval_shape(lambda: GrooveVAE(config, low_precision=low_precision, rngs=nnx.Rngs(0)))
    graph, state = nnx.split(network)
    return nnx.merge(graph, arrays_to_state(state, weights))
