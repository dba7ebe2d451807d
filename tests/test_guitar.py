"""One guitar plays new chords: within two octaves, on six strings."""

import numpy as np

from groovevae.arranging.guitar import REACH, STRINGS, on_guitar
from groovevae.bars import Bars
from groovevae.bars.constants import CHORD_LOW, HOLD, ONSET


def held(*chords: tuple[int, ...]) -> Bars:
    """Bars of 4/4, each with a chord of MIDI keys that is struck once and held."""
    bars = Bars.empty(len(chords))
    for bar, pitches in enumerate(chords):
        index = np.array(pitches) - CHORD_LOW
        bars.chords[bar, 0, index], bars.chords[bar, 1:16, index] = ONSET, HOLD
        bars.velocity[bar, 0, 1] = 90
    return bars


def pitches(bars: Bars) -> list[list[int]]:
    return [(np.flatnonzero(chords.any(0)) + CHORD_LOW).tolist() for chords in bars.chords]


ALL = np.ones(1, bool)


def test_what_a_guitar_can_play_stays() -> None:
    bars = held((45, 52, 57, 61, 64, 69))
    assert (on_guitar(bars, ALL).chords == bars.chords).all()


def test_notes_beyond_reach_move_by_octaves() -> None:
    [played] = pitches(on_guitar(held((36, 40, 60, 64, 67, 72)), ALL))
    assert played == [48, 52, 60, 64, 67, 72]
    assert max(played) - min(played) <= REACH


def test_doubled_low_notes_go_where_there_are_too_few_strings() -> None:
    [played] = pitches(on_guitar(held((48, 52, 55, 60, 62, 64, 67, 72)), ALL))
    assert played == [55, 60, 62, 64, 67, 72]
    assert len(played) == STRINGS


def test_all_bars_lie_in_one_position_and_kept_bars_stay() -> None:
    bars = held((60, 64, 67), (60, 65, 69), (36, 40), (36, 40, 84))
    played = on_guitar(bars, np.array([True, True, True, False]))
    assert pitches(played) == [[60, 64, 67], [60, 65, 69], [48, 52], [36, 40, 84]]
    assert (played.chords[3] == bars.chords[3]).all()


def test_a_note_that_is_held_over_the_bar_line_goes_on() -> None:
    bars = held((36, 60, 64, 67), (36, 60, 64, 67))
    bars.chords[1, 0][bars.chords[1, 0] == ONSET] = HOLD
    bars.velocity[1] = 0
    played = on_guitar(bars, np.ones(2, bool))
    assert (played.chords[1, 0, 48 - CHORD_LOW], played.chords[0, 0, 48 - CHORD_LOW]) == (HOLD, ONSET)
    assert (played.velocity == bars.velocity).all()


def test_bars_without_new_chords_stay() -> None:
    bars = held((36, 84))
    assert on_guitar(bars, np.zeros(1, bool)) is bars


def test_nothing_lies_below_the_lowest_string() -> None:
    """A song that was moved up by four semitones is written four lower."""
    bars = held((38, 43, 45, 50))
    assert pitches(on_guitar(bars, ALL)) == [[43, 45, 50]]
    assert pitches(on_guitar(bars, ALL, transpose=4)) == [[45, 50, 55]]
    assert pitches(on_guitar(bars, ALL, transpose=-5)) == [[38, 43, 45, 50]]
