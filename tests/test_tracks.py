"""What comes back of a user's file: every track, to the tick, but for what is written anew."""

import io
from dataclasses import replace
from pathlib import Path

import mido
import numpy as np
import pytest

from groovevae.bars import Bars, Song
from groovevae.bars.choices import Choices
from groovevae.bars.constants import ROLES
from groovevae.midi.events import write_events
from groovevae.tracks import NOWHERE, Original, Rewriting, composed, load_original, reading_line

TICKS = 96
Message = tuple[int, mido.Message | mido.MetaMessage]  # tick of its track, message


def note(tick: int, ticks: int, pitch: int, *, channel: int, velocity: int = 80) -> list[Message]:
    on = mido.Message("note_on", note=pitch, velocity=velocity, channel=channel)
    return [(tick, on), (tick + ticks, mido.Message("note_off", note=pitch, velocity=10, channel=channel))]


def track(name: str, *messages: Message) -> mido.MidiTrack:
    out, now = mido.MidiTrack([mido.MetaMessage("track_name", name=name)]), 0
    for tick, message in sorted(messages, key=lambda row: row[0]):
        out.append(message.copy(time=tick - now))
        now = tick
    return out


def beats(pitches: list[int], *, channel: int, ticks: int = TICKS) -> list[Message]:
    """One note a beat."""
    return [row for at, pitch in enumerate(pitches) for row in note(at * TICKS, ticks, pitch, channel=channel)]


def program(number: int, *, channel: int) -> Message:
    return 0, mido.Message("program_change", program=number, channel=channel)


def song_file(folder: Path, *, extra: list[mido.MidiTrack] | None = None) -> Path:
    """Four bars of a flute's tune with lyrics, a bass, piano chords with pedal, drums, and a telephone."""
    bend = mido.Message("pitchwheel", pitch=500, channel=1)
    pedal = [(at * 4 * TICKS, mido.Message("control_change", control=64, value=127, channel=2)) for at in range(4)]
    chords = [row for pitch in (60, 64, 67) for row in beats([pitch] * 16, channel=2, ticks=TICKS // 2)]
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS)
    file.tracks = [
        track(
            "Song", (0, mido.MetaMessage("set_tempo", tempo=500_000)), (5 * TICKS, mido.MetaMessage("marker", text="B"))
        ),
        track(
            "Flute",
            program(73, channel=0),
            *beats([72, 74, 76, 77] * 4, channel=0, ticks=TICKS - 3),
            (TICKS, mido.MetaMessage("lyrics", text="la")),
        ),
        track("Bass", program(33, channel=1), (7, bend), *beats([36, 36, 43, 43] * 4, channel=1)),
        track("Piano", program(0, channel=2), *chords, *pedal),
        track("Kit", *[row for at in range(16) for row in note(at * TICKS + 1, 20, (36, 38)[at % 2], channel=9)]),
        track("Telephone", program(124, channel=5), *beats([80] * 4, channel=5)),
        *(extra or []),
    ]
    path = folder / "song.mid"
    file.save(path)
    return path


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


Row = tuple[int, int, int, int, int]  # channel, begin and end in 96ths of a quarter note, pitch, velocity


def notes_of(file: mido.MidiFile) -> dict[str, list[Row]]:
    """The notes of each track by its name."""
    found = {}
    for one in file.tracks:
        now, open_notes, rows = 0, {}, []
        for message in one:
            now += message.time
            if message.type == "note_on" and message.velocity:
                open_notes.setdefault((message.channel, message.note), []).append((now, message.velocity))
            elif message.type in ("note_on", "note_off"):
                begin, velocity = open_notes[message.channel, message.note].pop(0)
                scale = file.ticks_per_beat / TICKS
                rows.append((message.channel, begin / scale, now / scale, message.note, velocity))
        found[one.name] = sorted(rows)
    return found


def others_of(file: mido.MidiFile, name: str) -> list[tuple[float, dict]]:
    """The messages of a track that are no notes, with their times in 96ths."""
    [one] = [each for each in file.tracks if each.name == name]
    now, rows = 0, []
    for message in one:
        now += message.time
        if not message.type.startswith("note") and message.type != "end_of_track":
            rows.append((now * TICKS / file.ticks_per_beat, {**message.dict(), "time": 0}))
    return rows


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
    path = tmp_path / "tune.mid"
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS)
    file.tracks = [track("Tune", *beats([72, 74, 76, 77] * 4, channel=0))]
    file.save(path)
    tune = load_original(str(path))
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
    paths = [
        save(tmp_path / "kick.mid", 96, [row for at in range(16) for row in note(at * 96, 20, 36, channel=9)]),
        save(tmp_path / "bass.mid", 480, [row for at in range(16) for row in note(at * 480, 400, 36, channel=0)]),
        save(tmp_path / "tune.mid", 120, [row for at in range(16) for row in note(at * 120, 100, 72, channel=0)]),
    ]
    together = load_original(*paths)
    assert [one.name for one in together.reading.score.tracks] == ["kick", "bass", "tune"]
    assert len({channel for one in together.reading.score.tracks for channel in one.channels}) == 3
    onsets = together.reading.score.notes["onset"]
    assert np.unique(onsets).tolist() == list(range(16))


def save(path: Path, ticks: int, rows: list[Message]) -> str:
    file = mido.MidiFile(type=1, ticks_per_beat=ticks)
    file.tracks = [track("", *rows)]
    file.tracks[0].pop(0)
    file.save(path)
    return str(path)
