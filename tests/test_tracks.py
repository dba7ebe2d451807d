"""What comes back of a user's file: every track, to the tick, but for what is written anew."""

import io
from dataclasses import replace
from pathlib import Path

import mido
import numpy as np
import pytest
from midi_tracks import TICKS, beats, note, notes_of, others_of, program, save_tracks, song_file, track

from groovevae.bars import Bars, Song
from groovevae.bars.choices import Choices
from groovevae.bars.constants import ROLES
from groovevae.midi.events import write_events
from groovevae.tracks import NOWHERE, Original, Rewriting, composed, load_original, reading_line


@pytest.fixture
def original(tmp_path: Path) -> Original:
    return load_original(str(song_file(tmp_path)))


def rewritten(
    original: Original,
    *roles: str,
    bars: list[int] | None = None,
    song: Song | None = None,
    fresh: np.ndarray | None = None,
) -> mido.MidiFile:
    index = np.arange(len(original.reading.song.bars)) if bars is None else np.array(bars)
    whole = original.reading.song
    song = song or replace(whole, bars=whole.bars[np.maximum(index, 0)])
    if fresh is None:
        fresh = np.tile([role in roles for role in ROLES], (len(index), 1))
    data = write_events(composed(Rewriting(original, index, fresh), song, text="groovevae test"))
    return mido.MidiFile(file=io.BytesIO(data), charset="utf-8")


def test_a_file_of_which_nothing_is_new_comes_back(original: Original, tmp_path: Path) -> None:
    before = mido.MidiFile(tmp_path / "song.mid")
    after = rewritten(original)
    assert notes_of(after) == notes_of(before)
    for name in ("Flute", "Bass", "Piano", "Kit", "Telephone"):
        assert others_of(after, name) == others_of(before, name)
    texts = [row for row in others_of(after, "Song") if row not in others_of(before, "Song")]
    assert [row[1]["text"] for row in texts] == ["groovevae test"]
    assert after.ticks_per_beat == 480


def test_only_what_is_new_changes(original: Original, tmp_path: Path) -> None:
    whole = original.reading.song
    song = replace(
        whole, bars=replace(whole.bars, bass=np.where(whole.bars.bass > 1, whole.bars.bass + 1, whole.bars.bass))
    )
    before, after = notes_of(mido.MidiFile(tmp_path / "song.mid")), notes_of(rewritten(original, "bass", song=song))
    assert {name: rows for name, rows in after.items() if name != "Bass"} == {
        name: rows for name, rows in before.items() if name != "Bass"
    }
    assert [row[3] for row in after["Bass"]] == [row[3] + 1 for row in before["Bass"]]
    assert {row[0] for row in after["Bass"]} == {1}


def test_what_belonged_to_the_old_notes_goes_with_them(original: Original) -> None:
    assert "pitchwheel" not in [row["type"] for _, row in others_of(rewritten(original, "bass"), "Bass")]
    assert "control_change" not in [row["type"] for _, row in others_of(rewritten(original, "chords"), "Piano")]
    assert [row["text"] for _, row in others_of(rewritten(original, "lead"), "Flute") if row["type"] == "lyrics"] == [
        "la"
    ]


def test_one_new_bar_leaves_the_others(original: Original, tmp_path: Path) -> None:
    fresh = np.zeros((4, 4), bool)
    fresh[1, ROLES.index("lead")] = True
    silent = replace(original.reading.song, bars=Bars.empty(4))
    after = notes_of(rewritten(original, song=silent, fresh=fresh))["Flute"]
    before = notes_of(mido.MidiFile(tmp_path / "song.mid"))["Flute"]
    assert after == [row for row in before if not 4 * TICKS <= row[1] < 8 * TICKS]


def test_another_program_takes_the_place_of_the_old_one(original: Original) -> None:
    song = replace(original.reading.song, programs=(38, 0, 73))
    found = [
        row for _, row in others_of(rewritten(original, "bass", song=song), "Bass") if row["type"] == "program_change"
    ]
    assert [row["program"] for row in found] == [38]


def test_a_role_that_the_file_lacks_gets_a_track(tmp_path: Path) -> None:
    tune = load_original(
        str(save_tracks(tmp_path / "tune.mid", track("Tune", *beats([72, 74, 76, 77] * 4, channel=0))))
    )
    bars = tune.reading.song.bars
    bars.drums[:, ::4, 0] = 100
    after = rewritten(tune, "drums")
    assert [one.name for one in after.tracks] == ["Tune", "Drums"]
    assert {row[0] for row in notes_of(after)["Drums"]} == {9}
    assert len(notes_of(after)["Drums"]) == 16


@pytest.mark.parametrize(
    ("bars", "begins"),
    [([0, 1], 0), ([2, 3], 8), ([1, 2, 3, 0], 4)],
)
def test_bars_of_a_file_come_with_all_tracks(original: Original, tmp_path: Path, bars: list[int], begins: int) -> None:
    before, after = notes_of(mido.MidiFile(tmp_path / "song.mid")), notes_of(rewritten(original, bars=bars))
    for name in ("Flute", "Bass", "Kit"):
        expected = []
        for place, bar in enumerate(bars):
            shift = (place - bar) * 4 * TICKS
            rows = [row for row in before[name] if bar * 4 * TICKS <= row[1] < (bar + 1) * 4 * TICKS]
            expected += [(row[0], row[1] + shift, row[2] + shift, *row[3:]) for row in rows]
        assert [row for row in after[name] if row[2] < len(bars) * 4 * TICKS] == [
            row for row in sorted(expected) if row[2] < len(bars) * 4 * TICKS
        ]
    assert len(after["Telephone"]) == (4 if 0 in bars else 0)
    assert begins in (0, 4, 8)


def test_added_bars_follow_the_file(original: Original, tmp_path: Path) -> None:
    whole = original.reading.song
    song = replace(whole, bars=Bars.concatenate([whole.bars, whole.bars[:1]]))
    index = [0, 1, 2, 3, NOWHERE]
    fresh = np.tile(np.array(index)[:, None] == NOWHERE, (1, 4))
    before = notes_of(mido.MidiFile(tmp_path / "song.mid"))
    after = notes_of(rewritten(original, bars=index, song=song, fresh=fresh))
    for name in ("Flute", "Bass", "Kit"):
        assert [row for row in after[name] if row[1] < 16 * TICKS] == before[name]
        assert len([row for row in after[name] if row[1] >= 16 * TICKS]) == 4


def test_another_key_moves_every_pitched_track(original: Original, tmp_path: Path) -> None:
    song = replace(original.reading.song, transpose=original.reading.song.transpose - 2)
    before, after = notes_of(mido.MidiFile(tmp_path / "song.mid")), rewritten(original, song=song)
    for name, rows in notes_of(after).items():
        if name not in ("Song", "Kit"):
            assert [row[3] for row in rows] == [row[3] + 2 for row in before[name]]
    assert notes_of(after)["Kit"] == before["Kit"]


def test_another_tempo_moves_no_note(original: Original, tmp_path: Path) -> None:
    bars = original.reading.song.bars
    song = replace(original.reading.song, bars=replace(bars, tempo=np.full(4, 60, np.float32)))
    after = rewritten(original, song=song)
    assert notes_of(after) == notes_of(mido.MidiFile(tmp_path / "song.mid"))
    tempos = [row["tempo"] for _, row in others_of(after, "Song") if row["type"] == "set_tempo"]
    assert tempos == [1_000_000]


@pytest.mark.parametrize("role", ROLES)
def test_no_note_hangs_and_the_file_ends_on_a_bar(original: Original, role: str) -> None:
    after = rewritten(original, role)
    assert {sum(message.time for message in one) for one in after.tracks} == {16 * 480}
    notes_of(after)  # pairs every beginning with an end


def test_what_was_read_is_told(original: Original) -> None:
    line = reading_line(original)
    for part in ("Flute -> lead 16", "Bass -> bass 16", "Piano -> chords 48", "Kit -> drums 16", "4 bars of 4/4"):
        assert part in line
    assert "1 other track left as it was" in line


def test_roles_by_hand_say_what_is_written_anew(tmp_path: Path) -> None:
    path = song_file(tmp_path)
    by_hand = load_original(str(path), choices=Choices(roles=(("Flute", "-"),)))
    assert notes_of(rewritten(by_hand, *ROLES))["Flute"] == notes_of(mido.MidiFile(path))["Flute"]


def test_stems_sound_together(tmp_path: Path) -> None:
    ticks = {"kick": 96, "bass": 480, "tune": 120}
    parts = {
        name: [row for at in range(16) for row in note(at * ticks[name], ticks[name] // 2, pitch, channel=channel)]
        for name, pitch, channel in (("kick", 36, 9), ("bass", 36, 0), ("tune", 72, 0))
    }
    paths = [
        str(save_tracks(tmp_path / f"{name}.mid", track("", *rows), ticks=ticks[name])) for name, rows in parts.items()
    ]
    together = load_original(*paths)
    assert [one.name for one in together.reading.score.tracks] == ["kick", "bass", "tune"]
    assert len({channel for one in together.reading.score.tracks for channel in one.channels}) == 3
    onsets = together.reading.score.notes["onset"]
    assert np.unique(onsets).tolist() == list(range(16))


def test_what_several_tracks_share_stays_theirs(tmp_path: Path) -> None:
    path = save_tracks(
        tmp_path / "stems.mid",
        track("Kick", *[row for at in range(0, 16, 2) for row in note(at * TICKS, 20, 36, channel=9)]),
        track("Snare", *[row for at in range(1, 16, 2) for row in note(at * TICKS, 20, 38, channel=9)]),
        track("Low", program(48, channel=0), *beats([60] * 16, channel=0)),
        track("High", program(27, channel=1), *[row for p in (64, 67) for row in beats([p] * 16, channel=1)]),
    )
    stems = load_original(str(path), choices=Choices(roles=(("Low", "chords"), ("High", "chords"))))
    assert notes_of(rewritten(stems, "drums", "chords")).keys() == {"Kick", "Snare", "Low", "High"}
    for name, pitches in (("Kick", {36}), ("Snare", {38}), ("Low", {60}), ("High", {64, 67})):
        assert {row[3] for row in notes_of(rewritten(stems, "drums", "chords"))[name]} == pitches


def test_a_new_tune_is_played_by_whoever_played_it_there(tmp_path: Path) -> None:
    """Two tracks lead in turns, one for longer: other pitches, later, are not left to that one alone."""
    verse, bridge = beats([72, 74, 76, 77] * 6, channel=0), beats([79, 77, 76, 74] * 2, channel=1)
    later = [(tick + 24 * TICKS, message) for tick, message in bridge]
    path = save_tracks(tmp_path / "turns.mid", track("Verse", *verse), track("Bridge", *later))
    turns = load_original(str(path), choices=Choices(roles=(("Verse", "lead"), ("Bridge", "lead"))))
    song = turns.reading.song
    lead = np.roll(np.where(song.bars.lead > 1, song.bars.lead + 1, song.bars.lead), 2, axis=1)
    after = notes_of(rewritten(turns, "lead", song=replace(song, bars=replace(song.bars, lead=lead))))
    assert [row[3] for row in after["Verse"]] == [73, 75, 77, 78] * 6
    assert [row[3] for row in after["Bridge"]] == [80, 78, 77, 75] * 2


def test_drums_that_are_not_marked_go_to_the_drum_channel(tmp_path: Path) -> None:
    hits = [row for at in range(32) for row in note(at * TICKS // 2, 20, (36, 42, 38, 42)[at % 4], channel=0)]
    loop = load_original(str(save_tracks(tmp_path / "loop.mid", track("", *hits))))
    [rows] = [rows for rows in notes_of(rewritten(loop, "drums")).values() if rows]
    assert {row[0] for row in rows} == {9}
    assert len(rows) == 32


def test_what_doubles_a_part_goes_on_doubling_it(tmp_path: Path) -> None:
    comp = [row for pitch in (60, 64, 67) for row in beats([pitch] * 16, channel=0)]
    upper = [row for pitch in (64, 67) for row in beats([pitch] * 16, channel=1)]
    path = save_tracks(
        tmp_path / "double.mid",
        track("Piano", program(0, channel=0), *comp),
        track("Strings", program(48, channel=1), *upper),
    )
    by_hand = Choices(roles=(("Piano", "chords"), ("Strings", "chords")))
    double = load_original(str(path), choices=by_hand)
    song = double.reading.song
    chords = np.roll(song.bars.chords, 2, axis=1)  # half a beat later
    chords[:, :2] = 0
    after = notes_of(rewritten(double, "chords", song=replace(song, bars=replace(song.bars, chords=chords))))
    assert {row[3] for row in after["Strings"]} == {64, 67}
    assert {row[1] for row in after["Strings"]} == {row[1] for row in after["Piano"]}
    assert min(row[1] for row in after["Strings"]) == TICKS / 2


def test_what_comes_after_some_bars_does_not_come_with_them(tmp_path: Path) -> None:
    changes = [(at * 4 * TICKS, mido.MetaMessage("set_tempo", tempo=500_000 + at)) for at in range(16)]
    notes = beats([72, 74, 76, 77] * 16, channel=0)
    path = save_tracks(tmp_path / "long.mid", track("Tune", *notes, *changes))
    long = load_original(str(path))
    for bars in ([0, 1], [3, 4, 5]):
        after = rewritten(long, "drums", bars=bars)
        assert {sum(message.time for message in one) for one in after.tracks} == {len(bars) * 4 * 480}
        tempos = [row["tempo"] for _, row in others_of(after, "Tune") if row["type"] == "set_tempo"]
        assert tempos == [500_000 + bar for bar in bars]


def waltz_file(folder: Path, *metres: tuple[int, int]) -> Path:
    """Sixteen bars of a bass on one, chords on two and three; time signatures as given, a bar of 4/4 apart."""
    bass = [row for bar in range(16) for row in note(3 * bar * TICKS, TICKS, (33, 41, 36, 43)[bar % 4], channel=1)]
    chords = [
        row
        for bar in range(16)
        for beat in (1, 2)
        for pitch in (60, 64)
        for row in note((3 * bar + beat) * TICKS, TICKS - 20, pitch, channel=2)
    ]
    stated = [
        (4 * TICKS * at, mido.MetaMessage("time_signature", numerator=numerator, denominator=denominator))
        for at, (numerator, denominator) in enumerate(metres)
    ]
    return save_tracks(folder / "waltz.mid", track("Song", *stated), track("Bass", *bass), track("Chords", *chords))


@pytest.mark.parametrize(
    ("stated", "choices", "written"),
    [
        ((), Choices(), [(0, 3, 4)]),  # from the notes
        (((4, 4),), Choices(), [(0, 3, 4)]),  # from the notes, where the file says 4/4
        (((4, 4), (4, 4)), Choices(), [(0, 4, 4), (4, 4, 4)]),  # believed: the file's own
        (((4, 4), (4, 4)), Choices(metre=(3, 4)), [(0, 3, 4)]),
        (((3, 4),), Choices(), [(0, 3, 4)]),
        ((), Choices(metre=(4, 4)), []),  # MIDI's default needs no time signature
        ((), Choices(metre=(6, 4)), [(0, 6, 4)]),
    ],
)
def test_time_signatures_are_those_that_the_bars_have(
    tmp_path: Path, stated: tuple, choices: Choices, written: list[tuple[int, int, int]]
) -> None:
    after = rewritten(load_original(str(waltz_file(tmp_path, *stated)), choices=choices), "chords")
    rows = [(at / TICKS, row) for at, row in others_of(after, "Song") if row["type"] == "time_signature"]
    assert [(at, row["numerator"], row["denominator"]) for at, row in rows] == written


def test_a_name_as_long_as_a_text_is_cut_where_it_is_told(tmp_path: Path) -> None:
    path = save_tracks(tmp_path / "long.mid", track("words " * 100, *beats([60, 62, 64, 65], channel=0)))
    told = reading_line(load_original(str(path)))
    assert told.endswith("words words words words words words words words words wor... -> lead 4; 1 bar of 4/4")


def test_new_drums_get_a_channel_of_their_own_where_channel_10_is_an_instrument(tmp_path: Path) -> None:
    """GS can make it one; then drums written there would be played by that instrument."""
    melodic = mido.Message("sysex", data=bytes.fromhex("41104212401015001b"))
    path = save_tracks(tmp_path / "lead.mid", track("Lead", (0, melodic), *beats([72, 74, 76, 77] * 2, channel=9)))
    original = load_original(str(path))
    song = original.reading.song
    bars = replace(song.bars, drums=song.bars.drums.copy())
    bars.drums[:, ::4, 0] = 100
    after = rewritten(original, "drums", song=replace(song, bars=bars))
    assert {row[0] for row in notes_of(after)["Lead"]} == {9}
    assert {row[0] for row in notes_of(after)["Drums"]} == {0}
    after.save(tmp_path / "after.mid")
    read = load_original(str(tmp_path / "after.mid")).reading
    assert [(one.name, one.is_drum) for one in read.score.tracks] == [("Lead", False), ("Drums", True)]
    assert bytes(others_of(after, "Drums")[0][1]["data"]).hex() == "411042124011150119"
