"""Trains the twin: fused Adam after clipping the gradient's norm, and the average of the weights, as ours does."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from groovevae.bars.batch import BarBatch
from groovevae.bars.constants import STEPS_PER_BEAT
from groovevae.config import ModelConfig, TrainConfig
from groovevae.training.loop import ema_decay_at, learning_rate
from torch_parts import to_tensors
from torch_twin import Twin, has_uneven_bars

TABLED_STEPS = 1000  # steps whose learning rates are computed beforehand


class TorchTrainer:
    """The twin in training, in the precision that the settings ask for: bfloat16 is autocast."""

    def __init__(self, sizes: ModelConfig, config: TrainConfig, *, compiled: bool) -> None:
        torch.manual_seed(config.seed)
        torch.set_flush_denormal(True)
        self.config, self.latent_size = config, sizes.latent_size
        self.twin = Twin(sizes)
        self.loss = torch.compile(self.twin, dynamic=False) if compiled else self.twin
        self.parameters = list(self.twin.parameters())
        self.average = [parameter.detach().clone() for parameter in self.parameters]
        self.optimizer = torch.optim.Adam(self.parameters, fused=True)
        schedule = learning_rate(config)
        self.rates = [float(schedule(step)) for step in range(TABLED_STEPS)]
        self.decays = [float(ema_decay_at(step, config.ema_decay)) for step in range(TABLED_STEPS)]
        self.steps_done = 0
        self.num_params = sum(parameter.numel() for parameter in self.parameters)

    def step(self, batch: BarBatch, genre: np.ndarray) -> None:
        config, at = self.config, min(self.steps_done, TABLED_STEPS - 1)
        num_bars, num_steps = batch.bass.shape
        noise = torch.randn(num_bars, self.latent_size)
        keep = (torch.rand(num_bars, num_steps // STEPS_PER_BEAT) >= config.input_dropout).float()
        beta = torch.tensor(config.beta * min(1.0, (self.steps_done + 1) / config.beta_warmup_steps))
        with torch.autocast("cpu", torch.bfloat16, enabled=config.low_precision):
            loss = self.loss(
                to_tensors(batch),
                torch.from_numpy(genre),
                noise,
                keep,
                config=config,
                beta=beta,
                uneven=has_uneven_bars(batch),
            )
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.parameters, config.clip_norm, foreach=True)
        self.optimizer.param_groups[0]["lr"] = self.rates[at]
        self.optimizer.step()
        torch._foreach_lerp_(self.average, [p.detach() for p in self.parameters], 1 - self.decays[at])
        self.steps_done += 1

    def wait(self) -> None:
        """Do nothing: PyTorch on a CPU is done when it returns."""
