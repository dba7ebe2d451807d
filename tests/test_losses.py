import jax.numpy as jnp
import numpy as np
import pytest

from groovevae.bars import Bars
from groovevae.bars.constants import BASS_TOKENS, FIRST_PITCH, HOLD, LEAD_TOKENS, ONSET
from groovevae.network.nats import kl_divergence
from groovevae.training.flax_network import BarLogits, VAEOutput
from groovevae.training.losses import beta_at, genre_loss, kl_with_free_bits, recon_loss


@pytest.mark.parametrize(
    ("mean", "logvar", "kl"),
    [
        (0.0, 0.0, 0.0),
        (1.0, 0.0, 0.5),
        (0.0, np.log(4.0), 0.5 * (4 - 1 - np.log(4.0))),
        (2.0, np.log(0.25), 0.5 * (4 + 0.25 - 1 + np.log(4.0))),
        (-1.0, -2.0, 0.5 * (1 + np.exp(-2.0) - 1 + 2)),
    ],
)
def test_kl_against_the_closed_form_and_an_integral(mean: float, logvar: float, kl: float) -> None:
    found = float(kl_divergence(jnp.array([[mean]]), jnp.array([[logvar]]), jnp)[0, 0])
    assert found == pytest.approx(kl, abs=1e-5)
    z, step = np.linspace(-20, 20, 200_001, retstep=True)
    scale = np.exp(0.5 * logvar)
    density = np.exp(-0.5 * ((z - mean) / scale) ** 2) / (scale * np.sqrt(2 * np.pi))
    log_ratio = -0.5 * ((z - mean) / scale) ** 2 - np.log(scale) + 0.5 * z**2
    assert found == pytest.approx(float((density * log_ratio).sum() * step), abs=1e-4)


def test_free_bits_are_by_dimension_of_the_batch_mean() -> None:
    kl = jnp.array([[0.0, 1.0, 0.2], [0.02, 3.0, 0.0]])  # means 0.01, 2.0, 0.1
    assert float(kl_with_free_bits(kl, 0.05)) == pytest.approx(0.05 + 2.0 + 0.1)
    assert float(kl_with_free_bits(kl, 0.0)) == pytest.approx(2.11)


@pytest.mark.parametrize(("step", "beta"), [(0, 0.001), (49, 0.05), (99, 0.1), (5000, 0.1)])
def test_beta_grows_in_a_straight_line(step: int, beta: float) -> None:
    assert float(beta_at(jnp.int32(step), 0.1, 100)) == pytest.approx(beta)


def test_genre_loss() -> None:
    def output(logits: np.ndarray) -> VAEOutput:
        return VAEOutput(None, None, None, None, jnp.asarray(logits))

    assert float(genre_loss(output(np.zeros((3, 4))), jnp.array([0, 1, 3]))) == pytest.approx(np.log(4), abs=1e-6)
    sure = np.array([[0.0, 30.0], [30.0, 0.0]])
    assert float(genre_loss(output(sure), jnp.array([1, 0]))) == pytest.approx(0.0, abs=1e-6)
    assert float(genre_loss(output(np.zeros((3, 0))), jnp.array([0, 0, 0]))) == 0.0
    none_of_them = jnp.array([-1, -1])
    assert float(genre_loss(output(sure), none_of_them)) == 0.0
    half = np.array([[0.0, 30.0], [30.0, 0.0]])  # the second row is wrong by 30 nats, and counts alone
    assert float(genre_loss(output(half), jnp.array([-1, 1]))) == pytest.approx(30.0, abs=1e-4)


def zero_logits(num_bars: int, num_steps: int) -> dict[str, np.ndarray]:
    sizes = {
        "drums": 9,
        "drums_velocity": 9,
        "drums_offset": 9,
        "bass": BASS_TOKENS,
        "chord_onset": 60,
        "chord_hold": 60,
    }
    sizes |= {"lead": LEAD_TOKENS, "velocity": 3, "offset": 3}
    grids = {name: np.zeros((num_bars, num_steps, size), np.float32) for name, size in sizes.items()}
    return {**grids, "log_scales": np.zeros(8, np.float32)}


def losses(logits: dict[str, np.ndarray], bars: Bars, num_beats: int = 4) -> dict[str, np.ndarray]:
    batch = bars.batch(num_beats)
    found = recon_loss(BarLogits(**{k: jnp.asarray(v) for k, v in logits.items()}), batch)
    return {name: np.asarray(value) for name, value in found._asdict().items()}


def test_a_decoder_that_knows_nothing_pays_for_every_step_inside_the_bar() -> None:
    bars = Bars.concatenate([Bars.empty(1), Bars.empty(1, metre=(3, 4))])
    found = losses(zero_logits(2, 16), bars)
    for role, nats in {
        "drums": 9 * np.log(2),
        "bass": np.log(BASS_TOKENS),
        "chords": 120 * np.log(2),
        "lead": np.log(LEAD_TOKENS),
    }.items():
        np.testing.assert_allclose(found[role], [16 * nats, 12 * nats], rtol=1e-5)
    assert found["feel"].tolist() == [0, 0]


def test_padding_costs_nothing_whatever_the_decoder_says_there() -> None:
    bars = Bars.empty(1, metre=(3, 4))
    logits = zero_logits(1, 16)
    expected = losses(logits, bars)
    for name, grid in logits.items():
        if name != "log_scales":
            grid[:, 12:] = np.random.default_rng(0).normal(size=grid[:, 12:].shape) * 9
    assert {k: v.tolist() for k, v in losses(logits, bars).items()} == {k: v.tolist() for k, v in expected.items()}


def test_what_is_struck_pays_for_its_feel() -> None:
    bars = Bars.empty(1)
    bars.drums[0, 0, 0], bars.drums_offset[0, 0, 0] = 127, 64  # loudest, a quarter of a step late
    bars.bass[0, 4], bars.velocity[0, 4, 0], bars.offset[0, 4, 0] = FIRST_PITCH, 127, -128
    bars.chords[0, 8, 3], bars.chords[0, 9, 3], bars.velocity[0, 8, 1] = ONSET, HOLD, 0
    logits = zero_logits(1, 16)
    drums = (1.0 + np.log(2)) + (0.5 + np.log(2))  # Laplace of scale 1: |x - mean| + log 2
    bass = (1.0 + np.log(2)) + (1.0 + np.log(2))
    chords = 2 * np.log(2)
    np.testing.assert_allclose(losses(logits, bars)["feel"], [drums + bass + chords], rtol=1e-5)


def test_chords_ask_for_a_hold_only_where_there_is_no_onset() -> None:
    bars = Bars.empty(1)
    bars.chords[0, 0, 0] = ONSET
    found = losses(zero_logits(1, 16), bars)
    np.testing.assert_allclose(found["chords"], [(16 * 120 - 1) * np.log(2)], rtol=1e-5)
