"""A network so small that it trains within the tests, and what a run with it leaves behind."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from flax import nnx

from groovevae.config import ArrangerConfig, ModelConfig, PriorConfig, TrainConfig
from groovevae.corpus import Corpus
from groovevae.network.forward import Network
from groovevae.training import arranger, result
from groovevae.training.flax_network import GrooveVAE
from groovevae.training.loop import TrainingProgress
from groovevae.training.result import Trained
from groovevae.training.train import train_model
from groovevae.training.weights import network_to_weights

GENRES = ("classical", "jazz", "rock")
SIZES = ModelConfig(latent_size=8, step_size=16, encoder_size=16, decoder_size=16)
SETTINGS = TrainConfig(steps=30, batch_size=16, learning_rate=1e-2, warmup_steps=2, beta_warmup_steps=10)
PRIOR = PriorConfig(input_size=8, state_size=8, hidden_size=8, role_rank=2, steps=10, batch_size=8)
ARRANGER = ArrangerConfig(input_size=8, hidden_size=8, steps=10, batch_size=16)


class Tiny(NamedTuple):
    """A finished run: the corpus, the model file, what training gave and what it told."""

    corpus: Corpus
    path: Path
    trained: Trained
    reports: list[TrainingProgress]


def untrained_network(**weights: float) -> Network:
    """A tiny network of three genres with random weights, those named by path ("decoder__heads__bias") all alike."""
    config = replace(SIZES, num_genres=len(GENRES))
    arrays = network_to_weights(GrooveVAE(config, rngs=nnx.Rngs(0)))
    for name, value in weights.items():
        path = name.replace("__", "/")
        arrays[path] = np.full_like(arrays[path], value)
    return Network(config, arrays)


def train_tiny(corpus: Corpus, path: Path, **options) -> Tiny:
    """Trains as SETTINGS and SIZES say, unless `options` say otherwise."""
    reports: list[TrainingProgress] = []
    small = {"config": SETTINGS, "model_config": SIZES, "prior_config": PRIOR, "arranger_config": ARRANGER}
    options = {**small, "report": reports.append, **options}
    return Tiny(corpus, path, train_model(corpus, path, **options), reports)


def describe_quickly() -> None:
    """Leaves out, in this process, what takes longer at the end of a tiny run than the run itself."""
    result.find_attribute_vectors = lambda network, data, **_: []
    result.with_calibration = lambda model, **_: model
    arranger.with_arranger_doses = lambda model, **_: model


def stop_after(steps: int) -> Callable[[], bool]:
    """What a run asks whether to stop: no so many times, then yes."""
    asked = iter(range(steps))
    return lambda: next(asked, None) is None
