"""Computes the trained network's forward pass in NumPy: all that encoding and generating need, without JAX.

It computes the same as `training.flax_network` (a test compares the two), from a model file's weights; it never trains.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from groovevae.bars.batch import BarBatch
from groovevae.bars.constants import BASS_TOKENS, LEAD_TOKENS, STEPS_PER_BEAT
from groovevae.config import ModelConfig
from groovevae.errors import ModelFileError
from groovevae.network.inputs import MAX_BEATS, NUM_FEATURES, NUM_METRES, metre_index, step_features
from groovevae.network.logits import HEADS, NUM_SCALES, BarLogits, posterior, split_heads

_GELU = np.float32(np.sqrt(2 / np.pi))


class Gates(NamedTuple):
    """What a GRU computes of one step, (B, H) each."""

    reset: np.ndarray
    keep: np.ndarray
    candidate: np.ndarray
    inner: np.ndarray  # the reset gate's factor


class Widened(Mapping[str, np.ndarray]):
    """Weights as float32. Those that a file holds as float16 are converted when they are first used, if ever."""

    def __init__(self, held: Mapping[str, np.ndarray]) -> None:
        self._held, self._wide = held, dict[str, np.ndarray]()

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._wide:
            self._wide[name] = self._held[name].astype(np.float32, copy=False)
        return self._wide[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)


class Layers:
    """Layers as functions of arrays. `weights` are float32 by parameter path."""

    def __init__(self, weights: Mapping[str, np.ndarray], shapes: Mapping[str, tuple[int, ...]]) -> None:
        """Take weights, float32 or float16; raises ModelFileError where they are not of these shapes."""
        check_shapes({name: array.shape for name, array in weights.items()}, shapes)
        self.weights = Widened(weights)

    def dense(self, name: str, x: np.ndarray) -> np.ndarray:
        """Map (..., in) -> (..., out) by a dense layer's kernel and bias."""
        kernel = self.weights[f"{name}/kernel"]
        y = x.reshape(-1, x.shape[-1]) @ kernel  # a single product of matrices: fastest in BLAS
        y += self.weights[f"{name}/bias"]
        return y.reshape(*x.shape[:-1], kernel.shape[1])

    def _gru(self, name: str, h: np.ndarray, gates: np.ndarray) -> np.ndarray:
        """Return the next state (B, H), as `layers.GRU` computes it."""
        return next_state(h, self.gates(name, h, gates))

    def gates(self, name: str, h: np.ndarray, gates: np.ndarray) -> Gates:
        """Return what a GRU computes from its last state (B, H) and its input (B, 3H)."""
        recurrent = h @ self.weights[f"{name}/kernel"]  # (B, 3H)
        size = h.shape[1]
        both = sigmoid(gates[:, : 2 * size] + recurrent[:, : 2 * size])
        reset, keep = both[:, :size], both[:, size:]
        inner = recurrent[:, 2 * size :] + self.weights[f"{name}/bias"]
        return Gates(reset, keep, np.tanh(gates[:, 2 * size :] + reset * inner), inner)


class Network(Layers):
    """A model's encoder and decoder as functions of arrays, with weights by parameter path ("encoder/metre").

    >>> network = load_model_file().network()
    >>> mean, logvar = network.encode(bars.batch())
    """

    def __init__(self, config: ModelConfig, weights: Mapping[str, np.ndarray]) -> None:
        """Take the weights; raises ModelFileError where they are not those of a network of this config."""
        super().__init__(weights, weight_shapes(config))
        self.config = config

    def encode(self, batch: BarBatch) -> tuple[np.ndarray, np.ndarray]:
        """Return the mean and log-variance (B, Z) of each bar's posterior."""
        w = self.weights
        num_beats = batch.bass.shape[1] // STEPS_PER_BEAT
        mask = batch.inside[:, ::STEPS_PER_BEAT].astype(np.float32)  # (B, T): beats that begin inside
        beats = self.read("encoder", batch)  # (B, T, E)
        beats += w["encoder/metre"][metre_index(*batch.metre)][:, None]
        gates = self.dense("encoder/to_gates", beats)
        forward_gates, backward_gates = np.split(gates, 2, axis=-1)
        last = first = np.zeros(beats[:, 0].shape, np.float32)
        for beat in range(num_beats):
            last = _where(mask[:, beat], self._gru("encoder/forward", last, forward_gates[:, beat]), last)
        for beat in reversed(range(num_beats)):
            first = _where(mask[:, beat], self._gru("encoder/backward", first, backward_gates[:, beat]), first)
        stats = self.dense("encoder/summary", np.concatenate([last, first], axis=-1))  # (B, 2Z)
        for beat in range(num_beats):
            stats += mask[:, beat, None] * (beats[:, beat] @ w["encoder/of_beat"][beat])
        return posterior(stats, np)

    def project(self, z: np.ndarray, metre: np.ndarray, num_beats: int) -> tuple[np.ndarray, np.ndarray]:
        """Project `z` (B, Z) to each beat (B, T, E) and the first state (B, H), as the Flax `Decoder` does."""
        return gelu(self.of_beats(z, num_beats)), self.first_state(z, metre)

    def of_beats(self, z: np.ndarray, num_beats: int) -> np.ndarray:
        """Return the projection of `z` (B, Z) to each beat (B, T, E), before its GELU."""
        of_beat = self.weights["decoder/of_beat"]
        return np.stack([z @ of_beat[beat] for beat in range(num_beats)], axis=1)

    def first_state(self, z: np.ndarray, metre: np.ndarray) -> np.ndarray:
        """Return the decoder's state (B, H) before the first beat."""
        return np.tanh(self.dense("decoder/start", z) + self.weights["decoder/metre"][metre])

    def hear(self, before: BarBatch | None, num_bars: int) -> np.ndarray:
        """Return the input to the gates, (B, 3H), from the beat before, (B, 4, ...); None is the bar's beginning."""
        if before is None:
            return np.tile(self.weights["decoder/before/bias"], (num_bars, 1))
        return self.dense("decoder/before", self.read("decoder", before)[:, 0])

    def step(
        self, h: np.ndarray, projected: np.ndarray, heard: np.ndarray, num_streams: int = 1
    ) -> tuple[np.ndarray, BarLogits]:
        """Return the next state (S * B, H) and the logits (S * B, 4, ...) of one beat.

        They follow from the last state, this beat's projection of z (S * B, E) and what was heard (B, 3H), which is the
        same for each of the S streams.
        """
        gates = self.dense("decoder/to_gates", projected)
        gates += np.tile(heard, (num_streams, 1))
        h = self._gru("decoder/gru", h, gates)
        steps = gelu(self.dense("decoder/out", h) + self.dense("decoder/skip", projected))  # (S * B, 4D)
        heads = self.dense("decoder/heads", steps.reshape(len(h), STEPS_PER_BEAT, -1))
        return h, split_heads(heads, self.weights["decoder/log_scales"], np)

    def read(self, side: str, batch: BarBatch) -> np.ndarray:
        """Read (B, S) steps as (B, S / 4, out) beats, as `flax_network.BeatReader` does."""
        w = self.weights
        steps = self.dense(f"{side}/read/dense", step_features(batch, np))
        steps += w[f"{side}/read/bass"][batch.bass] + w[f"{side}/read/lead"][batch.lead]
        num_bars, num_steps, size = steps.shape
        beats = gelu(steps).reshape(num_bars, num_steps // STEPS_PER_BEAT, STEPS_PER_BEAT * size)
        return gelu(self.dense(f"{side}/read/out", beats))


def check_shapes(found: Mapping[str, tuple[int, ...]], needed: Mapping[str, tuple[int, ...]]) -> None:
    """Raise ModelFileError where an array is missing, has the wrong shape, or has no place in the network."""
    if odd := sorted(found.keys() ^ needed.keys()):
        what = "is missing" if odd[0] in needed else "has no place in it"
        raise ModelFileError(f"the weights do not fit the network: {odd[0]!r} {what}")
    for name, shape in needed.items():
        if found[name] != shape:
            raise ModelFileError(f"the weights do not fit the network: {name!r} is {found[name]}, not {shape}")


def weight_shapes(config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """Return the shapes of all weights of a network, by parameter path."""
    latent, step, encoder, decoder = config.latent_size, config.step_size, config.encoder_size, config.decoder_size
    steps = STEPS_PER_BEAT * step
    dense = {
        "encoder/to_gates": (encoder, 6 * encoder),
        "encoder/summary": (2 * encoder, 2 * latent),
        "decoder/start": (latent, decoder),
        "decoder/before": (step, 3 * decoder),
        "decoder/to_gates": (encoder, 3 * decoder),
        "decoder/skip": (encoder, steps),
        "decoder/out": (decoder, steps),
        "decoder/heads": (step, sum(HEADS.values())),
        "genre_head": (latent, config.num_genres),
    }
    shapes: dict[str, tuple[int, ...]] = {
        "encoder/metre": (NUM_METRES, encoder),
        "encoder/of_beat": (MAX_BEATS, encoder, 2 * latent),
        "decoder/metre": (NUM_METRES, decoder),
        "decoder/of_beat": (MAX_BEATS, latent, encoder),
        "decoder/log_scales": (NUM_SCALES,),
    }
    for side, inner, out in (("encoder", step, encoder), ("decoder", step // 2, step)):
        dense[f"{side}/read/dense"] = (NUM_FEATURES, inner)
        dense[f"{side}/read/out"] = (STEPS_PER_BEAT * inner, out)
        shapes |= {f"{side}/read/bass": (BASS_TOKENS, inner), f"{side}/read/lead": (LEAD_TOKENS, inner)}
    for name, size in (("encoder/forward", encoder), ("encoder/backward", encoder), ("decoder/gru", decoder)):
        shapes |= {f"{name}/kernel": (size, 3 * size), f"{name}/bias": (size,)}
    for name, shape in dense.items():
        shapes |= {f"{name}/kernel": shape, f"{name}/bias": shape[1:]}
    return shapes


def _where(mask: np.ndarray, new: np.ndarray, old: np.ndarray) -> np.ndarray:
    return np.where(mask[:, None] > 0, new, old)


def next_state(h: np.ndarray, gates: Gates) -> np.ndarray:
    """Return a GRU's next state (B, H)."""
    return gates.keep * (h - gates.candidate) + gates.candidate


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-x)), without overflow."""
    return np.float32(0.5) * (np.tanh(np.float32(0.5) * x) + np.float32(1))


def gelu(x: np.ndarray) -> np.ndarray:
    """Return the tanh approximation of GELU (Hendrycks & Gimpel 2016), which jax.nn.gelu uses as well."""
    inner = np.float32(0.044715) * x
    inner *= x  # in place: new arrays for each step would take as long as the arithmetic
    inner += np.float32(1)
    inner *= _GELU * x
    np.tanh(inner, out=inner)
    inner += np.float32(1)
    inner *= np.float32(0.5) * x
    return inner


def gelu_slope(x: np.ndarray) -> np.ndarray:
    """Return the derivative of `gelu`."""
    square = np.float32(0.044715) * x * x
    bend = np.tanh(_GELU * x * (1 + square))
    return np.float32(0.5) * (1 + bend) + np.float32(0.5) * x * (1 - bend**2) * _GELU * (1 + 3 * square)
