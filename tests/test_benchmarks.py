"""The networks that ours is compared with are what they claim to be. Needs PyTorch, which the package does not."""

from dataclasses import replace
from pathlib import Path

import click
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from groovevae.bars import Bars
from groovevae.bars.constants import FIRST_PITCH, HOLD, MAX_CHORD_ONSETS, ONSET, STEPS_PER_BEAT
from groovevae.config import ModelConfig, TrainConfig
from groovevae.network.logits import HEADS, BarLogits
from groovevae.training.flax_network import GrooveVAE
from groovevae.training.loop import loss_fn, make_optimizer
from groovevae.training.losses import recon_loss
from groovevae.training.weights import state_to_arrays

torch = pytest.importorskip("torch")
torch.set_num_threads(1)  # its threads wait by spinning, which is slow where other tests run too

import arithmetic  # noqa: E402
import budget  # noqa: E402
import contestants  # noqa: E402
import musicvae  # noqa: E402
import results  # noqa: E402
import sides  # noqa: E402
import torch_parts  # noqa: E402
import torch_twin  # noqa: E402
import train_speed  # noqa: E402

SIZES = ModelConfig(latent_size=6, step_size=8, encoder_size=10, decoder_size=12, num_genres=3)
LSTM_SIZES = musicvae.LSTMConfig(latent_size=6, step_size=8, encoder_size=10, decoder_size=12, num_genres=3)
SETTINGS = TrainConfig(beta_warmup_steps=10, low_precision=False)
GENRE = np.array([0, 1, 2, -1, 0, 2, 1])  # -1: of no genre
METRES = {4: ((4, 4),), 6: ((5, 4), (12, 8), (11, 8))}  # beats of a batch: its bars


def random_batch(num_beats: int):
    return sides.random_bars(len(GENRE), seed=num_beats, metres=METRES[num_beats]).batch(num_beats)


def our_loss_and_gradients(batch, params, graph, step: int):
    def loss(params):
        return loss_fn(params, graph, SETTINGS, batch, GENRE, jnp.int32(step))[0]

    value, grads = jax.jit(jax.value_and_grad(loss))(params)
    return float(value), state_to_arrays(grads)


def what_ours_draws(batch, step: int):
    """The noise and the hidden beats of groovevae.training.loop.loss_fn."""
    noise_key, keep_key = jax.random.split(jax.random.fold_in(jax.random.key(SETTINGS.seed), step))
    num_bars, num_steps = batch.bass.shape
    noise = jax.random.normal(noise_key, (num_bars, SIZES.latent_size))
    keep = jax.random.bernoulli(keep_key, 1 - SETTINGS.input_dropout, (num_bars, num_steps // STEPS_PER_BEAT))
    return torch.from_numpy(np.array(noise)), torch.from_numpy(np.array(keep, np.float32))


@pytest.mark.parametrize("num_beats", METRES)
def test_the_twin_is_the_same_network(num_beats: int) -> None:
    graph, params = nnx.split(GrooveVAE(SIZES, rngs=nnx.Rngs(1)), nnx.Param)[:2]
    batch, step = random_batch(num_beats), 4
    expected, expected_grads = our_loss_and_gradients(batch, params, graph, step)

    twin = torch_twin.Twin(SIZES)
    torch_twin.load_weights(twin, state_to_arrays(params))
    noise, keep = what_ours_draws(batch, step)
    beta = SETTINGS.beta * (step + 1) / SETTINGS.beta_warmup_steps
    tensors, genre = torch_parts.to_tensors(batch), torch.from_numpy(GENRE)
    loss = twin(tensors, genre, noise, keep, config=SETTINGS, beta=beta, uneven=num_beats == 6)
    loss.backward()

    assert loss.item() == pytest.approx(expected, rel=1e-5)
    assert sum(p.numel() for p in twin.parameters()) == sum(grad.size for grad in expected_grads.values())
    for path, parameter in torch_twin.by_path(twin).items():
        grad = parameter.grad.numpy()
        ours = expected_grads[path]
        np.testing.assert_allclose(grad.T if path.endswith("/kernel") else grad, ours, rtol=1e-3, atol=1e-6)
        assert ours.any() or path.endswith("metre"), f"{path} has no gradient to compare"


def lstm(seed: int = 0) -> musicvae.MusicVAE:
    torch.manual_seed(seed)
    network = musicvae.MusicVAE(LSTM_SIZES)
    with torch.no_grad():
        for parameter in network.decoder.parameters():
            parameter.mul_(4)  # so that it decides on something
        network.decoder.heads.bias.zero_()
    return network


def test_the_lstm_decodes_to_bars() -> None:
    like = sides.random_bars(40, seed=3)
    z = np.random.default_rng(0).normal(size=(40, 6)).astype(np.float32)
    bars = musicvae.decode(lstm(), z, like)
    assert bars.num_steps.tolist() == like.num_steps.tolist()
    padding = np.arange(24) >= bars.num_steps[:, None]
    for name in ("drums", "drums_offset", "bass", "chords", "lead", "velocity", "offset"):
        grid = getattr(bars, name)
        assert grid.dtype == getattr(like, name).dtype
        assert grid.any()
        assert not grid[padding].any()
    onsets = bars.chords == ONSET
    assert onsets.sum(-1).max() <= MAX_CHORD_ONSETS
    struck = np.stack([bars.bass >= FIRST_PITCH, onsets.any(-1), bars.lead >= FIRST_PITCH], -1)
    assert ((bars.velocity > 0) == struck).all()
    assert set(np.unique(bars.chords)) == {0, HOLD, ONSET}


def test_the_lstm_running_freely_says_what_it_says_when_taught() -> None:
    """Fed with its own decisions in one pass over the sequence, it comes to the same decisions."""
    network = lstm()
    like = Bars.empty(5)
    z = np.random.default_rng(1).normal(size=(5, 6)).astype(np.float32)
    bars = musicvae.decode_freely(network, z, like)
    with torch.no_grad():
        taught = network.decoder(torch.from_numpy(z), torch_parts.to_tensors(bars.batch(4)), torch.ones(5, 16))
    assert (taught.bass.argmax(-1).numpy() == bars.bass[:, :16]).all()
    assert (taught.lead.argmax(-1).numpy() == bars.lead[:, :16]).all()
    assert ((taught.drums > 0).numpy() == (bars.drums[:, :16] > 0)).all()


def test_the_lstm_never_sees_padding() -> None:
    bars = sides.random_bars(9, seed=5, metres=((3, 4), (2, 4), (3, 8)))
    encoder = lstm().encoder
    with torch.no_grad():
        short, long = (encoder(torch_parts.to_tensors(bars.batch(num_beats)))[0] for num_beats in (3, 6))
    np.testing.assert_allclose(short, long, atol=1e-5)
    assert np.std(short.numpy(), axis=0).min() > 1e-3


def test_the_lstm_has_our_losses() -> None:
    batch = random_batch(6)
    logits = BarLogits(*(torch.randn(*batch.bass.shape, size) for size in HEADS.values()), torch.linspace(-3, 0, 8))
    ours = recon_loss(BarLogits(*(jnp.asarray(part.numpy()) for part in logits)), batch)
    theirs = torch_parts.recon_loss(logits, torch_parts.to_tensors(batch))
    np.testing.assert_allclose(theirs, [part.mean() for part in ours], rtol=1e-5)


def test_the_lstm_learns() -> None:
    network = musicvae.MusicVAE(LSTM_SIZES)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2, fused=True)
    batch, genre = torch_parts.to_tensors(random_batch(4)), torch.from_numpy(GENRE)
    options = {"config": SETTINGS, "beta": 0.1, "generator": torch.Generator().manual_seed(0)}
    nats = [musicvae.train_step(network, optimizer, batch, genre, **options)[0].sum().item() for _ in range(30)]
    assert nats[-1] < 0.7 * nats[0]


class Recorder:
    """A contestant that spends two seconds of a clock of its own on each step, and only writes down what it is told."""

    def __init__(self) -> None:
        self.clocks, self.resets, self.now = [], 0, 0.0

    def reset(self) -> None:
        self.resets += 1
        self.clocks.clear()

    def step(self, batch, genre, clock: int) -> None:
        self.clocks.append(clock)
        self.now += 2.0

    def wait(self) -> dict[str, float]:
        return {"drums": 1.0}


def test_a_budget_is_spent_and_schedules_follow_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder()
    monkeypatch.setattr(budget.time, "process_time", lambda: recorder.now)
    spent = budget.train_for(recorder, sides.random_dataset(50, seed=0), SETTINGS, 16.0, "nothing")
    assert recorder.resets == 1
    assert recorder.clocks == [0, 125_000, 250_000, 375_000, 500_000, 625_000, 750_000, 875_000]
    assert (spent.steps, spent.cpu_seconds, spent.warm_up_cpu_seconds) == (8, 16.0, 8.0)  # four lengths of batch


def test_settings_by_share_are_the_settings_stretched() -> None:
    by_share = budget.by_share(replace(SETTINGS, steps=1000, warmup_steps=100, beta_warmup_steps=250))
    rate, beta = contestants.tabulated_schedules(by_share)
    top = SETTINGS.learning_rate
    clocks = (0, 50_000, 100_000, 599_000, 800_000, 1_000_000)
    rates = [rate(clock) for clock in clocks]
    assert rates == pytest.approx([0, 0.5 * top, top, top, 0.505 * top, 0.01 * top], rel=2e-3)
    assert beta(125_000) == pytest.approx(0.5 * SETTINGS.beta, rel=1e-3)
    assert beta(250_000) == beta(1_000_000) == pytest.approx(SETTINGS.beta)


def test_our_optimiser_takes_its_rate_from_the_clock() -> None:
    config = budget.by_share(SETTINGS)
    params = {"w": jnp.ones(3)}
    optimizer = make_optimizer(config)
    late = contestants.set_clock(optimizer.init(params), 1_000_000)
    updates, _ = optimizer.update({"w": jnp.full(3, 0.1)}, late, params)
    np.testing.assert_allclose(updates["w"], -0.01 * config.learning_rate, rtol=1e-3)  # Adam's first step is the rate


def test_results_go_on_where_they_were(tmp_path: Path) -> None:
    path = tmp_path / "new" / "results.json"
    assert results.find_row(path, {"seed": 0}) is None
    for seed, value in ((0, 1), (1, 2), (0, 3)):
        results.add_row(path, {"settings": {"seed": seed}, "value": value})
    assert results.find_row(path, {"seed": 0})["value"] == 3
    assert results.find_row(path, {"seed": 0, "cores": 1}) is None
    assert list(path.parent.iterdir()) == [path]
    path.write_text("{}")
    with pytest.raises(click.ClickException, match=r"results.json: not a results file"):
        results.read_rows(path)


def test_products_are_counted_as_pytorch_counts_them() -> None:
    from torch.utils.flop_counter import FlopCounterMode

    batch = random_batch(4)
    twin = torch_twin.Twin(SIZES)
    noise, keep = torch.zeros(len(GENRE), SIZES.latent_size), torch.ones(len(GENRE), 4)
    with FlopCounterMode(display=False) as counter:
        tensors, genre = torch_parts.to_tensors(batch), torch.from_numpy(GENRE)
        twin(tensors, genre, noise, keep, config=SETTINGS, beta=0.1, uneven=False).backward()
    ours = arithmetic.flops_of_step(SIZES, SETTINGS, batch)
    # Ours also goes back to the encoder's first states, which nothing asks for.
    assert counter.get_total_flops() <= ours < 1.05 * counter.get_total_flops()


def test_a_scan_counts_as_often_as_it_runs() -> None:
    def program(h, w):
        return jax.lax.scan(lambda h, _: (jnp.tanh(h @ w), None), h, length=5)[0]

    jaxpr = jax.make_jaxpr(program)(jnp.ones((2, 3)), jnp.ones((3, 3))).jaxpr
    assert arithmetic.count_flops(jaxpr) == 5 * 2 * 2 * 3 * 3


def test_the_ratio_is_of_the_medians_of_each_side_s_best() -> None:
    rates = {
        ("groovevae", "float32", "4/4"): [100.0, 110.0, 500.0],
        ("groovevae", "bfloat16", "4/4"): [300.0, 200.0, 300.0],
        ("PyTorch", "float32", "4/4"): [220.0, 220.0, 220.0],
        ("PyTorch", "bfloat16", "4/4"): [200.0, 200.0, 200.0],
        ("PyTorch", "bfloat16, compiled", "4/4"): [240.0, 240.0, 250.0],
    }
    table = train_speed.speed_table(rates, ["4/4"])
    assert "| groovevae, bfloat16 | 4/4 | 300 | 200 to 300 |" in table
    for line in ("float32 | 4/4 | 0.50", "bfloat16 | 4/4 | 1.25", "best against best | 4/4 | 1.25"):
        assert f"| {line} |" in table
    peaks = {"groovevae": {"float32": 1e9, "bfloat16": 2e9}, "PyTorch": {"float32": 2e9, "bfloat16": 1e9}}
    shares = train_speed.share_table(rates, peaks, {"4/4": 5e6})
    assert "| float32 | 4/4 | 5.0 | 2 (PyTorch) | 28% | 55% |" in shares
    assert "| bfloat16 | 4/4 | 5.0 | 2 (groovevae) | 75% | 60% |" in shares
