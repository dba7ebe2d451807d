"""Training: steps, held-out evaluation, and a run that can be stopped at any moment and goes on where it was."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jax import Array

from groovevae.bars import Bars
from groovevae.bars.constants import ROLES, STEPS_PER_BEAT
from groovevae.bars.types import BarBatch
from groovevae.checkpoint import STATE_KIND, read_tensors, write_tensors
from groovevae.config import ModelConfig, TrainConfig
from groovevae.corpus.dataset import Batches, Dataset
from groovevae.decoding import decode, encode
from groovevae.errors import CorpusError, ModelFileError, RequestError
from groovevae.inference import Network
from groovevae.losses import beta_at, genre_loss, kl_divergence, kl_with_free_bits, recon_loss
from groovevae.metrics import bars_note_counts, f1
from groovevae.model import GrooveVAE
from groovevae.weights import arrays_to_state, build_network, state_to_arrays

REPORT_STEPS = 25  # steps between two reports
EVAL_STEPS = 1000  # steps between two measurements on held-out songs
EVAL_BARS = 32  # bars a genre for those, and four times as many at the end
SAVE_SECONDS = 120.0  # between two states saved
ACTIVE_KL = 0.1  # nats: a latent dimension that carries more is active
STATE_LAYOUT = 2  # of the arrays in a training state; without a number: before the average of the weights
NATS_PER_UNIT = 100.0  # the loss is scaled by this, so that gradients have a norm near 1


class TrainState(NamedTuple):
    """All that changes while training; batches and noise follow from the seed and `step`."""

    params: Any
    average: Any  # of the params over the last steps: what is measured, and what becomes the model
    opt_state: Any
    step: Array  # () int32: steps done


class StepMetrics(NamedTuple):
    """Of one batch, nats a bar."""

    recon: Array  # (5,) drums, bass, chords, lead, feel
    kl: Array  # (Z,)
    genre: Array


@dataclass(frozen=True)
class Progress:
    """What a training run tells while it goes on. Losses are nats a bar, means since the last report."""

    step: int
    steps: int
    recon: dict[str, float]
    kl: float
    active_units: int
    genre_loss: float
    bars_per_second: float
    seconds_left: float
    held_out_f1: dict[str, float] | None = None  # by role, mean over genres; only when it was measured


Report = Callable[[Progress], None]


def learning_rate(config: TrainConfig) -> optax.Schedule:
    """Up over the warm-up, level, then down to a hundredth over the last `decay` share of the steps."""
    decay_steps = max(1, round(config.decay * config.steps))
    warmup = min(config.warmup_steps, config.steps - decay_steps)
    rate = config.learning_rate
    parts = [
        optax.linear_schedule(0.0, rate, max(warmup, 1)),
        optax.constant_schedule(rate),
        optax.linear_schedule(rate, 0.01 * rate, decay_steps),
    ]
    return optax.join_schedules(parts, [warmup, config.steps - decay_steps])


def make_optimizer(config: TrainConfig) -> optax.GradientTransformation:
    """Adam (Kingma & Ba 2015) behind a clipped gradient norm."""
    return optax.chain(optax.clip_by_global_norm(config.clip_norm), optax.adam(learning_rate(config)))


def loss_fn(
    params: Any, graph: nnx.GraphDef, config: TrainConfig, batch: BarBatch, genre: Array, step: Array
) -> tuple[Array, StepMetrics]:
    """Scaled training loss of a batch. Noise and hidden inputs follow from the seed and the step."""
    network: GrooveVAE = nnx.merge(graph, params)
    noise_key, keep_key = jax.random.split(jax.random.fold_in(jax.random.key(config.seed), step))
    num_bars, num_steps = batch.bass.shape
    keep = jax.random.bernoulli(keep_key, 1 - config.input_dropout, (num_bars, num_steps // STEPS_PER_BEAT))
    output = network(batch, keep.astype(jnp.float32), noise_key)
    recon = jnp.stack([part.mean() for part in recon_loss(output.logits, batch)])
    kl = kl_divergence(output.mean, output.logvar) * network.config.variational  # (B, Z)
    genre_nats = genre_loss(output, genre)
    role_weights = jnp.array([config.drums_weight, config.bass_weight, config.chords_weight, config.lead_weight, 1.0])
    loss = recon @ role_weights + config.genre_weight * genre_nats
    if network.config.variational:
        loss += beta_at(step, config.beta, config.beta_warmup_steps) * kl_with_free_bits(kl, config.free_bits)
    return loss / NATS_PER_UNIT, StepMetrics(recon, kl.mean(0), genre_nats)


@partial(jax.jit, static_argnums=(0, 1), donate_argnums=2)
def train_step(
    graph: nnx.GraphDef, config: TrainConfig, state: TrainState, batch: BarBatch, genre: Array
) -> tuple[TrainState, StepMetrics]:
    """One step of the optimiser, and of the average of the weights."""
    grads, metrics = jax.grad(loss_fn, has_aux=True)(state.params, graph, config, batch, genre, state.step)
    updates, opt_state = make_optimizer(config).update(grads, state.opt_state, state.params)
    params = optax.apply_updates(state.params, updates)
    decay = ema_decay_at(state.step, config.ema_decay)
    average = jax.tree.map(lambda old, new: decay * old + (1 - decay) * new, state.average, params)
    return TrainState(params, average, opt_state, state.step + 1), metrics


def ema_decay_at(step: Array, decay: float) -> Array:
    """The share of the old average that stays at a step: less at first, so that it forgets the random start."""
    return jnp.minimum(decay, (1 + step) / (10 + step))


def reconstruction_f1(network: Network, data: Dataset, index: np.ndarray) -> dict[str, dict[str, float]]:
    """Note F1 of encoding bars, taking the mean and decoding it greedily and freely: genre -> role -> F1."""
    bars = data.bars[index]
    mean, _ = encode(network, bars)
    return f1_by_genre(data, index, decode(network, mean, bars))


def f1_by_genre(data: Dataset, index: np.ndarray, decoded: Bars) -> dict[str, dict[str, float]]:
    """Note F1 of `decoded` against the bars of `data` that `index` names: genre -> role -> F1."""
    bars = data.bars[index]
    table = {}
    for number, genre in enumerate(data.genres):
        own = data.genre[index] == number
        if own.any():
            counts = bars_note_counts(bars[own], decoded[own])
            table[genre] = {role: f1(*counts[role]) for role in ROLES}
    return table


def macro_f1(table: dict[str, dict[str, float]]) -> dict[str, float]:
    """The mean over genres of each role's F1; a genre without the role does not count."""
    rows = np.array([[genre[role] for role in ROLES] for genre in table.values()])  # (G, 4)
    known = ~np.isnan(rows)
    total = np.where(known, rows, 0).sum(0)
    return {role: float(total[i] / n) if (n := known[:, i].sum()) else float("nan") for i, role in enumerate(ROLES)}


def initial_state(model_config: ModelConfig, config: TrainConfig, weights: dict[str, np.ndarray] | None) -> TrainState:
    """Step 0, from random weights or from given ones."""
    network = (
        GrooveVAE(model_config, rngs=nnx.Rngs(config.seed)) if weights is None else build_network(model_config, weights)
    )
    params = nnx.state(network, nnx.Param)
    return TrainState(params, jax.tree.map(jnp.copy, params), make_optimizer(config).init(params), jnp.int32(0))


def save_state(path: Path, state: TrainState, run: dict[str, dict[str, Any]], *, is_done: bool) -> None:
    """Writes all of a training run's state; `run` is what a resumed run must agree with."""
    texts = {"layout": STATE_LAYOUT, "run": run, "step": int(state.step), "done": is_done}
    write_tensors(path, state_to_arrays(state), kind=STATE_KIND, texts=texts)


def load_state(path: Path, like: TrainState, run: dict[str, dict[str, Any]]) -> TrainState:
    """Reads what `save_state` wrote, for a run with the same settings and corpus.

    What another run has left is not gone on with: one that was finished gives `like` back. Raises ModelFileError for
    an unfinished one, and where the file is damaged.
    """
    tensors, texts = read_tensors(path, kind=STATE_KIND)
    if differing := _differing(texts, run):
        if texts.get("done"):
            return like
        raise ModelFileError(f"{path}: an unfinished run {differing}, or give it up with --restart")
    return arrays_to_state(like, tensors)


def _differing(texts: dict[str, Any], run: dict[str, dict[str, Any]]) -> str:
    """What keeps a saved state from being gone on with, and what to do about it; empty where nothing does."""
    if texts.get("layout") != STATE_LAYOUT:
        return "of another version of groovevae; finish it with that one"
    for part, values in run.items():
        found = texts["run"].get(part, {})
        if differing := sorted(name for name in values if found.get(name) != values[name]):
            was = ", ".join(f"{name} {found.get(name)}, now {values[name]}" for name in differing)
            return f"with {was}; use the same"
    return ""


def run_training(
    data: Dataset,
    held_out: Dataset,
    state: TrainState,
    *,
    model_config: ModelConfig,
    config: TrainConfig,
    report: Report,
    save: Callable[[TrainState], None],
    stop: Callable[[], bool] = lambda: False,
) -> TrainState:
    """Trains from `state` up to `config.steps`, or until `stop()`; `save` is called now and then and at the end.

    Raises CorpusError where there is nothing to train on: it never does zero steps silently.
    """
    if not len(data):
        raise CorpusError("no bars to train on")
    low_precision = config.low_precision
    graph = nnx.graphdef(nnx.eval_shape(lambda: GrooveVAE(model_config, low_precision=low_precision, rngs=nnx.Rngs(0))))
    batches = Batches(
        data,
        batch_size=config.batch_size,
        genre_balance=config.genre_balance,
        seed=config.seed,
        mixed=config.mixed,
        transposed=config.transposed,
    )
    eval_index = held_out.of_each_genre(EVAL_BARS)
    step = int(state.step)
    clock, saved, pending = _Clock(), time.monotonic(), []
    while step < config.steps and not stop():
        batch, genre = batches[step]
        state, metrics = train_step(graph, config, state, batch, genre)
        step += 1
        pending.append(metrics)
        at_end = step == config.steps
        if step % REPORT_STEPS and not at_end:
            continue
        means = jax.tree.map(lambda *values: np.mean(values, axis=0), *jax.device_get(pending))
        if not np.isfinite(means.recon).all():
            raise RequestError(f"training went astray before step {step}; --restart with a lower --learning-rate")
        pace = clock.lap(len(pending))
        pending = []
        measured = None
        if len(eval_index) and (step % EVAL_STEPS == 0 or at_end):
            measured = macro_f1(
                reconstruction_f1(Network(model_config, state_to_arrays(state.average)), held_out, eval_index)
            )
            clock.skip()
        report(_progress(step, config, means, pace, measured))
        if time.monotonic() - saved > SAVE_SECONDS and not at_end:
            save(state)
            saved = time.monotonic()
            clock.skip()
    save(state)
    return state


class _Clock:
    """Steps a second since the last lap, without the time spent on other things."""

    def __init__(self) -> None:
        self.since = time.monotonic()

    def lap(self, steps: int) -> float:
        now = time.monotonic()
        pace = steps / max(now - self.since, 1e-9)
        self.since = now
        return pace

    def skip(self) -> None:
        self.since = time.monotonic()


def _progress(
    step: int, config: TrainConfig, means: StepMetrics, pace: float, measured: dict[str, float] | None
) -> Progress:
    return Progress(
        step=step,
        steps=config.steps,
        recon=dict(zip((*ROLES, "feel"), means.recon.tolist(), strict=True)),
        kl=float(means.kl.sum()),
        active_units=int((means.kl > ACTIVE_KL).sum()),
        genre_loss=float(means.genre),
        bars_per_second=pace * config.batch_size,
        seconds_left=(config.steps - step) / pace,
        held_out_f1=measured,
    )
