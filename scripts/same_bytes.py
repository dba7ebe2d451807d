"""Makes the same random requests in several processes, each in its own way, and compares the files byte by byte.

python scripts/same_bytes.py --requests 200

The requests are made all together, one by one, backwards, in batches of 7, and with one, two and four threads of BLAS.
Each process has its own seed for Python's hashes.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import click
import numpy as np

from groovevae.generation.groove import Groove
from groovevae.generation.requests import BlendRequest, SampleRequest
from groovevae.model.file import load_model_file
from random_requests import Request, random_requests, starting_files

WAYS: dict[str, tuple[str, dict[str, str]]] = {  # name -> how requests are put together, environment
    "all together": ("together", {}),
    "again": ("together", {}),
    "one by one": ("alone", {}),
    "backwards": ("backwards", {}),
    "in sevens": ("sevens", {}),
    "one thread": ("together", {"OPENBLAS_NUM_THREADS": "1"}),
    "two threads": ("together", {"OPENBLAS_NUM_THREADS": "2"}),
    "four threads": ("together", {"OPENBLAS_NUM_THREADS": "4"}),
}


def requests_of(groove: Groove, folder: Path, count: int, seed: int) -> list[Request]:
    rng = np.random.default_rng(seed)
    files = starting_files(folder, rng)
    drawn: list[Request] = []
    while len(drawn) < count:
        drawn += random_requests(groove.model, files, rng)[1]
    return drawn[:count]


def digests(groove: Groove, requests: list[Request], how: str) -> list[str]:
    """A hash of each request's file, made in groups."""
    order = list(range(len(requests)))[:: -1 if how == "backwards" else 1]
    size = {"alone": 1, "sevens": 7}.get(how, len(order))
    found = {}
    for first in range(0, len(order), size):
        group = order[first : first + size]
        blends = [index for index in group if isinstance(requests[index], BlendRequest)]
        found |= dict(zip(blends, groove.blend_all([requests[index] for index in blends]), strict=True))
        samples = [index for index in group if isinstance(requests[index], SampleRequest)]
        found |= {index: groove.sample(requests[index])[0] for index in samples}
    return [hashlib.sha256(found[index].midi).hexdigest() for index in range(len(requests))]


def made(way: str, folder: str, requests: int, seed: int) -> list[str]:
    """The hashes that a process of its own finds."""
    how, environment = WAYS[way]
    command = [sys.executable, __file__, "--child", how, folder, "--requests", str(requests), "--seed", str(seed)]
    settings = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"} | environment
    return json.loads(subprocess.run(command, env=settings, stdout=subprocess.PIPE, check=True).stdout)


@click.command()
@click.option("--requests", default=50, show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option("--ways", default=",".join(WAYS), help="The ways to compare, comma-separated.")
@click.option("--child", nargs=2, hidden=True)
def main(requests: int, seed: int, ways: str, child: tuple[str, str] | None) -> None:
    """Make the requests in each way, and exit with 1 if any file differs from that of the first way."""
    if child:
        groove = Groove(load_model_file())
        print(json.dumps(digests(groove, requests_of(groove, Path(child[1]), requests, seed), child[0])))
        return
    with tempfile.TemporaryDirectory() as folder:
        found = {way: made(way, folder, requests, seed) for way in ways.split(",")}
    first, differing = next(iter(found.values())), 0
    print(f"{requests} requests, {len(set(first))} different files")
    for way, hashes in found.items():
        different = sum(one != other for one, other in zip(hashes, first, strict=True))
        print(f"{way}: {different} differ")
        differing += different
    sys.exit(differing > 0)


if __name__ == "__main__":
    main()
