"""The network of the prior on its own: what a seed decides, what repeats, what is learned of a toy world."""

from dataclasses import replace

import numpy as np
import pytest
from test_forms import PLAYED, genre

from groovevae.config import PriorConfig
from groovevae.errors import ModelFileError
from groovevae.forms import NEW, SILENT, Form, Prior
from groovevae.prior import build_prior_network, draw_phrase, metre_rows
from groovevae.prior_fit import _Bars, _fit, _phrases

SIZE = 4
CONFIG = PriorConfig(input_size=16, state_size=16, hidden_size=32, role_rank=2, steps=150, batch_size=32)


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
    network = build_prior_network(prior, SIZE)
    return draw_phrase(network, UNIT, number, form, num_bars=num_bars, seed=seed)


def test_it_learns_genres_and_that_bars_belong_together(prior: Prior) -> None:
    form = plain(NEW, NEW, NEW, NEW)
    phrases = np.array([[draw(prior, number, form, seed=seed) for seed in range(12)] for number in (0, 1)])
    assert phrases[0, ..., 0].mean() < -0.7
    assert phrases[1, ..., 0].mean() > 0.7
    within = phrases[..., 1:].std(2).mean()
    between = phrases[..., 1:].mean(2).std(1).mean()
    assert within < between  # bars drawn one by one: 2.8 times


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
        build_prior_network(prior, SIZE + 1)
