"""Starts a Dask scheduler and workers on this machine. They are plain child processes, as readers are, and end with it.

Dask's own `LocalCluster` runs the caller's `__main__` again in each worker: scripts without a guard would break.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from groovevae.errors import CorpusError

_START_SECONDS = 60.0
_STOP_SECONDS = 5.0
_ORPHAN_SECONDS = "60"  # after which they end by themselves where this process was killed
_COMMON = ("--no-dashboard", "--host", "127.0.0.1")


@contextmanager
def local_cluster(num_workers: int) -> Iterator[str]:
    """Give the address of a scheduler with so many workers of one thread. Raises CorpusError where none starts."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        about, processes = Path(folder) / "scheduler.json", []
        try:
            options = ("--port", "0", "--scheduler-file", str(about), "--idle-timeout", _ORPHAN_SECONDS)
            processes.append(_started("dask_scheduler", *options, folder=folder))
            address = _address(about, processes[0])
            options = ("--nworkers", str(num_workers), "--nthreads", "1", "--memory-limit", "0")
            lasting = ("--death-timeout", _ORPHAN_SECONDS, "--local-directory", folder)
            processes.append(_started("dask_worker", address, *options, *lasting, folder=folder))
            yield address
        finally:
            for process in reversed(processes):  # workers first
                _stop(process)


def _started(program: str, *options: str, folder: str) -> subprocess.Popen[bytes]:
    with (Path(folder) / f"{program}.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{program}", *_COMMON, *options],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,  # this process alone answers Ctrl-C
        )


def _address(about: Path, process: subprocess.Popen[bytes]) -> str:
    """Return the address of a scheduler that has been started, once it listens."""
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError, ValueError):  # it is not there yet, or half written
            return str(json.loads(about.read_text("utf-8"))["address"])
        time.sleep(0.05)
    lines = (about.parent / "dask_scheduler.log").read_text("utf-8", "replace").split("\n")
    last = next((line for line in reversed(lines) if line.strip()), "it says nothing")
    raise CorpusError(f"no Dask scheduler starts here ({last.strip()}); python -m pip install 'groovevae[cluster]'")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
