"""GrooveVAE's twin in PyTorch: the same layers, parameters and losses, written for speed on a CPU.

Modules and parameters have the names they have in `training.flax_network`, so that weights carry over by path. It
differs in two ways: whole sequences go through PyTorch's own GRU in one call, and bars of unequal length are packed.
`tests/test_benchmarks.py` compares its loss and gradients with ours.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from groovevae.bars.batch import BarBatch
from groovevae.bars.constants import BASS_TOKENS, LEAD_TOKENS, STEPS_PER_BEAT
from groovevae.config import ModelConfig, TrainConfig
from groovevae.network.inputs import MAX_BEATS, NUM_FEATURES, NUM_METRES, metre_index
from groovevae.network.logits import NUM_SCALES, START_LOG_SCALE, BarLogits, head_bias
from torch_parts import NUM_LOGITS, features, posterior, split_logits, total_loss


def gelu(x: Tensor) -> Tensor:
    return F.gelu(x, approximate="tanh")  # as jax.nn.gelu does


def table(*shape: int, std: float) -> nn.Parameter:
    return nn.Parameter(std * torch.randn(shape))


class GRU(nn.Module):
    """The recurrent weights of one direction. The caller owns the weights that project the gates' inputs."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.kernel = nn.Parameter(nn.init.orthogonal_(torch.empty(3 * size, size)))
        self.bias = nn.Parameter(torch.zeros(size))

    def flat_weights(self, weight: Tensor, bias: Tensor) -> list[Tensor]:
        """Return what torch.gru takes: input weights (3H, F) and bias (3H,), recurrent weights and bias.

        PyTorch has a recurrent bias for all three gates; the input's bias makes the first two superfluous.
        """
        return [weight, self.kernel, bias, F.pad(self.bias, (2 * len(self.bias), 0))]


class BeatReader(nn.Module):
    """Reads four steps of every role into one vector."""

    def __init__(self, step_size: int, out_size: int) -> None:
        super().__init__()
        self.bass = table(BASS_TOKENS, step_size, std=0.5)
        self.lead = table(LEAD_TOKENS, step_size, std=0.5)
        self.dense = nn.Linear(NUM_FEATURES, step_size)
        self.out = nn.Linear(STEPS_PER_BEAT * step_size, out_size)

    def forward(self, batch: BarBatch, dense_features: Tensor) -> Tensor:
        """Read (B, S) steps as (B, S / 4, out_size) beats."""
        tokens = F.embedding(batch.bass, self.bass) + F.embedding(batch.lead, self.lead)
        steps = gelu(self.dense(dense_features) + tokens)
        return gelu(self.out(steps.unflatten(1, (-1, STEPS_PER_BEAT)).flatten(2)))


class Encoder(nn.Module):
    """A bidirectional GRU over the beats of a bar, with a direct connection from each beat to `z`."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        size = config.encoder_size
        self.read = BeatReader(config.step_size, size)
        self.metre = table(NUM_METRES, size, std=0.1)
        self.to_gates = nn.Linear(size, 6 * size)
        self.forward_gru = GRU(size)
        self.backward_gru = GRU(size)
        self.summary = nn.Linear(2 * size, 2 * config.latent_size)
        self.of_beat = table(MAX_BEATS, size, 2 * config.latent_size, std=0.5 / size**0.5)

    def forward(self, batch: BarBatch, dense_features: Tensor, *, uneven: bool) -> tuple[Tensor, Tensor]:
        """Return the mean and log-variance (B, Z) of the posterior."""
        beats = self.read(batch, dense_features)
        beats = beats + F.embedding(metre_index(*batch.metre), self.metre)[:, None]  # (B, T, E)
        num_beats = (batch.num_steps + STEPS_PER_BEAT - 1) // STEPS_PER_BEAT  # (B,)
        weight, bias = self.to_gates.weight.chunk(2), self.to_gates.bias.chunk(2)
        directions = zip((self.forward_gru, self.backward_gru), weight, bias, strict=True)
        flat = [part for gru, w, b in directions for part in gru.flat_weights(w, b)]
        last = _last_states(beats, num_beats if uneven else None, flat)  # (2, B, E)
        stats = self.summary(last.transpose(0, 1).flatten(1))  # (B, 2Z)
        inside = torch.arange(beats.shape[1]) < num_beats[:, None]  # (B, T)
        masked = (beats * inside[:, :, None]).flatten(1)  # (B, T * E)
        return posterior(stats + masked @ self.of_beat[: beats.shape[1]].flatten(0, 1))


def _last_states(beats: Tensor, num_beats: Tensor | None, flat: list[Tensor]) -> Tensor:
    """Return both directions' states after all of a bar's beats, (2, B, E); packed where lengths are given."""
    start = beats.new_zeros(2, len(beats), flat[1].shape[1])
    options = (True, 1, 0.0, True, True)  # biases, layers, dropout, training, bidirectional
    if num_beats is None:
        return torch.gru(beats, start, flat, *options, True)[1]
    packed = pack_padded_sequence(beats, num_beats, batch_first=True, enforce_sorted=False)
    return torch.gru(packed.data, packed.batch_sizes, start, flat, *options)[1][:, packed.unsorted_indices]


class Decoder(nn.Module):
    """An autoregressive GRU over beats; each beat's input is its own projection of `z`, and the beat before."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        size, latent, beat_size = config.decoder_size, config.latent_size, config.step_size
        self.read = BeatReader(config.step_size // 2, beat_size)
        self.start = nn.Linear(latent, size)
        self.metre = table(NUM_METRES, size, std=0.1)
        self.before = nn.Linear(beat_size, 3 * size)
        self.of_beat = table(MAX_BEATS, latent, config.encoder_size, std=latent**-0.5)
        self.to_gates = nn.Linear(config.encoder_size, 3 * size)
        self.gru = GRU(size)
        self.skip = nn.Linear(config.encoder_size, STEPS_PER_BEAT * config.step_size)
        self.out = nn.Linear(size, STEPS_PER_BEAT * config.step_size)
        self.heads = nn.Linear(config.step_size, NUM_LOGITS)
        self.log_scales = nn.Parameter(torch.full((NUM_SCALES,), START_LOG_SCALE))
        with torch.no_grad():
            self.heads.bias.copy_(torch.from_numpy(head_bias()))

    def forward(self, z: Tensor, batch: BarBatch, dense_features: Tensor, keep: Tensor) -> BarLogits:
        """Return the logits of every step, with teacher forcing (the true beat before) where `keep` (B, T) is 1."""
        num_beats = keep.shape[1]
        of_beat = self.of_beat[:num_beats].transpose(0, 1).flatten(1)  # (Z, T * E)
        plan = gelu((z @ of_beat).unflatten(1, (num_beats, -1)))  # (B, T, E)
        h = torch.tanh(self.start(z) + F.embedding(metre_index(*batch.metre), self.metre))
        before = self.read(batch, dense_features)
        before = F.pad(before, (0, 0, 1, 0))[:, :-1] * keep[:, :, None]
        weight = torch.cat([self.before.weight, self.to_gates.weight], dim=1)
        flat = self.gru.flat_weights(weight, self.before.bias + self.to_gates.bias)
        inputs = torch.cat([before, plan], dim=-1)
        states, _ = torch.gru(inputs, h[None].to(inputs.dtype), flat, True, 1, 0.0, True, False, True)
        weight = torch.cat([self.out.weight, self.skip.weight], dim=1)
        steps = gelu(F.linear(torch.cat([states, plan], dim=-1), weight, self.out.bias + self.skip.bias))  # (B, T, 4D)
        heads = self.heads(steps.unflatten(2, (STEPS_PER_BEAT, -1)).flatten(1, 2))
        return split_logits(heads, self.log_scales)


class Twin(nn.Module):
    """GrooveVAE in PyTorch."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)
        self.genre_head = nn.Linear(config.latent_size, config.num_genres)

    def forward(
        self,
        batch: BarBatch,
        genre: Tensor,
        noise: Tensor,
        keep: Tensor,
        *,
        config: TrainConfig,
        beta: float | Tensor,
        uneven: bool,
    ) -> Tensor:
        """Return a batch's scaled training loss, from the noise (B, Z) of `z` and the beats (B, T) the decoder sees.

        `uneven` says that some bars have fewer beats than others, as `has_uneven_bars` tells.
        """
        dense_features = features(batch)
        mean, logvar = self.encoder(batch, dense_features, uneven=uneven)
        z = mean + torch.exp(0.5 * logvar) * noise
        logits = self.decoder(z, batch, dense_features, keep)
        return total_loss(logits, (mean, logvar), self.genre_head(z), batch, genre, config=config, beta=beta)[0]


def has_uneven_bars(batch: BarBatch) -> bool:
    """Tell whether some bars of a NumPy batch have fewer beats than it has room for."""
    return bool((batch.num_steps <= batch.bass.shape[1] - STEPS_PER_BEAT).any())


_NAMES = {"forward_gru": "forward", "backward_gru": "backward", "weight": "kernel"}


def by_path(twin: Twin) -> dict[str, nn.Parameter]:
    """Return the twin's parameters by the paths of groovevae.training.weights; kernels are transposed there."""
    return {
        "/".join(_NAMES.get(part, part) for part in name.split(".")): parameter
        for name, parameter in twin.named_parameters()
    }


@torch.no_grad()
def load_weights(twin: Twin, weights: Mapping[str, np.ndarray]) -> None:
    """Copy GrooveVAE's parameters, by path as in groovevae.training.weights, into the twin. All must find a place."""
    parameters = by_path(twin)
    assert parameters.keys() == weights.keys()
    for path, parameter in parameters.items():
        array = torch.from_numpy(np.array(weights[path]))
        parameter.copy_(array.T if path.endswith("/kernel") else array)
