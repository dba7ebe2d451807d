from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from scores import noise_bars
from tiny import SIZES as BARE

from groovevae.bars.constants import BASS_TOKENS, LEAD_TOKENS
from groovevae.errors import ModelFileError
from groovevae.training.flax_network import GrooveVAE
from groovevae.training.layers import GRU, matmul
from groovevae.training.losses import recon_loss
from groovevae.training.weights import arrays_to_state, build_network, network_to_weights, state_to_arrays

SIZES = replace(BARE, num_genres=3)


@pytest.fixture(scope="module")
def network() -> GrooveVAE:
    return GrooveVAE(SIZES, rngs=nnx.Rngs(0))


@pytest.mark.parametrize("metre", [(4, 4), (3, 4), (2, 4), (6, 8), (12, 8)])
def test_shapes(network: GrooveVAE, metre: tuple[int, int]) -> None:
    bars = noise_bars(2, metre=metre)
    num_beats = int(bars.num_beats[0])
    num_steps = 4 * num_beats
    output = network(bars.batch(num_beats), jnp.ones((2, num_beats)), jax.random.key(0))
    assert {name: part.shape for name, part in output.logits._asdict().items()} == {
        "drums": (2, num_steps, 9),
        "drums_velocity": (2, num_steps, 9),
        "drums_offset": (2, num_steps, 9),
        "bass": (2, num_steps, BASS_TOKENS),
        "chord_onset": (2, num_steps, 60),
        "chord_hold": (2, num_steps, 60),
        "lead": (2, num_steps, LEAD_TOKENS),
        "velocity": (2, num_steps, 3),
        "offset": (2, num_steps, 3),
        "log_scales": (8,),
    }
    assert output.z.shape == output.mean.shape == output.logvar.shape == (2, 8)
    assert output.genre_logits.shape == (2, 3)
    for part in jax.tree.leaves(output):
        assert part.dtype == jnp.float32


def test_padding_does_not_leak(network: GrooveVAE) -> None:
    bars = noise_bars(3, metre=(3, 4))
    batch = bars.batch(6)
    rng = np.random.default_rng(1)
    grids = {name: grid.copy() for name, grid in batch.grids.items()}
    for grid in grids.values():
        high = 3 if grid.shape[-1] == 60 else 50
        grid[:, 12:] = rng.integers(0, high, grid[:, 12:].shape)
    noisy = batch._replace(**grids)
    keep, key = jnp.ones((3, 6)), jax.random.key(0)
    clean_output, noisy_output = network(batch, keep, key), network(noisy, keep, key)
    assert (clean_output.mean == noisy_output.mean).all()
    assert (clean_output.logvar == noisy_output.logvar).all()
    for clean, other in zip(
        recon_loss(clean_output.logits, batch), recon_loss(noisy_output.logits, noisy), strict=True
    ):
        assert (clean == other).all()


def test_a_bar_is_encoded_alike_however_far_it_is_padded(network: GrooveVAE) -> None:
    bars = noise_bars(2, metre=(3, 4))
    for short, long in zip(network.encode(bars.batch(3)), network.encode(bars.batch(6)), strict=True):
        np.testing.assert_allclose(short, long, atol=1e-5)


def test_teacher_forcing_hides_the_beat_itself(network: GrooveVAE) -> None:
    """What the decoder says of a beat depends on the beats before alone."""
    one, other = noise_bars(1), noise_bars(1, seed=1)
    for name in ("drums", "bass", "chords", "lead", "velocity", "offset"):
        getattr(other, name)[:, :8] = getattr(one, name)[:, :8]
    z, keep = jnp.ones((1, 8)), jnp.ones((1, 4))
    first, second = (network.decoder(z, bars.batch(4), keep) for bars in (one, other))
    assert (first.bass[:, :12] == second.bass[:, :12]).all()
    assert (first.bass[:, 12:] != second.bass[:, 12:]).any()
    hidden = [network.decoder(z, bars.batch(4), 0 * keep).bass for bars in (one, other)]
    assert (hidden[0] == hidden[1]).all()


def test_only_the_variational_model_draws(network: GrooveVAE) -> None:
    batch, keep = noise_bars(2).batch(4), jnp.ones((2, 4))
    outputs = [network(batch, keep, jax.random.key(seed)) for seed in (0, 0, 1)]
    assert (outputs[0].z == outputs[1].z).all()
    assert (outputs[0].z != outputs[2].z).any()
    plain = GrooveVAE(replace(SIZES, variational=False), rngs=nnx.Rngs(0))
    output = plain(batch, keep, jax.random.key(0))
    assert (output.z == output.mean).all()


def test_a_model_without_a_genre_head() -> None:
    bare = GrooveVAE(BARE, rngs=nnx.Rngs(0))
    assert bare(noise_bars(2).batch(4), jnp.ones((2, 4)), jax.random.key(0)).genre_logits.shape == (2, 0)


@pytest.mark.parametrize("rows", [(32,), (4, 8), (5,), (3, 2)])  # whole tiles of 16, and not
@pytest.mark.parametrize(("low_precision", "tolerance"), [(False, 1e-5), (True, 2e-2)])
def test_matmul_and_its_gradients(rows: tuple[int, ...], low_precision: bool, tolerance: float) -> None:
    keys = jax.random.split(jax.random.key(0), 3)
    x, w = jax.random.normal(keys[0], (*rows, 24)), jax.random.normal(keys[1], (24, 7))
    weight = jax.random.normal(keys[2], (*rows, 7))

    def found(x, w):
        return (matmul(x, w, low_precision) * weight).sum()

    def exact(x, w):
        return (jnp.matmul(x, w, precision="highest") * weight).sum()

    out = matmul(x, w, low_precision)
    assert out.dtype == jnp.float32
    np.testing.assert_allclose(out, x @ w, atol=tolerance * float(jnp.abs(x @ w).max()))
    for grad, true in zip(jax.grad(found, (0, 1))(x, w), jax.grad(exact, (0, 1))(x, w), strict=True):
        assert grad.dtype == jnp.float32
        np.testing.assert_allclose(grad, true, atol=tolerance * float(jnp.abs(true).max()))


def test_gru_against_its_formula() -> None:
    gru = GRU(3, low_precision=False, rngs=nnx.Rngs(0))
    rng = np.random.default_rng(0)
    h, gates = rng.normal(size=(2, 3)).astype(np.float32), rng.normal(size=(2, 9)).astype(np.float32)
    recurrent = h @ np.asarray(gru.kernel[...])
    sigmoid = lambda x: 1 / (1 + np.exp(-x))  # noqa: E731
    reset, update = sigmoid(gates[:, :3] + recurrent[:, :3]), sigmoid(gates[:, 3:6] + recurrent[:, 3:6])
    candidate = np.tanh(gates[:, 6:] + reset * recurrent[:, 6:])
    np.testing.assert_allclose(gru(h, gates), update * h + (1 - update) * candidate, atol=1e-5)


def test_gru_passes_its_state_over_masked_steps() -> None:
    gru = GRU(3, low_precision=False, rngs=nnx.Rngs(0))
    gates = jax.random.normal(jax.random.key(0), (1, 4, 9))
    mask = jnp.array([[1, 1, 0, 0]], bool)
    forward = gru.run(jnp.zeros((1, 3)), gates, mask)
    assert (forward[:, 3] == forward[:, 1]).all()
    backward = gru.run(jnp.zeros((1, 3)), gates, mask, reverse=True)
    only = gru.run(jnp.zeros((1, 3)), gates[:, :2], mask[:, :2], reverse=True)
    assert (backward[:, :2] == only).all()
    assert (backward[:, 2:] == 0).all()


def test_weights_there_and_back(network: GrooveVAE) -> None:
    weights = network_to_weights(network)
    assert weights["encoder/read/dense/kernel"].dtype == np.float32
    again = network_to_weights(build_network(SIZES, weights))
    assert weights.keys() == again.keys()
    assert all((weights[name] == again[name]).all() for name in weights)


def test_weights_that_do_not_fit(network: GrooveVAE) -> None:
    weights = network_to_weights(network)
    without = {name: array for name, array in weights.items() if name != "encoder/metre"}
    for wrong, problem in (
        (without, "'encoder/metre' is missing"),
        ({**weights, "extra": np.zeros(1)}, "'extra' has no place in it"),
        ({**weights, "encoder/metre": np.zeros(3)}, r"'encoder/metre' is \(3,\)"),
    ):
        with pytest.raises(ModelFileError, match=f"the weights do not fit the network: {problem}"):
            build_network(SIZES, wrong)


def test_any_tree_of_arrays_there_and_back() -> None:
    tree = {"a": (jnp.arange(3), jnp.float32(2)), "b": [jnp.ones((2, 2))]}
    arrays = state_to_arrays(tree)
    assert sorted(arrays) == ["a/0", "a/1", "b/0"]
    again = arrays_to_state(tree, arrays)
    assert jax.tree.structure(again) == jax.tree.structure(tree)
