"""Computes how the nats of bars change with their latent points: the decoder's backward pass, in NumPy.

It is the gradient of what training minimises, without the weights' own; a test compares it with that of JAX.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from groovevae.bars.batch import BarBatch
from groovevae.bars.constants import MAX_VELOCITY, STEPS_PER_BEAT
from groovevae.config import TrainConfig
from groovevae.network.forward import Gates, Network, gelu, gelu_slope, next_state, sigmoid
from groovevae.network.inputs import HALF_STEP, metre_index
from groovevae.network.logits import HEADS, BarLogits, split_heads

_DEFAULTS = TrainConfig()


class Played(NamedTuple):
    """What the decoder computes of B bars of T beats on its way to their logits."""

    beats: np.ndarray  # (B, T, E) projections of z, before their GELU
    projected: np.ndarray  # (B, T, E) and after it
    states: list[np.ndarray]  # T + 1 of (B, H): the first state, and that of each beat
    gates: list[Gates]  # of each beat
    steps: np.ndarray  # (B, T, 4D) features of steps, before their GELU
    logits: BarLogits


def latent_gradient(network: Network, z: np.ndarray, batch: BarBatch, heard: np.ndarray) -> np.ndarray:
    """Return the gradient (B, Z) of each bar's nats with respect to its point z (B, Z).

    The nats are weighted by role as in training; the decoder is told the true beats before, `heard` (B, T, 3H).
    """
    played = play(network, z, batch, heard)
    return _back_to_latent(network, played, logit_gradient(played.logits, batch))


def true_beats(network: Network, batch: BarBatch) -> np.ndarray:
    """Return the input to the gates (B, T, 3H) of each beat from the beat before it, as the bar has it."""
    before = network.read("decoder", batch)
    before[:, 1:], before[:, 0] = before[:, :-1].copy(), 0.0
    return network.dense("decoder/before", before)


def play(network: Network, z: np.ndarray, batch: BarBatch, heard: np.ndarray) -> Played:
    """Decode points z (B, Z) whose beats before are known."""
    num_beats = heard.shape[1]
    beats = network.of_beats(z, num_beats)
    projected = gelu(beats)
    inputs = network.dense("decoder/to_gates", projected) + heard
    states, gates = [network.first_state(z, metre_index(*batch.metre))], []
    for beat in range(num_beats):
        gates.append(network.gates("decoder/gru", states[-1], inputs[:, beat]))
        states.append(next_state(states[-1], gates[-1]))
    steps = network.dense("decoder/out", np.stack(states[1:], axis=1)) + network.dense("decoder/skip", projected)
    of_step = gelu(steps).reshape(len(z), num_beats * STEPS_PER_BEAT, -1)
    logits = split_heads(network.dense("decoder/heads", of_step), network.weights["decoder/log_scales"], np)
    return Played(beats, projected, states, gates, steps, logits)


def logit_gradient(logits: BarLogits, batch: BarBatch) -> np.ndarray:
    """Return the gradient of the weighted nats with respect to all heads' outputs, (B, S, sum of HEADS)."""
    struck, hits, onsets = batch.pitched_strikes(), batch.onsets("drums"), batch.onsets("chords")
    scales = np.exp(-logits.log_scales)
    parts = {
        "drums": _DEFAULTS.drums_weight * (sigmoid(logits.drums) - hits),
        "drums_velocity": np.sign(logits.drums_velocity - batch.drums / np.float32(MAX_VELOCITY)) * scales[0] * hits,
        "drums_offset": np.sign(logits.drums_offset - batch.drums_offset / np.float32(HALF_STEP)) * scales[1] * hits,
        "bass": _DEFAULTS.bass_weight * _categorical(logits.bass, batch.bass),
        "chord_onset": _DEFAULTS.chords_weight * (sigmoid(logits.chord_onset) - onsets),
        "chord_hold": _DEFAULTS.chords_weight * (sigmoid(logits.chord_hold) - batch.holds("chords")) * ~onsets,
        "lead": _DEFAULTS.lead_weight * _categorical(logits.lead, batch.lead),
        "velocity": np.sign(logits.velocity - batch.velocity / np.float32(MAX_VELOCITY)) * scales[2:5] * struck,
        "offset": np.sign(logits.offset - batch.offset / np.float32(HALF_STEP)) * scales[5:8] * struck,
    }
    whole = np.concatenate([parts[name] for name in HEADS], axis=-1, dtype=np.float32)
    whole *= batch.inside[:, :, None]
    return whole


def _categorical(logits: np.ndarray, token: np.ndarray) -> np.ndarray:
    chance = np.exp(logits - logits.max(-1, keepdims=True))
    chance /= chance.sum(-1, keepdims=True)
    index = token.astype(np.int64)[..., None]
    np.put_along_axis(chance, index, np.take_along_axis(chance, index, axis=-1) - 1, axis=-1)
    return chance


def _back_to_latent(network: Network, played: Played, of_logits: np.ndarray) -> np.ndarray:
    """Carry a gradient of all heads' outputs (B, S, heads) back to z (B, Z)."""
    num_bars, num_beats, width = played.steps.shape
    of_steps = _back(network, "decoder/heads", of_logits).reshape(num_bars, num_beats, width)
    of_steps *= gelu_slope(played.steps)
    of_states, of_projected = _back(network, "decoder/out", of_steps), _back(network, "decoder/skip", of_steps)
    of_inputs = np.empty((num_bars, num_beats, 3 * played.states[0].shape[1]), np.float32)
    of_state = np.zeros_like(played.states[0])
    for beat in reversed(range(num_beats)):
        of_state += of_states[:, beat]
        of_inputs[:, beat], of_state = _back_through(network, played.gates[beat], played.states[beat], of_state)
    of_projected += _back(network, "decoder/to_gates", of_inputs)
    of_projected *= gelu_slope(played.beats)
    of_z = _back(network, "decoder/start", of_state * (1 - played.states[0] ** 2))
    for beat in range(num_beats):
        of_z += of_projected[:, beat] @ network.weights["decoder/of_beat"][beat].T
    return of_z


def _back_through(network: Network, gates: Gates, h: np.ndarray, of_next: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Carry a gradient of a GRU's next state back to its input (B, 3H) and to its last state `h` (B, H)."""
    reset, keep, candidate, inner = gates
    of_candidate = of_next * (1 - keep) * (1 - candidate**2)
    of_keep = of_next * (h - candidate) * keep * (1 - keep)
    of_reset = of_candidate * inner * reset * (1 - reset)
    of_inputs = np.concatenate([of_reset, of_keep, of_candidate], axis=-1)
    of_recurrent = np.concatenate([of_reset, of_keep, of_candidate * reset], axis=-1)
    return of_inputs, of_next * keep + of_recurrent @ network.weights["decoder/gru/kernel"].T


def _back(network: Network, name: str, gradient: np.ndarray) -> np.ndarray:
    """Carry a gradient (..., out) back through a dense layer, to (..., in)."""
    kernel = network.weights[f"{name}/kernel"]
    flat = gradient.reshape(-1, gradient.shape[-1]) @ kernel.T
    return flat.reshape(*gradient.shape[:-1], kernel.shape[0])
