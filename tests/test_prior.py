"""The network of the prior on its own: what a seed decides, what repeats, what is learned of a toy world."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from test_phrase_forms import PLAYED, genre

from groovevae.config import PriorConfig
from groovevae.errors import ModelFileError
from groovevae.generation.phrase_prior import FLOW_STEPS, LAGS, NOISE, PhraseNetwork
from groovevae.model.phrase_forms import NEW, SILENT, Coordinates, Form, Prior
from groovevae.network.inputs import metre_rows
from groovevae.training.prior import _Bars, _fit, _phrases
from groovevae.training.prior_network import PhraseBatch, PriorNetwork
from groovevae.training.weights import arrays_to_state

SIZE = 4
CONFIG = PriorConfig(
    input_size=16, state_size=16, hidden_size=32, role_rank=2, steps=150, batch_size=32, learning_rate=5e-3
)


def toy_bars() -> _Bars:
    """Two genres of 40 songs of 16 bars: every bar of a song is the same point, and genres lie on opposite sides."""
    rng = np.random.default_rng(0)
    side = np.repeat([-1.0, 1.0], 40)
    points = np.column_stack([side, 0.5 * rng.normal(size=(80, SIZE - 1))]).astype(np.float32)
    num_bars = np.full(80, 16)
    plan = np.full((80 * 16, 4), NEW, np.int8)
    return _Bars(
        np.repeat(points, 16, axis=0),
        plan,
        np.repeat((side > 0).astype(int), 16),
        np.full(80 * 16, 32),
        np.zeros((80 * 16, 2), np.float32),
        np.repeat(np.cumsum(num_bars) - 1, 16),
        np.zeros((80 * 16, SIZE), np.float32),
    )


@pytest.fixture(scope="module")
def prior() -> Prior:
    weights = _fit(toy_bars(), CONFIG, 2)
    assert weights is not None
    return Prior(CONFIG, ("left", "right"), weights, {})


def plain(*roles: int, num_bars: int = 8) -> Form:
    return replace(Form(np.array([roles] * num_bars, np.int8), **PLAYED), metre=(4, 4), tempo=120.0, is_minor=False)


UNIT = replace(genre(0, SIZE), mean=np.zeros(SIZE, np.float32), covariance=0.95 * np.eye(SIZE))


def draw(prior: Prior, number: int, form: Form, *, num_bars: int = 8, seed: int = 0) -> np.ndarray:
    return PhraseNetwork(prior, SIZE).draw(UNIT, number, form, num_bars=num_bars, seed=seed)


def test_it_learns_genres_and_that_bars_belong_together(prior: Prior) -> None:
    form = plain(NEW, NEW, NEW, NEW)
    phrases = np.array([[draw(prior, number, form, seed=seed) for seed in range(12)] for number in (0, 1)])
    assert phrases[0, ..., 0].mean() < -0.7
    assert phrases[1, ..., 0].mean() > 0.7
    within = phrases[..., 1:].std(2).mean()
    between = phrases[..., 1:].mean(2).std(1).mean()
    assert within < 1.5 * between  # bars drawn one by one: 2.8 times


def test_numpy_draws_what_jax_would(prior: Prior) -> None:
    """Every bar of a phrase comes out of its noise again when JAX carries it, given the bars before."""
    roles = np.array([[0, 0, 0, 0], [1, 0, -1, 0], [0, 2, 0, 1], [3, 0, 0, 2], [0, 1, 0, 4], [0, 0, 0, 0]], np.int8)
    form = replace(plain(0), roles=roles, style=np.array([0.5, -1, 0, 0.25], np.float16), tempo=80.0, is_minor=True)
    x = Coordinates(UNIT).of(draw(prior, 1, form, num_bars=6, seed=7))[None]  # (1, T, K)
    network = PriorNetwork(CONFIG, SIZE, 2, low_precision=False, rngs=nnx.Rngs(0))
    graph, state = nnx.split(network)
    network = nnx.merge(graph, arrays_to_state(state, prior.weights))
    setting = np.array([[1.0, np.log2(80 / 120)]], np.float32)
    style = Coordinates(UNIT).of(form.style.astype(np.float32))[None]
    batch = PhraseBatch(roles[None].astype(int), np.array([1]), np.full((1, 6), 32), setting, style)
    lagged = np.stack([np.pad(x, ((0, 0), (lag, 0), (0, 0)))[:, :6] for lag in LAGS], axis=2)
    repeated = np.where((roles > 0)[..., None], x[0][np.arange(6)[:, None] - np.maximum(roles, 0)], 0.0)[None]
    known = network.known(lagged, repeated, batch)
    context, _ = network.context(known, lagged, repeated, style, jnp.zeros((1, CONFIG.state_size)))
    noise = [np.random.default_rng([7, bar]).standard_normal((1, SIZE), np.float32) for bar in range(6)]
    found = NOISE * jnp.stack(noise, axis=1)
    for step in range(FLOW_STEPS):
        time = jnp.full((1, 6), step / FLOW_STEPS)
        half = found + network.velocity(context, found, time) / (2 * FLOW_STEPS)
        found += network.velocity(context, half, time + 0.5 / FLOW_STEPS) / FLOW_STEPS
    np.testing.assert_allclose(found, x, atol=1e-3)


def test_the_same_seed_draws_the_same_and_goes_on_the_same(prior: Prior) -> None:
    form = plain(NEW, NEW, SILENT, NEW)
    short, long = draw(prior, 0, form, num_bars=3), draw(prior, 0, form, num_bars=19)
    assert short.shape == (3, SIZE)
    np.testing.assert_allclose(long[:3], short, atol=1e-5)
    assert (draw(prior, 0, form, num_bars=3) == short).all()
    assert np.abs(draw(prior, 0, form, num_bars=3, seed=1) - short).min() > 1e-4


def test_a_bar_that_repeats_in_all_roles_is_the_same_point(prior: Prior) -> None:
    roles = np.array([[0] * 4, [0] * 4, [2, 2, -1, 2], [1, 2, 2, 2]], np.int8)
    z = draw(prior, 0, replace(plain(0), roles=roles), num_bars=4)
    assert (z[2] == z[0]).all()
    assert (z[3] != z[1]).all()  # its drums are of another bar


def test_phrases_end_with_their_song() -> None:
    bars = toy_bars()
    x, batch, mask = _phrases(bars, np.array([0, 12]))
    assert mask.sum(1).tolist() == [16, 4]
    assert x.shape == (2, 16, SIZE)
    assert batch.plan.max() == NEW


def test_fitting_stops_when_asked_to() -> None:
    asked = iter([False, True])
    assert _fit(toy_bars(), CONFIG, 2, stop=lambda: next(asked)) is None


def test_rows_of_the_metre_table() -> None:
    metres = np.array([(4, 4), (2, 2), (3, 4), (6, 8), (12, 8), (2, 8)])
    assert metre_rows(metres).tolist() == [32, 32, 24, 25, 49, 8]


def test_weights_of_another_size_do_not_fit(prior: Prior) -> None:
    with pytest.raises(ModelFileError, match="the weights do not fit the network"):
        PhraseNetwork(prior, SIZE + 1)
