"""Measures how fast new bars are made, warm and in batches: decoded from latent points, and as pieces in MIDI bytes.

It also times a whole `groove blend` from a cold start, against importing JAX: both commands in turn, and the ratio of
each pair. Run it on an idle machine.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time

import click
import numpy as np

from groovevae import Bars, BlendRequest, load_model
from groovevae.network.decoding import DEFAULT_TEMPERATURE

IMPORT = [sys.executable, "-c", "import jax, flax.nnx"]


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def decoding(num_bars: int, runs: int, *, points: int) -> list[float]:
    """Return each run's bars per second from a genre's points, drawn as by default; `points` is 1 or 4 for each bar."""
    groove = load_model()
    genre, rng = groove.model.genres["rock"], np.random.default_rng(0)
    z = rng.multivariate_normal(genre.mean, genre.covariance, num_bars, method="eigh").astype(np.float32)
    like = Bars.empty(num_bars)
    paces = []
    for _ in range(runs + 1):
        start = time.perf_counter()
        groove.decode(z if points == 1 else np.stack([z] * points), like, temperature=DEFAULT_TEMPERATURE)
        paces.append(num_bars / (time.perf_counter() - start))
    return paces[1:]  # the first touches memory


def warm(request: BlendRequest, runs: int) -> list[float]:
    """Return each run's bars per second when it plans, decodes and writes the MIDI bytes of all pieces."""
    groove = load_model()
    groove.blend(request)  # not counted: memory is touched, tables are made
    paces = []
    for _ in range(runs):
        start = time.perf_counter()
        blends = groove.blend(request)
        paces.append(sum(len(blend.song.bars) for blend in blends) / (time.perf_counter() - start))
    return paces


@click.command()
@click.option("--runs", default=5, show_default=True)
@click.option("--count", default=64, show_default=True, help="Pieces of a warm request.")
@click.option("--bars", default=16, show_default=True, help="Bars of a piece.")
def main(runs: int, count: int, bars: int) -> None:
    """Print medians (and ranges) of warm bars per second, decoded and as pieces by method, and of the cold ratio."""
    for points, about in ((1, "one point a bar"), (4, "a point for each role")):
        paces = decoding(count * bars, runs, points=points)
        print(f"decoding, {about}: {statistics.median(paces):,.0f} bars/s ({min(paces):,.0f} to {max(paces):,.0f})")
    for method in ("arranged", "calibrated", "transport", "mean"):
        paces = warm(BlendRequest("classical", {"rock": 1.0}, count=count, bars=bars, method=method), runs)
        print(f"pieces, {method}: {statistics.median(paces):,.0f} bars/s ({min(paces):,.0f} to {max(paces):,.0f})")
    with tempfile.TemporaryDirectory() as folder:
        blend = [sys.executable, "-m", "groovevae", "blend", "classical", "rock", "--out", folder]
        seconds(IMPORT), seconds(blend)
        pairs = [(seconds(blend), seconds(IMPORT)) for _ in range(runs)]
    ratios = [one / other for one, other in pairs]
    middle = statistics.median(ratios)
    print(f"cold blend / importing jax and flax.nnx: {middle:.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
