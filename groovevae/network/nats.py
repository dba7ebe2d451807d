"""Measures how much bars surprise a decoder, in nats: training minimises it, and it gives outliers away.

Functions take the module that computes as `xp`: `numpy` or `jax.numpy`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from groovevae.bars.batch import BarBatch
from groovevae.bars.constants import MAX_VELOCITY
from groovevae.network.inputs import HALF_STEP
from groovevae.network.logits import BarLogits

ACTIVE_KL = 0.1  # nats: a latent dimension that carries more is active


class Nats(NamedTuple):
    """Negative log-likelihood of each role's notes, and of `feel`: velocity and micro-timing of all roles."""

    drums: Any
    bass: Any
    chords: Any
    lead: Any
    feel: Any


def logsumexp(logits: Any, axis: int) -> Any:
    """Return log(sum(exp(logits))) along an axis, without overflow. JAX has its own, which can be differentiated."""
    top = logits.max(axis)
    return top + np.log(np.exp(logits - np.expand_dims(top, axis)).sum(axis))


def step_nats(logits: BarLogits, batch: BarBatch, xp: Any = np, logsumexp: Callable[..., Any] = logsumexp) -> Nats:
    """Return the negative log-likelihood of each step, (..., B, S) each, for logits (..., B, S, size).

    Drum hits and chord notes are Bernoulli, bass and lead categorical, velocity and offset of what is struck Laplace.
    """
    hits, onsets, holds = batch.onsets("drums"), batch.onsets("chords"), batch.holds("chords")
    struck = batch.pitched_strikes(xp)  # (B, S, 3)
    chords = bernoulli_nats(logits.chord_onset, onsets, xp)
    chords = chords + xp.where(onsets, 0, bernoulli_nats(logits.chord_hold, holds, xp))
    scales = logits.log_scales
    feel = [
        laplace_nats(logits.drums_velocity, batch.drums / MAX_VELOCITY, scales[0], xp) * hits,
        laplace_nats(logits.drums_offset, batch.drums_offset / HALF_STEP, scales[1], xp) * hits,
        laplace_nats(logits.velocity, batch.velocity / MAX_VELOCITY, scales[None, None, 2:5], xp) * struck,
        laplace_nats(logits.offset, batch.offset / HALF_STEP, scales[None, None, 5:8], xp) * struck,
    ]
    return Nats(
        drums=bernoulli_nats(logits.drums, hits, xp).sum(-1),
        bass=categorical_nats(logits.bass, batch.bass, xp, logsumexp),
        chords=chords.sum(-1),
        lead=categorical_nats(logits.lead, batch.lead, xp, logsumexp),
        feel=sum(part.sum(-1) for part in feel),
    )


def bernoulli_nats(logits: Any, is_true: Any, xp: Any) -> Any:
    """Return -log of the probability that each logit gives to the truth, in the shape of `logits`."""
    return xp.logaddexp(logits, 0) - logits * is_true


def categorical_nats(logits: Any, token: Any, xp: Any, logsumexp: Callable[..., Any]) -> Any:
    """Return -log of the probability of each token (...,), which may lack leading axes of `logits` (..., size)."""
    index = xp.broadcast_to(token.astype(np.int32), logits.shape[:-1])[..., None]
    return logsumexp(logits, axis=-1) - xp.take_along_axis(logits, index, axis=-1)[..., 0]


def laplace_nats(mean: Any, value: Any, log_scale: Any, xp: Any) -> Any:
    """Return -log of the density of each value under a Laplace distribution of the scale exp(log_scale)."""
    return xp.abs(value - mean) * xp.exp(-log_scale) + log_scale + math.log(2)


def kl_divergence(mean: Any, logvar: Any, xp: Any = np) -> Any:
    """Return the KL of each posterior N(mean, exp(logvar)) from N(0, 1), in the shape of `mean`.

    Kingma & Welling 2014, appendix B.
    """
    return 0.5 * (mean**2 + xp.exp(logvar) - 1.0 - logvar)
