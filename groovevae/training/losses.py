"""What training minimises: the reconstruction's negative log-likelihood by role, KL with free bits, and schedules."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from groovevae.bars.constants import FIRST_PITCH, HOLD, OFFSET_UNITS, ONSET
from groovevae.bars.types import BarBatch
from groovevae.training.flax_network import BarLogits, VAEOutput, step_mask


class ReconLoss(NamedTuple):
    """Negative log-likelihood of each bar in nats, (B,) each. `feel` is velocity and micro-timing of every role."""

    drums: Array
    bass: Array
    chords: Array
    lead: Array
    feel: Array


def recon_loss(logits: BarLogits, batch: BarBatch) -> ReconLoss:
    """Negative log-likelihood of the bars under the decoder's distribution, padding left out.

    Drum hits and chord notes are Bernoulli, bass and lead categorical, velocity and offset of what is struck Laplace.
    """
    inside = step_mask(batch)  # (B, S)
    hits = batch.drums > 0  # (B, S, 9)
    onsets, holds = batch.chords == ONSET, batch.chords == HOLD  # (B, S, 60)
    chords = _bernoulli(logits.chord_onset, onsets) + jnp.where(onsets, 0.0, _bernoulli(logits.chord_hold, holds))
    struck = jnp.stack([batch.bass >= FIRST_PITCH, onsets.any(-1), batch.lead >= FIRST_PITCH], axis=-1)  # (B, S, 3)
    scales = logits.log_scales
    half_step = OFFSET_UNITS / 2
    feel = [
        _laplace(logits.drums_velocity, batch.drums / 127, scales[0]) * hits,
        _laplace(logits.drums_offset, batch.drums_offset / half_step, scales[1]) * hits,
        _laplace(logits.velocity, batch.velocity / 127, scales[None, None, 2:5]) * struck,
        _laplace(logits.offset, batch.offset / half_step, scales[None, None, 5:8]) * struck,
    ]
    return ReconLoss(
        drums=_over_steps(_bernoulli(logits.drums, hits).sum(-1), inside),
        bass=_over_steps(_categorical(logits.bass, batch.bass), inside),
        chords=_over_steps(chords.sum(-1), inside),
        lead=_over_steps(_categorical(logits.lead, batch.lead), inside),
        feel=_over_steps(sum((part.sum(-1) for part in feel), jnp.zeros(inside.shape)), inside),
    )


def _over_steps(nats: Array, inside: Array) -> Array:
    return (nats * inside).sum(-1)  # (B, S) -> (B,)


def _bernoulli(logits: Array, is_true: Array) -> Array:
    return jax.nn.softplus(logits) - logits * is_true


def _categorical(logits: Array, token: Array) -> Array:
    picked = jnp.take_along_axis(logits, token[..., None].astype(jnp.int32), axis=-1)[..., 0]
    return jax.nn.logsumexp(logits, axis=-1) - picked


def _laplace(mean: Array, value: Array, log_scale: Array) -> Array:
    return jnp.abs(value - mean) * jnp.exp(-log_scale) + log_scale + jnp.log(2.0)


def kl_divergence(mean: Array, logvar: Array) -> Array:
    """KL of each posterior N(mean, exp(logvar)) from N(0, 1), (B, Z) nats (Kingma & Welling 2014, appendix B)."""
    return 0.5 * (mean**2 + jnp.exp(logvar) - 1.0 - logvar)


def kl_with_free_bits(kl: Array, free_bits: float) -> Array:
    """Total KL of a batch per bar, where a dimension whose mean KL lies below `free_bits` nats costs that much
    (Kingma et al. 2016, "Improved variational inference with inverse autoregressive flow", sec. 3.3)."""
    return jnp.maximum(kl.mean(0), free_bits).sum()


def genre_loss(output: VAEOutput, genre: Array) -> Array:
    """Cross-entropy of the genre head, nats a bar of a genre; 0 without one. A `genre` (B,) of -1 does not count."""
    if output.genre_logits.shape[-1] == 0:
        return jnp.zeros(())
    known = genre >= 0
    return (_categorical(output.genre_logits, genre * known) * known).sum() / jnp.maximum(known.sum(), 1)


def beta_at(step: Array, beta: float, warmup_steps: int) -> Array:
    """The KL's weight at a step: a straight line from 0 to `beta` over the warm-up (Bowman et al. 2016)."""
    return beta * jnp.minimum(1.0, (step + 1) / max(warmup_steps, 1))
