"""Several processes that train as one: how they find each other, what they agree on, and that they end together.

A process alone passes through all of it without cost.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import jax
import numpy as np
from jax.experimental import multihost_utils

from groovevae.errors import ProcessLostError, RequestError

AUTO = "auto"  # the address that asks the cluster
CONNECT_SECONDS = 300  # until all processes must have come
LEAVE_SECONDS = 20  # that a process waits at its exit for others, before JAX ends them all


def connect(address: str, *, num_processes: int | None = None, process: int | None = None) -> None:
    """Makes this process one of several that train together; before JAX touches a device.

    Process 0 listens at `address`, HOST:PORT, and waits for the others. `auto` asks the cluster (SLURM, Open MPI,
    Kubernetes, Cloud TPU) for all three. To be called in the main thread: from here on Ctrl-C ends the process at once,
    since Python never learns of it while JAX waits for others.
    Raises RequestError where the address is wrong, process 0 does not answer, or JAX knows no cluster.
    """
    own = {} if address == AUTO else _checked(address, num_processes, process)
    with suppress(AttributeError):  # JAX before 0.9 has no such switch
        jax.config.update("jax_enable_preemption_service", False)  # SIGTERM is ours: the run stops and is saved
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        jax.distributed.initialize(
            **own, initialization_timeout=CONNECT_SECONDS, shutdown_timeout_seconds=LEAVE_SECONDS
        )
    except (ValueError, RuntimeError) as error:
        signal.signal(signal.SIGINT, before)
        reason = str(error).splitlines()[0].rstrip(".")
        cure = "; name HOST:PORT of process 0 where JAX does not know the cluster" if address == AUTO else ""
        raise RequestError(f"{address}: no connection to the other processes ({reason}){cure}") from None
    per_process = Counter(device.process_index for device in jax.devices())
    if len(set(per_process.values())) > 1:
        raise RequestError(f"processes of {sorted(set(per_process.values()))} devices; all need equally many")
    multihost_utils.sync_global_devices("groovevae")  # now: later, one that reads longer than 30 s would be lost


def _checked(address: str, num_processes: int | None, process: int | None) -> dict[str, Any]:
    """What jax.distributed.initialize takes; it would end the process without a word to read where these are wrong."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 2**16:
        raise RequestError(f"{address}: no address; HOST:PORT of process 0 is needed, such as 10.0.0.1:4321")
    if num_processes is None or process is None or not 0 <= process < num_processes:
        raise RequestError(f"process {process} of {num_processes}; processes count from 0 to one less than there are")
    if process == 0:
        try:
            socket.create_server(("", int(port))).close()
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise RequestError(f"{address}: port {port} cannot be listened at ({reason})") from None
    else:
        _wait_for_first(host.strip("[]"), int(port))
    return {
        "coordinator_address": address,
        "num_processes": num_processes,
        "process_id": process,
        "cluster_detection_method": "deactivate",
    }


def _wait_for_first(host: str, port: int) -> None:
    last = time.monotonic() + CONNECT_SECONDS
    while True:
        try:
            return socket.create_connection((host, port), timeout=5).close()
        except socket.gaierror as error:
            raise RequestError(f"{host}: no such host ({error.strerror})") from None
        except OSError as error:
            if time.monotonic() > last:
                raise RequestError(f"{host}:{port}: process 0 does not answer ({error.strerror or error})") from None
        time.sleep(0.2)


def is_first_process() -> bool:
    """Whether this is the process that reports and writes files. A process alone is."""
    return jax.process_index() == 0


def any_process(flag: bool) -> bool:
    """Whether it is so in any process. All must ask at the same point of the program."""
    if jax.process_count() == 1:
        return flag
    return bool(multihost_utils.process_allgather(np.array(flag)).any())


@contextmanager
def together() -> Iterator[None]:
    """What may fail in one process: all fail then, so that none waits for one that has gone.

    Nothing inside may need the other processes. Raises RequestError where another has failed.
    """
    try:
        yield
    except Exception:
        any_process(True)
        raise
    if any_process(False):
        raise RequestError("another process has failed; it has printed why")


def in_first_process(action: Callable[..., None], *arguments: Any) -> None:
    """Calls `action` in the first process alone, while the others wait; where it fails, all fail."""
    with together():
        if is_first_process():
            action(*arguments)


def check_alike(values: Mapping[str, Any]) -> None:
    """Raises RequestError in every process where a value (of JSON) is not the same in all, naming the first such."""
    texts = (json.dumps(value, sort_keys=True) for value in values.values())
    digests = np.array([zlib.crc32(text.encode()) for text in texts], np.uint32)
    table = digests[None] if jax.process_count() == 1 else multihost_utils.process_allgather(digests)  # (P, V)
    for name, column in zip(values, table.T, strict=True):
        if differing := np.flatnonzero(column != column[0]).tolist():
            raise RequestError(
                f"processes 0 and {differing[0]} differ in their {name}; give all the same files and options"
            )


@contextmanager
def lost_processes_named() -> Iterator[None]:
    """What fails because another process is gone raises ProcessLostError; JAX has no exception of its own for it."""
    try:
        yield
    except (ValueError, RuntimeError) as error:  # jax.errors.JaxRuntimeError is a RuntimeError
        if jax.process_count() == 1 or not any(sign in str(error) for sign in ("Gloo", "NCCL", "oordination")):
            raise
        raise ProcessLostError(
            "another process of this run has ended; start all of them again, and they go on from the last state saved"
        ) from error
