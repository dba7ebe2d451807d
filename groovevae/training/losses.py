"""The losses that training minimises: reconstruction by role, KL with free bits, genre. Knows no network."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from groovevae.bars.batch import BarBatch
from groovevae.network.logits import BarLogits
from groovevae.network.nats import Nats, categorical_nats, step_nats
from groovevae.training.flax_network import VAEOutput


def recon_loss(logits: BarLogits, batch: BarBatch) -> Nats:
    """Return the negative log-likelihood of each bar under the decoder, (B,) nats each, without the padding."""
    inside = batch.inside  # (B, S)
    return Nats(*((part * inside).sum(-1) for part in step_nats(logits, batch, jnp, jax.nn.logsumexp)))


def kl_with_free_bits(kl: Array, free_bits: float) -> Array:
    """Return the total KL of a batch per bar; a dimension whose mean KL is below `free_bits` nats costs that much.

    Kingma et al. 2016, "Improved variational inference with inverse autoregressive flow", sec. 3.3.
    """
    return jnp.maximum(kl.mean(0), free_bits).sum()


def genre_loss(output: VAEOutput, genre: Array) -> Array:
    """Return the genre head's cross-entropy, nats per bar with a genre (`genre` (B,) is not -1); 0 without a head."""
    if output.genre_logits.shape[-1] == 0:
        return jnp.zeros(())
    known = genre >= 0
    nats_of_bar = categorical_nats(output.genre_logits, genre * known, jnp, jax.nn.logsumexp)
    return (nats_of_bar * known).sum() / jnp.maximum(known.sum(), 1)


def beta_at(step: Array, beta: float, warmup_steps: int) -> Array:
    """Return the KL's weight at a step: a straight line from 0 to `beta` over the warm-up (Bowman et al. 2016)."""
    return beta * jnp.minimum(1.0, (step + 1) / max(warmup_steps, 1))
