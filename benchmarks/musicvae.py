"""An LSTM VAE of bars, step by step in the manner of MusicVAE, in PyTorch: the network that ours is compared with.

Roberts et al., "A Hierarchical Latent Vector Model for Learning Long-Term Structure in Music" (ICML 2018), sec. 3.1 and
3.2: a bidirectional LSTM reads the steps, an LSTM started from `z` writes them. Inputs, outputs and losses are ours.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from groovevae.bars import Bars
from groovevae.bars.batch import BarBatch
from groovevae.bars.constants import BASS_TOKENS, LEAD_TOKENS, MAX_STEPS
from groovevae.bars.states import GRIDS
from groovevae.config import TrainConfig
from groovevae.network.beats import logits_to_beat
from groovevae.network.decoding import without_stray_holds
from groovevae.network.inputs import NUM_FEATURES, NUM_METRES, metre_index
from groovevae.network.logits import NUM_SCALES, START_LOG_SCALE, BarLogits, head_bias
from torch_parts import NUM_LOGITS, features, posterior, split_logits, to_tensors, total_loss

CHUNK = 256  # bars encoded or decoded at once
LEARNING_RATE = 2e-3


@dataclass(frozen=True)
class LSTMConfig:
    """Sizes of the network; the defaults have about as many parameters as GrooveVAE's."""

    latent_size: int = 192
    step_size: int = 256  # features of one sixteenth
    encoder_size: int = 448  # of each direction
    decoder_size: int = 768
    num_layers: int = 1  # of the decoder
    num_genres: int = 0


class StepReader(nn.Module):
    """Reads one sixteenth of every role into one vector."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.bass = nn.Embedding(BASS_TOKENS, size)
        self.lead = nn.Embedding(LEAD_TOKENS, size)
        self.dense = nn.Linear(NUM_FEATURES, size)
        for table in (self.bass, self.lead):
            nn.init.normal_(table.weight, std=0.5)

    def forward(self, batch: BarBatch) -> Tensor:
        """Read (B, S) steps as (B, S, size)."""
        return F.gelu(self.dense(features(batch)) + self.bass(batch.bass) + self.lead(batch.lead))


class Encoder(nn.Module):
    """A bidirectional LSTM over the steps of a bar; its two last states make the posterior."""

    def __init__(self, config: LSTMConfig) -> None:
        super().__init__()
        self.read = StepReader(config.step_size)
        self.metre = nn.Embedding(NUM_METRES, config.step_size)
        self.forward_lstm = nn.LSTM(config.step_size, config.encoder_size, batch_first=True)
        self.backward_lstm = nn.LSTM(config.step_size, config.encoder_size, batch_first=True)
        self.summary = nn.Linear(2 * config.encoder_size, 2 * config.latent_size)
        nn.init.normal_(self.metre.weight, std=0.1)

    def forward(self, batch: BarBatch) -> tuple[Tensor, Tensor]:
        """Return the mean and log-variance (B, Z) of the posterior.

        oneDNN's LSTM takes no packed sequences: the second LSTM reads each bar from its own last step backwards, and
        both states are taken at that step, so that padding is never seen.
        """
        steps = self.read(batch) + self.metre(metre_index(*batch.metre))[:, None]
        bar = torch.arange(len(steps))
        last = batch.num_steps - 1
        from_end = (last[:, None] - torch.arange(steps.shape[1])).clamp(min=0)
        onward, _ = self.forward_lstm(steps)
        back, _ = self.backward_lstm(steps[bar[:, None], from_end])
        return posterior(self.summary(torch.cat([onward[bar, last], back[bar, last]], dim=-1)))


class Decoder(nn.Module):
    """An autoregressive LSTM over steps, started from `z` and fed with `z` and the step before."""

    def __init__(self, config: LSTMConfig) -> None:
        super().__init__()
        size, layers = config.decoder_size, config.num_layers
        self.read = StepReader(config.step_size)
        self.place = nn.Embedding(MAX_STEPS, config.step_size)
        self.metre = nn.Embedding(NUM_METRES, config.step_size)
        self.of_z = nn.Linear(config.latent_size, config.step_size)
        self.start = nn.Linear(config.latent_size, 2 * layers * size)
        self.lstm = nn.LSTM(config.step_size, size, num_layers=layers, batch_first=True)
        self.heads = nn.Linear(size, NUM_LOGITS)
        self.log_scales = nn.Parameter(torch.full((NUM_SCALES,), START_LOG_SCALE))
        self.num_layers = layers
        for table in (self.place, self.metre):
            nn.init.normal_(table.weight, std=0.1)
        with torch.no_grad():
            self.heads.bias.copy_(torch.from_numpy(head_bias()))

    def begin(self, z: Tensor, batch: BarBatch) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Return the part of each step's input that does not depend on earlier steps (B, S, D), and the first state."""
        metre = self.metre(metre_index(*batch.metre))
        told = (self.of_z(z) + metre)[:, None] + self.place.weight[: batch.bass.shape[1]]
        start = torch.tanh(self.start(z)).view(len(z), 2 * self.num_layers, -1).transpose(0, 1)
        hidden, cell = start.contiguous().chunk(2)
        return told, (hidden, cell)

    def logits(self, states: Tensor) -> BarLogits:
        """Return the logits of every step from states (B, S, H)."""
        return split_logits(self.heads(states), self.log_scales)

    def forward(self, z: Tensor, batch: BarBatch, keep: Tensor) -> BarLogits:
        """Return the logits of every step, with teacher forcing (the true step before) where `keep` (B, S) is 1."""
        told, state = self.begin(z, batch)
        before = F.pad(self.read(batch), (0, 0, 1, 0))[:, :-1]
        states, _ = self.lstm(told + before * keep[:, :, None], state)
        return self.logits(states)


class MusicVAE(nn.Module):
    """The variational autoencoder of bars, with one recurrent step for each sixteenth."""

    def __init__(self, config: LSTMConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)
        self.genre_head = nn.Linear(config.latent_size, config.num_genres)

    def loss(
        self, batch: BarBatch, genre: Tensor, *, config: TrainConfig, beta: float, generator: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return a batch's scaled training loss, and its reconstruction (5,) and KL (Z,) in nats per bar."""
        mean, logvar = self.encoder(batch)
        z = mean + torch.exp(0.5 * logvar) * torch.randn(mean.shape, generator=generator)
        keep = (torch.rand(batch.bass.shape, generator=generator) >= config.input_dropout).float()
        logits = self.decoder(z, batch, keep)
        return total_loss(logits, (mean, logvar), self.genre_head(z), batch, genre, config=config, beta=beta)


def train_step(
    network: MusicVAE,
    optimizer: torch.optim.Optimizer,
    batch: BarBatch,
    genre: Tensor,
    *,
    config: TrainConfig,
    beta: float,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Take one step of the optimiser; return the batch's reconstruction (5,) and KL (Z,) in nats per bar."""
    with torch.autocast("cpu", torch.bfloat16, enabled=config.low_precision):
        loss, recon, kl = network.loss(batch, genre, config=config, beta=beta, generator=generator)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), config.clip_norm, foreach=True)
    optimizer.step()
    return recon.detach(), kl.detach()


@torch.no_grad()
def encode(network: MusicVAE, bars: Bars) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and log-variance (N, Z) of the posterior of each bar."""
    parts = [network.encoder(to_tensors(bars[i : i + CHUNK].batch())) for i in range(0, len(bars), CHUNK)]
    mean, logvar = (torch.cat(part).numpy() for part in zip(*parts, strict=True))
    return mean, logvar


def decode(network: MusicVAE, z: np.ndarray, like: Bars) -> Bars:
    """Decode latent points (N, Z) greedily into bars in the metres of `like`, each step fed with the one before."""
    return without_stray_holds(decode_freely(network, z, like))


@torch.no_grad()
def decode_freely(network: MusicVAE, z: np.ndarray, like: Bars) -> Bars:
    """Return the network's own output, which may contain holds that continue no note."""
    parts = [
        _decode_chunk(network.decoder, torch.from_numpy(z[i : i + CHUNK]), like[i : i + CHUNK])
        for i in range(0, len(like), CHUNK)
    ]
    return Bars.concatenate(parts)


def _decode_chunk(decoder: Decoder, z: Tensor, like: Bars) -> Bars:
    batch = like.batch()
    told, state = decoder.begin(z, to_tensors(batch))
    steps: list[BarBatch] = []
    for step in range(MAX_STEPS):
        before = decoder.read(to_tensors(steps[-1])) if steps else 0.0
        states, state = decoder.lstm(told[:, step : step + 1] + before, state)
        logits = BarLogits(*(part.numpy() for part in decoder.logits(states)))
        steps.append(logits_to_beat(logits, batch.metre, step, 0.0, None))  # the package's own rules
    grids = {name: np.concatenate([getattr(s, name) for s in steps], axis=1) for name in GRIDS}
    return dataclasses.replace(like, **grids)
