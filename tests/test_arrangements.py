"""Pieces that are arranged together: each comes out as it does alone, byte for byte, in whatever company."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from test_arranging import band, form, melody
from tiny import GENRES, SIZES, untrained_network

from groovevae.arranging.arrangement import ENDS, GUIDANCE, PIECES, Arrangements, Brief, Setting
from groovevae.arranging.conditions import Conditions
from groovevae.arranging.lead_sheet import only_roles
from groovevae.arranging.network import BLOCK, GUIDED_FROM, HARMONY, ArrangerNetwork, arranger_shapes
from groovevae.arranging.new_parts import OF_LEAD, added_by_role
from groovevae.arranging.plans import Plan
from groovevae.bars import Bars, Song
from groovevae.bars.constants import CHORDS, LEAD, ROLES
from groovevae.config import ArrangerConfig, ModelConfig
from groovevae.generation.latent_paths import Goal, Journey, find_paths
from groovevae.generation.sources import Source
from groovevae.model.arranger import Arranger
from groovevae.model.calibration import DosedPath
from groovevae.model.phrase_forms import NEW, SILENT
from groovevae.network.chunks import SHORT, distinct
from groovevae.network.flow import Velocity, carried, marched

Way = Callable[[np.ndarray, Velocity, np.ndarray], np.ndarray]
CONFIG = ArrangerConfig(input_size=12, hidden_size=20)
SIZE = SIZES.latent_size
LEAD_ALONE = np.array([False, False, False, True])


def made_arranger(config: ArrangerConfig = CONFIG, size: int = SIZE) -> Arranger:
    """An arranger with random weights."""
    rng = np.random.default_rng(0)
    shapes = arranger_shapes(config, size, len(GENRES))
    weights = {name: rng.normal(0, shape[0] ** -0.5, shape).astype(np.float32) for name, shape in shapes.items()}
    tells = rng.normal(size=(len(ROLES), size + 1)).astype(np.float32)
    return Arranger(config, GENRES, np.zeros(size, np.float32), np.ones(size, np.float32), weights, tells)


@pytest.fixture(scope="module")
def arrangements() -> Arrangements:
    return Arrangements(made_arranger(), untrained_network())


def brief(bars: Bars, number: int) -> Brief:
    """What is asked for one of several pieces, each with a style, a tempo, a genre and a seed of its own."""
    rng = np.random.default_rng(number)
    plan = Plan(rng.random((len(bars), 4)) < 0.5, rng.normal(size=SIZE).astype(np.float32))
    return Brief(
        bars, LEAD_ALONE, plan, {GENRES[number % 3]: 1.0}, Setting(number % 2 == 0, 90.0 + number), seed=number
    )


def pieces() -> list[Brief]:
    """More pieces than are drawn at once, of 1 to 5 bars, and long ones; two lie alike, one between other bars."""
    start, point = band(num_bars=5), np.ones(SIZE, np.float32)
    briefs = [brief(melody(*range(60, 61 + number % 4)), number) for number in range(8)]
    briefs += [brief(band(num_bars=SHORT + number % 2), 100 + number) for number in range(PIECES + 1)]
    briefs += [brief(start, 20), brief(start, 21)]
    return [*briefs, replace(brief(start, 22), before=point, after=-point, is_varied=True, guidance=1.0, harmony=2.0)]


def points(arrangements: Arrangements, briefs: list[Brief]) -> list[np.ndarray]:
    """Where pieces lie in the latent space before they are arranged."""
    return [np.random.default_rng(one.seed).normal(size=(len(one.bars), SIZE)).astype(np.float32) for one in briefs]


def added(arrangements: Arrangements, briefs: list[Brief]) -> list[np.ndarray]:
    return arrangements.added(briefs, arrangements.given(briefs))


def rearranged(arrangements: Arrangements, briefs: list[Brief]) -> list[np.ndarray]:
    sources = [GENRES[one.seed % 2] for one in briefs]
    return arrangements.rearranged(briefs, arrangements.given(briefs), points(arrangements, briefs), sources)


@pytest.mark.parametrize("make", [added, rearranged])
def test_a_piece_comes_out_as_it_does_alone(arrangements: Arrangements, make) -> None:
    briefs = pieces()
    together = make(arrangements, briefs)
    assert [len(z) for z in together] == [1, 2, 3, 4, 1, 2, 3, 4, *8 * [SHORT, SHORT + 1], SHORT, 5, 5, 5]
    for one, z in zip(briefs, together, strict=True):
        assert (make(arrangements, [one])[0] == z).all()
    backwards = make(arrangements, briefs[::-1])
    assert all((one == other).all() for one, other in zip(together, backwards[::-1], strict=True))
    assert (together[-3] != together[-2]).any()  # the same start, another plan


@pytest.mark.parametrize(
    ("bars", "roles", "comes_in", "goes_out"),
    [
        (melody(60, 62, 64, 65), (NEW, NEW, SILENT, NEW), [1, 1, 0, 0], [0, 0, 0, 0]),
        (band(num_bars=4), (SILENT, NEW, NEW, NEW), [0, 0, 0, 0], [1, 0, 0, 0]),
        (band(num_bars=4), (NEW, NEW, NEW, SILENT), [0, 0, 0, 0], [0, 0, 0, 0]),  # a lead never goes
    ],
)
def test_what_one_side_alone_plays_comes_or_goes_half_way(
    arrangements: Arrangements, bars: Bars, roles: tuple[int, ...], comes_in: list[int], goes_out: list[int]
) -> None:
    forms = {GENRES[0]: [replace(form(*roles), style=np.zeros(SIZE, np.float16))]}
    z = np.random.default_rng(0).normal(size=(4, SIZE)).astype(np.float32)
    start = Source(z, bars, Song(bars), bars.plays, GENRES[1], GENRES[1])
    goal = Goal({GENRES[0]: 1.0}, {}, arrangements=arrangements, forms=forms)
    [path] = find_paths([Journey("arranged", start, goal)])
    assert isinstance(path, DosedPath)
    assert (path.comes_in.tolist(), path.goes_out.tolist()) == (list(map(bool, comes_in)), list(map(bool, goes_out)))
    for role, is_new, is_gone in zip(ROLES, comes_in, goes_out, strict=True):
        still = (path(role, np.full(4, 0.5)) == z).all(1)
        assert still.tolist() == ([True, True, False, False] if is_new or is_gone else [False] * 4)


@pytest.mark.parametrize(
    ("bars", "keep", "keeps"),
    [
        (band(num_bars=4), (), True),
        (only_roles(band(num_bars=4), np.array([True, False, True, True])), (), True),
        (only_roles(band(num_bars=4), np.array([True, False, True, True])), ("chords",), False),
    ],
)
def test_a_bass_keeps_to_the_harmony_unless_it_was_drawn_to_fit_the_chords(
    arrangements: Arrangements, bars: Bars, keep: tuple[str, ...], keeps: bool
) -> None:
    forms = {GENRES[0]: [replace(form(NEW, NEW, NEW, NEW), style=np.zeros(SIZE, np.float16))]}
    start = Source(np.ones((4, SIZE), np.float32), bars, Song(bars), bars.plays, GENRES[1], GENRES[1])
    goal = Goal({GENRES[0]: 1.0}, {}, arrangements=arrangements, forms=forms)
    [path] = find_paths([Journey("arranged", start, goal, keep=keep)])
    assert isinstance(path, DosedPath)
    assert (path.harmony is not None) == keeps
    if path.harmony is not None:
        assert (path.harmony.reshape(4, -1).any(1) == bars.role_plays[:, 1:3].any(1)).all()


def test_of_no_pieces_nothing_is_made(arrangements: Arrangements) -> None:
    assert added(arrangements, []) == []


def test_a_part_that_comes_in_hears_the_bar_before(arrangements: Arrangements) -> None:
    """One bar after another by hand, as pieces of one bar whose bar before is known."""
    whole = brief(band(num_bars=3), 3)
    [z] = added(arrangements, [whole])
    before = None
    for bar in range(3):
        plan = Plan(whole.plan.plays[bar : bar + 1], whole.plan.style)
        alone = replace(whole, bars=whole.bars[bar : bar + 1], plan=plan, before=before)
        known = arrangements.known(alone, arrangements.given([alone])[0], seed=3)._replace(place=np.array([bar]))
        noise = arrangements._noise(alone)
        drawn = arrangements.flow.draw(known, noise, guidance=GUIDANCE)
        before = arrangements.arranger.points(arrangements._as_planned(drawn, plan.plays))[0]
        np.testing.assert_allclose(z[bar], before, atol=1e-5)


def test_a_lead_and_a_bass_that_come_in_are_drawn_by_themselves(arrangements: Arrangements) -> None:
    """With as little noise as the others, a lead would hold one note; half of it is each bar's own.

    With as much guidance, and no louder a harmony, a bass would leave the roots of the chords, and a lead clash.
    """
    start = brief(only_roles(band(num_bars=3), np.arange(4) == CHORDS), 3)
    [z] = added(arrangements, [start])
    [livelier] = added(arrangements, [replace(start, noise=OF_LEAD, is_varied=True, guidance=1.0, harmony=2.0)])
    [bass] = added(arrangements, [replace(start, guidance=1.0, harmony=2.0)])
    new = [np.array([True, True, False, True])]
    found = added_by_role(arrangements, [start], arrangements.given([start]), new)
    assert (found[0] == np.stack([z, bass, z, livelier])).all()
    assert (livelier != z).any(1).all()
    assert (bass != z).any(1).all()
    calm = added_by_role(arrangements, [start], arrangements.given([start]), [new[0] & (np.arange(4) != LEAD)])
    assert (calm[0] == np.stack([z, bass, z, z])).all()
    assert added_by_role(arrangements, [start], arrangements.given([start]), [np.zeros(4, bool)]) == {}


def test_bars_that_end_a_phrase_leave_the_pattern(arrangements: Arrangements) -> None:
    """The last bar of four is drawn half from noise of its own, that of eight wholly; a lead always half."""
    one = brief(melody(*[60] * 16), 3)
    noise = arrangements._noise(one)
    played_on = [bar for bar in range(16) if bar % 4 != 3]
    assert (noise[played_on] == noise[0]).all()
    pattern, four, eight = noise[0], noise[[3, 11]], noise[[7, 15]]
    assert (four[0] != four[1]).any() and (eight[0] != eight[1]).any()
    rest = [bar - ENDS[3].noise * np.sqrt(1 - ENDS[3].own) * pattern for bar in four]
    assert np.std(rest) == pytest.approx(one.noise * ENDS[3].noise * np.sqrt(ENDS[3].own), rel=0.5)
    assert np.std(eight) == pytest.approx(one.noise * ENDS[7].noise, rel=0.5)
    varied = arrangements._noise(replace(one, is_varied=True))
    assert len({row.tobytes() for row in varied}) == 16 and np.std(varied) == pytest.approx(one.noise, rel=0.5)


def some_known(arrangements: Arrangements, count: int) -> Conditions:
    one = brief(melody(*(60 + np.arange(count) % 12)), 7)
    return arrangements.known(one, arrangements.given([one])[0], seed=0)


def test_a_bar_is_carried_alike_in_any_place_and_company(arrangements: Arrangements) -> None:
    """In a network as large as it is by default: BLAS rounds small and large products in different ways."""
    size, count, rng = ModelConfig().latent_size, 3 * BLOCK + 5, np.random.default_rng(2)
    flow = ArrangerNetwork(made_arranger(ArrangerConfig(), size))
    given, noise = rng.normal(size=(2, count, size)).astype(np.float32)
    nothing = np.zeros_like(given)
    known = some_known(arrangements, count)._replace(given=given, before=nothing, after=nothing, style=nothing)
    order = np.random.default_rng(3).permutation(count)
    for carry in (lambda known, x: flow.draw(known, x, guidance=GUIDANCE), flow.invert):
        out = carry(known, noise)
        assert (carry(known.rows(order), noise[order]) == out[order]).all()
        twice = np.repeat(np.arange(count), 2)
        assert (carry(known.rows(twice), noise[twice]) == out[twice]).all()
        for row in (0, BLOCK, count - 1):
            assert (carry(known.rows(slice(row, row + 1)), noise[row : row + 1]) == out[row]).all()


@pytest.mark.parametrize("guidance", [0, 2])
def test_guidance_is_the_literal_formula(arrangements: Arrangements, guidance: float) -> None:
    """`own + guidance (own - any genre)`, of two velocities one by one; before a quarter of the way `own`."""
    flow, known = arrangements.flow, some_known(arrangements, BLOCK)
    x = np.random.default_rng(4).normal(size=(BLOCK, SIZE)).astype(np.float32)
    clear = known._replace(harmony=HARMONY * known.harmony)
    for time in (0.0, 0.2, GUIDED_FROM, 0.75):
        own, any_genre = (flow.velocity(flow.context(one), x, time) for one in (clear, clear.without_genre))
        expected = own + guidance * (own - any_genre) if time >= GUIDED_FROM else own
        np.testing.assert_allclose(flow._guided(known, guidance)(x, time), expected, atol=1e-4)


def test_no_bars_are_carried_nowhere() -> None:
    flow, nothing = ArrangerNetwork(made_arranger()), np.zeros((0, SIZE), np.float32)
    known = some_known(Arrangements(made_arranger(), untrained_network()), 1).rows(slice(0, 0))
    assert flow.invert(known, nothing).shape == (0, SIZE)


@pytest.mark.parametrize(
    ("parts", "first", "equals"),
    [
        ([np.array([5, 3, 5, 3, 4])], [0, 1, 4], [0, 1, 0, 1, 2]),
        ([np.array([5, 5, 5]), np.array([[True, False], [True, True], [True, False]])], [0, 1], [0, 1, 0]),
        ([np.broadcast_to(np.float32(1), (3, 2))], [0], [0, 0, 0]),
    ],
)
def test_rows_that_are_alike_are_found(parts: list[np.ndarray], first: list[int], equals: list[int]) -> None:
    found = distinct(*parts)
    assert (found[0].tolist(), found[1].tolist()) == (first, equals)


@pytest.mark.parametrize(
    ("way", "start", "end", "largest"),
    [(carried, 0.0, 1.0, 0.01), (carried, 1.0, 0.0, 0.015), (marched, 0.0, 1.0, 0.01), (marched, 1.0, 0.0, 0.06)],
)
def test_steps_are_of_second_order(way: Way, start: float, end: float, largest: float) -> None:
    """Along dx/dt = -x (1 + t), whose way is known: half as long a step errs a quarter as much."""
    here, there = (np.exp(-time - time**2 / 2) for time in (start, end))

    def error(num_steps: int) -> float:
        times = np.linspace(start, end, num_steps + 1)
        reached = way(np.full((1, 1), here), lambda x, time: -x * (1 + time), times)
        return abs(float(reached[0, 0]) - there)

    assert error(4) < largest
    assert error(8) / error(16) == pytest.approx(4, rel=0.1)
