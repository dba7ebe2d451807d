import numpy as np
import pytest
from scores import BASS, CHORDS, DRUMS, LEAD, score_of

from groovevae.bars.metre import bar_lines
from groovevae.midi.score import Score

ROOTS = (33, 41, 36, 43)  # A F C G


def read_as(score: Score, *, has_metre: bool) -> tuple[str, tuple[str, ...]]:
    score.has_metre = has_metre
    lines = bar_lines(score)
    [[numerator, denominator]] = np.unique(lines.metre, axis=0).tolist()
    return f"{numerator}/{denominator}", lines.guesses


def waltz(num_bars: int) -> Score:
    bass = [(3 * bar, 1, ROOTS[bar % 4]) for bar in range(num_bars)]
    chords = [(3 * bar + beat, 0.8, pitch) for bar in range(num_bars) for beat in (1, 2) for pitch in (60, 64)]
    return score_of({BASS: bass, CHORDS: chords})


def threes_against_twos(num_bars: int) -> Score:
    """A bass every three quarter notes under a melody of two."""
    bass = [(3 * bar, 1, ROOTS[bar % 4]) for bar in range(num_bars)]
    return score_of({BASS: bass, LEAD: [(2 * half, 2, 72) for half in range(3 * num_bars // 2)]})


def jig(num_bars: int, beats: int) -> Score:
    """Dotted beats: a bass on each bar, and quarter and eighth in turn."""
    length = 1.5 * beats
    bass = [(length * bar, length, ROOTS[bar % 4]) for bar in range(num_bars)]
    lead = [(1.5 * beat + part, 0.5 + part % 1, 72) for beat in range(beats * num_bars) for part in (0, 1)]
    return score_of({BASS: bass, LEAD: lead})


def rock(num_bars: int) -> Score:
    drums = [(beat, 0.1, 36 if beat % 2 == 0 else 38) for beat in range(4 * num_bars)]
    bass = [(beat / 2, 0.4, ROOTS[beat // 8 % 4]) for beat in range(8 * num_bars)]
    return score_of({DRUMS: drums, BASS: bass})


@pytest.mark.parametrize(
    ("score", "metre"),
    [
        (waltz(16), "3/4"),
        (waltz(6), "3/4"),
        (jig(16, 2), "6/8"),
        (jig(16, 3), "9/8"),
        (threes_against_twos(16), "3/4"),
        (rock(16), "4/4"),
        (rock(1), "4/4"),
        (waltz(4), "4/4"),  # too little to tell
    ],
)
def test_a_file_that_states_no_metre(score: Score, metre: str) -> None:
    guesses = () if metre == "4/4" else (f"metre {metre} from the notes",)
    assert read_as(score, has_metre=False) == (metre, guesses)


def test_a_metre_that_is_stated() -> None:
    """A 4/4 is believed until the notes contradict it outright: many programs write it unasked."""
    assert read_as(waltz(16), has_metre=True) == ("3/4", ("metre 3/4 from the notes, where the file says 4/4",))
    assert read_as(threes_against_twos(16), has_metre=True) == ("4/4", ())
    assert read_as(rock(16), has_metre=True) == ("4/4", ())


def test_any_other_metre_is_believed() -> None:
    score = waltz(16)
    score.metres = np.array([[0.0, 5, 4]])
    assert read_as(score, has_metre=True) == ("5/4", ())
    score.metres = np.array([[0.0, 4, 4], [8.0, 4, 4]])
    assert read_as(score, has_metre=True) == ("4/4", ())


def test_beats_alone_are_no_metre() -> None:
    score = waltz(16)
    score.metres = np.array([[0.0, 1, 4]])
    assert read_as(score, has_metre=True) == ("3/4", ("metre 3/4 from the notes: the file counts beats",))


def test_beats_that_all_weigh_the_same_go_in_fours() -> None:
    score = score_of({CHORDS: [(beat, 1, pitch) for beat in range(8) for pitch in (45, 64)]}, metres=[(0, 1, 4)])
    assert read_as(score, has_metre=True) == ("4/4", ("metre 4/4 from the notes: the file counts beats",))


def test_short_bars_of_several_beats_are_a_metre() -> None:
    score = score_of({CHORDS: [(0.625 * bar, 0.5, 60) for bar in range(16)]}, metres=[(0, 5, 32)])
    assert read_as(score, has_metre=True) == ("5/16", ("2 bars of 5/32 as one of 5/16",))
