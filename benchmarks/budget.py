"""Trains for a budget of CPU time instead of a number of steps. Schedules follow the share of it that is used."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple, Protocol

import numpy as np

from groovevae.bars import Bars
from groovevae.bars.batch import BarBatch
from groovevae.config import TrainConfig
from groovevae.corpus.dataset import Batches, Dataset
from sides import beats_of_batches

PARTS = 1_000_000  # of the budget: schedules follow this clock


class Contestant(Protocol):
    """A network in training. `reset` takes it back to the state before its first step."""

    num_params: int

    def reset(self) -> None: ...

    def step(self, batch: BarBatch, genre: np.ndarray, clock: int) -> None:
        """Take one step of the optimiser at `clock` millionths of the budget; it may still run afterwards."""

    def wait(self) -> dict[str, float]:
        """Wait for all steps, and return the losses of the last one, nats per bar."""

    def encode(self, bars: Bars) -> tuple[np.ndarray, np.ndarray]: ...

    def decode(self, z: np.ndarray, like: Bars) -> Bars: ...


class Spent(NamedTuple):
    """What a run has used. CPU time is user and system time of all threads, without the `warm_up` before it."""

    steps: int
    cpu_seconds: float
    wall_seconds: float
    warm_up_cpu_seconds: float


def by_share(config: TrainConfig) -> TrainConfig:
    """Return the same settings with every length in parts of the budget: the clock takes the place of the step.

    Weights are not averaged: the right number of steps for that depends on how many the budget allows.
    """
    scale = PARTS / config.steps
    return replace(
        config,
        ema_decay=0.0,
        steps=PARTS,
        warmup_steps=round(config.warmup_steps * scale),
        beta_warmup_steps=round(config.beta_warmup_steps * scale),
    )


def train_for(contestant: Contestant, data: Dataset, config: TrainConfig, seconds: float, name: str) -> Spent:
    """Train until `seconds` of CPU time are used, drawing batches included.

    Beforehand, one step is taken and undone for each length of batch, so that compilers and caches are not measured.
    """
    batches = Batches.of(data, config)
    begun = time.process_time()
    for beats in beats_of_batches(data):
        silence = Bars.empty(config.batch_size, metre=(beats, 4))
        contestant.step(silence.batch(beats), np.zeros(config.batch_size, int), 0)
    contestant.wait()
    contestant.reset()
    warm_up = time.process_time() - begun
    begun, wall, step, told = time.process_time(), time.monotonic(), 0, 0
    while (used := time.process_time() - begun) < seconds:
        batch, genre = batches[step]
        contestant.step(batch, genre, int(used / seconds * PARTS))
        step += 1
        if used / seconds >= 0.1 * (told + 1):
            told = int(10 * used / seconds)
            losses = ", ".join(f"{role} {nats:.1f}" for role, nats in contestant.wait().items())
            print(f"{name}: {used:.0f} of {seconds:.0f} s, {step} steps, {losses}", file=sys.stderr, flush=True)
    contestant.wait()
    return Spent(step, time.process_time() - begun, time.monotonic() - wall, warm_up)


def tabulate(function: Callable[[np.ndarray], np.ndarray], num_points: int = 1001) -> Callable[[int], float]:
    """Turn a schedule into straight lines between points of the clock, in plain numbers."""
    points = np.linspace(0, PARTS, num_points)
    values = np.asarray(function(points), float)
    return lambda clock: float(np.interp(clock, points, values))
