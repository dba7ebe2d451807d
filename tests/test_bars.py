from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scores import BASS, CHORDS, DRUMS, LEAD, chords_text, drums_text, line_text, note_rows, num_onsets, score_of

from groovevae.bars import Bars, Song, song_to_score
from groovevae.bars.constants import FIRST_PITCH, HOLD, LEAD_LOW, MAX_CHORD_ONSETS, ONSET, VOICE_PITCH
from groovevae.bars.drums import voices_of_keys
from groovevae.bars.grid import fold_octaves, score_to_song
from groovevae.errors import MidiError
from groovevae.midi.reading import midi_to_score
from groovevae.midi.score import Score, Track
from groovevae.midi.writing import score_to_midi

TRIPLETS = [(beat + third / 3, 1 / 3, 60 + third) for beat in range(4) for third in range(3)]


def band(accompaniment: dict[str, list]) -> dict[Track, list]:
    """Tracks that accompany a bass and a melody."""
    parts = {Track(f"chord {name}", 0, is_drum=False): notes for name, notes in accompaniment.items()}
    return parts | {Track("Melody", 73, is_drum=False): [(0, 1, 84)], Track("", 33, is_drum=False): [(0, 1, 36)]}


@pytest.mark.parametrize(
    ("notes", "expected"),
    [
        ([(0, 4, 60)], "60 - - - - - - - - - - - - - - -"),
        ([(0, 0.25, 60), (1, 0.5, 62), (1.75, 1, 64)], "60 . . . 62 - . 64 - - - . . . . ."),
        ([(0, 2, 60), (1, 1, 62)], "60 - - - 62 - - - . . . . . . . ."),  # the next note ends the one before
        ([(0, 0.01, 60)], "60 . . . . . . . . . . . . . . ."),  # a note lasts a step at least
        (TRIPLETS[:6], "60 61 - 62 60 61 - 62 . . . . . . . ."),
        ([(0, 1, 60), (0, 1, 72)], "72 - - - . . . . . . . . . . . ."),  # a doubled octave: the top leads
        ([(0, 0.125, 60), (0.125, 0.875, 62)], "60 62 - - . . . . . . . . . . . ."),  # the free step beside
        ([(0.9, 0.1, 59), (1, 1, 60)], ". . . 59 60 - - - . . . . . . . ."),  # a grace note, too
        ([(0.75, 0.2, 57), (0.95, 0.05, 62), (1, 1, 60)], ". . . 57 60 - - - . . . . . . . ."),  # or it gives way
    ],
)
def test_a_lead_on_the_grid(notes: list, expected: str) -> None:
    assert line_text(score_to_song(score_of({LEAD: notes})), "lead") == expected


def test_held_notes_stay_one_note_over_bar_lines() -> None:
    song = score_to_song(score_of({BASS: [(3, 8, 36)], CHORDS: [(2, 9, 60)]}))
    assert line_text(song, "bass", 1) == " ".join(["-"] * 16)
    assert chords_text(song, 1) == {60: "-" * 16}
    assert line_text(song, "bass", 2) == "- - - - - - - - - - - - . . . ."
    assert note_rows(song_to_score(song)) == [("Bass", 3, 8, 36, 80), ("Chords", 2, 9, 60, 80)]


def test_chords() -> None:
    song = score_to_song(score_of({CHORDS: [(0, 1, 60), (0, 1, 64), (0, 2, 67), (1, 1, 60)]}))
    assert chords_text(song) == {60: "x---x---........", 64: "x---............", 67: "x-------........"}


def test_a_pitch_struck_again_ends_the_one_before() -> None:
    """A pad does not turn staccato chords of the same pitches into held ones."""
    pad, stabs = [(0, 4, 60)], [(1, 0.25, 60)]
    song = score_to_song(score_of(band({"pad": pad, "stab": stabs})))
    assert chords_text(song) == {60: "x---x..........."}


def test_drums() -> None:
    notes = [(beat / 2, 0.1, 42) for beat in range(8)] + [(0, 0.1, 36), (1, 0.1, 38), (2.5, 0.1, 35), (3, 0.1, 40)]
    notes += [(4, 0.1, 36), (5, 0.1, 38)]
    song = score_to_song(score_of({DRUMS: notes}))
    assert drums_text(song) == {42: "x.x.x.x.x.x.x.x.", 36: "x.........x.....", 38: "....x.......x..."}
    assert song.transpose == 0
    assert song.lost == {}


def test_two_sounds_of_one_voice() -> None:
    """Of two hits of a voice at one step the louder stays, and is counted."""
    song = score_to_song(score_of({DRUMS: [(0, 0.1, 38, 60), (0, 0.1, 40, 90)]}))
    assert song.bars.drums[0, 0].tolist() == [0, 90, 0, 0, 0, 0, 0, 0, 0]
    assert song.kit[1] == 40
    assert song.lost == {"drums": {"voice struck already": 1}}


KITS = {
    "a kit": ([36, 38, 42, 46, 49, 51], {36: 0, 38: 1, 42: 2, 46: 3, 49: 7, 51: 8}),
    "either kick, snare and crash": ([35, 36, 38, 40, 49, 57], {35: 0, 36: 0, 38: 1, 40: 1, 49: 7, 57: 7}),
    "three toms and more are spread": ([41, 43, 45, 48, 50], {41: 4, 43: 4, 45: 5, 48: 5, 50: 6}),
    "one tom": ([47], {47: 5}),
    "a shaker keeps time": ([70], {70: 2}),
    "on the ride where there is a hat": ([70, 42], {70: 8, 42: 2}),
    "hand drums": ([63, 64, 62], {63: 5, 64: 4, 62: 6}),
    "the most played is fittest": ([82, 70, 70], {70: 2, 82: 8}),
    "one moves on for another": ([75, 75, 75, 38, 39, 39, 62], {75: 4, 39: 5, 62: 6, 38: 1}),
    "the rims of electronic kits": ([22, 26, 58], {22: 2, 26: 3, 58: 4}),
    "no percussion key": ([5, 105], {5: -1, 105: -1}),
}


@pytest.mark.parametrize(("keys", "expected"), KITS.values(), ids=KITS)
def test_voices_of_keys(keys: list[int], expected: dict[int, int]) -> None:
    voices = voices_of_keys(np.array(keys))
    assert {key: voices[key] for key in set(keys)} == expected


def test_micro_timing_swing_and_drums_keep_their_feel() -> None:
    swung = [(beat + shift, 0.3, 60 + beat) for beat in range(4) for shift in (0, 2 / 3)]
    played = [(0.012, 0.1, 36, 101), (0.98, 0.1, 38, 87), (1.507, 0.1, 42, 44), (3.06, 0.1, 46, 120)]
    score = score_of({DRUMS: played, LEAD: swung})
    back = song_to_score(score_to_song(score))
    assert [row[3:] for row in note_rows(back)] == [row[3:] for row in note_rows(score)]
    gap = [a[1] - b[1] for a, b in zip(note_rows(back), note_rows(score), strict=True)]
    assert np.abs(gap).max() < 1 / 4 / 256  # quarter notes: half a unit


def test_one_late_note_does_not_drag_the_chord() -> None:
    notes = [(1, 1, 60), (1, 1, 64), (1.09, 1, 67), (1.125, 0.1, 72), (1.25, 1, 71)]
    song = score_to_song(score_of({CHORDS: notes}))
    assert song.bars.offset[0, 4, 1] == 0
    assert chords_text(song)[72][4] == "x"


@pytest.mark.parametrize(
    ("notes", "expected"),
    [
        ({LEAD: [(0, 1, 72), (0, 1, 60)]}, {"lead": {"doubles another line": 1}}),
        ({LEAD: [(0, 0.1, 60), (0.1, 0.1, 62), (0.2, 0.1, 64)]}, {"lead": {"faster than the grid": 1}}),
        ({CHORDS: [(0, 1, 60), (0, 1, 60)]}, {"chords": {"doubles another line": 1}}),
        ({BASS: [(0, 1, 48)], CHORDS: [(0, 1, 48), (0, 1, 60)]}, {"chords": {"doubles another line": 1}}),
        ({CHORDS: [(0, 1, 60 + 2 * step) for step in range(8)]}, {"chords": {"thinned chord": 2}}),
        ({DRUMS: [(0, 1, 36), (1, 1, 105)]}, {"none": {"not a percussion key": 1}}),
        ({LEAD: [(0, 1, 60)], Track("Gunshot", 127, is_drum=False): [(0, 1, 60)]}, {"none": {"no role": 1}}),
        (
            band({str(n): [(beat, 1, 60 + n) for beat in range(4 - n)] for n in range(3)}),
            {"chords": {"another track": 2}},
        ),
    ],
)
def test_what_is_lost_is_counted(notes: dict, expected: dict) -> None:
    score = score_of(notes)
    song = score_to_song(score)
    assert song.lost == expected
    num_lost = sum(sum(reasons.values()) for reasons in song.lost.values())
    assert num_onsets(song.bars) == len(score.notes) - num_lost
    assert sum(song.num_notes.values()) == len(score.notes) - sum(song.lost.get("none", {}).values())


def test_two_notes_of_a_line_at_once_accompany() -> None:
    song = score_to_song(score_of({LEAD: [(0, 1, 72), (0, 1, 68)]}))
    assert line_text(song, "lead")[:10] == "72 - - - ."
    assert chords_text(song) == {68: "x---............"}


def test_thinning_keeps_pitch_classes() -> None:
    notes = [(0, 1, pitch) for pitch in (48, 52, 55, 59, 60, 62, 64, 67)]
    kept = chords_text(score_to_song(score_of({CHORDS: notes})))
    assert len(kept) == MAX_CHORD_ONSETS
    assert {pitch % 12 for pitch in kept} == {0, 2, 4, 7, 11}


@pytest.mark.parametrize("tonic", range(12))
def test_the_key_is_normalised_and_restored(tonic: int) -> None:
    scale = [(step, 1, 60 + tonic + pitch) for step, pitch in enumerate((0, 4, 7, 12, 7, 5, 4, 2, 0, 2, 4, 0))]
    score = score_of({LEAD: scale, DRUMS: [(0, 0.1, 36)]})
    song = score_to_song(score)
    assert (song.transpose + tonic) % 12 == 0
    assert song.bars.lead[0, 0] == FIRST_PITCH + 60 + tonic + song.transpose - LEAD_LOW
    back = song_to_score(song)
    assert note_rows(back)[1:] == note_rows(score)[1:]
    assert back.key_signature == ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")[tonic]


def test_fold_octaves() -> None:
    pitch = np.array([0, 23, 35, 36, 60, 95, 96, 127])
    assert fold_octaves(pitch, 36, 60).tolist() == [36, 47, 47, 36, 60, 95, 84, 91]


def test_programs_and_kit_are_remembered() -> None:
    parts = {
        DRUMS: [(0, 0.1, 35)],
        Track("Fretless", 35, is_drum=False): [(0, 4, 40)],
        Track("Organ", 16, is_drum=False): [(0, 4, 60), (0, 4, 64)],
        Track("Sax", 66, is_drum=False): [(0, 4, 72)],
    }
    song = score_to_song(score_of(parts))
    assert song.programs == (35, 16, 66)
    assert song.kit == (35, *VOICE_PITCH[1:])
    back = song_to_score(song, text="from a test")
    assert [(track.name, track.program, track.is_drum) for track in back.tracks] == [
        ("Drums", 0, True),
        ("Bass", 35, False),
        ("Chords", 16, False),
        ("Lead", 66, False),
    ]
    assert back.text == "from a test"


def test_metres_and_tempos_are_written_where_they_change() -> None:
    score = score_of({LEAD: [(0, 13, 60)]}, metres=[(0, 3, 4), (6, 4, 4)], tempos=[(0, 100), (6, 101)])
    back = song_to_score(score_to_song(score))
    assert back.metres.tolist() == [[0, 3, 4], [6, 4, 4]]
    assert back.tempos.tolist() == [[0, 100], [6, 101]]
    assert back.length == back.end == 14


@pytest.mark.parametrize(
    ("score", "reason"),
    [
        (score_of({LEAD: [(0, 1, 60), (90_000, 1, 60)]}), r"22,500 bars; at most 20,000 are read"),
        (score_of({LEAD: [(0, 1, 60)]}, metres=[(0, 1, 64)]), r"unsupported metre \(1/64\)"),
    ],
)
def test_bad_pieces(score: Score, reason: str) -> None:
    with pytest.raises(MidiError, match=reason):
        score_to_song(score)


def test_ten_thousand_bars() -> None:
    song = score_to_song(score_of({LEAD: [(4 * bar, 1, 60) for bar in range(10_000)]}))
    assert len(song.bars) == 10_000
    assert len(song_to_score(song).notes) == 10_000


def test_bars_from_a_network_need_not_make_sense() -> None:
    """A hold that nothing sounds before is a rest; the first note cannot be early; velocity 0 is played softly."""
    bars = Bars.empty(1)
    bars.lead[0, :3] = HOLD, FIRST_PITCH + 24, HOLD
    bars.chords[0, :2, 30] = HOLD
    bars.drums[0, 0, 0], bars.drums_offset[0, 0, 0] = 127, -128
    assert note_rows(song_to_score(Song(bars))) == [("Drums", 0, 0.125, 36, 127), ("Lead", 0.25, 0.5, 60, 1)]
    assert note_rows(song_to_score(Song(Bars.empty(2)))) == []
    assert score_to_midi(song_to_score(Song(Bars.empty(2))))[:4] == b"MThd"


def test_bars() -> None:
    bars = Bars.empty(4, metre=(6, 8), tempo=90)
    bars.lead[1, 0] = FIRST_PITCH
    assert len(bars) == 4
    assert bars.num_steps.tolist() == [12] * 4
    assert bars.num_beats.tolist() == [3] * 4
    assert bars.has_notes.tolist() == [False, True, False, False]
    assert bars[1:2].has_notes.tolist() == [True]
    assert bars[np.array([3, 1])].has_notes.tolist() == [False, True]
    assert Bars.concatenate([bars, bars[:1]]).tempo.tolist() == [90] * 5


METRES = [(4, 4), (3, 4), (2, 4), (2, 2), (6, 8), (9, 8), (12, 8), (5, 4), (7, 8), (3, 8)]


@st.composite
def played(draw: st.DrawFn) -> Score:
    """Up to six bars of a metre, in tracks named as `render` does; times are anything."""
    numerator, denominator = draw(st.sampled_from(METRES))
    end = 4 * numerator / denominator * draw(st.integers(1, 6))
    onset = st.integers(0, int(end * 96) - 1).map(lambda tick: tick / 96)
    parts = {}
    pitches = {DRUMS: VOICE_PITCH, BASS: range(42, 51), CHORDS: range(52, 81), LEAD: range(60, 89)}
    for track, pitch in pitches.items():
        note = st.tuples(onset, st.floats(0.01, 6), st.sampled_from(pitch), st.integers(1, 127))
        if notes := draw(st.lists(note, max_size=12)):
            parts[track] = notes
    parts = parts or {LEAD: [(0.0, 1.0, 60)]}
    tempo = draw(st.integers(40, 200))
    return score_of(parts, metres=[(0, numerator, denominator)], tempos=[(0, tempo)])


@settings(max_examples=150, deadline=None, derandomize=True)
@given(played())
def test_a_song_survives_its_piece(score: Score) -> None:
    """song -> score -> song gives the same bars, and song -> score -> song -> score the same notes."""
    song = score_to_song(score)
    back = song_to_score(song)
    again = score_to_song(back)
    assert note_rows(song_to_score(again)) == note_rows(back)
    assert (again.bars.metre == song.bars.metre).all()
    assert again.bars.tempo == pytest.approx(song.bars.tempo, rel=1e-5)
    assert again.lost == {}
    for name in ("drums", "drums_offset", "velocity", "offset"):
        assert (getattr(again.bars, name) == getattr(song.bars, name)).all()
    if again.transpose == song.transpose:
        assert (again.programs, again.kit) == (song.programs, song.kit)
        for name in ("bass", "chords", "lead"):
            assert (getattr(again.bars, name) == getattr(song.bars, name)).all()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(played())
def test_what_is_written_is_fit_to_play(score: Score) -> None:
    """It ends on a bar line, lines do not overlap, nothing has zero length, and bytes change no note."""
    song = score_to_song(score)
    back = song_to_score(song)
    assert back.end == back.length == song.bars.num_steps.sum() / 4
    assert (back.notes["duration"] > 0).all()
    assert (back.notes["onset"] >= 0).all()
    for name in ("Bass", "Lead"):
        line = [row for row in note_rows(back) if row[0] == name]
        assert all(before[1] + before[2] <= after[1] + 1e-5 for before, after in pairwise(line))
    read = midi_to_score(score_to_midi(back))
    assert Counter((row[0], *row[3:]) for row in note_rows(read)) == Counter((r[0], *r[3:]) for r in note_rows(back))
    assert np.abs(np.sort(read.notes["onset"]) - np.sort(back.notes["onset"])).max() <= 0.5 / 480 + 1e-9
    assert np.count_nonzero(song.bars.chords == ONSET, axis=2).max() <= MAX_CHORD_ONSETS


def test_drums_of_no_general_midi_key_say_so() -> None:
    with pytest.raises(MidiError, match=r"none of its drum keys is General MIDI's; move 1, 100 to 36 \(kick\)"):
        score_to_song(score_of({DRUMS: [(beat, 0.1, 1 + beat % 2 * 99) for beat in range(8)]}))
