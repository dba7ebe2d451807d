"""How likely bars are under a model: the decoder's log-probability of each role when it is fed the true bars.

This module computes what `losses.recon_loss` does, in NumPy and for several latent points; a test compares the two. It
never trains.
"""

from __future__ import annotations

import numpy as np

from groovevae.bars import Bars
from groovevae.bars.constants import FIRST_PITCH, HOLD, OFFSET_UNITS, ONSET, ROLES, STEPS_PER_BEAT
from groovevae.bars.types import BarBatch
from groovevae.network.decoding import CHUNK, encode, of_chunks
from groovevae.network.forward import Network
from groovevae.network.logits import BarLogits, metre_index

NATS = (*ROLES, "feel")  # feel: velocity and micro-timing of every role


def bar_nats(network: Network, bars: Bars, z: np.ndarray) -> np.ndarray:
    """Return the negative log-probability (L, N, 5) in nats of N bars, by NATS, decoded from points (L, N, Z).

    Each beat is predicted from the point and the true beats before it.
    """

    def of_chunk(start: int) -> np.ndarray:
        here = slice(start, start + CHUNK)
        return _chunk_nats(network, bars[here], z[:, here])

    nothing = np.zeros((len(z), 0, len(NATS)))
    return np.concatenate([nothing, *of_chunks(of_chunk, len(bars))], axis=1)


def reconstruction_nats(network: Network, bars: Bars, *, draws: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return bars' negative log-probability (N, 5), mean over `draws` posterior points, and posterior means (N, Z).

    By role, this is the reconstruction probability of An & Cho 2015 ("Variational autoencoder based anomaly detection
    using reconstruction probability", algorithm 4). With 0 draws, or a plain autoencoder, only the posterior mean is
    decoded, which gives the reconstruction error.
    """
    mean, logvar = encode(network, bars)
    if draws == 0 or not network.config.variational:
        z = mean[None]
    else:
        noise = np.random.default_rng(seed).standard_normal((draws, *mean.shape), np.float32)
        z = mean + np.exp(0.5 * logvar) * noise  # (L, N, Z)
    return bar_nats(network, bars, z).mean(0), mean


def _chunk_nats(network: Network, bars: Bars, z: np.ndarray) -> np.ndarray:
    num_draws, num_bars, size = z.shape
    num_beats = int(bars.num_beats.max())
    batch = bars.batch(num_beats)
    metre = metre_index(batch.num_steps, batch.is_compound)
    projected, h = network.project(z.reshape(-1, size), np.tile(metre, num_draws), num_beats)
    nats = np.zeros((num_draws, num_bars, len(NATS)))
    before = None
    for beat in range(num_beats):
        steps = slice(STEPS_PER_BEAT * beat, STEPS_PER_BEAT * (beat + 1))
        h, logits = network.step(h, projected[:, beat], network.hear(before, num_bars), num_draws)
        before = BarBatch._make((*(part[:, steps] for part in batch[:7]), *batch[7:]))
        inside = np.arange(steps.start, steps.stop) < batch.num_steps[:, None]  # (B, 4)
        nats += step_nats(_streams(logits, num_draws), before, inside).sum(2)
    return nats


def _streams(logits: BarLogits, num_draws: int) -> BarLogits:
    """Reshape logits (L * B, 4, ...) to (L, B, 4, ...)."""
    parts = (part.reshape(num_draws, -1, *part.shape[1:]) for part in logits[:-1])
    return BarLogits._make((*parts, logits.log_scales))


def step_nats(logits: BarLogits, batch: BarBatch, inside: np.ndarray) -> np.ndarray:
    """Return the negative log-probability of each step (..., B, S, 5) by NATS; steps not `inside` (B, S) cost nothing.

    Drum hits and chord notes are Bernoulli, bass and lead categorical, velocity and offset of what is struck Laplace.
    """
    hits, onsets, holds = batch.drums > 0, batch.chords == ONSET, batch.chords == HOLD
    chords = _bernoulli(logits.chord_onset, onsets) + np.where(onsets, 0, _bernoulli(logits.chord_hold, holds))
    struck = np.stack([batch.bass >= FIRST_PITCH, onsets.any(-1), batch.lead >= FIRST_PITCH], axis=-1)  # (B, S, 3)
    scales, half_step = logits.log_scales, OFFSET_UNITS / 2
    feel = [
        _laplace(logits.drums_velocity, batch.drums / 127, scales[0]) * hits,
        _laplace(logits.drums_offset, batch.drums_offset / half_step, scales[1]) * hits,
        _laplace(logits.velocity, batch.velocity / 127, scales[2:5]) * struck,
        _laplace(logits.offset, batch.offset / half_step, scales[5:8]) * struck,
    ]
    parts = [
        _bernoulli(logits.drums, hits).sum(-1),
        _categorical(logits.bass, batch.bass),
        chords.sum(-1),
        _categorical(logits.lead, batch.lead),
        sum((part.sum(-1) for part in feel), np.zeros(inside.shape)),
    ]
    return np.stack([part * inside for part in parts], axis=-1)


def _bernoulli(logits: np.ndarray, is_true: np.ndarray) -> np.ndarray:
    return np.logaddexp(0, logits) - logits * is_true


def _categorical(logits: np.ndarray, token: np.ndarray) -> np.ndarray:
    index = np.broadcast_to(token.astype(int), logits.shape[:-1])[..., None]
    picked = np.take_along_axis(logits, index, axis=-1)[..., 0]
    top = logits.max(-1)
    return top + np.log(np.exp(logits - top[..., None]).sum(-1)) - picked


def _laplace(mean: np.ndarray, value: np.ndarray, log_scale: np.ndarray) -> np.ndarray:
    return np.abs(value - mean) * np.exp(-log_scale) + log_scale + np.log(2.0)
