"""The words of Bars and BarBatch: what a few notes written by hand are called."""

import jax.numpy as jnp
import numpy as np
import pytest
from scores import noise_bars

from groovevae.bars import Bars
from groovevae.bars.constants import (
    BASS_LOW,
    CHORD_LOW,
    FIRST_ONSET,
    FIRST_PITCH,
    HOLD,
    LEAD_LOW,
    LOWEST_PITCH,
    NUM_PITCHES,
    ONSET,
    PITCHED,
    ROLES,
)
from groovevae.bars.states import GRIDS, bar_length, is_compound

METRES = {  # metre -> sixteenths, whether beats fall into threes
    (4, 4): (16, False),
    (3, 4): (12, False),
    (2, 2): (16, False),
    (3, 8): (6, True),
    (6, 8): (12, True),
    (9, 8): (18, True),
    (12, 8): (24, True),
    (5, 8): (10, False),
    (6, 4): (24, False),
    (3, 16): (3, False),
    (1, 32): (0, False),
}


@pytest.mark.parametrize(("metre", "length", "compound"), [(metre, *row) for metre, row in METRES.items()])
def test_a_metre(metre: tuple[int, int], length: int, compound: bool) -> None:
    assert bar_length(metre) == length
    assert is_compound(metre) == compound
    bars = Bars.empty(2, metre=metre)
    assert bars.num_steps.tolist() == [length] * 2
    assert bars.is_compound.tolist() == [compound] * 2
    assert bars.inside.sum(1).tolist() == [length] * 2
    assert bars.inside[:, :length].all()


def tune() -> Bars:
    """Two bars of 4/4 and one of 6/8: of each role an onset, a hold and a rest; the second bar only holds."""
    bars = Bars.concatenate([Bars.empty(2), Bars.empty(1, metre=(6, 8))])
    bars.drums[0, 0, [0, 2]], bars.drums[0, 4, 1] = 1, 127
    bars.bass[0, :3] = FIRST_PITCH + 40 - BASS_LOW, HOLD, FIRST_PITCH + 43 - BASS_LOW  # E2, held, G2
    bars.lead[0, :4] = HOLD, 0, FIRST_PITCH + 72 - LEAD_LOW, HOLD  # of the bar before, rest, C5, held
    for pitch in (60, 64, 67, 72):  # C major
        bars.chords[0, 2:4, pitch - CHORD_LOW] = ONSET, HOLD
    bars.chords[1, :2, 59 - CHORD_LOW] = HOLD
    bars.lead[2, 5] = FIRST_PITCH + 71 - LEAD_LOW
    return bars


def places(found: np.ndarray) -> list[tuple[int, ...]]:
    return [tuple(place) for place in np.argwhere(found).tolist()]


@pytest.mark.parametrize(
    ("role", "onsets", "strikes"),
    [
        ("drums", [(0, 0, 0), (0, 0, 2), (0, 4, 1)], [(0, 0), (0, 4)]),
        ("bass", [(0, 0), (0, 2)], [(0, 0), (0, 2)]),
        ("chords", [(0, 2, 24), (0, 2, 28), (0, 2, 31), (0, 2, 36)], [(0, 2)]),
        ("lead", [(0, 2), (2, 5)], [(0, 2), (2, 5)]),
    ],
)
def test_onsets_and_strikes(role: str, onsets: list[tuple[int, ...]], strikes: list[tuple[int, int]]) -> None:
    bars = tune()
    assert places(bars.onsets(role)) == onsets
    assert places(bars.strikes(role)) == strikes
    assert places(bars.batch().onsets(role)) == onsets
    if role in PITCHED:
        for struck in (bars.pitched_strikes(), bars.batch().pitched_strikes(), bars.batch().pitched_strikes(jnp)):
            assert struck.shape == (3, 24, 3)
            assert places(np.asarray(struck)[..., PITCHED.index(role)]) == strikes


@pytest.mark.parametrize(
    ("role", "sounds", "holds"),
    [
        ("bass", [(0, 0), (0, 1), (0, 2)], [(0, 1)]),
        ("chords", [(0, 2), (0, 3), (1, 0), (1, 1)], [(0, 3), (1, 0), (1, 1)]),
        ("lead", [(0, 0), (0, 2), (0, 3), (2, 5)], [(0, 0), (0, 3)]),
    ],
)
def test_what_sounds_and_what_is_held(role: str, sounds: list[tuple[int, int]], holds: list[tuple[int, int]]) -> None:
    bars = tune()
    assert places(bars.sounds(role)) == sounds
    for held in (bars.holds(role), bars.batch().holds(role)):
        assert places(held if role != "chords" else held.any(-1)) == holds
    assert (bars.sounding(role) == (bars.onsets(role) | bars.holds(role))).all()


@pytest.mark.parametrize(
    ("role", "struck", "sounding"),
    [
        ("bass", {(0, 0): [40], (0, 2): [43]}, {(0, 0): [40], (0, 1): [40], (0, 2): [43]}),
        (
            "chords",
            {(0, 2): [60, 64, 67, 72]},
            {(0, 2): [60, 64, 67, 72], (0, 3): [60, 64, 67, 72], (1, 0): [59], (1, 1): [59]},
        ),
        # What is held from the bar before has no pitch that the bar knows.
        ("lead", {(0, 2): [72], (2, 5): [71]}, {(0, 2): [72], (0, 3): [72], (2, 5): [71]}),
    ],
)
def test_pitches(role: str, struck: dict, sounding: dict) -> None:
    bars = tune()
    for found, chroma, expected in (
        (bars.pitches(role), bars.struck_chroma(role), struck),
        (bars.sounding_pitches(role), bars.chroma(role), sounding),
    ):
        by_step = {step: found[step].reshape(-1)[found[step].reshape(-1) >= 0].tolist() for step in expected}
        assert by_step == expected
        assert (found >= 0).sum() == sum(len(pitches) for pitches in expected.values())
        classes = {step: np.flatnonzero(chroma[step]).tolist() for step in expected}
        assert classes == {step: sorted({pitch % 12 for pitch in pitches}) for step, pitches in expected.items()}
        assert places(chroma.any(-1)) == list(expected)


def test_counts_of_pitches_and_pitch_classes() -> None:
    bars = tune()
    assert bars.pitch_classes("bass").tolist() == [[0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0], [0] * 12, [0] * 12]
    assert bars.pitch_classes("chords")[0].tolist() == [2, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0]
    assert bars.pitch_classes("lead")[2].tolist() == [0] * 11 + [1]
    assert places(bars.pitch_counts("bass")) == [(0, 40 - BASS_LOW), (0, 43 - BASS_LOW)]
    noise = noise_bars(7)
    for role in PITCHED:
        counts = noise.pitch_counts(role)
        assert counts.shape == (7, NUM_PITCHES[role])
        assert counts.sum(1).tolist() == noise.onsets(role).reshape(7, -1).sum(1).tolist()
        pitches = noise.pitches(role)[0]
        expected = np.bincount(pitches[pitches >= 0] - LOWEST_PITCH[role], minlength=NUM_PITCHES[role])
        assert counts[0].tolist() == expected.tolist()


def test_who_plays() -> None:
    bars = tune()
    assert bars.role_plays.tolist() == [[True] * 4, [False, False, True, False], [False, False, False, True]]
    assert bars.has_notes.tolist() == [True] * 3
    assert bars.plays == (True,) * 4
    assert bars[1:].plays == (False, False, True, True)
    assert Bars.empty(2).plays == (False,) * 4
    assert Bars.empty(2).has_notes.tolist() == [False, False]
    assert Bars.empty(0).plays == (False,) * 4


def test_no_bars_have_all_the_words() -> None:
    bars = Bars.empty(0)
    for role in PITCHED:
        assert bars.pitch_classes(role).shape == (0, 12)
        assert bars.chroma(role).shape == bars.struck_chroma(role).shape == (0, 24, 12)
    assert bars.role_plays.shape == (0, 4)


def test_ranges_are_whole_octaves_and_onsets_follow_holds() -> None:
    assert all(size % 12 == 0 for size in NUM_PITCHES.values())
    assert all(FIRST_ONSET[role] == HOLD + 1 for role in PITCHED)
    assert FIRST_ONSET.keys() == set(ROLES)


def test_the_grids_of_a_batch() -> None:
    bars = tune()
    batch = bars.batch(4)
    assert tuple(batch.grids) == tuple(bars.grids) == GRIDS == batch._fields[: len(GRIDS)]
    for name, grid in batch.grids.items():
        assert grid is getattr(batch, name)
        assert bars.grids[name] is getattr(bars, name)
    assert batch.metre._fields == batch._fields[len(GRIDS) :]
    assert [part.tolist() for part in batch.metre] == [[16, 16, 12], [0, 0, 1]]
    assert batch.inside.sum(1).tolist() == [16, 16, 12]
    assert np.asarray(batch._replace(num_steps=jnp.asarray(batch.num_steps)).inside).tolist() == batch.inside.tolist()


def test_changing_the_grids_of_a_batch() -> None:
    batch = tune().batch()
    second = batch.steps(4, 4)
    assert {grid.shape[1] for grid in second.grids.values()} == {4}
    assert second.drums[0, 0].tolist() == [0, 127, 0, 0, 0, 0, 0, 0, 0]
    assert second.num_steps is batch.num_steps
    louder = batch.map_grids(np.maximum, batch.map_grids(np.ones_like))
    assert louder.drums[0, :5, 1].tolist() == [1, 1, 1, 1, 127]
    assert louder.is_compound is batch.is_compound
