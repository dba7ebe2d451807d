"""Runs one side of `train_speed.py` in a process of its own: requests come through stdin, one line of JSON each.

It finishes no training: each measurement takes some more steps on batches that were drawn beforehand.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any, Protocol

import numpy as np

from groovevae.bars.batch import BarBatch
from groovevae.config import ModelConfig, TrainConfig
from groovevae.corpus.dataset import Batches, Dataset
from groovevae.training.memory import keep_freed_memory
from sides import load_sides, random_dataset

Drawn = Sequence[tuple[BarBatch, np.ndarray]]
SYNTHETIC_BARS = 4000
MAX_DRAWS = 400  # batches searched for those in 4/4


class Trainer(Protocol):
    num_params: int

    def step(self, batch: BarBatch, genre: np.ndarray) -> None: ...

    def wait(self) -> None: ...


def trainers(side: str, sizes: ModelConfig, config: TrainConfig) -> dict[str, Callable[[], Trainer]]:
    """Return the trainers of a side by name: both precisions, and PyTorch both as it is and compiled."""
    if side == "groovevae":
        from our_trainer import OurTrainer

        return {
            precision: partial(OurTrainer, sizes, replace(config, low_precision=precision == "bfloat16"))
            for precision in ("float32", "bfloat16")
        }
    from torch_trainer import TorchTrainer

    return {
        precision + ending: partial(
            TorchTrainer, sizes, replace(config, low_precision=precision == "bfloat16"), compiled=bool(ending)
        )
        for precision in ("float32", "bfloat16")
        for ending in ("", ", compiled")
    }


def draw(data: Dataset, config: TrainConfig, count: int) -> dict[str, Drawn]:
    """Draw batches as training does, and the first ones that hold only full bars of four beats."""
    batches = Batches.of(data, config)
    drawn = (batches[step] for step in range(MAX_DRAWS))
    four = islice((one for one in drawn if (one[0].num_steps == 16).all()), count)
    return {"4/4": list(four), "as drawn": [batches[step] for step in range(count)]}


def measure(trainer: Trainer, drawn: Drawn) -> float:
    """Return the bars per second of a trainer."""
    begun = time.perf_counter()
    for batch, genre in drawn:
        trainer.step(batch, genre)
    trainer.wait()
    return sum(len(genre) for _, genre in drawn) / (time.perf_counter() - begun)


def peak(side: str) -> dict[str, float]:
    """Return the best rate of matrix products on this side, FLOP/s."""
    import arithmetic

    if side == "groovevae":
        import jax.numpy as xp

        product = arithmetic.jax_product
    else:
        import torch as xp

        product = arithmetic.torch_product
    return {name: arithmetic.best_rate(product(getattr(xp, name))) for name in ("float32", "bfloat16")}


class Side:
    """The requests that this process answers, each a method."""

    def __init__(self, side: str, corpus: str, count: int) -> None:
        data = load_sides(corpus)[0] if corpus else random_dataset(SYNTHETIC_BARS, seed=0)
        self.side, self.config = side, TrainConfig()
        self.sizes = ModelConfig(num_genres=len(data.genres))
        self.drawn = draw(data, self.config, count)
        self.trainers: dict[str, Trainer] = {}

    def prepare(self, variant: str) -> dict[str, Any]:
        """Build a trainer and run it once over all batches, so that everything is compiled."""
        begun = time.perf_counter()
        trainer = trainers(self.side, self.sizes, self.config)[variant]()
        for drawn in self.drawn.values():
            measure(trainer, drawn)
        self.trainers[variant] = trainer
        return {"num_params": trainer.num_params, "seconds": time.perf_counter() - begun}

    def measure(self, variant: str, kind: str) -> float:
        return measure(self.trainers[variant], self.drawn[kind])

    def peak(self) -> dict[str, float]:
        return peak(self.side)

    def flops_a_bar(self) -> dict[str, float]:
        """Return the operations per bar of the forward and backward pass, by kind of batch."""
        from arithmetic import flops_of_step

        return {
            kind: sum(flops_of_step(self.sizes, self.config, batch) for batch, _ in drawn)
            / sum(len(genre) for _, genre in drawn)
            for kind, drawn in self.drawn.items()
        }


def main() -> None:
    """Answer each request `[method, arguments...]` with `{"answer": ...}`, or `{"error": ...}` where it failed."""
    answers = os.fdopen(os.dup(1), "w")
    keep_freed_memory()  # as `groove train` does; on PyTorch's side too, where it changes next to nothing
    os.dup2(2, 1)  # so that prints of libraries do not get between the answers
    request = json.loads(sys.stdin.readline())
    side = Side(*request)
    for line in sys.stdin:
        method, *arguments = json.loads(line)
        try:
            reply = {"answer": getattr(side, method)(*arguments)}
        except Exception as error:  # the caller decides what a failure means: a compiler may be missing
            reply = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
        print(json.dumps(reply), file=answers, flush=True)


if __name__ == "__main__":
    main()
