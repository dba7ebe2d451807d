"""The arranger on its own: lead sheets, harmonies, plans, the network in NumPy and in Flax, what it learns of a toy."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from test_phrase_forms import PLAYED
from test_phrase_forms import genre as made_genre

from groovevae.arranging.conditions import NUM_KNOWN, NUM_POINTS, PERIOD, Conditions
from groovevae.arranging.harmonise import TRIADS, harmonised
from groovevae.arranging.lead_sheet import HARMONY_SIZE, harmony, kept_harmony, only_roles, without_feel
from groovevae.arranging.network import ArrangerNetwork
from groovevae.arranging.plans import forms_of, make_plan, pick_form, usual_roles
from groovevae.bars import Bars
from groovevae.bars.constants import BASS_LOW, CHORD_LOW, FIRST_PITCH, HOLD, LEAD_LOW, ONSET, ROLES
from groovevae.config import ArrangerConfig, PriorConfig
from groovevae.errors import ModelFileError
from groovevae.model.arranger import Arranger
from groovevae.model.phrase_forms import NEW, SILENT, Form, Prior
from groovevae.training.arranger import GENRE_HIDDEN, HIDDEN, _Bars, _fit, hide
from groovevae.training.arranger_network import ArrangerBatch, ArrangerFlow
from groovevae.training.weights import arrays_to_state

SIZE = 4
CONFIG = ArrangerConfig(input_size=24, hidden_size=32, steps=400, batch_size=64, learning_rate=5e-3)
WHO_PLAYS = np.zeros((4, SIZE + 1), np.float32)


def band(*, num_bars: int = 1) -> Bars:
    """Bars of a C major chord struck once and held for half a bar, a bass on C and then on G, a lead and drums."""
    bars = Bars.empty(num_bars)
    bars.drums[:, 0, 0] = 100
    for pitch in (60, 64, 67):
        bars.chords[:, 0, pitch - CHORD_LOW] = ONSET
        bars.chords[:, 1:8, pitch - CHORD_LOW] = HOLD
    bars.bass[:, 0], bars.bass[:, 1:8] = FIRST_PITCH + 36 - BASS_LOW, HOLD
    bars.bass[:, 8] = FIRST_PITCH + 43 - BASS_LOW
    bars.lead[:, 4] = FIRST_PITCH + 74 - LEAD_LOW
    bars.velocity[:, 0], bars.velocity[:, 8, 0], bars.velocity[:, 4, 2] = (80, 60, 0), 100, 90
    bars.offset[:, 0, 0] = 20
    return bars


def melody(*pitches: int) -> Bars:
    """Bars of whole notes."""
    bars = Bars.empty(len(pitches))
    bars.lead[:, 1:16] = HOLD
    bars.lead[:, 0] = FIRST_PITCH + np.array(pitches) - LEAD_LOW
    return bars


def test_harmony_is_what_bass_and_chords_sound_beat_by_beat() -> None:
    read = harmony(band())[0].reshape(2, 6, 12)
    together, bass = read
    assert np.flatnonzero(together[0]).tolist() == [0, 4, 7]
    assert together[0, 0] == 1.0 and together[0, 4] == 0.5  # C sounds in the bass as well
    assert np.flatnonzero(together[2]).tolist() == [7]
    assert not together[3:].any()
    assert [np.flatnonzero(beat).tolist() for beat in bass[:3]] == [[0], [0], [7]]
    assert not harmony(only_roles(band(), np.array([[True, False, False, True]]))).any()  # the lead is no harmony


def test_only_roles_leaves_nothing_of_the_others() -> None:
    kept = only_roles(band(), np.array([[False, True, False, False]]))
    assert kept.plays == (False, True, False, False)
    assert kept.velocity[0, :, 1:].max() == 0 and kept.velocity[0, 0, 0] == 80
    assert band().plays == (True, True, True, True)


def test_without_feel_the_notes_stay_and_are_alike() -> None:
    bars = band()
    stiff = without_feel(bars)
    for role in ROLES:
        assert (stiff.onsets(role) == bars.onsets(role)).all()
    assert not stiff.offset.any() and not stiff.drums_offset.any()
    assert stiff.velocity[0, [0, 8], 0].tolist() == [90, 90]  # the mean of 80 and 100


@pytest.mark.parametrize(
    ("pitches", "is_minor", "roots"),
    [((60, 65, 67, 60), False, [0, 5, 7, 0]), ((69, 62, 69), True, [9, 2, 9])],
)
def test_chords_fit_the_melody(pitches: tuple[int, ...], is_minor: bool, roots: list[int]) -> None:
    found = harmonised(melody(*pitches), is_minor=is_minor, seed=0).reshape(-1, 2, 6, 12)
    assert found[:, 0, 0].argmax(1).tolist() == roots
    assert not found[:, 1].any()  # it does not say what the bass plays
    assert (found[:, 0, 4:] == 0).all()  # past the end of a bar of four beats


def test_without_a_melody_a_progression_repeats() -> None:
    silent = Bars.empty(9)
    one, other = (harmonised(silent, is_minor=False, seed=seed) for seed in (0, 1))
    assert (one[:4] == one[4:8]).all() and (one[0] == one[8]).all()
    assert (one != other).any()
    roots = {root for root, _ in TRIADS}
    assert set(one.reshape(9, 2, 6, 12)[:, 0, 0].argmax(1).tolist()) <= roots


def test_a_bass_keeps_to_roots_before_other_notes() -> None:
    """A riff on A with a C in it, over an E; then the same; then a D that comes late; then rests."""
    bars = Bars.empty(1)
    low = FIRST_PITCH - BASS_LOW
    bars.bass[0, [0, 1, 2, 4, 5, 10]] = np.array([33, 33, 36, 33, 36, 38]) + low
    bars.chords[0, 0, 64 - CHORD_LOW] = ONSET
    kept = kept_harmony(bars)[0]  # (6, 12)
    assert {int(at): float(kept[0, at]) for at in np.flatnonzero(kept[0])} == {0: 1, 4: 1, 9: 2}
    assert {int(at): float(kept[1, at]) for at in np.flatnonzero(kept[1])} == {0: 1, 9: 1}
    assert {int(at): float(kept[2, at]) for at in np.flatnonzero(kept[2])} == {2: 2}
    assert not kept[3:].any()


def form(*roles: int, metre: tuple[int, int] = (4, 4), num_bars: int = 4) -> Form:
    played = {**PLAYED, "metre": metre, "tempo": 120.0, "style": np.full(SIZE, roles[0], np.float16)}
    return Form(np.array([roles] * num_bars, np.int8), **played)


def test_a_plan_keeps_the_start_and_lets_the_form_add() -> None:
    forms = {"rock": [form(NEW, NEW, SILENT, NEW)]}
    start = melody(60, 62, 64)
    start.lead[1] = 0
    plan = make_plan(forms, {"rock": 1.0}, start, seed=0)
    assert plan.plays[:, 0].all() and plan.plays[:, 1].all()
    assert not plan.plays[:, 2].any()
    assert plan.plays[:, 3].tolist() == [True, False, True]  # a lead rests where it rests
    wanted = make_plan(forms, {"rock": 1.0}, start, seed=0, wanted=np.array([0, 0, 1, 0], bool))
    assert wanted.plays[:, 2].all()
    opening = replace(
        form(NEW, NEW, SILENT, NEW), roles=np.array([[NEW, NEW, NEW, NEW], *[[NEW, SILENT, SILENT, NEW]] * 3])
    )
    asked = make_plan({"a": [opening]}, {"a": 1.0}, start, seed=0, wanted=np.array([0, 0, 1, 0], bool))
    assert asked.plays[:, 2].all()  # in no less than half of the bars, if it is asked for
    assert asked.plays[:, 1].tolist() == [True, False, False]
    banded = make_plan(forms, {"rock": 1.0}, band(num_bars=3), seed=0)
    assert not banded.plays[:, 2].any()  # this genre has no chords at all
    mixed = make_plan({"a": [form(2, 0, 0, 0)], "b": [form(0, 0, 0, 0)]}, {"a": 0.25, "b": 0.75}, start, seed=0)
    assert mixed.style == pytest.approx(np.full(SIZE, 0.5))


def test_the_form_that_is_picked_has_what_is_usual() -> None:
    whole, thin, waltz = form(0, 0, 0, 0), form(0, 0, -1, 0), form(0, 0, 0, 0, metre=(3, 4))
    forms = [whole, thin, waltz, whole]
    assert usual_roles(forms).tolist() == [True] * 4
    none = np.zeros(4, bool)
    assert [pick_form(forms, melody(60), seed=seed, wanted=none) for seed in range(3)] == [whole, whole, whole]
    assert pick_form([thin], melody(60), seed=5, wanted=~none) is thin  # better than nothing
    three = Bars.empty(1, metre=(3, 4))
    assert pick_form(forms, three, seed=1, wanted=none) is waltz


def test_forms_in_which_the_band_rests_for_long_take_their_turns_last() -> None:
    whole, none = form(NEW, NEW, NEW, NEW), np.zeros(4, bool)
    no_drums, no_lead = (replace(whole, roles=whole.roles.copy()) for _ in range(2))
    no_drums.roles[3:, 0] = no_lead.roles[1:, 3] = SILENT
    turns = [pick_form([no_drums, no_lead, whole], melody(60), seed=seed, wanted=none) for seed in range(3)]
    assert [id(turn) for turn in turns] == [id(no_lead), id(whole), id(no_drums)]


def test_the_style_in_the_middle_of_a_genre_is_its_first() -> None:
    genre = replace(made_genre(0, SIZE), phrases=(), name="rock", mean=np.full(SIZE, 4.6, np.float32))
    prior = Prior(PriorConfig(), ("rock",), {}, {"rock": (form(0, 0, 0, 0), form(5, 0, 0, 0), form(3, 0, 0, 0))})
    assert [own.style[0] for own in forms_of(genre, prior)] == [5, 3, 0]


def test_a_genre_without_forms_or_phrases_lets_all_play() -> None:
    bare = replace(made_genre(0, SIZE), phrases=())
    [only] = forms_of(bare, None)
    plan = make_plan({"bare": [only]}, {"bare": 1.0}, melody(60, 62), seed=3)
    assert plan.plays.all()
    assert plan.style == pytest.approx(bare.mean, abs=1e-3)


def toy_bars() -> _Bars:
    """Bars of two genres whose first number is the genre's, and whose second says whether drums play."""
    rng = np.random.default_rng(0)
    count = 400
    genre, plays = rng.integers(0, 2, count), rng.random((count, 4)) < 0.5
    means = np.column_stack([2.0 * genre - 1, 2.0 * plays[:, 0] - 1, np.zeros((count, 2))])
    x = (means + 0.3 * rng.normal(size=(count, 4))).astype(np.float32)
    return _Bars(
        x=x,
        given=np.zeros((count, 3, SIZE), np.float32),
        is_given=np.zeros((count, 3, 4), bool),
        harmony=np.zeros((count, HARMONY_SIZE), np.float32),
        plays=plays,
        first=np.arange(count),
        last=np.arange(count),
        style=np.zeros((count, SIZE), np.float32),
        setting=np.zeros((count, 2), np.float32),
        metre=np.full(count, 32),
        genre=genre,
    )


@pytest.fixture(scope="module")
def arranger() -> Arranger:
    weights = _fit(toy_bars(), CONFIG, 2, lambda: False, lambda *_: None)
    assert weights is not None
    return Arranger(
        CONFIG, ("left", "right"), np.zeros(SIZE, np.float32), np.ones(SIZE, np.float32), weights, WHO_PLAYS
    )


def known(*, genre: int, plays: bool, num_bars: int = 32) -> Conditions:
    bars = toy_bars()
    seen = hide(bars, np.zeros(num_bars, int), 2, np.random.default_rng(0))
    yes = np.ones(num_bars, bool)
    return seen._replace(
        genre=np.tile(np.eye(2, dtype=np.float32)[genre], (num_bars, 1)),
        plays=np.full((num_bars, 4), plays),
        knows_plays=yes,
        knows_harmony=~yes,
        knows_bass=~yes,
        knows_style=~yes,
    )


NOISE = np.random.default_rng(1).standard_normal((32, SIZE)).astype(np.float32)


def test_it_learns_genres_and_who_plays(arranger: Arranger) -> None:
    flow = ArrangerNetwork(arranger)
    for genre, plays in ((0, False), (0, True), (1, False), (1, True)):
        drawn = flow.draw(known(genre=genre, plays=plays), NOISE, guidance=0)
        assert np.median(drawn[:, 0]) == pytest.approx(2 * genre - 1, abs=0.35)
        assert np.median(drawn[:, 1]) == pytest.approx(2 * plays - 1, abs=0.35)


def test_guidance_leads_farther_from_any_genre(arranger: Arranger) -> None:
    flow, right = ArrangerNetwork(arranger), known(genre=1, plays=True)
    plain, guided = (flow.draw(right, NOISE, guidance=guidance) for guidance in (0, 1))
    assert guided[:, 0].mean() > plain[:, 0].mean()


def test_bars_that_are_carried_to_noise_come_back(arranger: Arranger) -> None:
    flow, left = ArrangerNetwork(arranger), known(genre=0, plays=True)
    bars = flow.draw(left, NOISE, guidance=0)
    noise = flow.invert(left, bars)
    again = flow.draw(left, noise, guidance=0)
    assert np.abs(again - bars).mean() < 0.1
    assert np.abs(noise - NOISE).mean() < np.abs(NOISE[::-1] - NOISE).mean()


def test_numpy_and_flax_agree(arranger: Arranger) -> None:
    network = ArrangerFlow(CONFIG, SIZE, 2, rngs=nnx.Rngs(0))
    graph, state = nnx.split(network)
    network = nnx.merge(graph, arrays_to_state(state, arranger.weights))
    seen = hide(toy_bars(), np.arange(16), 2, np.random.default_rng(3))
    batch = ArrangerBatch(*map(jnp.asarray, (NOISE[:16], seen.features, seen.genre, seen.metre)))
    flow = ArrangerNetwork(arranger)
    for time in (0.0, 0.3, 1.0):
        velocity = network.velocity(network.context(batch), batch.x, jnp.full(16, time))
        ours = flow.velocity(flow.context(seen), NOISE[:16], time)
        np.testing.assert_allclose(ours, np.asarray(velocity), atol=0.1)  # Flax multiplies in bfloat16
        assert np.corrcoef(ours.ravel(), np.asarray(velocity).ravel())[0, 1] > 0.999


def test_each_thing_is_hidden_as_often_as_it_should() -> None:
    bars, index = toy_bars(), np.random.default_rng(0).integers(0, 400, 20_000)
    seen = hide(bars, index, 2, np.random.default_rng(0))
    assert 1 - seen.knows_harmony.mean() == pytest.approx(HIDDEN["harmony"], abs=0.02)
    assert 1 - seen.knows_plays.mean() == pytest.approx(HIDDEN["plays"], abs=0.02)
    assert 1 - seen.genre.any(1).mean() == pytest.approx(GENRE_HIDDEN, abs=0.02)
    assert not (seen.knows_bass & ~seen.knows_harmony).any()
    assert not seen.knows_before.any() and not seen.knows_after.any()  # songs of one bar have none


def test_features_of_what_is_hidden_are_zero() -> None:
    seen = known(genre=0, plays=True, num_bars=3)._replace(harmony=np.ones((3, HARMONY_SIZE), np.float32))
    features = seen.features
    assert features.shape == (3, NUM_POINTS * SIZE + NUM_KNOWN)
    start = NUM_POINTS * SIZE
    assert not features[:, start : start + HARMONY_SIZE].any()
    told = seen._replace(knows_harmony=np.ones(3, bool)).features[:, start : start + HARMONY_SIZE]
    assert told[:, : HARMONY_SIZE // 2].all() and not told[:, HARMONY_SIZE // 2 :].any()
    assert seen.rows(slice(0, 1)).features.shape[0] == 1
    assert (seen._replace(place=np.array([0, 1, PERIOD])).features[0] == features[0]).all()


def test_weights_of_another_size_are_refused(arranger: Arranger) -> None:
    wrong = replace(arranger, config=replace(CONFIG, hidden_size=16))
    with pytest.raises(ModelFileError, match=r"another groovevae: .* do not fit .*; train it anew, or add one"):
        ArrangerNetwork(wrong)
