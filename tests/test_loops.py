"""Short clips: their bar lines stay where the file has them, and their length is that of the clip."""

from dataclasses import replace

import numpy as np
import pytest
from scores import BASS, CHORDS, DRUMS, LEAD, score_of

from groovevae.bars.choices import Choices
from groovevae.bars.metre import bar_lines
from groovevae.errors import RequestError
from groovevae.midi.score import Score


def lines_of(score: Score, choices: Choices | None = None) -> tuple[float, int, float]:
    """The start of the first bar, the number of bars, and the end of the last."""
    lines = bar_lines(score, choices or Choices())
    return float(lines.start[0]), len(lines.start), float(lines.end[-1])


def repeated(notes: list, num_bars: int, length: float = 4) -> list:
    return [(bar * length + onset, duration, pitch) for bar in range(num_bars) for onset, duration, pitch in notes]


OFFBEATS = {
    "off-beat bass": ({BASS: [(beat + 0.5, 0.4, 33) for beat in range(4)]}, 4),
    "sixteenths after the beat": ({BASS: [(beat + part, 0.2, 33) for beat in range(4) for part in (0.25, 0.5)]}, 4),
    "skank": ({CHORDS: [(beat + 0.5, 0.2, pitch) for beat in range(4) for pitch in (57, 60, 64)]}, 4),
    "skank and one drop": ({CHORDS: [(1, 0.4, 60), (3, 0.4, 60)], BASS: [(1.5, 1, 33), (2, 1.9, 33)]}, 4),
    "lead from two on": ({LEAD: [(1, 1, 72), (2, 1, 74), (3, 1, 76)]}, 4),
    "late pad": ({CHORDS: [(2, 4, 60), (2, 4, 64)]}, 4),
    "waltz without its bass": ({CHORDS: [(1, 1, 60), (2, 0.9, 60)]}, 3),
    "a push before the bar line": ({CHORDS: [(0, 0.5, 60), (1.5, 2, 60), (3.5, 0.5, 60)]}, 4),
}


@pytest.mark.parametrize("num_bars", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("name", OFFBEATS)
def test_loops_that_avoid_beat_one(name: str, num_bars: int) -> None:
    parts, length = OFFBEATS[name]
    score = score_of(
        {track: repeated(notes, num_bars, length) for track, notes in parts.items()}, metres=[(0, length, 4)]
    )
    assert lines_of(score) == (0, num_bars, num_bars * length)
    assert bar_lines(score).guesses == ()


@pytest.mark.parametrize("bars", [2, 8, 16])
def test_off_beats_over_drums(bars: int) -> None:
    """The file begins with a drum, and next to nothing else stands on its bar lines: no pickup for that."""
    bass = repeated([(beat / 2 + 0.25, 0.2, 33) for beat in range(8)], bars)
    score = score_of({DRUMS: repeated([(0, 0.1, 36), (2, 0.1, 38)], bars), BASS: bass})
    assert lines_of(score) == (0, bars, 4 * bars)
    assert bar_lines(score).guesses == ()


def test_rests_to_the_end_of_a_loop() -> None:
    """The notes alone speak for a pickup of half a beat; the end of track says that the bars are the file's."""
    pattern = [(0, 0.2, 60), (0.5, 2, 36), (1, 0.2, 48), (2.5, 0.2, 60)]
    score = score_of({BASS: repeated(pattern, 8)})
    assert lines_of(score)[0] == -3.5
    assert lines_of(replace(score, clip_end=32.0)) == (0, 8, 32)


@pytest.mark.parametrize(
    ("clip_end", "num_bars"),
    [
        (0, 7),  # unknown
        (32, 8),  # the last bar rests
        (56, 14),
        (64, 7),  # too long a rest is a stray end of track
        (33, 7),  # and so is one within a bar
        (400, 7),
    ],
)
def test_the_length_of_a_clip(clip_end: float, num_bars: int) -> None:
    score = replace(score_of({DRUMS: repeated([(0, 0.1, 36), (2, 0.1, 38)], 7)}), clip_end=clip_end)
    assert lines_of(score) == (0, num_bars, 4 * num_bars)


def test_the_end_of_track_of_a_song_is_not_its_length() -> None:
    score = replace(score_of({DRUMS: repeated([(0, 0.1, 36), (2, 0.1, 38)], 32)}), clip_end=4.0 * 36)
    assert lines_of(score) == (0, 32, 128)


def test_a_tail_makes_no_bar() -> None:
    legato = [(float(beat), 1.25, 60 + beat % 5) for beat in range(32)]
    assert lines_of(replace(score_of({LEAD: legato}), clip_end=32.25)) == (0, 8, 32)


def tune(pickup: float, num_bars: int) -> Score:
    """A tune that begins before its first bar line, over a bass that begins there."""
    melody = [(0.0, pickup, 67)] + [(pickup + 4 * bar + beat, 1, 72) for bar in range(num_bars) for beat in range(4)]
    return score_of({LEAD: melody[:-2], BASS: [(pickup + 4 * bar, 4, 40) for bar in range(num_bars)]})


@pytest.mark.parametrize(
    ("pickup", "told"), [(1, "a pickup of 1 quarter note"), (0.5, "a pickup of 0.5 quarter notes")]
)
def test_a_pickup_that_is_certain(pickup: float, told: str) -> None:
    score = tune(pickup, 8)
    assert lines_of(score) == (pickup - 4, 9, pickup + 32)
    assert bar_lines(score).guesses == (told,)


def test_a_part_that_rests_first() -> None:
    """The voice begins within the pickup, after a rest, and sings on all beats later."""
    score = tune(1, 24)
    late = replace(score, notes=score.notes[1:].copy())
    late.notes["onset"][0] = 0.5
    late.notes["duration"][0] = 0.5
    late = replace(late, notes=np.sort(late.notes, order="onset"))
    assert lines_of(late)[0] == -3


@pytest.mark.parametrize(
    ("pickup", "expected"),
    [(0, (0, 8, 32)), (1, (-3, 9, 33)), (2.5, (-1.5, 9, 34.5)), (5, (-3, 9, 33))],
)
def test_a_chosen_pickup_overrides_all_guessing(pickup: float, expected: tuple) -> None:
    score = tune(1, 8)
    for marked in (score, replace(score, metres=np.array([[0.0, 1, 4], [1.0, 4, 4]]))):
        assert lines_of(marked, Choices(pickup=pickup)) == expected
        assert bar_lines(marked, Choices(pickup=pickup)).guesses == ()


def test_a_chosen_metre_stands_for_all_others() -> None:
    score = score_of({LEAD: [(beat, 1, 60) for beat in range(24)]}, metres=[(0, 4, 4), (8, 6, 8), (11, 5, 4)])
    lines = bar_lines(score, Choices(metre=(3, 4)))
    assert lines.start.tolist() == [3 * bar for bar in range(8)]
    assert set(map(tuple, lines.metre.tolist())) == {(3, 4)}
    marked = replace(score, metres=np.array([[0.0, 1, 4], [1.0, 4, 4]]))
    assert bar_lines(marked, Choices(metre=(3, 4))).start.tolist()[:3] == [-2, 1, 4]


def test_choices_that_cannot_be() -> None:
    score = tune(1, 8)
    with pytest.raises(RequestError, match="no metre 0/4; write one like 3/4"):
        bar_lines(score, Choices(metre=(0, 4)))
    for pickup in (-1.0, float("nan")):
        with pytest.raises(RequestError, match="below 0; give the quarter notes before the first whole bar"):
            bar_lines(score, Choices(pickup=pickup))


def test_a_recording_that_starts_at_any_time_is_told() -> None:
    score = score_of({LEAD: [(2.3 + beat / 2 + 0.05 * (-1) ** beat, 0.4, 60) for beat in range(32)]})
    assert bar_lines(score).guesses == (
        "notes lie 0.2 of a beat beside the beats; if the first one begins bar 1: --pickup 2.35",
    )
    lines = bar_lines(score, Choices(pickup=2.35))
    assert lines.start[:2] == pytest.approx([-1.65, 2.35])


@pytest.mark.parametrize(
    ("silence", "before", "first"),
    [
        (2.3, 0, 2.3),
        (5.85, 0, 1.85),
        (2.3, 1, 3.3),  # a beat of pickup: the bass gathers behind it
        (0.2, 0, 0.2),
    ],
)
def test_bar_lines_follow_notes_that_lie_exactly_beside_the_beats(silence: float, before: int, first: float) -> None:
    """A recording that was started at any time: four bars of eighths over a bass on each bar line."""
    lead = [(silence + eighth / 2, 0.4, 60) for eighth in range(32 + 2 * before)]
    score = score_of({BASS: [(silence + before + 4 * bar, 4, 40) for bar in range(4)], LEAD: lead})
    lines = bar_lines(score)
    assert lines.start[:2] == pytest.approx([first - 4, first])
    assert lines.guesses[0].endswith(f"and the bar lines with them, from quarter note {first:.3g} on")
    assert bar_lines(score, Choices(pickup=0)).start[0] == 0


def test_bar_lines_that_move_midway_are_told() -> None:
    """A bass on the bar lines; after a bar of one beat, a beat later."""
    bass = [(4 * bar, 4, 40) for bar in range(12)] + [(49 + 4 * bar, 4, 40) for bar in range(20)]
    lead = [(beat, 1, 72 + beat % 5) for beat in range(127)]
    score = score_of({BASS: bass, LEAD: lead})
    assert bar_lines(score).start[[12, 13, 14]].tolist() == [48, 49, 53]
    assert bar_lines(score).guesses == ("bar lines moved, from quarter note 49 on",)
