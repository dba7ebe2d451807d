from dataclasses import replace

import numpy as np
import pytest
from scores import CHORDS, LEAD, score_of

from groovevae.bars.beat_tracking import estimate_beats, has_click, off_grid_share, retimed
from groovevae.bars.choices import ESTIMATED, Choices
from groovevae.bars.grid import read_score
from groovevae.bars.metre import bar_lines
from groovevae.midi.score import Score

CHORD = (57, 60, 64)


def performance(*, beats_a_minute: float, drift: float, begins: float = 0.0, num_bars: int = 12) -> Score:
    """Chords on the bars and a melody in eighths, played ever slower by `drift`, in a file that counts 120."""
    beat = np.arange(4 * num_bars + 2)
    length = 60 / beats_a_minute * (1 + drift * np.sin(beat / 7))
    second = begins + np.append(0.0, np.cumsum(length))[: len(beat)]

    def place(at: float) -> float:  # quarter notes at 120 last half a second
        return float(2 * np.interp(at, beat, second))

    def note(at: float, length: float, pitch: int) -> tuple[float, float, int]:
        return place(at), place(at + length) - place(at), pitch

    chords = [note(4 * bar, 4, pitch) for bar in range(num_bars) for pitch in CHORD]
    bass = [note(2 * half, 1.5, 40) for half in range(2 * num_bars)]
    lead = [note(eighth / 2, 0.4, 72 + eighth % 5) for eighth in range(8 * num_bars) if eighth % 8 != 7]
    return score_of({CHORDS: chords + bass, LEAD: lead})


@pytest.mark.parametrize(
    ("score", "follows"),
    [
        (performance(beats_a_minute=120, drift=0.0), True),
        (performance(beats_a_minute=120, drift=0.0, begins=0.1), True),  # late, and steady
        (performance(beats_a_minute=84, drift=0.05), False),
        (performance(beats_a_minute=97, drift=0.0), False),
        (performance(beats_a_minute=84, drift=0.05, num_bars=3), True),  # too little to tell
        (replace(performance(beats_a_minute=84, drift=0.05), tempos=np.array([[0.0, 119]])), True),  # set by someone
    ],
)
def test_notes_that_follow_no_click(score: Score, follows: bool) -> None:
    assert has_click(score) == follows
    told = [guess for guess in bar_lines(score).guesses if "click" in guess]
    assert bool(told) != follows
    if told:
        assert told[0].endswith(
            f"? {off_grid_share(score):.0%} of notes lie near no sixteenth or triplet; try --beats estimate"
        )


def test_the_share_of_notes_off_the_grid() -> None:
    onsets = [0, 0.25, 1 / 3, 1.5, 1.6, 2.87, 3.04, 4.42]  # 1.6, 2.87 and 4.42 lie near no step
    assert off_grid_share(score_of({LEAD: [(onset, 0.1, 60) for onset in onsets]})) == 3 / 8


@pytest.mark.parametrize("begins", [0.0, 0.03, 0.7, 5.2])
@pytest.mark.parametrize("tempo", [84.0, 132.0])
def test_a_performance_in_its_own_beats(tempo: float, begins: float) -> None:
    score = performance(beats_a_minute=tempo, drift=0.06, begins=begins)
    played = retimed(score)
    assert score.seconds(score.notes["onset"]) == pytest.approx(played.seconds(played.notes["onset"]))
    end, end_played = (part.notes["onset"] + part.notes["duration"] for part in (score, played))
    assert score.seconds(end) == pytest.approx(played.seconds(end_played), abs=1e-3)
    chords = played.notes["onset"][played.notes["pitch"] == CHORD[0]]
    assert np.abs(np.diff(chords) - 4).max() < 0.1
    assert np.abs(chords - np.rint(chords)).max() < 0.1
    assert np.median(played.tempos[:, 1]) == pytest.approx(tempo, rel=0.03)


def test_the_lengths_that_keys_were_held() -> None:
    score = performance(beats_a_minute=84, drift=0.05)
    held = replace(score, written=score.notes["duration"] / 2)
    played = retimed(held)
    assert played.written is not None
    ends = [part.seconds(part.notes["onset"] + part.written) for part in (held, played)]
    assert ends[0] == pytest.approx(ends[1], abs=1e-3)


def test_bars_of_estimated_beats() -> None:
    reading = read_score(performance(beats_a_minute=84, drift=0.05, begins=0.9), Choices(beats=ESTIMATED))
    chords = reading.score.notes["onset"][reading.score.notes["pitch"] == CHORD[0]]
    assert np.abs(reading.lines.start[-12:] - chords).max() < 0.1
    assert reading.lines.guesses == ("metre 4/4 from the notes", "beats from the notes, about 84 a minute")


def test_beats_where_nothing_is_played() -> None:
    second = np.array([0.5 * beat for beat in range(40) if beat % 8 != 5])
    assert estimate_beats(second, np.ones(len(second))) == pytest.approx(np.arange(40) / 2, abs=0.011)


def test_too_few_notes_stay_as_they_are() -> None:
    score = score_of({LEAD: [(0.3 + 0.7 * number, 0.5, 60) for number in range(8)]})
    assert retimed(score) is score
