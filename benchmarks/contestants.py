"""The networks that `equal_time.py` compares, behind one interface: ours, our plain autoencoder, and the LSTM VAE."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import optax
import torch
from flax import nnx

import musicvae
from budget import Contestant, tabulate
from groovevae.bars import Bars
from groovevae.bars.batch import BarBatch
from groovevae.config import ModelConfig, TrainConfig
from groovevae.network import decoding
from groovevae.network.forward import Network
from groovevae.network.nats import Nats
from groovevae.training.flax_network import GrooveVAE
from groovevae.training.loop import initial_state, learning_rate, train_step
from groovevae.training.losses import beta_at
from groovevae.training.memory import keep_freed_memory
from groovevae.training.weights import state_to_arrays
from torch_parts import to_tensors


class Ours:
    """GrooveVAE with the package's own losses, optimiser and training step."""

    def __init__(self, model_config: ModelConfig, config: TrainConfig) -> None:
        keep_freed_memory()
        self.model_config, self.config = model_config, config
        low_precision = config.low_precision
        self.graph = nnx.graphdef(
            nnx.eval_shape(lambda: GrooveVAE(model_config, low_precision=low_precision, rngs=nnx.Rngs(0)))
        )
        self.reset()
        self.num_params = sum(leaf.size for leaf in jax.tree.leaves(self.state.params))

    def reset(self) -> None:
        self.state = initial_state(self.model_config, self.config, None)
        self.running = None

    def step(self, batch: BarBatch, genre: np.ndarray, clock: int) -> None:
        before, self.running = self.running, None
        state = self.state._replace(step=jnp.int32(clock), opt_state=set_clock(self.state.opt_state, clock))
        self.state, self.running = train_step(self.graph, self.config, state, batch, genre)
        jax.block_until_ready(before)  # one step runs while the next batch is drawn, and no more

    def wait(self) -> dict[str, float]:
        metrics = jax.device_get(self.running)
        jax.block_until_ready(self.state)
        return losses_by_name(metrics.recon, metrics.kl)

    def _network(self) -> Network:
        return Network(self.model_config, state_to_arrays(self.state.average))

    def encode(self, bars: Bars) -> tuple[np.ndarray, np.ndarray]:
        return decoding.encode(self._network(), bars)

    def decode(self, z: np.ndarray, like: Bars) -> Bars:
        return decoding.decode(self._network(), z, like)


def set_clock(opt_state: optax.OptState, clock: int) -> optax.OptState:
    """Set the learning rate's schedule to `clock` in the optimiser's state; Adam's own count of steps stays."""

    def is_schedule(path: tuple, value: object) -> bool:
        return getattr(path[-1], "tuple_name", "") == "ScaleByScheduleState"

    return optax.tree_utils.tree_set(opt_state, is_schedule, count=jnp.int32(clock))


def tabulated_schedules(config: TrainConfig) -> tuple[Callable[[int], float], Callable[[int], float]]:
    """Return the package's schedules of learning rate and KL weight, as functions of the clock in plain numbers."""
    rate = tabulate(jax.vmap(learning_rate(config)))
    return rate, tabulate(lambda clock: beta_at(clock, config.beta, config.beta_warmup_steps))


class LSTM:
    """The LSTM VAE of MusicVAE's kind."""

    def __init__(self, sizes: musicvae.LSTMConfig, config: TrainConfig) -> None:
        self.sizes, self.config = sizes, config
        self.rate, self.beta = tabulated_schedules(config)
        self.reset()
        self.num_params = sum(parameter.numel() for parameter in self.network.parameters())

    def reset(self) -> None:
        torch.manual_seed(self.config.seed)
        self.network = musicvae.MusicVAE(self.sizes)
        self.optimizer = torch.optim.Adam(self.network.parameters(), fused=True)
        self.generator = torch.Generator().manual_seed(self.config.seed)
        self.last = None

    def step(self, batch: BarBatch, genre: np.ndarray, clock: int) -> None:
        self.optimizer.param_groups[0]["lr"] = self.rate(clock)
        self.last = musicvae.train_step(
            self.network,
            self.optimizer,
            to_tensors(batch),
            torch.from_numpy(genre),
            config=self.config,
            beta=self.beta(clock),
            generator=self.generator,
        )

    def wait(self) -> dict[str, float]:
        return losses_by_name(*(part.numpy() for part in self.last))

    def encode(self, bars: Bars) -> tuple[np.ndarray, np.ndarray]:
        return musicvae.encode(self.network, bars)

    def decode(self, z: np.ndarray, like: Bars) -> Bars:
        return musicvae.decode(self.network, z, like)


def losses_by_name(recon: np.ndarray, kl: np.ndarray) -> dict[str, float]:
    return dict(zip(Nats._fields, recon.tolist(), strict=True)) | {"KL": float(kl.sum())}


def _ours(config: TrainConfig, num_genres: int) -> Contestant:
    return Ours(ModelConfig(num_genres=num_genres), config)


def _autoencoder(config: TrainConfig, num_genres: int) -> Contestant:
    return Ours(ModelConfig(num_genres=num_genres, variational=False), config)


def _lstm(config: TrainConfig, num_genres: int) -> Contestant:
    return LSTM(musicvae.LSTMConfig(num_genres=num_genres), replace(config, learning_rate=musicvae.LEARNING_RATE))


CONTESTANTS: dict[str, Callable[[TrainConfig, int], Contestant]] = {
    "ours": _ours,
    "autoencoder": _autoencoder,
    "lstm": _lstm,
}
