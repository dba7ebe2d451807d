"""Sets what becomes of memory that a process has freed: kept between training steps, given back between phases."""

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
    if _is_glibc():
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_ARENA_MAX, 1)
        mallopt(_MMAP_MAX, 0)
        mallopt(_TRIM_THRESHOLD, 2**31 - 1)


def give_back_freed_memory() -> None:
    """Return to the kernel what was freed: after a phase that took more memory than the next.

    It takes some 50 ms, and does nothing where the C library is not glibc.
    """
    if _is_glibc():
        ctypes.CDLL(None).malloc_trim(0)


def _is_glibc() -> bool:
    return platform.libc_ver()[0] == "glibc"
