import jax
import numpy as np
import pytest
from tiny import SIZES, untrained_network

from groovevae.bars import Bars
from groovevae.bars.constants import BASS_LOW, FIRST_PITCH, HOLD, MAX_CHORD_ONSETS, OFF, ONSET, PITCHED, REST, ROLES
from groovevae.errors import RequestError
from groovevae.network.decoding import CHUNK, Take, decode, decode_takes, encode, without_stray_holds
from groovevae.network.forward import Network


@pytest.fixture(scope="module")
def network() -> Network:
    """An untrained network that is fond of notes."""
    return untrained_network(decoder__heads__bias=0.0)


def points(num_bars: int) -> np.ndarray:
    return np.asarray(jax.random.normal(jax.random.key(1), (num_bars, SIZES.latent_size)))


def same(one: Bars, other: Bars) -> bool:
    return all((getattr(one, name) == getattr(other, name)).all() for name in vars(one))


def test_bars_keep_the_metres_and_tempos_they_are_given(network: Network) -> None:
    like = Bars.concatenate([Bars.empty(2, tempo=97.0), Bars.empty(2, metre=(3, 4)), Bars.empty(1, metre=(6, 8))])
    bars = decode(network, points(5), like, temperature=1.0)
    assert (bars.metre == like.metre).all()
    assert (bars.tempo == like.tempo).all()
    assert bars.has_notes.all()
    past = np.arange(24) >= bars.num_steps[:, None]  # (N, T)
    for name in ("drums", "drums_offset", "bass", "chords", "lead", "velocity", "offset"):
        assert not getattr(bars, name)[past].any()


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_the_same_seed_gives_the_same_bars(network: Network, temperature: float) -> None:
    bars = [decode(network, points(3), Bars.empty(3), temperature=temperature, seed=seed) for seed in (0, 0, 1)]
    assert same(bars[0], bars[1])
    assert same(bars[0], bars[2]) == (temperature == 0)


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_bar_is_decoded_alike_whatever_follows_it(network: Network, temperature: float) -> None:
    z = points(17)
    few = decode(network, z[:8], Bars.empty(8), temperature=temperature)
    many = decode(network, z, Bars.empty(17), temperature=temperature)
    assert same(few, many[:8])


def grids_of(bars: Bars, role: str) -> list[np.ndarray]:
    """A role's notes, velocities and micro-timing."""
    if role == "drums":
        return [bars.drums, bars.drums_offset]
    column = PITCHED.index(role)
    return [getattr(bars, role), bars.velocity[..., column], bars.offset[..., column]]


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_four_equal_streams_are_one(network: Network, temperature: float) -> None:
    z, like = points(6), Bars.concatenate([Bars.empty(3), Bars.empty(3, metre=(6, 8))])
    together = decode(network, np.stack([z] * 4), like, temperature=temperature, seed=2)
    assert same(together, decode(network, z, like, temperature=temperature, seed=2))


def test_each_role_is_played_by_its_own_stream(network: Network) -> None:
    """In the first beat, which hears nothing before it, a role is what its stream alone plays; later it listens.

    But for the lead's micro-timing, which is the bass's.
    """
    z = points(4 * 8).reshape(4, 8, -1)
    together = decode(network, z, Bars.empty(8), temperature=1.0)
    for number, role in enumerate(ROLES):
        alone = decode(network, z[number], Bars.empty(8), temperature=1.0)
        pairs = list(zip(grids_of(together, role), grids_of(alone, role), strict=True))[: 2 if role == "lead" else 3]
        assert all((one[:, :4] == other[:, :4]).all() for one, other in pairs[1:]), role  # holds at step 0 aside
        assert any((one[:, 4:] != other[:, 4:]).any() for one, other in pairs), role


@pytest.mark.parametrize("streams", [1, 4])
@pytest.mark.parametrize("keep", [(), ("lead",), ("drums", "bass"), ROLES])
def test_kept_roles_come_out_as_they_went_in_and_are_heard(
    network: Network, streams: int, keep: tuple[str, ...]
) -> None:
    given = decode(network, points(8) + 1, Bars.empty(8), temperature=1.0, seed=9)
    z = points(8) if streams == 1 else points(4 * 8).reshape(4, 8, -1)
    bars = decode(network, z, given, temperature=1.0, keep=keep)
    free = decode(network, z, given, temperature=1.0)
    for role in ROLES:
        kept = all((one == other).all() for one, other in zip(grids_of(bars, role), grids_of(given, role), strict=True))
        heard = any((one != other).any() for one, other in zip(grids_of(bars, role), grids_of(free, role), strict=True))
        assert kept == (role in keep)
        assert heard == bool(keep)


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_takes_come_out_as_they_do_alone(network: Network, temperature: float) -> None:
    """Of any length, number of streams, seed and metre, before and behind each other."""
    z = points(CHUNK + 7)
    takes = [
        Take(z[:5], Bars.empty(5), 3, (), temperature),
        Take(z, Bars.empty(len(z), metre=(3, 4)), 4, (), 0.5),
        Take(np.zeros((0, SIZES.latent_size), np.float32), Bars.empty(0)),
        Take(np.stack([z[:3], z[1:4], z[2:5], z[3:6]]), Bars.empty(3), 5, (), temperature),
        Take(z[:2], Bars.empty(2), 6, ("lead",), temperature),
    ]
    together = decode_takes(network, takes)
    for take, bars in zip(takes, together, strict=True):
        alone = decode(network, *take[:2], temperature=take.temperature, seed=take.seed, keep=take.keep)
        assert same(bars, alone)


def test_a_bass_keeps_to_the_harmony_of_each_beat(network: Network) -> None:
    """D in the first beat, F sharp in the third; elsewhere, and without a harmony, it plays what it likes."""
    like = Bars.empty(40)
    harmony = np.zeros((40, 6, 12), np.float32)
    harmony[:, 0, 2] = harmony[:, 2, 6] = 1
    takes = [Take(points(40), like, 1, ("chords",), 0.5, harmony=by) for by in (harmony, None)]
    kept, free = (
        [classes_of(bars.bass[:, beat * 4 :][:, :4]) for beat in range(4)] for bars in decode_takes(network, takes)
    )
    assert (kept[0], kept[2]) == ({2}, {6})
    assert min(map(len, [kept[1], kept[3], *free])) > 6


def classes_of(bass: np.ndarray) -> set[int]:
    """The pitch classes that basses strike."""
    return set(np.unique((BASS_LOW + bass[bass >= FIRST_PITCH].astype(int) - FIRST_PITCH) % 12).tolist())


def test_no_takes_are_no_bars(network: Network) -> None:
    assert decode_takes(network, []) == []


def test_velocity_and_offset_belong_to_onsets(network: Network) -> None:
    bars = decode(network, points(8), Bars.empty(8), temperature=1.0)
    struck = np.stack([bars.bass >= FIRST_PITCH, (bars.chords == ONSET).any(-1), bars.lead >= FIRST_PITCH], axis=-1)
    assert ((bars.velocity > 0) == struck).all()
    assert not bars.offset[~struck].any()
    assert not bars.drums_offset[bars.drums == 0].any()


def test_no_points_are_no_bars(network: Network) -> None:
    assert len(decode(network, np.zeros((0, SIZES.latent_size), np.float32), Bars.empty(0))) == 0


def test_no_bars_are_no_points(network: Network) -> None:
    for points_ in encode(network, Bars.empty(0)):
        assert (points_.shape, points_.dtype) == ((0, SIZES.latent_size), np.float32)


@pytest.mark.parametrize(
    "shape",
    [
        (4, 2, SIZES.latent_size),
        (3, 3, SIZES.latent_size),
        (2, SIZES.latent_size),
        (0, SIZES.latent_size),
        (3, 5),
        (SIZES.latent_size,),
        (),
    ],
)
def test_points_that_do_not_fit_the_bars(network: Network, shape: tuple[int, ...]) -> None:
    with pytest.raises(RequestError, match=rf"points of shape .* for 3 bars of {SIZES.latent_size} dimensions"):
        decode(network, np.zeros(shape, np.float32), Bars.empty(3))


@pytest.mark.parametrize("temperature", [0.0, 1.0])
@pytest.mark.parametrize("kernel", ["as it is", "zero"])
def test_a_chord_is_one_player_s_hands(kernel: str, temperature: float) -> None:
    """Never more than six notes struck at once, where the network is fond of all alike too."""
    kernels = {"decoder__heads__kernel": 0.0} if kernel == "zero" else {}
    network = untrained_network(decoder__heads__bias=1.0, **kernels)
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
