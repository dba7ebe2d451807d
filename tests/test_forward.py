"""The NumPy forward pass computes what the Flax network does."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from scores import noise_bars
from tiny import SIZES, untrained_network

from groovevae.bars import Bars
from groovevae.errors import ModelFileError
from groovevae.network.decoding import encode
from groovevae.network.forward import Network, gelu, sigmoid, weight_shapes
from groovevae.network.inputs import NUM_FEATURES, metre_index, step_features
from groovevae.network.logits import HEADS, BarLogits, posterior, split_heads
from groovevae.network.nats import logsumexp
from groovevae.training.flax_network import GrooveVAE
from groovevae.training.weights import build_network, network_to_weights


@pytest.fixture(scope="module")
def network() -> Network:
    return untrained_network()


@pytest.fixture(scope="module")
def flax_network(network: Network) -> GrooveVAE:
    return build_network(network.config, network.weights)


@pytest.mark.parametrize("metre", [(4, 4), (3, 4), (5, 8), (6, 8), (12, 8)])
def test_encoding(network: Network, flax_network: GrooveVAE, metre: tuple[int, int]) -> None:
    batch = noise_bars(5, metre=metre).batch()
    for ours, flax in zip(network.encode(batch), flax_network.encode(batch), strict=True):
        assert ours.dtype == np.float32
        np.testing.assert_allclose(ours, flax, atol=2e-5)


@pytest.mark.parametrize("metre", [(4, 4), (3, 4), (6, 8), (12, 8)])
def test_decoding_the_true_beats_before(network: Network, flax_network: GrooveVAE, metre: tuple[int, int]) -> None:
    """Beat after beat, fed with the true bars, the logits are those of teacher forcing."""
    num_bars = 3
    batch = noise_bars(num_bars, metre=metre).batch()
    num_beats = batch.bass.shape[1] // 4
    z = np.random.default_rng(0).standard_normal((num_bars, SIZES.latent_size)).astype(np.float32)
    flax = flax_network.decoder(jnp.asarray(z), batch, jnp.ones((num_bars, num_beats)))
    plan, h = network.project(z, metre_index(*batch.metre), num_beats)
    before = None
    for beat in range(num_beats):
        steps = slice(4 * beat, 4 * beat + 4)
        h, logits = network.step(h, plan[:, beat], network.hear(before, num_bars))
        for name, part, expected in zip(BarLogits._fields, logits, flax, strict=True):
            expected = expected if name == "log_scales" else expected[:, steps]
            np.testing.assert_allclose(part, expected, atol=5e-5, err_msg=name)
        before = batch.steps(4 * beat, 4)


def test_a_bar_is_encoded_alike_alone_and_among_others(network: GrooveVAE) -> None:
    bars = Bars.concatenate([noise_bars(3), noise_bars(3, metre=(3, 4)), noise_bars(1, metre=(12, 8))])
    together = encode(network, bars)
    for index in range(len(bars)):
        alone = encode(network, bars[index : index + 1])
        for part, same in zip(together, alone, strict=True):
            np.testing.assert_allclose(part[index], same[0], atol=1e-5)


@pytest.mark.parametrize("num_genres", [0, 3])
def test_weight_shapes_are_those_of_the_flax_network(num_genres: int) -> None:
    config = replace(SIZES, latent_size=10, step_size=12, encoder_size=14, decoder_size=16, num_genres=num_genres)
    network = untrained_network()
    flax = GrooveVAE(config, rngs=nnx.Rngs(0))
    assert weight_shapes(config) == {name: array.shape for name, array in network_to_weights(flax).items()}
    with pytest.raises(ModelFileError, match="the weights do not fit the network"):
        Network(config, network.weights)


def test_functions_that_both_have_are_the_same() -> None:
    x = np.linspace(-9, 9, 1001, dtype=np.float32)
    np.testing.assert_allclose(gelu(x), jax.nn.gelu(x), atol=1e-6)
    np.testing.assert_allclose(sigmoid(x), jax.nn.sigmoid(x), atol=1e-6)
    rows = x[:1000].reshape(10, 100)
    np.testing.assert_allclose(logsumexp(rows, axis=-1), jax.nn.logsumexp(rows, axis=-1), rtol=1e-6, atol=1e-6)


def test_features_of_a_step_are_the_same() -> None:
    batch = noise_bars(5, metre=(3, 4)).batch(3)
    ours, jax_s = step_features(batch, np), np.asarray(step_features(batch, jnp))
    assert ours.dtype == jax_s.dtype == np.float32
    assert ours.shape == (5, 12, NUM_FEATURES)
    assert (ours == jax_s).all()


def test_what_is_out_of_range_is_clipped_alike() -> None:
    stats = np.array([[0.5, -0.5, 9.0, -99.0]], np.float32)  # means of two dimensions, and what says their logvar
    for xp in (np, jnp):
        mean, logvar = posterior(stats, xp)
        assert np.asarray(mean).tolist() == [[0.5, -0.5]]
        assert np.asarray(logvar).tolist() == [[4.0, -12.0]]
        logits = split_heads(np.zeros((1, 4, sum(HEADS.values())), np.float32), np.linspace(-9, 0, 8), xp)
        assert np.asarray(logits.log_scales).min() == -4.0
        assert {name: part.shape[-1] for name, part in zip(HEADS, logits, strict=False)} == HEADS
