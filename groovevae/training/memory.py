"""Sets how the process keeps its memory between training steps. Frees and allocates nothing itself."""

from __future__ import annotations

import ctypes
import platform

_TRIM_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -4, -8  # of glibc's malloc.h


def keep_freed_memory() -> None:
    """Make the C library keep freed memory, instead of returning it to the kernel and asking for it again.

    XLA frees all temporary memory of a training step at its end, some 100 MB, which the kernel would have to clear and
    map again page by page for the next: a fifth of a step's CPU time. Memory has to come from one arena, since others
    cannot grow that large. Call it before JAX touches a device: JAX's threads keep the arena they begin with.
    It does nothing where the C library is not glibc.
    """
    if platform.libc_ver()[0] == "glibc":
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_ARENA_MAX, 1)
        mallopt(_MMAP_MAX, 0)
        mallopt(_TRIM_THRESHOLD, 2**31 - 1)
