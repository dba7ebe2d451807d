"""Finds the points from which bars come back: an encoder's guess, led on by the decoder's own gradient.

An encoder knows music like what it was trained on, and misses more of other music than a point can hold: it is the
guess that falls short, not the space. Cremer, Li & Duvenaud 2018 call it the amortization gap; a few steps of gradient
descent for each bar close most of it, as in the semi-amortized VAE (Kim et al. 2018). As in training, each step looks
at a place drawn around the point: without that, points are found that bring a bar back and nothing beside it, and a
blend leaves the bar at its first step.
"""

from __future__ import annotations

import numpy as np

from groovevae.bars.batch import BarBatch
from groovevae.bars.types import Bars
from groovevae.config import TrainConfig
from groovevae.network.beats import logits_to_beat
from groovevae.network.chunks import of_chunks, padded
from groovevae.network.decoding import Posterior, encode
from groovevae.network.forward import Network
from groovevae.network.gradient import latent_gradient, play, true_beats
from groovevae.network.stopping import stop_if_told

STEPS = 12
TOGETHER = 16  # bars at once, always: few, as a clip of eight bars takes as long as that many
RATE, RATE_DECAY = np.float32(0.2), np.float32(0.88)  # of the first step, and from each to the next
MEAN_DECAY, SQUARE_DECAY = np.float32(0.5), np.float32(0.9)  # of Adam (Kingma & Ba 2015): short, for few steps
_TINY = np.float32(1e-8)


def close_points(network: Network, bars: Bars) -> np.ndarray:
    """Return the point (N, Z) of each bar: its posterior mean, or a closer one where not all of its notes come back."""
    guess = encode(network, bars)
    lacks = np.flatnonzero(~_come_back(network, guess.mean, bars))
    z = guess.mean.copy()
    z[lacks] = refined(network, Posterior(*(part[lacks] for part in guess)), bars[lacks])
    return z


def refined(network: Network, guess: Posterior, bars: Bars) -> np.ndarray:
    """Return points (N, Z) led from the means of a guess to where the nats of each bar, and its KL, are less.

    The guess keeps its spread: a place is looked for around which the bar comes back, and not a point alone.
    """
    is_variational = network.config.variational
    beta = np.float32(TrainConfig().beta if is_variational else 0.0)
    deviation = np.exp(np.float32(0.5) * guess.logvar) * np.float32(is_variational)

    def chunk(start: int) -> np.ndarray:
        here = slice(start, start + TOGETHER)
        own, batch = _chunk(bars, start)
        z, spread = (padded(part[here], TOGETHER) for part in (guess.mean, deviation))
        return _descended(network, z, spread, batch, beta)[: len(own)]

    return np.concatenate([guess.mean[:0], *of_chunks(chunk, len(bars), TOGETHER)])


def _come_back(network: Network, z: np.ndarray, bars: Bars) -> np.ndarray:
    """Tell of which bars (N,) the likeliest notes are their own; velocities and micro-timing may differ."""

    def chunk(start: int) -> np.ndarray:
        own, batch = _chunk(bars, start)
        logits = play(network, padded(z[start : start + TOGETHER], TOGETHER), batch, true_beats(network, batch)).logits
        played = logits_to_beat(logits, batch.metre, 0, 0.0, None)
        return _same_notes(batch, played)[: len(own)]

    return np.concatenate([np.zeros(0, bool), *of_chunks(chunk, len(bars), TOGETHER)])


def _chunk(bars: Bars, start: int) -> tuple[Bars, BarBatch]:
    own = bars[start : start + TOGETHER]
    return own, BarBatch(*(padded(part, TOGETHER) for part in own.batch(int(own.num_beats.max()))))


def _same_notes(one: BarBatch, other: BarBatch) -> np.ndarray:
    parts = [one.onsets("drums") == other.onsets("drums"), one.chords == other.chords]
    parts += [(one.bass == other.bass)[..., None], (one.lead == other.lead)[..., None]]
    return np.asarray((np.concatenate(parts, axis=-1).all(-1) | ~one.inside).all(-1))


def _descended(network: Network, z: np.ndarray, spread: np.ndarray, batch: BarBatch, beta: np.float32) -> np.ndarray:
    """Take STEPS steps of Adam; each other one looks to the other side of z than the one before."""
    heard, noise = true_beats(network, batch), _noise(z.shape[1])
    mean, square, rate = np.zeros_like(z), np.zeros_like(z), RATE
    for step in range(1, STEPS + 1):
        stop_if_told()
        slope = latent_gradient(network, z + spread * noise[step - 1], batch, heard) + beta * z
        mean = MEAN_DECAY * mean + (1 - MEAN_DECAY) * slope
        square = SQUARE_DECAY * square + (1 - SQUARE_DECAY) * slope**2
        way = mean / (1 - MEAN_DECAY**step) / (np.sqrt(square / (1 - SQUARE_DECAY**step)) + _TINY)
        z = z - rate * way
        rate *= RATE_DECAY
    return z


def _noise(size: int) -> np.ndarray:
    """Return the noise (STEPS, size) of each step, the same for all bars."""
    drawn = np.random.default_rng(size).standard_normal((STEPS // 2, size), np.float32)
    return np.stack([drawn, -drawn], axis=1).reshape(STEPS, size)
