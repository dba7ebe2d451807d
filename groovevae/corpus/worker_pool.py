"""Runs a function on many paths or bytes in workers that may crash, hang or eat memory. Knows nothing of MIDI.

Workers are plain child processes: `multiprocessing` and every pool built on it (pebble, concurrent.futures) runs the
caller's `__main__` again in each worker, which breaks scripts without an `if __name__` guard and loads jax in each.
"""

from __future__ import annotations

import math
import os
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groovevae.corpus.worker import DATA, FRAME, NO_MEMORY, PATH, RESULT
from groovevae.errors import GrooveError

_START_SECONDS = 120.0
_FILES_AHEAD = 2  # sent before the last answer, so that a worker never waits for the parent
_WATCH_SECONDS = 0.1
_PAUSE_SECONDS = 1.0
_NEW_GROUP = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
_BOOTSTRAP = """
import sys
function, timeout, memory, *sys.path = sys.argv[1:]
from groovevae.corpus.worker import main
main(function, float(timeout), int(memory))
"""


Task = Path | bytes


@dataclass(frozen=True)
class Limits:
    """The time and memory that one file may cost."""

    timeout_seconds: float = 10.0
    memory_bytes: int = 2**30  # of one worker; enforced on Linux


def map_isolated(
    function: Callable[[Any], bytes], tasks: Sequence[Task], *, jobs: int, limits: Limits
) -> Generator[tuple[int, bytes | str]]:
    """Yield (index, result, or reason why there is none) of each path, in the order in which they are done.

    `function` is at the top level of an importable module. Its MidiError, a crash, a time-out or a lack of memory
    becomes the reason of that path alone. Raises GrooveError where a worker cannot start. Closing the iterator kills
    the workers.
    """
    return map_numbered(function, enumerate(tasks), count=len(tasks), jobs=jobs, limits=limits)


def map_numbered(
    function: Callable[[Any], bytes], tasks: Iterator[tuple[int, Task]], *, count: int, jobs: int, limits: Limits
) -> Generator[tuple[int, bytes | str]]:
    """Yield like `map_isolated`, for `count` tasks with their numbers that are taken only as workers get to them.

    What `tasks` raises is raised here.
    """
    pool = _Pool(function, tasks, limits)
    pool.workers = [None] * max(1, min(jobs, count))
    threads = [threading.Thread(target=pool.serve, args=(slot,), daemon=True) for slot in range(len(pool.workers))]
    try:
        for thread in threads:
            thread.start()
        for _ in range(count):
            yield pool.next_result()
    finally:
        pool.close()
        for thread in threads:
            thread.join()


class _Worker:
    """One child process and its two pipes."""

    def __init__(self, function: Callable[[Any], bytes], limits: Limits) -> None:
        name = f"{function.__module__}:{function.__qualname__}"
        arguments = [name, str(limits.timeout_seconds), str(limits.memory_bytes), *map(str, sys.path)]
        self.deadline = time.monotonic() + _START_SECONDS
        self.timed_out = False
        self.process = subprocess.Popen(
            [sys.executable, "-c", _BOOTSTRAP, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # NumPy would start threads and never use them
            start_new_session=True,  # the parent alone answers Ctrl-C
            creationflags=_NEW_GROUP,  # the same, for Windows
        )
        assert self.process.stdin and self.process.stdout
        self.requests, self.answers = self.process.stdin, self.process.stdout

    def send(self, task: Task) -> None:
        kind, payload = (DATA, task) if isinstance(task, bytes) else (PATH, os.fsencode(task))
        with suppress(OSError):  # it died: `receive` says so
            self.requests.write(FRAME.pack(kind, len(payload)) + payload)
            self.requests.flush()

    def receive(self) -> tuple[bytes, bytes] | None:
        """Return the kind and payload of the next answer; None where the process died first."""
        head = self.answers.read(FRAME.size)
        if len(head) < FRAME.size:
            return None
        kind, size = FRAME.unpack(head)
        payload = self.answers.read(size)
        return (kind, payload) if len(payload) == size else None

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self.answers.close()
        with suppress(OSError):  # a request that was still to be flushed
            self.requests.close()


class _Pool:
    """The tasks still to do, the results so far, and a thread for each worker."""

    def __init__(self, function: Callable[[Any], bytes], tasks: Iterator[tuple[int, Task]], limits: Limits) -> None:
        self.function = function
        self.tasks, self.taking = tasks, threading.Lock()
        self.limits = limits
        self.workers: list[_Worker | None] = []
        self.results: queue.SimpleQueue[tuple[int, bytes | str] | Exception] = queue.SimpleQueue()
        self.closed = False
        self.watched = time.monotonic()

    def next_result(self) -> tuple[int, bytes | str]:
        while True:
            self._kill_overdue()
            try:
                result = self.results.get(timeout=_WATCH_SECONDS)
            except queue.Empty:
                continue
            if isinstance(result, Exception):
                raise result
            return result

    def _kill_overdue(self) -> None:
        now = time.monotonic()
        since, self.watched = now - self.watched, now
        if since > _PAUSE_SECONDS:  # this process was stopped (Ctrl-Z): answers wait to be read
            return
        for worker in self.workers:
            if worker and now > worker.deadline:
                worker.timed_out = True
                worker.process.kill()

    def close(self) -> None:
        self.closed = True
        for worker in self.workers:
            if worker:
                worker.process.kill()

    def serve(self, slot: int) -> None:
        """Keep one worker busy, and replace it when it dies, until no task is left."""
        sent: deque[tuple[int, Task]] = deque()
        try:
            while (self._take_ahead(sent) or sent) and not self.closed:
                worker = self.workers[slot] = _Worker(self.function, self.limits)
                try:
                    self._serve_with(worker, sent)
                finally:
                    worker.stop()
        except Exception as error:
            self.results.put(error)

    def _serve_with(self, worker: _Worker, sent: deque[tuple[int, Task]]) -> None:
        if worker.receive() is None and not self.closed:
            raise GrooveError(f"the process that reads MIDI files does not start ({sys.executable}); see above why")
        for _, task in sent:
            worker.send(task)
        while sent and not self.closed:
            worker.deadline = time.monotonic() + self.limits.timeout_seconds
            answer = worker.receive()
            worker.deadline = math.inf  # the next task may be slow to come
            if self.closed:
                return
            self.results.put((sent.popleft()[0], self._result(worker, answer)))
            if answer is None or answer[0] == NO_MEMORY:
                return
            for _, task in self._take_ahead(sent):
                worker.send(task)
        worker.deadline = math.inf

    def _take_ahead(self, sent: deque[tuple[int, Task]]) -> list[tuple[int, Task]]:
        """Take the next tasks into `sent`, and return those that were taken."""
        taken = []
        with self.taking:
            while len(sent) < _FILES_AHEAD and (task := next(self.tasks, None)) is not None:
                sent.append(task)
                taken.append(task)
        return taken

    def _result(self, worker: _Worker, answer: tuple[bytes, bytes] | None) -> bytes | str:
        if answer is None:
            if worker.timed_out:
                return f"took longer than {self.limits.timeout_seconds:g} s"
            return "the parser crashed on it"
        kind, payload = answer
        if kind == NO_MEMORY:
            return f"needs more than {self.limits.memory_bytes / 2**30:.3g} GiB of memory"
        return payload if kind == RESULT else payload.decode()
