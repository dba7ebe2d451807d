"""New chords are shared out among the tracks that accompanied: each keeps its register, its lengths and its share."""

from dataclasses import replace
from pathlib import Path

import mido
import numpy as np
import pytest
from midi_tracks import TICKS, beats, note, notes_of, others_of, program, save_tracks, track

from groovevae.bars.choices import Choices
from groovevae.bars.constants import ROLES
from groovevae.midi.events import write_events
from groovevae.reports.tracks import file_shown
from groovevae.tracks import Original, Rewriting, composed, load_original, reading_line
from groovevae.tracks.played import PLAYED_DTYPE
from groovevae.tracks.sharing import NOBODY, shared_out
from groovevae.tracks.summary import file_read

Row = tuple[int, int, int, int]  # track, bar, pitch, length in steps


def played(*rows: Row) -> np.ndarray:
    notes = np.zeros(len(rows), PLAYED_DTYPE)
    for place, (chunk, bar, pitch, length) in enumerate(rows):
        notes[["chunk", "bar", "pitch", "on", "off"]][place] = (chunk, bar, pitch, 0, length)
    return notes


def tracks_of(new: np.ndarray, before: np.ndarray, same: list[int] | None = None) -> list[int]:
    index = shared_out(new, before, np.full(len(new), NOBODY) if same is None else np.array(same))
    return np.where(index == NOBODY, NOBODY, before["chunk"][index]).tolist()


LOW_AND_HIGH = [(1, 0, 48, 4), (1, 0, 52, 4), (2, 0, 72, 4), (2, 0, 76, 4)]
PAD_AND_COMP = [(1, 0, 60, 16), (1, 0, 64, 16), (2, 0, 60, 1), (2, 0, 64, 1)]
MOST_AND_LEAST = [(1, 0, 60, 4), (1, 0, 62, 4), (1, 0, 64, 4), (2, 0, 72, 4)]


@pytest.mark.parametrize(
    ("before", "new", "expected"),
    [
        pytest.param(
            LOW_AND_HIGH, [(0, 0, 70, 4), (0, 0, 50, 4), (0, 0, 69, 4), (0, 0, 53, 4)], [2, 1, 2, 1], id="low"
        ),
        pytest.param(
            PAD_AND_COMP, [(0, 0, 62, 8), (0, 0, 62, 2), (0, 0, 65, 2), (0, 0, 65, 8)], [1, 2, 2, 1], id="pad"
        ),
        pytest.param(MOST_AND_LEAST, [(0, 0, pitch, 4) for pitch in (81, 82, 83, 84)], [1, 1, 1, 2], id="its share"),
        pytest.param(MOST_AND_LEAST, [(0, 0, 60, 4), (0, 0, 60, 4)], [1, 2], id="both, of two notes"),
        pytest.param(LOW_AND_HIGH, [(0, 0, 74, 4)], [2], id="the nearer, of one"),
        pytest.param(
            [(1, 0, 48, 4), (2, 1, 72, 4)], [(0, 1, 50, 4), (0, 0, 70, 4)], [2, 1], id="who played in the bar"
        ),
        pytest.param(LOW_AND_HIGH, [(0, 1, 60, 4)], [NOBODY], id="nobody played in the bar"),
    ],
)
def test_each_track_goes_on_with_its_part(before: list[Row], new: list[Row], expected: list[int]) -> None:
    assert tracks_of(played(*new), played(*before)) == expected


def test_a_note_that_was_there_stays_on_its_track() -> None:
    crossing = played((1, 0, 60, 4), (1, 0, 67, 4), (2, 0, 64, 4), (2, 0, 72, 4), (3, 0, 59, 1), (3, 0, 71, 1))
    assert tracks_of(crossing, crossing, list(range(6))) == crossing["chunk"].tolist()
    assert tracks_of(crossing, crossing) != crossing["chunk"].tolist()


STRINGS = [row for bar in range(4) for p in (48, 52, 55) for row in note(bar * 4 * TICKS, 4 * TICKS, p, channel=0)]


@pytest.fixture
def two_players(tmp_path: Path) -> Original:
    """Four bars: low strings that hold whole bars, with a pedal, and a high piano that plays each beat."""
    pedal = mido.Message("control_change", control=64, value=127, channel=0)
    piano = [row for pitch in (72, 76, 79) for row in beats([pitch] * 16, channel=1)]
    path = save_tracks(
        tmp_path / "two.mid",
        track("Strings", program(48, channel=0), (0, pedal), *STRINGS),
        track("Piano", program(0, channel=1), *piano),
    )
    return load_original(str(path), choices=Choices(roles=(("Strings", "chords"), ("Piano", "chords"))))


def moved(original: Original, *, semitones: int, piano: int = 0) -> mido.MidiFile:
    """The file with all chords moved and another instrument for most of them."""
    song = original.reading.song
    chords = np.roll(song.bars.chords, semitones, axis=2)
    song = replace(song, bars=replace(song.bars, chords=chords), programs=(33, piano, 0))
    fresh = np.tile([role == "chords" for role in ROLES], (len(song.bars), 1))
    rewriting = Rewriting(original, np.arange(len(song.bars)), fresh)
    data = write_events(composed(rewriting, song))
    path = Path(original.path).with_name("moved.mid")
    path.write_bytes(data)
    return mido.MidiFile(path)


def test_both_players_move(two_players: Original) -> None:
    after = notes_of(moved(two_players, semitones=2))
    assert {row[3] for row in after["Strings"]} == {50, 54, 57}
    assert {row[3] for row in after["Piano"]} == {74, 78, 81}
    assert [len(after[name]) for name in ("Strings", "Piano")] == [12, 48]


def test_what_belonged_to_the_old_notes_goes_from_both_tracks(two_players: Original) -> None:
    messages = [row for _, row in others_of(moved(two_players, semitones=2), "Strings")]
    assert "control_change" not in [row["type"] for row in messages]
    assert [row["program"] for row in messages if row["type"] == "program_change"] == [48]


def test_another_instrument_is_for_the_main_player(two_players: Original) -> None:
    after = moved(two_players, semitones=2, piano=25)
    for name, number in (("Strings", 48), ("Piano", 25)):
        found = [row["program"] for _, row in others_of(after, name) if row["type"] == "program_change"]
        assert found == [number]
    assert {row[3] for row in notes_of(after)["Strings"]} == {50, 54, 57}


def test_another_instrument_beside_a_tune_that_stays(tmp_path: Path) -> None:
    piano = [row for pitch in (65, 69, 72) for row in beats([pitch] * 16, channel=1, ticks=TICKS // 2)]
    path = save_tracks(
        tmp_path / "tune.mid",
        track("Strings", program(48, channel=0), *STRINGS),
        track("Piano", program(0, channel=1), *beats([84, 86, 88, 86] * 4, channel=1), *piano),
    )
    after = notes_of(moved(load_original(str(path)), semitones=2, piano=25))
    assert {name: {row[3] for row in rows} for name, rows in after.items()} == {
        "Strings": {50, 54, 57},
        "Piano": {84, 86, 88},
        "Chords": {67, 71, 74},
    }


def test_who_shares_the_chords_is_told(two_players: Original) -> None:
    assert "Strings, Piano share the chords; 4 bars" in reading_line(two_players)
    shown = list(file_shown(file_read(two_players)))
    assert [line.endswith("shares the chords in 4 bars") for line in shown[-2:]] == [True, True]
