import numpy as np
import pytest
from scores import BASS, CHORDS, DRUMS, LEAD, score_of

from groovevae.bars import song_to_score
from groovevae.bars.constants import FIRST_PITCH
from groovevae.bars.grid import score_to_song
from groovevae.bars.metre import bar_lines
from groovevae.errors import MidiError
from groovevae.midi.score import Score


def bars_of(score: Score) -> list[tuple[float, float, str, int]]:
    """Start, end, metre and steps of each bar."""
    lines = bar_lines(score)
    metres = [f"{numerator}/{denominator}" for numerator, denominator in lines.metre.tolist()]
    return list(zip(lines.start.tolist(), lines.end.tolist(), metres, lines.num_steps.tolist(), strict=True))


@pytest.mark.parametrize(
    ("metre", "read_as"),
    [
        ("4/4", ["4/4"]),
        ("3/4", ["3/4"]),
        ("2/4", ["2/4"]),
        ("2/2", ["2/2"]),
        ("6/8", ["6/8"]),
        ("9/8", ["9/8"]),
        ("12/8", ["12/8"]),
        ("3/8", ["3/8"]),
        ("5/4", ["5/4"]),
        ("6/4", ["6/4"]),
        ("7/8", ["7/8"]),
        ("3/2", ["3/2"]),
        ("5/16", ["5/16"]),
        ("4/2", ["2/2", "2/2"]),
        ("7/4", ["4/4", "3/4"]),
        ("15/8", ["9/8", "6/8"]),
    ],
)
def test_metres(metre: str, read_as: list[str]) -> None:
    numerator, denominator = map(int, metre.split("/"))
    length = 4 * numerator / denominator
    bars = bars_of(score_of({LEAD: [(0, 2 * length, 60)]}, metres=[(0, numerator, denominator)]))
    assert [bar[2] for bar in bars] == read_as * 2
    assert [bar[0] for bar in bars[1:]] == [bar[1] for bar in bars[:-1]]
    assert bars[-1][1] == 2 * length
    assert sum(bar[3] for bar in bars) == round(8 * length)


def test_a_metre_that_the_grid_cannot_hold() -> None:
    """Its bars are left out and their notes counted; where nothing else is there, the file is refused."""
    score = score_of({LEAD: [(0, 1, 60), (4, 0.25, 62)]}, metres=[(0, 4, 4), (4, 1, 64)])
    assert [bar[2:] for bar in bars_of(score)[:2]] == [("4/4", 16), ("1/64", 0)]
    song = score_to_song(score)
    assert len(song.bars) == 1
    assert song.lost == {"lead": {"unsupported metre": 1}}
    with pytest.raises(MidiError, match="unsupported metre \\(3/128\\); no bar is shorter than a sixteenth"):
        score_to_song(score_of({LEAD: [(0, 1, 60)]}, metres=[(0, 3, 128)]))


@pytest.mark.parametrize(
    ("metre", "bars", "guess"),
    [
        ((5, 32), ["5/16"] * 3, "2 bars of 5/32 as one of 5/16"),
        ((3, 32), ["3/16"] * 5, "2 bars of 3/32 as one of 3/16"),
        ((15, 32), ["15/16"], "2 bars of 15/32 as one of 15/16"),
        ((33, 32), ["18/16"], "2 bars of 33/32 as one of 33/16"),
        ((9, 64), ["9/16"] * 2, "4 bars of 9/64 as one of 9/16"),
        ((10, 64), ["5/16"] * 3, "2 bars of 10/64 as one of 5/16"),
        ((8, 32), ["8/32"] * 4, ""),
    ],
)
def test_bars_of_thirty_seconds_are_read_together(metre: tuple[int, int], bars: list[str], guess: str) -> None:
    lines = bar_lines(score_of({LEAD: [(0, 3.75, 60)]}, metres=[(0, *metre)]))
    assert [f"{numerator}/{denominator}" for numerator, denominator in lines.metre.tolist()] == bars
    assert lines.guesses == ((guess,) if guess else ())
    assert lines.metres.tolist() == [[0, *metre]]


@pytest.mark.parametrize(
    ("notes", "num_bars"),
    [
        ([(0, 4, 60), (4, 0.5, 60)], 2),  # filled up
        ([(0, 4.01, 60)], 1),
        ([(0, 4.5, 60)], 1),  # a tail makes no bar
        ([(2, 4, 60)], 1),
        ([(0, 6.5, 60)], 2),  # held through half of it
        ([(0, 12, 60)], 3),
        ([(0, 14, 60)], 3),
    ],
)
def test_the_last_bar(notes: list, num_bars: int) -> None:
    assert len(bars_of(score_of({LEAD: notes}))) == num_bars


def test_metre_changes() -> None:
    score = score_of({LEAD: [(0, 13, 60)]}, metres=[(0, 3, 4), (6, 6, 8), (9, 4, 4)])
    assert bars_of(score) == [
        (0, 3, "3/4", 12),
        (3, 6, "3/4", 12),
        (6, 9, "6/8", 12),
        (9, 13, "4/4", 16),
    ]


def test_a_metre_after_the_music_makes_no_bars() -> None:
    score = score_of({LEAD: [(0, 8, 60)]}, metres=[(0, 4, 4), (1600, 3, 4)])
    assert bars_of(score) == [(0, 4, "4/4", 16), (4, 8, "4/4", 16)]


def test_an_odd_end_of_a_section_is_a_short_bar() -> None:
    score = score_of({LEAD: [(0, 9, 60)]}, metres=[(0, 4, 4), (5, 4, 4)])
    assert bars_of(score)[1:] == [(4, 5, "1/4", 4), (5, 9, "4/4", 16)]


def waltz(start: float, num_bars: int) -> dict:
    """A bass held through each bar and chords on its other beats, from `start` on, under a melody that begins at 0."""
    downbeats = [start + 3 * bar for bar in range(num_bars)]
    return {
        LEAD: [(beat, 1, 72 + beat % 5) for beat in range(int(start) + 3 * num_bars)],
        CHORDS: [(beat + offset, 1, pitch) for beat in downbeats for offset in (1, 2) for pitch in (60, 64)],
        BASS: [(beat, 3, 40) for beat in downbeats],
    }


def test_a_marked_pickup() -> None:
    """Notation programs write it as a first section of one short bar, or let the section end within a bar."""
    short = score_of(waltz(1, 4), metres=[(0, 3, 4), (1, 3, 4)])
    assert bars_of(short)[:2] == [(-2, 1, "3/4", 12), (1, 4, "3/4", 12)]
    odd = score_of(waltz(1, 4), metres=[(0, 3, 4), (7, 3, 4)])
    assert bars_of(odd) == [(start, start + 3, "3/4", 12) for start in (-2, 1, 4, 7, 10)]


@pytest.mark.parametrize("pickup", [0, 1, 2])
def test_an_unmarked_pickup(pickup: int) -> None:
    song = score_to_song(score_of(waltz(pickup, 24), metres=[(0, 3, 4)]))
    assert song.lead_in == (3 - pickup) % 3
    assert (song.bars.bass[1:24, 0] >= FIRST_PITCH).all()
    back = song_to_score(song)
    onsets = back.notes["onset"][back.notes["track"] == 2]  # the lead
    assert onsets.tolist() == [beat + song.lead_in for beat in range(pickup + 72)]


def test_drums_take_the_bar_lines_at_their_word() -> None:
    """Off-beat genres put their weight beside the bar lines on purpose."""
    parts = waltz(1, 12) | {DRUMS: [(beat, 0.1, 36) for beat in range(36)]}
    assert bars_of(score_of(parts, metres=[(0, 3, 4)]))[0][0] == 0


def test_drums_are_doubted_where_all_else_agrees() -> None:
    """The file begins with the pickup and ends where its bars do; only drums stand on its bar lines."""
    bass = [(1 + 4 * bar, 4, 40) for bar in range(12)]
    drums = [(1 + beat, 0.1, 36) for beat in range(48)]
    score = score_of({LEAD: [(0, 1, 72)], BASS: bass, DRUMS: drums}, metres=[(0, 4, 4)])
    assert bars_of(score)[:2] == [(-3, 1, "4/4", 16), (1, 5, "4/4", 16)]
    assert bar_lines(score).guesses == ("a pickup of 1 quarter note",)


def test_few_notes_are_no_evidence() -> None:
    assert bars_of(score_of({CHORDS: [(1, 2, 40), (4, 2, 40)]}, metres=[(0, 3, 4)]))[0][0] == 0


def test_a_later_section_may_begin_with_a_pickup() -> None:
    first, second = waltz(0, 8), waltz(25, 12)
    parts = {track: first[track] + [note for note in second[track] if note[0] >= 24] for track in first}
    bars = bars_of(score_of(parts, metres=[(0, 3, 4), (24, 3, 4)]))
    assert [bar[2] for bar in bars] == ["3/4"] * 8 + ["1/4"] + ["3/4"] * 12


def test_bar_lines_may_shift_within_a_section() -> None:
    """A repeat that begins with its pickup leaves the bar before it short."""
    first, second = waltz(0, 12), waltz(37, 18)
    parts = {track: first[track] + [note for note in second[track] if note[0] >= 36] for track in first}
    bars = bars_of(score_of(parts, metres=[(0, 3, 4)]))
    assert [bar[2] for bar in bars] == ["3/4"] * 12 + ["1/4"] + ["3/4"] * 18


def test_an_odd_bar_keeps_its_length_in_seconds() -> None:
    """A bar that is no whole number of sixteenths is rounded; its tempo makes up for it, its notes are spread."""
    end = 4 + 5 / 12
    score = score_of({LEAD: [(0, 4, 60), (end, 4, 60)]}, metres=[(0, 4, 4), (end, 4, 4)])
    song = score_to_song(score)
    assert song.bars.num_steps.tolist() == [16, 2, 16]
    back = song_to_score(song)
    assert back.seconds(back.notes["onset"]) == pytest.approx(score.seconds(score.notes["onset"]))


def test_a_tempo_that_changes_within_a_bar_keeps_the_bars_length() -> None:
    score = score_of({LEAD: [(0, 4, 60), (4, 4, 60)]}, tempos=[(0, 120), (2, 60), (4, 90)])
    song = score_to_song(score)
    assert song.bars.tempo.tolist() == [80, 90]
    assert song_to_score(song).tempos.tolist() == [[0, 80], [4, 90]]


def test_a_slowly_changing_tempo_does_not_drift() -> None:
    tempos = [(4.0 * bar, 120 * 1.002**bar) for bar in range(60)]
    score = score_of({LEAD: [(4 * bar, 1, 60) for bar in range(60)]}, tempos=tempos)
    back = song_to_score(score_to_song(score))
    gap = back.seconds(back.notes["onset"]) - score.seconds(score.notes["onset"])
    assert np.abs(gap).max() < 0.005


def test_a_note_before_the_first_whole_bar() -> None:
    """The metre map has a sliver in front that is no bar, and the only note begins in it."""
    lines = bar_lines(score_of({LEAD: [(0, 1, 65)]}, metres=[(0, 4, 4), (0.0656, 4, 4)]))
    assert lines.start.tolist() == pytest.approx([0.0656])
