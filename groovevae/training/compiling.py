"""Says how XLA compiles the functions that training repeats. Compiles none of them itself."""

from __future__ import annotations

from functools import cache

import jax

_OPTIONS = {"xla_cpu_use_fusion_emitters": False}


@cache
def compiler_options() -> dict[str, bool]:
    """Return options for `jax.jit` with which the compiler takes a tenth of the memory; none where XLA has no such.

    On CPUs, XLA's newer emitters write code that runs no faster here, and take some 600 MB for a training step, which is
    more than the step itself. Call it once it is settled on which devices JAX runs.
    """
    if jax.default_backend() != "cpu":
        return {}
    try:
        jax.jit(lambda: 0, compiler_options=_OPTIONS)()
    except RuntimeError:  # JAX's own: no such option
        return {}
    return _OPTIONS
