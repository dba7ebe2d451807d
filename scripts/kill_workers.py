"""Kills workers of a Dask cluster while they read a corpus, and compares what comes out with a reading by one machine.

python scripts/kill_workers.py CORPUS --kills 50 --scheduler-kills 5

CORPUS is read on this machine first, and then on a scheduler and workers of this machine, with new shards each time,
until so many workers and schedulers have been killed (SIGKILL) at random moments and started again. After each reading
all songs, all reasons why files have none, and all shards must be the same to the last byte as those of an undisturbed
one. The corpus may be a folder, an archive, or a URL.
"""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import click

from groovevae.corpus import Cluster, Corpus, load_corpus

START_SECONDS = 120.0


@dataclass
class Machines:
    """A scheduler and workers on this machine, which are killed and started again."""

    num_workers: int
    port: int
    scheduler: subprocess.Popen[bytes] | None = None
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start all of them, and wait until the scheduler listens: a busy machine takes longer than reading waits."""
        self.scheduler = _started("dask_scheduler", "--port", str(self.port))
        deadline = time.monotonic() + START_SECONDS
        while not _listens(self.port) and time.monotonic() < deadline:
            time.sleep(0.1)
        self.workers = [self._worker() for _ in range(self.num_workers)]

    def _worker(self) -> subprocess.Popen[bytes]:
        return _started("dask_worker", self.address, "--nthreads", "1", "--no-nanny", "--memory-limit", "0")

    def kill_worker(self, number: int) -> None:
        _kill(self.workers[number])
        self.workers[number] = self._worker()

    def kill_scheduler(self) -> None:
        """Kill the scheduler with its workers, which would end without it, and start all of them again."""
        for process in [self.scheduler, *self.workers]:
            _kill(process)
        self.start()

    def stop(self) -> None:
        for process in [*self.workers, self.scheduler]:
            _kill(process)


def _listens(port: int) -> bool:
    with socket.socket() as place:
        return place.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return place.getsockname()[1]


def _started(program: str, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", f"distributed.cli.{program}", "--no-dashboard", "--host", "127.0.0.1", *options]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def _kill(process: subprocess.Popen[bytes] | None) -> None:
    if process:
        process.kill()
        process.wait()


@contextmanager
def machines(num_workers: int) -> Iterator[Machines]:
    cluster = Machines(num_workers, free_port())
    cluster.start()
    try:
        yield cluster
    finally:
        cluster.stop()


def told(corpus: Corpus) -> tuple[list[tuple[str, bytes]], list[tuple[str, str]]]:
    """All that was read of a corpus: packed songs and reasons, by path."""
    songs = [(corpus.path_within(song.entry.path), song.kept.read_all()) for song in corpus.songs]
    return songs, [(corpus.path_within(path), reason) for path, reason in corpus.rejected]


def shards_on(shelf: Path) -> dict[str, str]:
    """A digest of each shard; nothing else may lie on the shelf but what a killed worker was writing."""
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in shelf.iterdir() if path.suffix != ".tmp"}


def read(corpus: str, place: Path, cluster: Cluster | None) -> tuple[list[tuple[str, bytes]], list[tuple[str, str]]]:
    """Read a corpus with an empty cache."""
    os.environ["GROOVEVAE_CACHE"] = str(place / "cache")
    return told(load_corpus(corpus, cluster=cluster))


class Killer(threading.Thread):
    """Kills a worker or the scheduler now and then, until it is to stop or has done all that it is to do."""

    def __init__(
        self, cluster: Machines, rng: random.Random, *, kills: int, scheduler_kills: int, seconds: float
    ) -> None:
        super().__init__(daemon=True)
        self.cluster, self.rng, self.seconds = cluster, rng, seconds
        self.kills, self.scheduler_kills, self.stopped = kills, scheduler_kills, threading.Event()

    def run(self) -> None:
        while self.kills + self.scheduler_kills and not self.stopped.wait(self.rng.uniform(0, 2 * self.seconds)):
            if self.rng.randrange(self.kills + self.scheduler_kills) < self.kills:
                self.kills -= 1
                self.cluster.kill_worker(self.rng.randrange(self.cluster.num_workers))
            else:
                self.scheduler_kills -= 1
                self.cluster.kill_scheduler()

    def stop(self) -> None:
        self.stopped.set()
        self.join()


def faults_under_kills(
    corpus: str,
    place: Path,
    *,
    kills: int,
    scheduler_kills: int,
    workers: int,
    size: int,
    seconds: float,
) -> list[str]:
    """What differs from an undisturbed reading after any of the readings in which processes were killed."""
    rng, faults, reading = random.Random(0), [], 0
    expected = read(corpus, place / "alone", None)
    with machines(workers) as cluster:
        calm = Cluster(cluster.address, str(place / "calm"), size)
        begun = time.monotonic()
        if read(corpus, place / "calm-reading", calm) != expected:
            return ["an undisturbed reading on the cluster differs"]
        shards = shards_on(place / "calm")
        print(f"undisturbed: {len(shards)} shards in {time.monotonic() - begun:.0f} s", flush=True)
        while (kills or scheduler_kills) and not faults:
            reading += 1
            shelf = place / f"shelf-{reading}"
            killer = Killer(cluster, rng, kills=kills, scheduler_kills=scheduler_kills, seconds=seconds)
            killer.start()
            begun = time.monotonic()
            if read(corpus, place / f"reading-{reading}", Cluster(cluster.address, str(shelf), size)) != expected:
                faults.append(f"reading {reading} differs")
            if shards_on(shelf) != shards:
                faults.append(f"the shards of reading {reading} differ")
            killer.stop()
            print(
                f"reading {reading}: {kills - killer.kills} workers and {scheduler_kills - killer.scheduler_kills} "
                f"schedulers killed, {time.monotonic() - begun:.0f} s, {len(faults)} faults",
                flush=True,
            )
            kills, scheduler_kills = killer.kills, killer.scheduler_kills
    return faults


@click.command()
@click.argument("corpus")
@click.option("--kills", default=10, show_default=True, help="Workers to kill.")
@click.option("--scheduler-kills", default=0, show_default=True)
@click.option("--workers", default=2, show_default=True)
@click.option("--size", default=64, show_default=True, help="Files of a shard.")
@click.option("--seconds", default=5.0, show_default=True, help="Between two kills, on average.")
def main(corpus: str, **options: float) -> None:
    """Kill workers that read CORPUS, and compare what comes out with a reading by one machine."""
    with tempfile.TemporaryDirectory() as folder:
        faults = faults_under_kills(corpus, Path(folder), **options)
    for fault in faults:
        print(f"FAULT {fault}")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
