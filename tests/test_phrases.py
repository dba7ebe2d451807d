from dataclasses import replace

import numpy as np
import pytest

from groovevae.bars import Bars
from groovevae.bars.constants import BASS_LOW, CHORD_LOW, FIRST_PITCH, HOLD, LEAD_LOW, ONSET, ROLES
from groovevae.measures.phrases import measure_phrase, note_sets, pitch_classes, role_digests


def phrase(*leads: list[int], drums: str = "") -> Bars:
    """A bar for each list of MIDI pitches, which the lead strikes on its first steps; `drums` has an x for each hit."""
    bars = Bars.empty(len(leads))
    for bar, pitches in enumerate(leads):
        bars.lead[bar, : len(pitches)] = np.array(pitches, int) - LEAD_LOW + FIRST_PITCH
    for bar, hit in enumerate(drums):
        bars.drums[bar, 0, 0] = 100 * (hit == "x")
    return bars


def test_digests_tell_onsets_apart_and_nothing_else() -> None:
    bars = Bars.empty(6)
    bars.chords[1:, 0, 5] = ONSET
    bars.chords[2, 1, 5] = HOLD  # a length is no onset
    bars.velocity[3, 0, 1] = 90
    bars.chords[4, 0, 5], bars.chords[4, 0, 6] = 0, ONSET
    bars.chords[5, 0, 5], bars.chords[5, 1, 5] = 0, ONSET
    digest = role_digests(bars)[:, ROLES.index("chords")]
    assert digest[0] == 0
    assert digest[1] == digest[2] == digest[3] != 0
    assert len({*digest[1:].tolist()}) == 3
    assert not role_digests(bars)[:, [ROLES.index(role) for role in ("drums", "bass", "lead")]].any()


def test_digests_of_many_bars_do_not_collide() -> None:
    rng = np.random.default_rng(0)
    bars = Bars.empty(3000)
    bars.drums[:] = rng.random(bars.drums.shape) < 0.02
    bars.chords[:] = ONSET * (rng.random(bars.chords.shape) < 0.01)
    digests = role_digests(bars)
    for role, column in (("drums", 0), ("chords", 2)):
        true = len(np.unique(getattr(bars, role).reshape(len(bars), -1), axis=0))
        assert len(set(digests[:, column].tolist())) == true


def test_note_sets_and_pitch_classes_count_every_onset() -> None:
    bars = phrase([60, 62], [])
    bars.bass[0, 3] = FIRST_PITCH + 38 - BASS_LOW
    bars.chords[0, 2, [64 - CHORD_LOW, 67 - CHORD_LOW]] = ONSET
    bars.drums[1, 5, 2] = 80
    assert note_sets(bars).sum(1).tolist() == [5, 1]
    assert pitch_classes(bars)[0].tolist() == [1, 0, 2, 0, 1, 0, 0, 1, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("bars", "expected"),
    [
        (
            phrase([60, 62], [60, 62], [60, 62]),
            {"similarity": 1.0, "next_similarity": 1.0, "repeated_bars": 1.0, "repeated_lead": 1.0, "empty_bars": 0.0},
        ),
        (phrase([60, 62], [72, 74], [60, 62]), {"similarity": 1 / 3, "next_similarity": 0.0, "repeated_bars": 0.5}),
        (phrase([60, 62], [60, 64]), {"similarity": 0.5, "repeated_bars": 0.0}),
        (
            phrase([60], [61], drums="xx"),
            {"repeated_drums": 1.0, "repeated_lead": 0.0, "repeated_bars": 0.0, "similarity": 0.5},
        ),
        (phrase([60], [], [], [60]), {"empty_bars": 0.5, "similarity": 1.0, "next_similarity": np.nan}),
        (phrase([60, 62, 64, 65, 67], [60, 61]), {"in_key": 0.75}),
        (phrase([60, 64, 67], [60, 64, 67]), {"key_stability": 1.0, "in_key": 1.0}),
        (phrase([60, 64, 67], [61, 65, 68]), {"key_stability": -1 / 3}),
        (phrase([], []), {"empty_bars": 1.0, "similarity": np.nan, "in_key": np.nan, "repeated_drums": np.nan}),
    ],
)
def test_measures(bars: Bars, expected: dict[str, float]) -> None:
    values = measure_phrase(bars).values()
    assert {name: values[name] for name in expected} == pytest.approx(expected, nan_ok=True, abs=1e-6)


def test_micro_timing_and_velocity_do_not_matter() -> None:
    bars = phrase([60, 62], [60, 62])
    louder = replace(bars, velocity=bars.velocity + 7, offset=bars.offset + 3)
    assert measure_phrase(louder) == measure_phrase(bars) or str(measure_phrase(louder)) == str(measure_phrase(bars))
