"""Where a song goes on: like which of its bars, with what repeated, on which tracks."""

import io
from itertools import chain
from pathlib import Path

import mido
import numpy as np
import pytest
from midi_tracks import TICKS, beats, note, notes_of, program, save_tracks, track
from test_arranging import melody
from test_recurring import chords, in_three

from groovevae import Groove
from groovevae.arranging.lead_sheet import harmony
from groovevae.arranging.loudness import loudness_of
from groovevae.arranging.recurring import bars_ahead
from groovevae.bars import Bars
from groovevae.bars.constants import CHORDS, DRUMS, LEAD, ROLES
from groovevae.config import MAX_SEED
from groovevae.generation.continuing import after_ending, plan_ahead, roles_ahead
from groovevae.generation.infilling import _text
from groovevae.generation.song_requests import ContinueRequest, InfillRequest
from groovevae.model.phrase_forms import NEW, SILENT


@pytest.mark.parametrize(
    ("roots", "like"),
    [
        ("AFCG", [0, 1, 2, 3, 0, 1, 2, 3]),  # a loop goes round
        ("AFCG" * 2 + "DGCE" * 2 + "AFCG" * 2, [*range(8, 16)]),  # after a verse comes the chorus, as before
        ("CAFGCA", [2, 3, 0, 1, 2, 3, 0, 1]),  # a loop that stopped half way
        ("CCCCFFCCGFCG", [*range(8)]),  # a blues begins again, at its beginning
        ("CFCDFFCDGFCG", [*range(8)]),  # also one whose last bars are a little like some in its middle
        ("CFCDFFCDGFCG" * 2, [*range(12)]),
        ("AFCG" * 2 + "CGAF" * 2, [8, 9, 10, 11] * 2),  # not like a place that lies half a phrase away
    ],
)
def test_a_piece_goes_on_as_it_did_where_it_was_like_this(roots: str, like: list[int]) -> None:
    song = chords(roots)
    np.testing.assert_array_equal(harmony(song[bars_ahead(song, len(like))]), harmony(song[np.array(like)]))


def test_a_long_way_ahead_leads_through_the_form() -> None:
    verse, chorus = "AFCG" * 2, "DGCE" * 2
    song = chords(verse + chorus + verse)
    ahead = bars_ahead(song, 20)
    np.testing.assert_array_equal(harmony(song[ahead]), harmony(chords(chorus + verse + chorus[:4])))
    np.testing.assert_array_equal(ahead[:8], bars_ahead(song, 8))


def test_a_piece_goes_on_in_its_last_metre() -> None:
    song = Bars.concatenate([chords("CAFGCAFG"), in_three(3)])
    assert bars_ahead(song, 5).tolist() == [8, 9, 10, 8, 9]


def test_without_harmony_the_last_phrase_comes_again() -> None:
    assert bars_ahead(melody(*range(60, 70)), 10).tolist() == [*range(2, 10), 2, 3]


@pytest.mark.parametrize("past", ["AFCGAFC", "AFCGAFCG"])
def test_after_a_held_last_chord_a_phrase_begins(past: str) -> None:
    """Whether the chord completes a phrase or comes after one."""
    song = chords(past)
    np.testing.assert_array_equal(harmony(song[after_ending(song, 8, num_ending=1)]), harmony(chords("AFCG" * 2)))


def band(*plays: tuple[int, int]) -> Bars:
    """Bars in which the drums strike the first of these keys and the lead the second, if they are not 0."""
    bars = Bars.empty(len(plays))
    for bar, (key, pitch) in enumerate(plays):
        bars.drums[bar, 0, key] = 100 * (key > 0)
        bars.lead[bar, 0] = pitch
    return bars


def test_drums_repeat_and_a_tune_goes_on() -> None:
    past = band((1, 20), (2, 21), (1, 20), (2, 21))
    plan = plan_ahead(past, np.tile([[0], [1], [2], [3]], (1, len(ROLES))))
    assert (plan[:4] == NEW).all()
    assert plan[4:, DRUMS].tolist() == [2, 2, 2, 2]
    assert plan[4:, LEAD].tolist() == [NEW, NEW, 2, 2]  # what repeats there repeats here, but is another tune
    assert (plan[4:, CHORDS] == SILENT).all()


def test_drums_that_do_not_recur_are_new() -> None:
    past = band((1, 0), (2, 0), (3, 0), (4, 0))
    plan = plan_ahead(past, np.tile([[0], [1], [2], [3]], (1, len(ROLES))))
    assert plan[4:, DRUMS].tolist() == [NEW] * 4


def test_what_would_only_repeat_is_new() -> None:
    past = band((1, 0), (2, 0), (1, 0), (2, 0))
    plan = plan_ahead(past, np.tile([[0], [1], [2], [3]], (1, len(ROLES))))
    assert plan[4:, DRUMS].tolist() == [NEW, NEW, 2, 2]


def test_who_played_at_the_end_plays_on() -> None:
    past = band((0, 20), (0, 21), (1, 22), (2, 0))
    like = roles_ahead(past, np.array([0, 1]), np.array([2, 3]))
    assert like[:, DRUMS].tolist() == [2, 3]  # which plays nowhere ahead
    assert like[:, LEAD].tolist() == [0, 1]


@pytest.mark.parametrize("command", ["continue", "infill"])
def test_new_bars_are_as_loud_as_those_around_them(groove: Groove, tmp_path: Path, command: str) -> None:
    loudness = []
    for velocity in (40, 70):
        pitches = [84, 86, 88, 84, 86, 88, 89, 86] * 4
        notes = [note(at * TICKS, TICKS, pitch, channel=3, velocity=velocity) for at, pitch in enumerate(pitches)]
        path = str(save_tracks(tmp_path / "song.mid", track("Lead", *chain.from_iterable(notes))))
        if command == "continue":
            [piece] = groove.continue_song(ContinueRequest(path, bars=4, seed=MAX_SEED))
        else:
            [piece] = groove.infill(InfillRequest(path, (5, 8), seed=MAX_SEED))
        loudness.append(loudness_of(piece.song.bars[-4:])[-1])
    assert loudness == pytest.approx([40, 70], abs=3)


@pytest.mark.parametrize(
    ("plays", "text"),
    [
        ((True, True, True, True), "a.mid with new drums, bass in bar 2, like rock"),
        ((False, True, True, True), "a.mid with new bass in bar 2, like rock, and no note for drums"),
        ((False, False, True, True), "a.mid with nothing in bar 2, like rock, and no note for drums, bass"),
    ],
)
def test_what_was_infilled_is_what_plays(plays: tuple[bool, ...], text: str) -> None:
    assert _text(InfillRequest("a.mid", (2, 2)), np.array([True, True, False, False]), plays, "rock") == text


def test_a_song_goes_on_at_its_last_tempo(groove: Groove, tmp_path: Path) -> None:
    """Also where it goes on like bars that were slower."""
    slow, fast = (mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm)) for bpm in (90, 150))
    tune = beats([84, 86, 88, 84, 86, 88, 89, 86] * 4, channel=3)
    path = save_tracks(tmp_path / "song.mid", track("Lead", (0, slow), (16 * TICKS, fast), *tune))
    [piece] = groove.continue_song(ContinueRequest(str(path), bars=4))
    assert piece.song.bars.tempo.tolist() == pytest.approx([90] * 4 + [150] * 8, rel=1e-4)


def test_each_track_goes_on(groove: Groove, tmp_path: Path) -> None:
    """A pad and an arpeggio share the chords, and a telephone that has rung stays silent."""
    held = [(bar * 4 * TICKS, pitch) for bar in range(4) for pitch in (48, 52, 55)]
    pad = [row for at, pitch in held for row in note(at, 4 * TICKS, pitch, channel=1)]
    arpeggio = beats([72, 76, 79, 76] * 4, channel=2, ticks=TICKS // 2)
    tune = beats([84, 86, 88, 84, 86, 88, 89, 86] * 2, channel=3)
    path = save_tracks(
        tmp_path / "song.mid",
        track("Pad", program(89, channel=1), *pad),
        track("Arp", program(81, channel=2), *arpeggio),
        track("Lead", program(80, channel=3), *tune),
        track("Telephone", program(124, channel=4), *note(0, TICKS, 62, channel=4)),
    )
    [piece] = groove.continue_song(ContinueRequest(str(path), bars=4, temperature=1.0))
    new = {
        name: [row for row in rows if row[1] >= 16 * TICKS]
        for name, rows in notes_of(mido.MidiFile(file=io.BytesIO(piece.midi))).items()
    }
    assert [name for name, rows in new.items() if rows] == ["Pad", "Arp", "Lead"]
    pitches = {name: np.mean([pitch for *_, pitch, _ in rows]) for name, rows in new.items() if rows}
    assert pitches["Pad"] < pitches["Arp"]
