"""Attributes measured in bars written by hand."""

import numpy as np
import pytest
from scores import BASS, CHORDS, DRUMS, LEAD, score_of

from groovevae.bars import Bars
from groovevae.bars.grid import score_to_song
from groovevae.measures.attributes import ATTRIBUTES, measure_all, metrical_weights
from groovevae.midi.score import Track

Parts = dict[Track, list]


def measured(parts: Parts, name: str, *, metre: tuple[int, int] = (4, 4)) -> float:
    """An attribute of the first bar."""
    bars = score_to_song(score_of(parts, metres=[(0.0, *metre)])).bars
    return float(ATTRIBUTES[name].measure(bars)[0])


def line(track: Track, *onsets: float, pitch: int = 60, length: float = 0.25) -> Parts:
    return {track: [(onset, length, pitch) for onset in onsets]}


TRIPLET = 2 / 3


@pytest.mark.parametrize(
    ("parts", "density", "drum_density"),
    [
        (line(LEAD, 0, 1, 2, 3, pitch=72), 1.0, 0.0),
        (line(LEAD, *np.arange(0, 4, 0.5), pitch=72), 2.0, 0.0),
        ({CHORDS: [(0, 1, pitch) for pitch in (60, 64, 67)]}, 0.25, 0.0),  # a chord is one strike
        ({**line(BASS, 0, 2, pitch=36), **line(LEAD, 0, 1, pitch=72)}, 1.0, 0.0),
        ({**line(DRUMS, 0, 1, 2, 3, pitch=36), **line(BASS, 0, pitch=36)}, 0.25, 1.0),
    ],
)
def test_densities_are_a_quarter_note(parts: Parts, density: float, drum_density: float) -> None:
    assert measured(parts, "density") == density
    assert measured(parts, "drum_density") == drum_density


def test_density_in_another_metre() -> None:
    assert measured(line(LEAD, 0, 1, 2, pitch=72), "density", metre=(3, 4)) == 1.0


@pytest.mark.parametrize(
    ("parts", "polyphony"),
    [
        (line(LEAD, 0, 1, pitch=72, length=1), 1.0),
        ({CHORDS: [(0, 1, pitch) for pitch in (60, 64, 67)]}, 3.0),
        ({CHORDS: [(0, 1, 60), (0, 1, 64)], **line(BASS, 0, length=2, pitch=36)}, 2.0),  # three of one beat, one of one
    ],
)
def test_polyphony_is_a_mean_over_the_steps_that_sound(parts: Parts, polyphony: float) -> None:
    assert measured(parts, "polyphony") == polyphony


def test_register_is_the_mean_pitch_of_what_is_struck() -> None:
    bars = Bars.empty(2)
    bars.bass[0, 0] = 2 + 36 - 14
    bars.lead[0, 4] = 2 + 72 - 36
    bars.chords[0, 8, [60 - 36, 64 - 36]] = 2
    np.testing.assert_allclose(ATTRIBUTES["register"].measure(bars), [(36 + 72 + 60 + 64) / 4, np.nan])


@pytest.mark.parametrize(
    ("metre", "weights"),
    [
        ((4, 4), [0, -4, -3, -4, -2, -4, -3, -4, -1, -4, -3, -4, -2, -4, -3, -4]),
        ((3, 4), [0, -3, -2, -3, -1, -3, -2, -3, -1, -3, -2, -3]),
        ((2, 4), [0, -3, -2, -3, -1, -3, -2, -3]),
        ((6, 8), [0, -3, -2, -3, -2, -3, -1, -3, -2, -3, -2, -3]),
        ((1, 16), [0]),
    ],
)
def test_metrical_weights(metre: tuple[int, int], weights: list[int]) -> None:
    row = metrical_weights(Bars.empty(1, metre=metre))[0]
    assert row[: len(weights)].tolist() == weights


@pytest.mark.parametrize(
    ("onsets", "syncopation"),
    [
        ((0, 1, 2, 3), 0.0),
        ((0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5), 0.0),
        ((0, 1, 2.5, 3), 1 / 4),  # two, held over three: -2 to -1
        ((0, 1.5, 3), 2 / 3),  # the eighth before three, held over it: -3 to -1
        ((3.5,), 3.0),  # the last eighth goes before the next bar's one: -3 to 0
        ((0.25, 2), (2 + 1) / 2),  # a sixteenth to two: -4 to -2; three, held over the bar line: -1 to 0
    ],
)
def test_syncopation(onsets: tuple[float, ...], syncopation: float) -> None:
    assert measured(line(LEAD, *onsets, pitch=72), "syncopation") == pytest.approx(syncopation)


@pytest.mark.parametrize(
    ("onsets", "swing"),
    [
        ((0, 0.5, 1, 1.5), 0.5),
        ((0, TRIPLET, 1, 1 + TRIPLET), TRIPLET),
        ((0, 0.6, 1, 1.6), 0.6),
        ((0, 0.5, 1, 1 + TRIPLET), (0.5 + TRIPLET) / 2),
        ((0, 1, 2, 3), float("nan")),  # no second halves
        ((0, 0.75), float("nan")),  # dotted
        ((0, 0.25, 0.5, 0.75), float("nan")),  # sixteenths
    ],
)
@pytest.mark.parametrize(("track", "pitch"), [(LEAD, 72), (DRUMS, 42), (BASS, 36)])
def test_swing(track: Track, pitch: int, onsets: tuple[float, ...], swing: float) -> None:
    assert measured(line(track, *onsets, pitch=pitch, length=0.1), "swing") == pytest.approx(
        swing, abs=2e-3, nan_ok=True
    )


def test_silence_has_nothing_to_measure() -> None:
    values = measure_all(Bars.empty(2))
    assert values.shape == (2, len(ATTRIBUTES))
    known = dict(zip(ATTRIBUTES, np.isfinite(values[0]), strict=True))
    assert known == {name: name in ("density", "drum_density") for name in ATTRIBUTES}
