"""The package's own network and training step, as `train_speed.py` measures them."""

from __future__ import annotations

import jax
import numpy as np
from flax import nnx

from groovevae.bars.batch import BarBatch
from groovevae.config import ModelConfig, TrainConfig
from groovevae.training.flax_network import GrooveVAE
from groovevae.training.loop import initial_state, train_step


class OurTrainer:
    """GrooveVAE in training, in the precision that the settings ask for."""

    def __init__(self, sizes: ModelConfig, config: TrainConfig) -> None:
        network = nnx.eval_shape(lambda: GrooveVAE(sizes, low_precision=config.low_precision, rngs=nnx.Rngs(0)))
        self.graph, self.config = nnx.graphdef(network), config
        self.state = initial_state(sizes, config, None)
        self.num_params = sum(leaf.size for leaf in jax.tree.leaves(self.state.params))

    def step(self, batch: BarBatch, genre: np.ndarray) -> None:
        self.state, _ = train_step(self.graph, self.config, self.state, batch, genre)

    def wait(self) -> None:
        jax.block_until_ready(self.state)
