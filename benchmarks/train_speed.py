"""Trains the same network in JAX and in PyTorch: bars per second, and the share of the machine's arithmetic they use.

python benchmarks/train_speed.py CORPUS
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

import click

from results import markdown

SIDES = ("groovevae", "PyTorch")
PRECISIONS = ("float32", "bfloat16")
Rates = dict[tuple[str, str, str], list[float]]  # (side, variant, kind of batch) -> bars per second of each repetition


class Worker:
    """A process that trains one side when asked to, and sleeps otherwise."""

    def __init__(self, side: str, corpus: str, count: int) -> None:
        command = [sys.executable, str(Path(__file__).with_name("speed_worker.py"))]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.side = side
        self._send([side, corpus, count])

    def _send(self, request: list[Any]) -> None:
        print(json.dumps(request), file=self.process.stdin, flush=True)

    def ask(self, *request: Any) -> Any:
        """Return what the process answers; raises RuntimeError with its message where it fails."""
        self._send(list(request))
        line = self.process.stdout.readline()
        if not line:
            raise click.ClickException(f"the process of {self.side} ended; its last words are above")
        reply = json.loads(line)
        if "error" in reply:
            raise RuntimeError(reply["error"])
        return reply["answer"]

    def end(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def prepare(worker: Worker, variants: list[str]) -> dict[str, int]:
    """Return the variants that run here, and how many parameters they have.

    PyTorch's compiled ones need a C++ compiler, and may fail for other reasons.
    """
    working = {}
    for variant in variants:
        try:
            done = worker.ask("prepare", variant)
        except RuntimeError as error:
            if not variant.endswith("compiled"):
                raise click.ClickException(f"{worker.side}, {variant}: {error}") from None
            click.echo(f"{worker.side}, {variant}: left out, since it fails: {error}", err=True)
            continue
        working[variant] = done["num_params"]
        click.echo(
            f"{worker.side}, {variant}: ready after {done['seconds']:.0f} s",
            err=True,
        )
    return working


def measure_in_turn(
    workers: dict[str, Worker], variants: dict[str, dict[str, int]], kinds: list[str], times: int
) -> Rates:
    """Measure every variant on every kind of batch, one after another, and repeat it all `times` times."""
    rates: Rates = {}
    for repetition in range(times):
        for kind in kinds:
            for side, worker in workers.items():
                for variant in variants[side]:
                    rates.setdefault((side, variant, kind), []).append(worker.ask("measure", variant, kind))
        click.echo(f"repetition {repetition + 1} of {times} done", err=True)
    return rates


def best(rates: Rates, side: str, kind: str, precision: str = "") -> float:
    """Return the median of the side's fastest variant, in one precision or in any."""
    return max(
        median(values)
        for (of_side, variant, of_kind), values in rates.items()
        if (of_side, of_kind) == (side, kind) and variant.startswith(precision)
    )


def speed_table(rates: Rates, kinds: list[str]) -> str:
    """Tabulate every variant's bars per second, and ours over PyTorch's best in each precision and in any."""
    lines = [
        [f"{side}, {variant}", kind, f"{median(values):,.0f}", f"{min(values):,.0f} to {max(values):,.0f}"]
        for (side, variant, kind), values in rates.items()
    ]
    ratios = []
    for kind in kinds:
        for precision in (*PRECISIONS, ""):
            ratio = best(rates, "groovevae", kind, precision) / best(rates, "PyTorch", kind, precision)
            ratios.append([precision or "best against best", kind, f"{ratio:.2f}"])
    return "\n\n".join(
        [
            markdown(["trained by", "batches", "bars/s, median", "range"], lines),
            markdown(["groovevae / PyTorch", "batches", "ratio"], ratios),
        ]
    )


def share_table(rates: Rates, peaks: dict[str, dict[str, float]], flops_a_bar: dict[str, float]) -> str:
    """Tabulate the network's arithmetic as a share of the best rate of matrix products."""
    lines = []
    for precision in PRECISIONS:
        peak = max(of_side[precision] for of_side in peaks.values())
        whose = max(peaks, key=lambda side, precision=precision: peaks[side][precision])
        for kind, flops in flops_a_bar.items():
            shares = [f"{best(rates, side, kind, precision) * flops / peak:.0%}" for side in SIDES]
            lines.append([precision, kind, f"{flops / 1e6:.1f}", f"{peak / 1e9:.0f} ({whose})", *shares])
    header = ["products", "batches", "MFLOP a bar", "machine's best, GFLOP/s", *(f"{side}'s share" for side in SIDES)]
    return markdown(header, lines)


@click.command()
@click.argument("corpus", type=click.Path(exists=True, file_okay=False), required=False)
@click.option("--synthetic", is_flag=True, help="Random bars instead of a corpus.")
@click.option("--repetitions", default=5, show_default=True, help="How often everything is measured.")
@click.option("--steps", default=20, show_default=True, help="Steps of each measurement.")
@click.option("--compile/--no-compile", "compiled", default=True, show_default=True, help="Try torch.compile too.")
def main(corpus: str | None, synthetic: bool, repetitions: int, steps: int, compiled: bool) -> None:
    """Train the same network on both sides, in turn, each in a process of its own, and print tables."""
    if synthetic == bool(corpus):
        raise click.UsageError("name a CORPUS, or use --synthetic")
    workers = {side: Worker(side, corpus or "", steps) for side in SIDES}
    wanted = {
        "groovevae": list(PRECISIONS),
        "PyTorch": [name + ending for ending in ("", ", compiled")[: 1 + compiled] for name in PRECISIONS],
    }
    peaks = {side: worker.ask("peak") for side, worker in workers.items()}
    flops_a_bar = workers["groovevae"].ask("flops_a_bar")
    variants = {side: prepare(worker, wanted[side]) for side, worker in workers.items()}
    counts = {count for of_side in variants.values() for count in of_side.values()}
    assert len(counts) == 1, f"these are not the same networks: parameters {variants}"
    kinds = list(flops_a_bar)
    rates = measure_in_turn(workers, variants, kinds, repetitions)
    for worker in workers.values():
        worker.end()
    print(f"{counts.pop():,} parameters, batches of 256 bars, {steps} steps a measurement\n")
    print(speed_table(rates, kinds) + "\n\n" + share_table(rates, peaks, flops_a_bar))


if __name__ == "__main__":
    main()
