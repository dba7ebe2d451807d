"""A user's own files: how they are read, shown and told, what is said of them by hand, and what comes back."""

import json
import sys
from pathlib import Path

import mido
import numpy as np
import pytest
from command_line import Run, error_of
from midi_tracks import TICKS, beats, note, notes_of, save_tracks, song_file, track

from groovevae.bars.constants import ROLES
from groovevae.corpus import load_corpus
from groovevae.errors import CorpusError

KEEP_ALL = ("--keep", ",".join(ROLES))


def only_file(folder: Path) -> mido.MidiFile:
    [path] = folder.iterdir()
    return mido.MidiFile(path, charset="utf-8")


def test_at_amount_0_a_file_comes_back(run: Run, tmp_path: Path) -> None:
    before = notes_of(mido.MidiFile(song_file(tmp_path)))
    for number, options in enumerate((("--amount", 0), (*KEEP_ALL, "--amount", 1, "--tempo", 120))):
        run("blend", "song.mid", "rock", *options, "--out", f"out{number}")
        assert notes_of(only_file(tmp_path / f"out{number}")) == before


def test_a_kept_role_is_the_files_own(run: Run, tmp_path: Path) -> None:
    before = notes_of(mido.MidiFile(song_file(tmp_path)))
    run("blend", "song.mid", "rock", "--amount", 1, "--keep", "lead,drums", "--out", "out")
    after = notes_of(only_file(tmp_path / "out"))
    assert [after[name] for name in ("Flute", "Kit", "Telephone")] == [
        before[name] for name in ("Flute", "Kit", "Telephone")
    ]


def test_only_roles(run: Run, tmp_path: Path) -> None:
    song_file(tmp_path)
    run("blend", "song.mid", "rock", "--only-roles", "--out", "out")
    names = {one.name for one in only_file(tmp_path / "out").tracks}
    assert names <= {"groovevae", "Drums", "Bass", "Chords", "Lead"}


def test_what_was_read_is_told_unless_quiet(run: Run, tmp_path: Path) -> None:
    song_file(tmp_path)
    [line] = run("blend", "song.mid", "rock", "--count", 2).stderr.splitlines()
    assert line.startswith(
        "read song.mid: Flute -> lead 16, Bass -> bass 16, Piano -> chords 48, Kit -> drums 16; 4 bars"
    )
    assert run("blend", "song.mid", "rock", "--quiet").stderr == ""


def test_show(run: Run, tmp_path: Path) -> None:
    song_file(tmp_path)
    lines = run("show", "song.mid").stdout.splitlines()
    assert lines[0].startswith("song.mid: 4 bars, key C")
    assert any(line.split()[:2] == ["1", "Flute"] and "lead 16" in line for line in lines)
    assert any("Telephone" in line and "no part in the bars" in line for line in lines)
    shown = json.loads(run("show", "song.mid", "--json").stdout)
    assert [one["name"] for one in shown["tracks"]] == ["Flute", "Bass", "Piano", "Kit", "Telephone"]
    assert error_of(run("show", "nowhere.mid")).startswith("nowhere.mid: No such file")


def test_show_draws(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    song_file(tmp_path)
    run("show", "song.mid", "--svg", "song.svg")
    assert (tmp_path / "song.svg").read_text().startswith("<svg")
    pytest.importorskip("resvg_py")
    run("show", "song.mid", "--png", "song.png")
    assert (tmp_path / "song.png").read_bytes().startswith(b"\x89PNG")
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    assert "pip install 'groovevae[studio]'" in error_of(run("show", "song.mid", "--png", "other.png"))
    assert not (tmp_path / "other.png").exists()


def test_roles_by_hand(run: Run, tmp_path: Path) -> None:
    song_file(tmp_path)
    shown = json.loads(run("show", "song.mid", "--roles", "flute=-", "--roles", "Track 3=lead", "--json").stdout)
    assert shown["tracks"][0]["roles"] == {}
    assert shown["tracks"][2]["why"] == {"lead": "by hand"}
    assert "Harp" in error_of(run("blend", "song.mid", "rock", "--roles", "Harp=bass"))
    assert "TRACK=ROLE" in error_of(run("blend", "song.mid", "rock", "--roles", "Flute=singer"))


@pytest.mark.parametrize("option", [("--metre", "3/4"), ("--pickup", "1"), ("--roles", "Flute=chords")])
def test_what_is_said_of_a_file_is_in_the_command(run: Run, tmp_path: Path, option: tuple[str, str]) -> None:
    song_file(tmp_path)
    run("blend", "song.mid", "rock", *option, "--out", "out")
    texts = [message.text for message in only_file(tmp_path / "out").tracks[0] if message.type == "text"]
    assert " ".join(option) in texts[0]


def test_stems_are_one_song(run: Run, tmp_path: Path) -> None:
    (tmp_path / "loop").mkdir()
    for name, pitch, channel in (("kick", 36, 9), ("tune", 72, 0)):
        rows = [row for at in range(16) for row in note(at * TICKS, TICKS // 2, pitch, channel=channel)]
        save_tracks(tmp_path / "loop" / f"{name}.mid", track("", *rows))
    for words in (["loop", "rock"], ["loop/kick.mid", "loop/tune.mid", "rock"]):
        result = run("blend", *words, "--together", "--out", "out", "--amount", 0)
        assert "kick -> drums 16, tune -> lead 16" in result.stderr
    names = {one.name for one in only_file(tmp_path / "out").tracks}
    assert {"kick", "tune"} <= names
    assert "names no MIDI file" in error_of(run("blend", "rock", "jazz.mid", "classical", "--together"))


def test_a_manifest_says_how_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "rock").mkdir()
    for name in ("a", "b"):
        save_tracks(tmp_path / "rock" / f"{name}.mid", track("Line", *beats([72, 74] * 8, channel=0)))
    (tmp_path / "manifest.csv").write_text("path,roles,metre\nrock/a.mid,Line=bass,2/4\nrock/b.mid,,\n")
    first, second = (one.song for one in load_corpus(tmp_path).songs)
    assert [song.bars.plays for song in (first, second)] == [(False, True, False, False), (False, False, False, True)]
    assert np.unique(first.bars.metre, axis=0).tolist() == [[2, 4]]
    (tmp_path / "manifest.csv").write_text("path,roles\nrock/a.mid,Line=singer\n")
    with pytest.raises(CorpusError, match=r"manifest\.csv: rock/a\.mid: 'Line=singer' gives no track a role"):
        load_corpus(tmp_path)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("show folder", "folder: a folder; name a MIDI file in it"),
        (
            "show song.mid --metre 5/32",
            "metre 5/32 is finer than sixteenths, of which bars are made",
        ),
        ("show song.mid --roles 1=- --roles 2=-", "song.mid: all its tracks are left out by hand; leave one in"),
        (
            "blend rock classical --roles 1=drums",
            "'rock' names no MIDI file; roles, pickup and beats say how",
        ),
        ("blend rock song.mid --pickup 1", "'rock' names no MIDI file; roles, pickup and beats say how"),
        ("blend rock classical --together", "'rock' names no MIDI file; this needs one, like song.mid"),
        ("blend folder rock --together", "folder: no MIDI files in it; name a folder of stems"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_line(run: Run, tmp_path: Path, words: str, message: str) -> None:
    (tmp_path / "folder").mkdir()
    save_tracks(tmp_path / "song.mid", *(track("", *beats([60, 62], channel=channel)) for channel in (0, 1)))
    assert message in error_of(run(*words.split()))
