"""Counts the arithmetic of a training step, and times how much the machine can do: products of matrices alone."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.extend.core import ClosedJaxpr, Jaxpr
from jax.interpreters.partial_eval import dce_jaxpr

from groovevae.bars.batch import BarBatch
from groovevae.config import ModelConfig, TrainConfig
from groovevae.training.flax_network import GrooveVAE
from groovevae.training.loop import initial_state, loss_fn

SIZES = ((256, 768, 3072), (1024, 1024, 1024), (2048, 2048, 2048), (4096, 1024, 4096))  # rows, contracted, columns
SECONDS = 1.0  # each size is timed


def flops_of_step(model_config: ModelConfig, config: TrainConfig, batch: BarBatch) -> float:
    """Count the floating-point operations of the matrix products in one batch's loss and gradient.

    Each multiply-add counts as two, taken from the traced program. Everything between the products counts as nothing,
    and so do the optimiser and products that the gradient does not need (those with respect to the batch itself).
    """
    graph = nnx.graphdef(nnx.eval_shape(lambda: GrooveVAE(model_config, rngs=nnx.Rngs(0))))
    params = jax.eval_shape(lambda: initial_state(model_config, config, None).params)
    genre = np.zeros(len(batch.num_steps), int)
    gradient = jax.grad(lambda params: loss_fn(params, graph, config, batch, genre, jnp.int32(0))[0])
    traced = jax.make_jaxpr(gradient)(params).jaxpr
    needed, _ = dce_jaxpr(traced, [True] * len(traced.outvars))
    return count_flops(needed)


def count_flops(jaxpr: Jaxpr) -> float:
    """Count the operations of all `dot_general`s of a traced program, those in a scan's body as often as it runs."""
    total = 0.0
    for equation in jaxpr.eqns:
        if equation.primitive.name == "dot_general":
            (contracted, _), _ = equation.params["dimension_numbers"]
            left = equation.invars[0].aval.shape
            total += 2.0 * math.prod(equation.outvars[0].aval.shape) * math.prod(left[axis] for axis in contracted)
        assert equation.primitive.name != "while", "how often a while loop runs is not known"
        times = equation.params.get("length", 1) if equation.primitive.name == "scan" else 1
        total += times * sum(count_flops(inner) for inner in _inner_programs(equation.params))
    return total


def _inner_programs(params: dict[str, Any]) -> list[Jaxpr]:
    values = [item for value in params.values() for item in (value if isinstance(value, (tuple, list)) else (value,))]
    return [v.jaxpr if isinstance(v, ClosedJaxpr) else v for v in values if isinstance(v, (ClosedJaxpr, Jaxpr))]


def best_rate(multiply: Callable[[int, int, int], Callable[[], object]]) -> float:
    """Return the best rate over SIZES in FLOP/s; `multiply(*size)` gives a function that waits for one product."""
    return max(_rate(multiply(*size), 2.0 * math.prod(size)) for size in SIZES)


def _rate(product: Callable[[], object], flops: float) -> float:
    product()
    best, end = math.inf, time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        begun = time.perf_counter()
        product()
        best = min(best, time.perf_counter() - begun)
    return flops / best


def jax_product(dtype: Any) -> Callable[[int, int, int], Callable[[], object]]:
    """Make products in XLA, summed in float32."""

    def of_size(rows: int, inner: int, columns: int) -> Callable[[], object]:
        x, w = jnp.ones((rows, inner), dtype), jnp.ones((inner, columns), dtype)
        dot = jax.jit(partial(jnp.matmul, preferred_element_type=jnp.float32))
        return lambda: dot(x, w).block_until_ready()

    return of_size


def torch_product(dtype: Any) -> Callable[[int, int, int], Callable[[], object]]:
    """Make products in PyTorch."""
    import torch

    def of_size(rows: int, inner: int, columns: int) -> Callable[[], object]:
        x, w = torch.ones(rows, inner, dtype=dtype), torch.ones(columns, inner, dtype=dtype)
        out = torch.empty(rows, columns, dtype=dtype)
        return lambda: torch.mm(x, w.T, out=out)

    return of_size
