"""How likely bars are under a model: the decoder's log-probability of each role when it is fed the true bars.

Computes what `losses.recon_loss` computes, by the same `nats.step_nats`, in NumPy and for several latent points.
"""

from __future__ import annotations

import numpy as np

from groovevae.bars import Bars
from groovevae.bars.constants import STEPS_PER_BEAT
from groovevae.network.chunks import CHUNK, of_chunks
from groovevae.network.decoding import encode
from groovevae.network.forward import Network
from groovevae.network.inputs import metre_index
from groovevae.network.logits import BarLogits
from groovevae.network.nats import Nats, step_nats

NATS = Nats._fields


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
    metre = metre_index(*batch.metre)
    projected, h = network.project(z.reshape(-1, size), np.tile(metre, num_draws), num_beats)
    nats = np.zeros((num_draws, num_bars, len(NATS)))
    before = None
    for beat in range(num_beats):
        first = STEPS_PER_BEAT * beat
        h, logits = network.step(h, projected[:, beat], network.hear(before, num_bars), num_draws)
        before = batch.steps(first, STEPS_PER_BEAT)
        inside = batch.inside[:, first : first + STEPS_PER_BEAT, None]  # (B, 4, 1)
        nats += (np.stack(step_nats(_streams(logits, num_draws), before), axis=-1) * inside).sum(2)
    return nats


def _streams(logits: BarLogits, num_draws: int) -> BarLogits:
    """Reshape logits (L * B, 4, ...) to (L, B, 4, ...)."""
    parts = (part.reshape(num_draws, -1, *part.shape[1:]) for part in logits[:-1])
    return BarLogits._make((*parts, logits.log_scales))
