"""The network: bars to a latent point and back, a beat of four steps at a time. Computes logits; chooses no notes."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx
from jax import Array

from groovevae.bars.batch import BarBatch
from groovevae.bars.constants import BASS_TOKENS, LEAD_TOKENS, STEPS_PER_BEAT
from groovevae.config import ModelConfig
from groovevae.network.inputs import MAX_BEATS, NUM_FEATURES, NUM_METRES, metre_index, step_features
from groovevae.network.logits import HEADS, NUM_SCALES, START_LOG_SCALE, BarLogits, head_bias, posterior, split_heads
from groovevae.training.first_weights import normal
from groovevae.training.layers import GRU, Dense, matmul


class VAEOutput(NamedTuple):
    """Everything that one forward pass computes. In the plain autoencoder `z` is `mean`, and `logvar` is unused."""

    logits: BarLogits
    z: Array  # (B, Z)
    mean: Array  # (B, Z)
    logvar: Array  # (B, Z)
    genre_logits: Array  # (B, G); (B, 0) without a genre head


class BeatReader(nnx.Module):
    """Reads four steps of every role into one vector."""

    def __init__(self, step_size: int, out_size: int, *, low_precision: bool, rngs: nnx.Rngs) -> None:
        init = normal(0.5)
        self.bass = nnx.Param(init(rngs.params(), (BASS_TOKENS, step_size)))
        self.lead = nnx.Param(init(rngs.params(), (LEAD_TOKENS, step_size)))
        self.dense = Dense(NUM_FEATURES, step_size, low_precision=low_precision, rngs=rngs)
        self.out = Dense(STEPS_PER_BEAT * step_size, out_size, low_precision=low_precision, rngs=rngs)

    def __call__(self, batch: BarBatch) -> Array:
        """Read (B, S) steps as (B, S / 4, out_size) beats."""
        steps = self.dense(step_features(batch, jnp)) + self.bass[...][batch.bass] + self.lead[...][batch.lead]
        num_bars, num_steps, size = steps.shape
        beats = jax.nn.gelu(steps).reshape(num_bars, num_steps // STEPS_PER_BEAT, STEPS_PER_BEAT * size)
        return jax.nn.gelu(self.out(beats))


class Encoder(nnx.Module):
    """A bidirectional GRU over the beats of a bar.

    Each beat also has a direct connection to `z`, so that the recurrence need not carry it.
    """

    def __init__(self, config: ModelConfig, *, low_precision: bool, rngs: nnx.Rngs) -> None:
        size = config.encoder_size
        self.read = BeatReader(config.step_size, size, low_precision=low_precision, rngs=rngs)
        self.metre = nnx.Param(normal(0.1)(rngs.params(), (NUM_METRES, size)))
        self.to_gates = Dense(size, 6 * size, low_precision=low_precision, rngs=rngs)
        self.forward = GRU(size, low_precision=low_precision, rngs=rngs)
        self.backward = GRU(size, low_precision=low_precision, rngs=rngs)
        self.summary = Dense(2 * size, 2 * config.latent_size, low_precision=low_precision, rngs=rngs)
        self.of_beat = nnx.Param(normal(0.5 / size**0.5)(rngs.params(), (MAX_BEATS, size, 2 * config.latent_size)))
        self.low_precision = low_precision

    def __call__(self, batch: BarBatch) -> tuple[Array, Array]:
        """Return the mean and log-variance (B, Z) of the posterior."""
        mask = batch.inside[:, ::STEPS_PER_BEAT]  # (B, T): beats that begin inside
        beats = self.read(batch) + self.metre[...][metre_index(*batch.metre)][:, None]  # (B, T, E)
        forward_gates, backward_gates = jnp.split(self.to_gates(beats), 2, axis=-1)
        start = jnp.zeros((beats.shape[0], self.forward.size))
        last = self.forward.run(start, forward_gates, mask)[:, -1]
        first = self.backward.run(start, backward_gates, mask, reverse=True)[:, 0]
        stats = self.summary(jnp.concatenate([last, first], axis=-1))  # (B, 2Z)
        for beat in range(beats.shape[1]):
            of_beat = matmul(beats[:, beat], self.of_beat[...][beat], self.low_precision)
            stats += mask[:, beat, None] * of_beat
        return posterior(stats, jnp)


class Decoder(nnx.Module):
    """An autoregressive GRU over beats; each beat's input is its own projection of `z`, and the beat before."""

    def __init__(self, config: ModelConfig, *, low_precision: bool, rngs: nnx.Rngs) -> None:
        size, latent = config.decoder_size, config.latent_size
        beat_size = config.step_size
        self.read = BeatReader(config.step_size // 2, beat_size, low_precision=low_precision, rngs=rngs)
        self.start = Dense(latent, size, low_precision=low_precision, rngs=rngs)
        self.metre = nnx.Param(normal(0.1)(rngs.params(), (NUM_METRES, size)))
        self.before = Dense(beat_size, 3 * size, low_precision=low_precision, rngs=rngs)
        self.of_beat = nnx.Param(normal(latent**-0.5)(rngs.params(), (MAX_BEATS, latent, config.encoder_size)))
        self.to_gates = Dense(config.encoder_size, 3 * size, low_precision=low_precision, rngs=rngs)
        self.gru = GRU(size, low_precision=low_precision, rngs=rngs)
        steps_size = STEPS_PER_BEAT * config.step_size
        self.skip = Dense(config.encoder_size, steps_size, low_precision=low_precision, rngs=rngs)
        self.out = Dense(size, steps_size, low_precision=low_precision, rngs=rngs)
        self.heads = Dense(config.step_size, sum(HEADS.values()), low_precision=low_precision, rngs=rngs)
        self.heads.bias[...] = jnp.asarray(head_bias())
        self.log_scales = nnx.Param(jnp.full(NUM_SCALES, START_LOG_SCALE, jnp.float32))
        self.low_precision = low_precision

    def project(self, z: Array, metre: Array, num_beats: int) -> tuple[Array, Array]:
        """Project `z` (B, Z) to each beat (B, T, E) and to the first state (B, H)."""
        beats = [matmul(z, self.of_beat[...][beat], self.low_precision) for beat in range(num_beats)]
        return jax.nn.gelu(jnp.stack(beats, axis=1)), jnp.tanh(self.start(z) + self.metre[...][metre])

    def __call__(self, z: Array, batch: BarBatch, keep: Array) -> BarLogits:
        """Return the logits of every step, with teacher forcing (the true beat before) where `keep` (B, T) is 1."""
        projected, h = self.project(z, metre_index(*batch.metre), batch.bass.shape[1] // STEPS_PER_BEAT)
        before = self.read(batch)  # (B, T, D)
        before = jnp.pad(before, ((0, 0), (1, 0), (0, 0)))[:, :-1] * keep[:, :, None]
        gates = self.to_gates(projected) + self.before(before)  # (B, T, 3H)
        states = self.gru.run(h, gates, jnp.ones(gates.shape[:2], bool))
        return self.logits(states, projected)

    def logits(self, states: Array, projected: Array) -> BarLogits:
        """Return the logits of every step from states (B, T, H) and projections of z (B, T, E)."""
        steps = jax.nn.gelu(self.out(states) + self.skip(projected))  # (B, T, 4D)
        num_bars, num_beats, width = steps.shape
        heads = self.heads(steps.reshape(num_bars, num_beats * STEPS_PER_BEAT, width // STEPS_PER_BEAT))
        return split_heads(heads, self.log_scales[...], jnp)


class GrooveVAE(nnx.Module):
    """The variational autoencoder of bars; with `config.variational=False`, the plain autoencoder."""

    def __init__(self, config: ModelConfig, *, low_precision: bool = False, rngs: nnx.Rngs) -> None:
        self.config = config
        self.encoder = Encoder(config, low_precision=low_precision, rngs=rngs)
        self.decoder = Decoder(config, low_precision=low_precision, rngs=rngs)
        self.genre_head = Dense(config.latent_size, config.num_genres, low_precision=False, rngs=rngs)

    def encode(self, batch: BarBatch) -> tuple[Array, Array]:
        """Return the mean and log-variance (B, Z) of each bar's posterior."""
        return self.encoder(batch)

    def __call__(self, batch: BarBatch, keep: Array, key: Array) -> VAEOutput:
        """Encode, draw `z` with `key`, decode with teacher forcing where `keep` (B, T) is 1."""
        mean, logvar = self.encoder(batch)
        z = mean
        if self.config.variational:
            z = mean + jnp.exp(0.5 * logvar) * jax.random.normal(key, mean.shape)
        return VAEOutput(self.decoder(z, batch, keep), z, mean, logvar, self.genre_head(z))
