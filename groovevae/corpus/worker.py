"""Runs in the child process: applies one function to one path after another, and answers over its pipes.

It loads nothing but the module of the function it is told to run. The parent imports only the protocol's constants.
"""

from __future__ import annotations

import gc
import importlib
import math
import os
import signal
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from groovevae.errors import MidiError

FRAME = struct.Struct("<cI")  # kind, size of what follows
PATH, DATA = b"f", b"d"  # what a request holds
READY, RESULT, REASON, NO_MEMORY = b"r", b"o", b"e", b"m"
_SPARE_SECONDS = 5  # past the parent's time limit: only an orphan, whose parent was killed, lives to see it


def main(function_name: str, timeout_seconds: float, memory_bytes: int) -> None:
    """Serve until the parent closes the pipe. `function_name` is `module:name` of a function of a Path or of bytes."""
    module, _, name = function_name.partition(":")
    function = getattr(importlib.import_module(module), name)
    answers = _take_stdout()
    _limit_memory(memory_bytes)
    gc.freeze()
    _answer(answers, READY)
    requests = sys.stdin.buffer
    while len(head := requests.read(FRAME.size)) == FRAME.size:
        kind, size = FRAME.unpack(head)
        task = requests.read(size)
        _set_alarm(timeout_seconds + _SPARE_SECONDS)
        kind, payload = _run(function, Path(os.fsdecode(task)) if kind == PATH else task)
        _set_alarm(0)
        _answer(answers, kind, payload)
        if kind == NO_MEMORY:
            return  # the memory it holds may not come back: a new process takes over


def _run(function: Callable[[Any], bytes], task: Path | bytes) -> tuple[bytes, bytes]:
    try:
        return RESULT, function(task)
    except MidiError as error:
        return REASON, error.reason.encode()
    except MemoryError:
        return NO_MEMORY, b""
    except Exception as error:  # a bug of ours met in one file of thousands: reported by name, while the rest is read
        return REASON, f"groovevae failed on it ({type(error).__name__}: {error})".encode()


def _answer(pipe: BinaryIO, kind: bytes, payload: bytes = b"") -> None:
    pipe.write(FRAME.pack(kind, len(payload)) + payload)
    pipe.flush()


def _take_stdout() -> BinaryIO:
    """Return the pipe to the parent, moved out of reach of a parser that prints."""
    pipe = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    return pipe


def _limit_memory(memory_bytes: int) -> None:
    """Make allocations past the limit fail where the system can (Linux); elsewhere only time is limited."""
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))


def _set_alarm(seconds: float) -> None:
    if hasattr(signal, "alarm"):
        signal.alarm(math.ceil(seconds))
