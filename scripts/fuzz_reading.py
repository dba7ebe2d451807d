"""Reads mutants of real MIDI files through the whole reading path, in the worker processes that `groove` uses.

python scripts/fuzz_reading.py FOLDER --mutants 1000000

It prints how many mutants were read, how many were refused and why, the slowest one, and the memory of the largest
worker. It exits with 1 if our own code failed on a mutant, if one took longer than two seconds, or if a worker outgrew
its limit. A mutant that crashes the parser spoils no other: its batch is read again one by one, and it is counted.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np

from groovevae.corpus.worker_pool import Limits, map_isolated
from mutants import read_mutants

BATCH = 250  # mutants of one file that a worker reads between two answers
LIMITS = Limits(timeout_seconds=60.0, memory_bytes=2**30)
SLOWEST_SECONDS = 2.0
MAX_BYTES = 200_000  # of a file that is mutated


class Tally:
    """What came of all mutants."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.faults: list[str] = []
        self.slowest, self.peak = 0.0, 0

    def add(self, task: str, result: bytes | str) -> list[str]:
        """Counts a task's result; of a batch that gave none, the tasks of its mutants one by one."""
        if isinstance(result, str):
            first, count, *files = task.split("|")
            if int(count) > 1:
                return ["|".join((str(seed), "1", *files)) for seed in range(int(first), int(first) + int(count))]
            self.outcomes[f"lost alone: {result}"] += 1
            if "longer than" in result:
                self.faults.append(f"{task}: {result}")
            return []
        told = json.loads(result)
        self.outcomes.update(told["outcomes"])
        self.faults += [f"{task}: mutant {seed}: {message}" for seed, message in told["faults"]]
        seconds, seed = told["slowest"]
        if seconds > SLOWEST_SECONDS:
            self.faults.append(f"{task}: mutant {seed} took {seconds:.1f} s")
        self.slowest, self.peak = max(self.slowest, seconds), max(self.peak, told["peak"])
        return []


def fuzz(paths: list[Path], *, mutants: int, seed: int, jobs: int, report: Callable[[int], None]) -> Tally:
    """Reads `mutants` mutants of the files, evenly; `report` is called with how many are done."""
    rng = np.random.default_rng(seed)
    tasks = []
    for first in range(0, mutants, BATCH):
        one, other = (str(paths[int(number)].absolute()) for number in rng.integers(0, len(paths), 2))
        tasks.append(f"{seed * 10**9 + first}|{min(BATCH, mutants - first)}|{one}|{other}")
    tally = Tally()
    while tasks:
        again: list[str] = []
        for index, result in map_isolated(read_mutants, [Path(task) for task in tasks], jobs=jobs, limits=LIMITS):
            again += tally.add(tasks[index], result)
            report(sum(tally.outcomes.values()))
        tasks = again
    return tally


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False))
@click.option("--mutants", default=2000, show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option("--jobs", default=1, show_default=True, help="Number of processes that read.")
def main(folder: str, mutants: int, seed: int, jobs: int) -> None:
    """Read mutants of the MIDI files in FOLDER, and print what came of them."""
    paths = sorted(path for path in Path(folder).rglob("*.mid") if 14 < path.stat().st_size <= MAX_BYTES)
    if not paths:
        raise click.ClickException(f"{folder}: no MIDI file of up to {MAX_BYTES:,} bytes")
    last = time.monotonic()

    def report(done: int) -> None:
        nonlocal last
        if time.monotonic() - last > 60:
            last = time.monotonic()
            click.echo(f"{done:,} of {mutants:,}", err=True)

    tally = fuzz(paths, mutants=mutants, seed=seed, jobs=jobs, report=report)
    print(f"{sum(tally.outcomes.values()):,} mutants of {len(paths):,} files, seed {seed}\n")
    print("| what came of them | mutants |\n|---|---:|")
    for name, count in tally.outcomes.most_common():
        print(f"| {name} | {count:,} |")
    print(f"\nSlowest {tally.slowest * 1000:.0f} ms; largest worker {tally.peak / 2**20:.0f} MiB (limit 1,024).")
    for fault in tally.faults[:50]:
        print(f"FAULT {fault}")
    print(f"{len(tally.faults)} faults")
    sys.exit(bool(tally.faults) or tally.peak > LIMITS.memory_bytes)


if __name__ == "__main__":
    main()
