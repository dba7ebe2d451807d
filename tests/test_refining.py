"""Points that are led on from the encoder's guess: their gradient is that of training, and more of a bar comes back."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from scores import noise_bars
from tiny import SIZES, untrained_network

from groovevae.bars import Bars
from groovevae.config import TrainConfig
from groovevae.network.decoding import Posterior, encode
from groovevae.network.forward import Network, gelu, gelu_slope
from groovevae.network.gradient import latent_gradient, play, true_beats
from groovevae.network.logits import HEADS
from groovevae.network.nats import step_nats
from groovevae.network.refining import close_points, refined
from groovevae.training.losses import recon_loss
from groovevae.training.weights import build_network


@pytest.fixture(scope="module")
def network() -> Network:
    return untrained_network()


@pytest.mark.parametrize("metre", [(4, 4), (3, 4), (5, 8), (12, 8)])
def test_the_gradient_is_that_of_what_training_minimises(network: Network, metre: tuple[int, int]) -> None:
    batch = noise_bars(3, metre=metre).batch()
    z = np.random.default_rng(0).standard_normal((3, SIZES.latent_size)).astype(np.float32)
    graph, params = nnx.split(build_network(network.config, network.weights))
    config = TrainConfig()
    weights = jnp.array([config.drums_weight, config.bass_weight, config.chords_weight, config.lead_weight, 1.0])

    def nats(z: jax.Array) -> jax.Array:
        logits = nnx.merge(graph, params).decoder(z, batch, jnp.ones((3, batch.bass.shape[1] // 4)))
        return jnp.stack([part.sum() for part in recon_loss(logits, batch)]) @ weights

    ours = latent_gradient(network, z, batch, true_beats(network, batch))
    np.testing.assert_allclose(ours, jax.grad(nats)(jnp.asarray(z)), rtol=2e-4, atol=2e-4)
    assert ours.dtype == np.float32


def test_slope_of_gelu() -> None:
    x = np.linspace(-4, 4, 41, dtype=np.float32)
    steps = (gelu(x.astype(np.float64) + 1e-4) - gelu(x.astype(np.float64) - 1e-4)) / 2e-4
    np.testing.assert_allclose(gelu_slope(x), steps, atol=2e-3)


def test_a_refined_point_surprises_the_decoder_less(network: Network) -> None:
    bars = noise_bars(4)
    guess = encode(network, bars).mean
    assert (_nats(network, close_points(network, bars), bars) < _nats(network, guess, bars) - 10).all()


def _nats(network: Network, z: np.ndarray, bars: Bars) -> np.ndarray:
    """Return the nats (N,) of each bar."""
    batch = bars.batch()
    logits = play(network, z, batch, true_beats(network, batch)).logits
    return np.asarray(sum((part * batch.inside).sum(-1) for part in step_nats(logits, batch)))


def test_bars_that_come_back_keep_the_encoders_point(network: Network) -> None:
    silent = _silent(network)
    bars = Bars.concatenate([Bars.empty(2), noise_bars(2)])
    is_moved = (close_points(silent, bars) != encode(silent, bars).mean).any(1)
    assert is_moved.tolist() == [False, False, True, True]


def _silent(network: Network) -> Network:
    """Return the network with heads that favour silence."""
    logits = {name: np.full(size, -9.0) for name, size in HEADS.items()}
    for line in ("bass", "lead"):
        logits[line][0] = 9.0
    heads = {"decoder/heads/bias": np.concatenate(list(logits.values())).astype(np.float32)}
    return Network(network.config, {**network.weights, **heads})


def test_a_bar_gets_the_same_point_alone_and_among_others(network: Network) -> None:
    bars = Bars.concatenate([noise_bars(40), noise_bars(40, metre=(3, 4))])
    together = close_points(network, bars)
    for index in (0, 39, 79):
        np.testing.assert_array_equal(together[index], close_points(network, bars[index : index + 1])[0])


def test_no_bars(network: Network) -> None:
    assert close_points(network, noise_bars(2)[:0]).shape == (0, SIZES.latent_size)


def test_a_plain_autoencoder_has_no_prior_to_be_led_to(network: Network) -> None:
    plain = Network(replace(network.config, variational=False), network.weights)
    bars = noise_bars(2)
    far = 100 * np.ones((2, SIZES.latent_size), np.float32)
    guess = Posterior(far, np.zeros_like(far))
    assert np.linalg.norm(refined(network, guess, bars)) < np.linalg.norm(refined(plain, guess, bars))
