"""Runs training over all devices with held-out evaluation; a run can stop and resume at any step. Writes no files."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jax import Array

from groovevae.bars import Bars
from groovevae.bars.batch import BarBatch
from groovevae.bars.constants import ROLES, STEPS_PER_BEAT
from groovevae.config import ModelConfig, TrainConfig
from groovevae.corpus.dataset import Dataset
from groovevae.errors import CorpusError, Cure, RequestError
from groovevae.measures.note_f1 import f1_by_genre, macro_f1
from groovevae.network.chunks import CHUNK
from groovevae.network.decoding import decode, encode
from groovevae.network.forward import Network
from groovevae.network.nats import ACTIVE_KL, kl_divergence
from groovevae.training.devices import make_mesh, replicate, split_rows
from groovevae.training.flax_network import GrooveVAE
from groovevae.training.hosts import batches_of
from groovevae.training.losses import beta_at, genre_loss, kl_with_free_bits, recon_loss
from groovevae.training.processes import any_process, in_first_process
from groovevae.training.weights import build_network, state_to_arrays

REPORT_STEPS = 25  # steps between two reports
EVAL_STEPS = 1000  # steps between two measurements on held-out songs
EVAL_BARS = 32  # bars measured for each genre, and four times as many at the end
EVAL_TOGETHER = 4 * CHUNK  # bars measured between two reports: what comes out does not depend on it
SAVE_SECONDS = 120.0  # between two saves of the state
NATS_PER_UNIT = 100.0  # the loss is scaled by this, so that gradients have a norm near 1

Graph = nnx.GraphDef[GrooveVAE]  # what of the network is no array


class TrainState(NamedTuple):
    """All that changes while training; batches and noise follow from the seed and `step`."""

    params: Any
    average: Any  # mean of the params over the last steps: it is measured, and becomes the model
    opt_state: Any
    step: Array  # () int32: steps done


class StepMetrics(NamedTuple):
    """Losses of one batch, nats per bar."""

    recon: Array  # (5,) drums, bass, chords, lead, feel
    kl: Array  # (Z,)
    genre: Array


@dataclass(frozen=True)
class TrainingProgress:
    """What a training run reports on its way. Losses are in nats per bar, means since the last report."""

    step: int
    steps: int
    recon: dict[str, float]
    kl: float
    active_units: int
    genre_loss: float
    bars_per_second: float
    seconds_left: float
    held_out_f1: dict[str, float] | None = None  # by role, mean over genres; only when it was measured


def learning_rate(config: TrainConfig) -> optax.Schedule:
    """Schedule the rate: up over the warm-up, level, then down to a hundredth over the last `decay` share of steps."""
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
    """Make Adam (Kingma & Ba 2015), after clipping the gradient's norm."""
    return optax.chain(optax.clip_by_global_norm(config.clip_norm), optax.adam(learning_rate(config)))


def loss_fn(
    params: Any, graph: Graph, config: TrainConfig, batch: BarBatch, genre: Array, step: Array
) -> tuple[Array, StepMetrics]:
    """Return the scaled training loss of a batch. Noise and hidden inputs follow from the seed and the step."""
    network: GrooveVAE = nnx.merge(graph, params)
    noise_key, keep_key = jax.random.split(jax.random.fold_in(jax.random.key(config.seed), step))
    num_bars, num_steps = batch.bass.shape
    keep = jax.random.bernoulli(keep_key, 1 - config.input_dropout, (num_bars, num_steps // STEPS_PER_BEAT))
    output = network(batch, keep.astype(jnp.float32), noise_key)
    recon = jnp.stack([part.mean() for part in recon_loss(output.logits, batch)])
    kl = kl_divergence(output.mean, output.logvar, jnp) * network.config.variational  # (B, Z)
    genre_nats = genre_loss(output, genre)
    role_weights = jnp.array([config.drums_weight, config.bass_weight, config.chords_weight, config.lead_weight, 1.0])
    loss = recon @ role_weights + config.genre_weight * genre_nats
    if network.config.variational:
        loss += beta_at(step, config.beta, config.beta_warmup_steps) * kl_with_free_bits(kl, config.free_bits)
    return loss / NATS_PER_UNIT, StepMetrics(recon, kl.mean(0), genre_nats)


def train_step(
    graph: Graph, config: TrainConfig, state: TrainState, batch: BarBatch, genre: Array
) -> tuple[TrainState, StepMetrics]:
    """Take one step of the optimiser, and update the average of the weights; `state` is used up.

    Its two halves are compiled one after the other: together they would take more memory to compile.
    """
    grads, metrics = _gradients(graph, config, state.params, batch, genre, state.step)
    return _updated(config, state, grads), metrics


def compile_step(
    model_config: ModelConfig, config: TrainConfig, state: TrainState, batch: BarBatch, genre: Array
) -> None:
    """Compile what `train_step` calls for arrays of these shapes, on these devices; a `state` of shapes is enough."""
    gradients = _gradients.lower(_graph(model_config, config), config, state.params, batch, genre, state.step).compile()
    grads = jax.tree.map(
        lambda part, sharding: jax.ShapeDtypeStruct(part.shape, part.dtype, sharding=sharding),
        state.params,
        gradients.output_shardings[0],
    )
    _updated.lower(config, state, grads).compile()


@partial(jax.jit, static_argnums=(0, 1))
def _gradients(
    graph: Graph, config: TrainConfig, params: Any, batch: BarBatch, genre: Array, step: Array
) -> tuple[Any, StepMetrics]:
    return jax.grad(loss_fn, has_aux=True)(params, graph, config, batch, genre, step)


@partial(jax.jit, static_argnums=0, donate_argnums=1)
def _updated(config: TrainConfig, state: TrainState, grads: Any) -> TrainState:
    updates, opt_state = make_optimizer(config).update(grads, state.opt_state, state.params)
    params = optax.apply_updates(state.params, updates)
    decay = ema_decay_at(state.step, config.ema_decay)
    average = jax.tree.map(lambda old, new: decay * old + (1 - decay) * new, state.average, params)
    return TrainState(params, average, opt_state, state.step + 1)


def ema_decay_at(step: Array, decay: float) -> Array:
    """Return the share of the old average that is kept at a step: less at first, to forget the random start."""
    return jnp.minimum(decay, (1 + step) / (10 + step))


def reconstruction_f1(
    network: Network, data: Dataset, index: np.ndarray, *, told: Callable[[int, int], None] = lambda done, total: None
) -> dict[str, dict[str, float]]:
    """Encode bars to their means and decode them greedily and freely; return note F1 as genre -> role -> F1.

    `told` is told how many of the bars are done.
    """
    bars, played = data.bars[index], []
    edges = [*range(0, max(len(index) - EVAL_TOGETHER // 2, 1), EVAL_TOGETHER), len(index)]
    for start, stop in pairwise(edges):
        told(start, len(index))
        part = bars[start:stop]
        played.append(decode(network, encode(network, part)[0], part))
    return f1_by_genre(bars, Bars.concatenate(played), data.genre[index], data.genres)


def initial_state(model_config: ModelConfig, config: TrainConfig, weights: dict[str, np.ndarray] | None) -> TrainState:
    """Make the state of step 0, from random weights or from given ones."""
    network = (
        GrooveVAE(model_config, rngs=nnx.Rngs(config.seed)) if weights is None else build_network(model_config, weights)
    )
    params = nnx.state(network, nnx.Param)
    average = jax.tree.map(partial(jax.device_put, may_alias=False), params)
    moments = jax.eval_shape(make_optimizer(config).init, params)  # Adam's, all 0: to compute them would be compiled
    opt_state = jax.tree.map(lambda part: jax.device_put(np.zeros(part.shape, part.dtype)), moments)
    return TrainState(params, average, opt_state, jax.device_put(np.int32(0)))


def run_training(
    data: Dataset,
    held_out: Dataset,
    state: TrainState,
    *,
    model_config: ModelConfig,
    config: TrainConfig,
    report: Callable[[TrainingProgress], None],
    save: Callable[[TrainState], None],
    stop: Callable[[], bool] = lambda: False,
) -> TrainState:
    """Train from `state` up to `config.steps`, or until `stop()` in any process, on all devices of all processes.

    `report` is called every REPORT_STEPS in the first process alone, `save` now and then and at the end in all.
    Raises CorpusError where there is nothing to train on, RequestError where the devices cannot share a batch.
    """
    if not len(data):
        raise CorpusError("no bars to train on")
    batches, graph, mesh = batches_of(data, config), _graph(model_config, config), make_mesh(config.batch_size)
    state = replicate(mesh, state)
    step, clock = int(state.step), _Clock()
    pending: list[StepMetrics] = []

    def tell(means: StepMetrics, pace: float) -> None:
        is_measured = step == config.steps or step % EVAL_STEPS == 0
        measured = _held_out_f1(model_config, state, held_out) if is_measured else None
        report(_progress(step, config, means, pace, measured))

    while step < config.steps and not _is_stopped(stop, may_ask=not pending):
        state, metrics = train_step(graph, config, state, *split_rows(mesh, batches[step]))
        step += 1
        pending.append(metrics)
        if step % REPORT_STEPS == 0 or step == config.steps:
            in_first_process(tell, _means(pending, step), clock.lap(len(pending)))
            if step < config.steps:
                clock.save_if_due(partial(save, state))
            clock.skip()
            pending = []
    save(state)
    return state


def _graph(model_config: ModelConfig, config: TrainConfig) -> Graph:
    """Return the network's structure without its arrays."""
    low_precision = config.low_precision
    return nnx.graphdef(nnx.eval_shape(lambda: GrooveVAE(model_config, low_precision=low_precision, rngs=nnx.Rngs(0))))


def _is_stopped(stop: Callable[[], bool], *, may_ask: bool) -> bool:
    """Tell whether to stop. A process alone asks before each step; several ask one another only after reports.

    Asking makes them wait for one another.
    """
    if jax.process_count() == 1:
        return stop()
    return may_ask and any_process(stop())


def _means(pending: list[StepMetrics], step: int) -> StepMetrics:
    """Return the means over some steps. Raises RequestError where they are not finite."""
    means = jax.tree.map(lambda *values: np.mean(values, axis=0), *jax.device_get(pending))
    if not np.isfinite(means.recon).all():
        raise RequestError(f"training diverged before step {step}", cure=Cure.LOWER_RATE)
    return means


def _held_out_f1(model_config: ModelConfig, state: TrainState, held_out: Dataset) -> dict[str, float] | None:
    """Return note F1 by role on held-out songs, None without any."""
    index = held_out.of_each_genre(EVAL_BARS)
    network = Network(model_config, state_to_arrays(state.average))
    return macro_f1(reconstruction_f1(network, held_out, index)) if len(index) else None


class _Clock:
    """Measures steps per second since the last lap, without time spent on other things, and saves now and then."""

    def __init__(self) -> None:
        self.since = self.saved = time.monotonic()

    def lap(self, steps: int) -> float:
        now = time.monotonic()
        pace = steps / max(now - self.since, 1e-9)
        self.since = now
        return pace

    def skip(self) -> None:
        self.since = time.monotonic()

    def save_if_due(self, save: Callable[[], None]) -> None:
        """Save where the clock of any process says that it is time."""
        if any_process(time.monotonic() - self.saved > SAVE_SECONDS):
            save()
            self.saved = time.monotonic()


def _progress(
    step: int, config: TrainConfig, means: StepMetrics, pace: float, measured: dict[str, float] | None
) -> TrainingProgress:
    return TrainingProgress(
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
