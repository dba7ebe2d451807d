"""Parts that the PyTorch networks share: batches as tensors, a step's features, and the losses of the package.

`tests/test_benchmarks.py` compares the losses with those of `groovevae.training.losses`.
"""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from groovevae.bars.batch import BarBatch
from groovevae.bars.constants import MAX_VELOCITY
from groovevae.config import TrainConfig
from groovevae.network.inputs import HALF_STEP
from groovevae.network.logits import HEADS, LOGVAR_SHIFT, MAX_LOGVAR, MIN_LOG_SCALE, MIN_LOGVAR, BarLogits
from groovevae.network.nats import kl_divergence
from groovevae.training.loop import NATS_PER_UNIT

NUM_LOGITS = sum(HEADS.values())


def to_tensors(batch: BarBatch) -> BarBatch:
    """Convert a batch to tensors; tokens and lengths are int64, as indices must be."""
    tensors = {name: torch.from_numpy(np.require(array, requirements="CW")) for name, array in batch._asdict().items()}
    indices = {name: tensors[name].long() for name in ("bass", "lead", *batch.metre._fields)}
    return BarBatch(**tensors | indices)


def features(batch: BarBatch) -> Tensor:
    """Return what each step holds besides its bass and lead tokens, (B, S, F) float32."""
    return torch.cat(
        [
            batch.onsets("drums").float(),
            batch.drums / MAX_VELOCITY,
            batch.drums_offset / HALF_STEP,
            batch.onsets("chords").float(),
            batch.holds("chords").float(),
            batch.velocity / MAX_VELOCITY,
            batch.offset / HALF_STEP,
        ],
        dim=-1,
    )


def split_logits(heads: Tensor, log_scales: Tensor) -> BarLogits:
    """Return all heads' outputs (B, S, NUM_LOGITS) by name, float32, like `groovevae.network.logits.split_heads`."""
    parts = heads.float().split(list(HEADS.values()), dim=-1)
    return BarLogits(**dict(zip(HEADS, parts, strict=True)), log_scales=log_scales.clamp(min=MIN_LOG_SCALE))


def posterior(stats: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean and log-variance (B, Z) from the encoder's last layer (B, 2Z), like `logits.posterior`."""
    mean, logvar = stats.float().chunk(2, dim=-1)
    return mean, (logvar - LOGVAR_SHIFT).clamp(MIN_LOGVAR, MAX_LOGVAR)


def recon_loss(logits: BarLogits, batch: BarBatch) -> Tensor:
    """Return the negative log-likelihood of drums, bass, chords, lead and feel, (5,): nats per bar, batch mean."""
    num_bars, num_steps = batch.bass.shape
    inside = (torch.arange(num_steps) < batch.num_steps[:, None]).float()  # (B, S)
    hits, onsets = batch.onsets("drums").float(), batch.onsets("chords").float()
    holds = batch.holds("chords").float()
    chords = _bernoulli(logits.chord_onset, onsets) + (1 - onsets) * _bernoulli(logits.chord_hold, holds)
    struck = batch.pitched_strikes(torch).float()
    scales = logits.log_scales
    feel = [
        _laplace(logits.drums_velocity, batch.drums / MAX_VELOCITY, scales[0]) * hits,
        _laplace(logits.drums_offset, batch.drums_offset / HALF_STEP, scales[1]) * hits,
        _laplace(logits.velocity, batch.velocity / MAX_VELOCITY, scales[2:5]) * struck,
        _laplace(logits.offset, batch.offset / HALF_STEP, scales[5:8]) * struck,
    ]
    of_step = [
        _bernoulli(logits.drums, hits).sum(-1),
        _categorical(logits.bass, batch.bass),
        chords.sum(-1),
        _categorical(logits.lead, batch.lead),
        sum(part.sum(-1) for part in feel),
    ]
    return torch.stack([(nats * inside).sum() / num_bars for nats in of_step])


def _bernoulli(logits: Tensor, is_true: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, is_true, reduction="none")


def _categorical(logits: Tensor, token: Tensor) -> Tensor:
    return F.cross_entropy(logits.flatten(0, -2), token.flatten(), reduction="none").view(token.shape)


def _laplace(mean: Tensor, value: Tensor, log_scale: Tensor) -> Tensor:
    return (value - mean).abs() * torch.exp(-log_scale) + log_scale + math.log(2)


def genre_nats(genre_logits: Tensor, genre: Tensor) -> Tensor:
    """Return the genre head's cross-entropy, nats per bar with a genre (`genre` (B,) is not -1)."""
    total = F.cross_entropy(genre_logits.float(), genre, ignore_index=-1, reduction="sum")
    return total / (genre >= 0).sum().clamp(min=1)


def total_loss(
    logits: BarLogits,
    posterior: tuple[Tensor, Tensor],
    genre_logits: Tensor,
    batch: BarBatch,
    genre: Tensor,
    *,
    config: TrainConfig,
    beta: float | Tensor,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the scaled loss of `training.loop.loss_fn`, and its reconstruction (5,) and KL (Z,) in nats per bar."""
    mean, logvar = posterior
    recon = recon_loss(logits, batch)
    kl = kl_divergence(mean, logvar, torch).mean(0)  # (Z,)
    role_weights = torch.tensor(
        [config.drums_weight, config.bass_weight, config.chords_weight, config.lead_weight, 1.0]
    )
    loss = (recon * role_weights).sum() + beta * kl.clamp(min=config.free_bits).sum()
    if genre_logits.shape[-1]:
        loss = loss + config.genre_weight * genre_nats(genre_logits, genre)
    return loss / NATS_PER_UNIT, recon, kl
