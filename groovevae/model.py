"""The network: bars to a latent point and back, one beat of four steps at a time. Computes logits; decides no notes."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax import Array

from groovevae.bars.constants import (
    BASS_TOKENS,
    CHORD_SIZE,
    HOLD,
    LEAD_TOKENS,
    MAX_STEPS,
    NUM_VOICES,
    OFFSET_UNITS,
    ONSET,
    PITCHED,
    STEPS_PER_BEAT,
)
from groovevae.bars.types import BarBatch
from groovevae.config import ModelConfig
from groovevae.layers import GRU, Dense, matmul

MAX_BEATS = MAX_STEPS // STEPS_PER_BEAT
MIN_LOG_SCALE = -4.0  # smallest spread that the decoder may claim for velocity (1 = 127) and offset (1 = half a step)
MAX_LOGVAR = 4.0


class BarLogits(NamedTuple):
    """What the decoder says of each step, (B, S, ...): logits of states, and means of velocity and offset.

    Velocity is in units of 127, offset in units of half a step. `scales` are the spreads (Laplace's b) of
    drum velocity, drum offset, and the velocity and offset of each pitched role.
    """

    drums: Array  # (B, S, 9)
    drums_velocity: Array  # (B, S, 9)
    drums_offset: Array  # (B, S, 9)
    bass: Array  # (B, S, 50)
    chord_onset: Array  # (B, S, 60)
    chord_hold: Array  # (B, S, 60): of a hold, where there is no onset
    lead: Array  # (B, S, 74)
    velocity: Array  # (B, S, 3)
    offset: Array  # (B, S, 3)
    log_scales: Array  # (8,)


class VAEOutput(NamedTuple):
    """Everything that one pass computes. In the plain autoencoder `z` is `mean`, and `logvar` means nothing."""

    logits: BarLogits
    z: Array  # (B, Z)
    mean: Array  # (B, Z)
    logvar: Array  # (B, Z)
    genre_logits: Array  # (B, G); (B, 0) without a genre head


_HEADS = {
    "drums": NUM_VOICES,
    "drums_velocity": NUM_VOICES,
    "drums_offset": NUM_VOICES,
    "bass": BASS_TOKENS,
    "chord_onset": CHORD_SIZE,
    "chord_hold": CHORD_SIZE,
    "lead": LEAD_TOKENS,
    "velocity": len(PITCHED),
    "offset": len(PITCHED),
}
_RARE = ("drums", "chord_onset", "chord_hold")
RARE_LOGIT = -3.0  # where training starts for states that most steps do not have
_EDGES = np.cumsum(list(_HEADS.values()))[:-1]
_DENSE_FEATURES = 3 * NUM_VOICES + 2 * CHORD_SIZE + 2 * len(PITCHED)


class BeatReader(nnx.Module):
    """Four steps of every role to one vector."""

    def __init__(self, step_size: int, out_size: int, *, low_precision: bool, rngs: nnx.Rngs) -> None:
        init = nnx.initializers.normal(0.5)
        self.bass = nnx.Param(init(rngs.params(), (BASS_TOKENS, step_size)))
        self.lead = nnx.Param(init(rngs.params(), (LEAD_TOKENS, step_size)))
        self.dense = Dense(_DENSE_FEATURES, step_size, low_precision=low_precision, rngs=rngs)
        self.out = Dense(STEPS_PER_BEAT * step_size, out_size, low_precision=low_precision, rngs=rngs)

    def __call__(self, batch: BarBatch) -> Array:
        """(B, S) steps -> (B, S / 4, out_size) beats."""
        features = jnp.concatenate(
            [
                batch.drums > 0,
                batch.drums / 127,
                batch.drums_offset / (OFFSET_UNITS / 2),
                batch.chords == ONSET,
                batch.chords == HOLD,
                batch.velocity / 127,
                batch.offset / (OFFSET_UNITS / 2),
            ],
            axis=-1,
        )  # (B, S, F)
        steps = self.dense(features) + self.bass[...][batch.bass] + self.lead[...][batch.lead]
        num_bars, num_steps, size = steps.shape
        beats = jax.nn.gelu(steps).reshape(num_bars, num_steps // STEPS_PER_BEAT, STEPS_PER_BEAT * size)
        return jax.nn.gelu(self.out(beats))


class Encoder(nnx.Module):
    """A bidirectional GRU over the beats of a bar. Each beat also has its own way to `z`, so that it need not be
    carried through the recurrence."""

    def __init__(self, config: ModelConfig, *, low_precision: bool, rngs: nnx.Rngs) -> None:
        size = config.encoder_size
        self.read = BeatReader(config.step_size, size, low_precision=low_precision, rngs=rngs)
        self.metre = nnx.Param(nnx.initializers.normal(0.1)(rngs.params(), (NUM_METRES, size)))
        self.to_gates = Dense(size, 6 * size, low_precision=low_precision, rngs=rngs)
        self.forward = GRU(size, low_precision=low_precision, rngs=rngs)
        self.backward = GRU(size, low_precision=low_precision, rngs=rngs)
        self.summary = Dense(2 * size, 2 * config.latent_size, low_precision=low_precision, rngs=rngs)
        self.of_beat = nnx.Param(
            nnx.initializers.normal(0.5 / size**0.5)(rngs.params(), (MAX_BEATS, size, 2 * config.latent_size))
        )
        self.low_precision = low_precision

    def __call__(self, batch: BarBatch) -> tuple[Array, Array]:
        """Mean and log-variance (B, Z) of the posterior."""
        mask = beat_mask(batch)  # (B, T)
        beats = (
            self.read(batch) + self.metre[...][metre_index(batch.num_steps, batch.is_compound)][:, None]
        )  # (B, T, E)
        forward_gates, backward_gates = jnp.split(self.to_gates(beats), 2, axis=-1)
        start = jnp.zeros((beats.shape[0], self.forward.size))
        last = self.forward.run(start, forward_gates, mask)[:, -1]
        first = self.backward.run(start, backward_gates, mask, reverse=True)[:, 0]
        stats = self.summary(jnp.concatenate([last, first], axis=-1))  # (B, 2Z)
        for beat in range(beats.shape[1]):
            of_beat = matmul(beats[:, beat], self.of_beat[...][beat], self.low_precision)
            stats += mask[:, beat, None] * of_beat
        mean, logvar = jnp.split(stats, 2, axis=-1)
        return mean, jnp.clip(logvar - 2.0, -12.0, MAX_LOGVAR)


class Decoder(nnx.Module):
    """An autoregressive GRU over beats, fed `z` through a way of its own for each beat, and the beat before."""

    def __init__(self, config: ModelConfig, *, low_precision: bool, rngs: nnx.Rngs) -> None:
        size, latent = config.decoder_size, config.latent_size
        beat_size = config.step_size
        self.read = BeatReader(config.step_size // 2, beat_size, low_precision=low_precision, rngs=rngs)
        self.start = Dense(latent, size, low_precision=low_precision, rngs=rngs)
        self.metre = nnx.Param(nnx.initializers.normal(0.1)(rngs.params(), (NUM_METRES, size)))
        self.before = Dense(beat_size, 3 * size, low_precision=low_precision, rngs=rngs)
        self.of_beat = nnx.Param(
            nnx.initializers.normal(latent**-0.5)(rngs.params(), (MAX_BEATS, latent, config.encoder_size))
        )
        self.to_gates = Dense(config.encoder_size, 3 * size, low_precision=low_precision, rngs=rngs)
        self.gru = GRU(size, low_precision=low_precision, rngs=rngs)
        steps_size = STEPS_PER_BEAT * config.step_size
        self.skip = Dense(config.encoder_size, steps_size, low_precision=low_precision, rngs=rngs)
        self.out = Dense(size, steps_size, low_precision=low_precision, rngs=rngs)
        self.heads = Dense(config.step_size, sum(_HEADS.values()), low_precision=low_precision, rngs=rngs)
        rare = np.repeat([name in _RARE for name in _HEADS], list(_HEADS.values()))
        self.heads.bias[...] = jnp.where(rare, RARE_LOGIT, 0.0).astype(jnp.float32)
        self.log_scales = nnx.Param(jnp.full(8, -2.0, jnp.float32))
        self.low_precision = low_precision

    def plan(self, z: Array, metre: Array, num_beats: int) -> tuple[Array, Array]:
        """What `z` (B, Z) says of each beat (B, T, E), and the first state (B, H)."""
        beats = [matmul(z, self.of_beat[...][beat], self.low_precision) for beat in range(num_beats)]
        return jax.nn.gelu(jnp.stack(beats, axis=1)), self.first_state(z, metre)

    def first_state(self, z: Array, metre: Array) -> Array:
        """The state (B, H) before the first beat."""
        return jnp.tanh(self.start(z) + self.metre[...][metre])

    def plan_beat(self, z: Array, beat: int | Array) -> Array:
        """What `z` (B, Z) says of one beat, (B, E)."""
        return jax.nn.gelu(matmul(z, self.of_beat[...][beat], self.low_precision))

    def hear(self, before: BarBatch, is_there: Array) -> Array:
        """What the beat before, (B, 4, ...), says, (B, D); nothing where there is none."""
        return self.read(before)[:, 0] * is_there

    def __call__(self, z: Array, batch: BarBatch, keep: Array) -> BarLogits:
        """Logits of every step, the true beat before each as input (teacher forcing) where `keep` (B, T) is 1."""
        plan, h = self.plan(z, metre_index(batch.num_steps, batch.is_compound), batch.bass.shape[1] // STEPS_PER_BEAT)
        before = self.read(batch)  # (B, T, D)
        before = jnp.pad(before, ((0, 0), (1, 0), (0, 0)))[:, :-1] * keep[:, :, None]
        gates = self.to_gates(plan) + self.before(before)  # (B, T, 3H)
        states = self.gru.run(h, gates, jnp.ones(gates.shape[:2], bool))
        return self.logits(states, plan)

    def step(self, h: Array, plan: Array, heard: Array) -> tuple[Array, BarLogits]:
        """One beat: state (B, H) and logits (B, 4, ...) from the last state, this beat's plan and what was heard."""
        h = self.gru(h, self.to_gates(plan) + self.before(heard))
        return h, self.logits(h[:, None], plan[:, None])

    def logits(self, states: Array, plan: Array) -> BarLogits:
        """Logits of every step from states (B, T, H) and plan (B, T, E)."""
        steps = jax.nn.gelu(self.out(states) + self.skip(plan))  # (B, T, 4D)
        num_bars, num_beats, width = steps.shape
        heads = self.heads(steps.reshape(num_bars, num_beats * STEPS_PER_BEAT, width // STEPS_PER_BEAT))
        parts = dict(zip(_HEADS, jnp.split(heads, _EDGES, axis=-1), strict=True))
        return BarLogits(**parts, log_scales=jnp.maximum(self.log_scales[...], MIN_LOG_SCALE))


class GrooveVAE(nnx.Module):
    """The variational autoencoder of bars; with `config.variational=False`, the plain autoencoder."""

    def __init__(self, config: ModelConfig, *, low_precision: bool = False, rngs: nnx.Rngs) -> None:
        self.config = config
        self.encoder = Encoder(config, low_precision=low_precision, rngs=rngs)
        self.decoder = Decoder(config, low_precision=low_precision, rngs=rngs)
        self.genre_head = Dense(config.latent_size, config.num_genres, low_precision=False, rngs=rngs)

    def encode(self, batch: BarBatch) -> tuple[Array, Array]:
        """Mean and log-variance (B, Z) of each bar's posterior."""
        return self.encoder(batch)

    def __call__(self, batch: BarBatch, keep: Array, key: Array) -> VAEOutput:
        """Encode, draw `z` with `key`, decode with teacher forcing where `keep` (B, T) is 1."""
        mean, logvar = self.encoder(batch)
        z = mean
        if self.config.variational:
            z = mean + jnp.exp(0.5 * logvar) * jax.random.normal(key, mean.shape)
        return VAEOutput(self.decoder(z, batch, keep), z, mean, logvar, self.genre_head(z))


NUM_METRES = 2 * (MAX_STEPS + 1)


def metre_index(num_steps: Array, is_compound: Array) -> Array:
    """Row of the metre tables, (B,): the bar's length, and whether its beats fall into threes."""
    return 2 * num_steps + is_compound


def step_mask(batch: BarBatch) -> Array:
    """1 for the steps inside each bar, (B, S) bool."""
    return jnp.arange(batch.bass.shape[1])[None] < batch.num_steps[:, None]


def beat_mask(batch: BarBatch) -> Array:
    """1 for the beats that begin inside each bar, (B, T) bool."""
    return step_mask(batch)[:, ::STEPS_PER_BEAT]
