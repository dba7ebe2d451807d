from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from tiny import SIZES

from groovevae.bars import Bars
from groovevae.bars.constants import FIRST_PITCH, HOLD, MAX_CHORD_ONSETS, OFF, ONSET, REST
from groovevae.decoding import decode, encode, without_stray_holds
from groovevae.errors import RequestError
from groovevae.model import GrooveVAE


@pytest.fixture(scope="module")
def network() -> GrooveVAE:
    """An untrained network that is fond of notes."""
    network = GrooveVAE(replace(SIZES, num_genres=3), rngs=nnx.Rngs(0))
    network.decoder.heads.bias[...] = jnp.zeros_like(network.decoder.heads.bias[...])
    return network


def points(num_bars: int) -> np.ndarray:
    return np.asarray(jax.random.normal(jax.random.key(1), (num_bars, SIZES.latent_size)))


def same(one: Bars, other: Bars) -> bool:
    return all((getattr(one, name) == getattr(other, name)).all() for name in vars(one))


def test_bars_keep_the_metres_and_tempos_they_are_given(network: GrooveVAE) -> None:
    like = Bars.concatenate([Bars.empty(2, tempo=97.0), Bars.empty(2, metre=(3, 4)), Bars.empty(1, metre=(6, 8))])
    bars = decode(network, points(5), like, temperature=1.0)
    assert (bars.metre == like.metre).all()
    assert (bars.tempo == like.tempo).all()
    assert bars.has_notes.all()
    past = np.arange(24) >= bars.num_steps[:, None]  # (N, T)
    for name in ("drums", "drums_offset", "bass", "chords", "lead", "velocity", "offset"):
        assert not getattr(bars, name)[past].any()


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_the_same_seed_gives_the_same_bars(network: GrooveVAE, temperature: float) -> None:
    bars = [decode(network, points(3), Bars.empty(3), temperature=temperature, seed=seed) for seed in (0, 0, 1)]
    assert same(bars[0], bars[1])
    assert same(bars[0], bars[2]) == (temperature == 0)


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_bar_is_decoded_alike_whatever_follows_it(network: GrooveVAE, temperature: float) -> None:
    z = points(17)
    few = decode(network, z[:8], Bars.empty(8), temperature=temperature)
    many = decode(network, z, Bars.empty(17), temperature=temperature)
    assert same(few, many[:8])


def test_velocity_and_offset_belong_to_onsets(network: GrooveVAE) -> None:
    bars = decode(network, points(8), Bars.empty(8), temperature=1.0)
    struck = np.stack([bars.bass >= FIRST_PITCH, (bars.chords == ONSET).any(-1), bars.lead >= FIRST_PITCH], axis=-1)
    assert ((bars.velocity > 0) == struck).all()
    assert not bars.offset[~struck].any()
    assert not bars.drums_offset[bars.drums == 0].any()


def test_no_points_are_no_bars(network: GrooveVAE) -> None:
    assert len(decode(network, np.zeros((0, SIZES.latent_size), np.float32), Bars.empty(0))) == 0


def test_no_bars_are_no_points(network: GrooveVAE) -> None:
    for points_ in encode(network, Bars.empty(0)):
        assert (points_.shape, points_.dtype) == ((0, SIZES.latent_size), np.float32)


@pytest.mark.parametrize("shape", [(2, SIZES.latent_size), (0, SIZES.latent_size), (3, 5), (SIZES.latent_size,), ()])
def test_points_that_do_not_fit_the_bars(network: GrooveVAE, shape: tuple[int, ...]) -> None:
    with pytest.raises(RequestError, match=rf"points of shape .* for 3 bars of {SIZES.latent_size} dimensions"):
        decode(network, np.zeros(shape, np.float32), Bars.empty(3))


@pytest.mark.parametrize("temperature", [0.0, 1.0])
@pytest.mark.parametrize("kernel", ["as it is", "zero"])
def test_a_chord_is_one_player_s_hands(kernel: str, temperature: float) -> None:
    """Never more than six notes struck at once, where the network is fond of all alike too."""
    network = GrooveVAE(replace(SIZES, num_genres=3), rngs=nnx.Rngs(0))
    heads = network.decoder.heads
    heads.bias[...] = jnp.ones_like(heads.bias[...])
    if kernel == "zero":
        heads.kernel[...] = jnp.zeros_like(heads.kernel[...])
    struck = (decode(network, points(8), Bars.empty(8), temperature=temperature).chords == ONSET).sum(-1)
    assert struck.max() == MAX_CHORD_ONSETS


N = FIRST_PITCH


@pytest.mark.parametrize(
    ("tokens", "cleaned"),
    [
        ([HOLD, HOLD, N, HOLD, REST, HOLD, N, HOLD], [REST, REST, N, HOLD, REST, REST, N, HOLD]),
        ([N, HOLD, HOLD, HOLD, HOLD, HOLD, HOLD, HOLD], [N, HOLD, HOLD, HOLD, HOLD, HOLD, HOLD, HOLD]),
    ],
)
def test_stray_holds_of_a_line(tokens: list[int], cleaned: list[int]) -> None:
    """Two bars of 1/4: a hold over the bar line stays."""
    bars = Bars.empty(2, metre=(1, 4))
    bars.bass[:, :4] = bars.lead[:, :4] = np.reshape(tokens, (2, 4))
    out = without_stray_holds(bars)
    assert out.bass[:, :4].ravel().tolist() == out.lead[:, :4].ravel().tolist() == cleaned
    assert bars.bass[:, :4].ravel().tolist() == tokens


def test_stray_holds_of_chords_are_by_pitch() -> None:
    bars = Bars.empty(1, metre=(1, 4))
    bars.chords[0, :4, 0] = [ONSET, HOLD, OFF, HOLD]
    bars.chords[0, :4, 1] = [HOLD, ONSET, HOLD, HOLD]
    out = without_stray_holds(bars)
    assert out.chords[0, :4, 0].tolist() == [ONSET, HOLD, OFF, OFF]
    assert out.chords[0, :4, 1].tolist() == [OFF, ONSET, HOLD, HOLD]
