"""Makes several processes train as one: they find one another, agree on all settings, and end together.

It costs a process that trains alone nothing. It reads no music and trains nothing itself.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import jax
import numpy as np
from jax.experimental import multihost_utils

from groovevae import __version__
from groovevae.corpus.cache import reader_version
from groovevae.errors import ProcessLostError, RequestError

AUTO = "auto"  # the address that means: ask the cluster
CONNECT_SECONDS = 300  # within which all processes must have connected
LEAVE_SECONDS = 20  # that a process waits for the others at its exit, before JAX ends them all
PIECE_BYTES = 2**24  # that each process hands over at once
VERSION_BYTES = 128  # of what a process says of its version; it must never change, or versions could not be compared


def connect(address: str, *, num_processes: int | None = None, process: int | None = None) -> None:
    """Make this process one of several that train together.

    Call it before JAX touches a device, and in the main thread: from here on Ctrl-C ends the process at once, since
    Python never learns of it while JAX waits for others. Process 0 listens at `address`, HOST:PORT, and waits for the
    others. `auto` asks the cluster (SLURM, Open MPI, Kubernetes, Cloud TPU) for all three arguments.
    Raises RequestError where the address is wrong, process 0 does not answer, or JAX knows no cluster.
    """
    own = {} if address == AUTO else _checked(address, num_processes, process)
    with suppress(AttributeError):  # JAX before 0.9 does not have this switch
        jax.config.update("jax_enable_preemption_service", False)  # we handle SIGTERM: the run is saved
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
        raise RequestError(f"processes of {sorted(set(per_process.values()))} devices; give each as many as the others")
    multihost_utils.sync_global_devices("groovevae")  # now: later, a process that reads for over 30 s would be lost
    check_versions(f"groovevae {__version__} (reader {reader_version()}), JAX {jax.__version__}")


def _checked(address: str, num_processes: int | None, process: int | None) -> dict[str, Any]:
    """Check the arguments of jax.distributed.initialize, which would end the process without a clear word if wrong."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 2**16:
        raise RequestError(f"{address}: not an address; HOST:PORT of process 0 is needed, such as 10.0.0.1:4321")
    if num_processes is None or process is None or not 0 <= process < num_processes:
        raise RequestError(f"process {process} of {num_processes}; processes count from 0 to one less than there are")
    if process == 0:
        try:
            socket.create_server(("", int(port))).close()
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise RequestError(f"{address}: cannot listen on port {port} ({reason}); choose another") from None
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


def check_versions(own: str) -> None:
    """Raise RequestError in every process where one is of another version, which would read or compute differently."""
    said = np.frombuffer(own.encode()[:VERSION_BYTES].ljust(VERSION_BYTES), np.uint8)
    table = said[None] if jax.process_count() == 1 else multihost_utils.process_allgather(said)  # (P, VERSION_BYTES)
    versions = [row.tobytes().decode("ascii", "replace").rstrip() for row in table]
    for number, version in enumerate(versions):
        if version != versions[0]:
            raise RequestError(f"process 0 is {versions[0]}, process {number} is {version}; install the same on all")


def is_first_process() -> bool:
    """Tell whether this is the process that reports and writes files. A process that trains alone is."""
    return jax.process_index() == 0


def any_process(flag: bool) -> bool:
    """Tell whether the flag is set in any process. All must ask at the same point of the program."""
    if jax.process_count() == 1:
        return flag
    return bool(multihost_utils.process_allgather(np.array(flag)).any())


def gather_bytes(own: bytes) -> list[bytes]:
    """Return the bytes of each process, in their order; they may be of different lengths. All must ask together."""
    if jax.process_count() == 1:
        return [own]
    size = np.frombuffer(struct.pack("<Q", len(own)), np.uint8)  # as bytes: JAX has no integers of 64 bits
    sizes = [struct.unpack("<Q", row.tobytes())[0] for row in multihost_utils.process_allgather(size)]
    parts: list[np.ndarray] = []
    for start in range(0, max(sizes), PIECE_BYTES):
        left = min(max(sizes) - start, PIECE_BYTES)
        piece = np.zeros(1 << (left - 1).bit_length(), np.uint8)  # few lengths: each is compiled once
        mine = np.frombuffer(own[start : start + PIECE_BYTES], np.uint8)
        piece[: len(mine)] = mine
        parts.append(multihost_utils.process_allgather(piece))  # (P, left or more)
    return [b"".join(part[number].tobytes() for part in parts)[:size] for number, size in enumerate(sizes)]


@contextmanager
def together() -> Iterator[None]:
    """Make all processes fail where one fails inside, so that none waits for one that has gone.

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
    """Call `action` in the first process alone, while the others wait; where it fails, all fail."""
    with together():
        if is_first_process():
            action(*arguments)


def check_alike(values: Mapping[str, Any]) -> None:
    """Raise RequestError in every process where a value (of JSON) is not the same in all; it names the first such."""
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
    """Raise ProcessLostError where code inside fails because another process is gone: JAX has no error for that."""
    try:
        yield
    except (ValueError, RuntimeError) as error:  # jax.errors.JaxRuntimeError is a RuntimeError
        if jax.process_count() == 1 or not any(sign in str(error) for sign in ("Gloo", "NCCL", "oordination")):
            raise
        raise ProcessLostError(
            "another process of this run has ended; start all of them again to resume from the last state saved"
        ) from error
