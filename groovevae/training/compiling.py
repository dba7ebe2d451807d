"""Says how XLA compiles the functions that training repeats. Compiles none of them itself."""

from __future__ import annotations

from functools import cache

import jax

_OPTIONS = {"xla_cpu_use_fusion_emitters": False}


@cache
def compiler_options() -> dict[str, bool]:
    """Return options for `jax.jit` to compile element by element work with hardly any memory; none without such.

    XLA's newer emitters for CPUs take a megabyte for each loop that they write. What they write for products is faster,
    and for an optimiser it is not. Call it once it is settled on which devices JAX runs.
    """
    if jax.default_backend() != "cpu":
        return {}
    try:
        jax.jit(lambda: 0, compiler_options=_OPTIONS)()
    except RuntimeError:  # JAX's own: no such option
        return {}
    return _OPTIONS
