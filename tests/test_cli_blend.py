"""`groove blend`: what it prints, what it writes, and one line for everything that goes wrong."""

import io
import os
import re
import shlex
import sys
from pathlib import Path

import mido
import pytest
from command_line import COMMANDS, Run, error_of, examples_of, midi_files, warnings_of
from corpus_files import band_tune
from tiny import Tiny

from groovevae.model.file import MODEL_KIND, read_tensors, write_tensors
from groovevae.wording import counted


@pytest.mark.parametrize("example", examples_of(COMMANDS["blend"]))
def test_the_examples_of_blend_work(run: Run, tmp_path: Path, example: str) -> None:
    (tmp_path / "song.mid").write_bytes(band_tune("rock", 9, num_bars=4))
    before = set(midi_files(tmp_path))
    result = run(*shlex.split(example)[1:])
    assert result.exit_code == 0
    assert warnings_of(result) == []
    lines = result.stdout.splitlines()
    written = sorted(set(midi_files(tmp_path)) - before)
    assert sorted(Path(line.split(": ")[0]).name for line in lines) == written
    assert len(lines) == (4 if "--count" in example else 1)


def test_what_blend_prints_and_writes(run: Run, tmp_path: Path) -> None:
    result = run("blend", "Classical", "ROCK", "--count", 2, "--seed", 3, "--bars", 4, "--out", "new/folder")
    names = ["Classical-ROCK-0.5-3.mid", "Classical-ROCK-0.5-4.mid"]
    assert midi_files(tmp_path) == names
    for line, name in zip(result.stdout.splitlines(), names, strict=True):
        assert line.startswith(f"{Path('new/folder') / name}: 4 bars, classical (from 'classical tune ")
        assert "), 0.5 of the way to rock; " in line
        assert re.search(r"; (plays [a-z, ]+|silent: no note came out)$", line)
    again = (tmp_path / "new/folder" / names[1]).read_bytes()
    run("blend", "Classical", "ROCK", "--seed", 4, "--bars", 4)
    assert (tmp_path / names[1]).read_bytes() == again


@pytest.mark.parametrize("method", ["transport", "mean"])
def test_the_command_in_a_file_makes_it_again(run: Run, tmp_path: Path, tiny: Tiny, method: str) -> None:
    run(
        "blend",
        "rock",
        "jazz=1",
        "classical=2",
        "--amount",
        1 / 3,
        "--seed",
        5,
        "--temperature",
        1,
        "--method",
        method,
        "--model",
        tiny.path,
    )
    [path] = tmp_path.glob("*.mid")
    data = path.read_bytes()
    file = mido.MidiFile(file=io.BytesIO(data), charset="utf-8")
    text = next(message.text for message in file.tracks[0] if message.type == "text")
    assert ("--method mean" in text) == (method == "mean")
    path.unlink()
    run(*shlex.split(text[text.index("groove blend") :])[1:])
    [again] = tmp_path.glob("*.mid")
    assert again.name == path.name
    assert again.read_bytes() == data


def test_methods(run: Run, tmp_path: Path) -> None:
    """The default is arranged; the mean is the literal formula, and says so."""
    by_default, arranged, mean = (
        run("blend", "classical", "rock", "--out", name, *options)
        for name, options in {"a": [], "b": ["--method", "arranged"], "c": ["--method", "mean"]}.items()
    )
    assert by_default.stdout.removeprefix("a") == arranged.stdout.removeprefix("b")
    assert " + 0.5 x (rock - classical); " in mean.stdout
    data = [(tmp_path / name / "classical-rock-0.5-0.mid").read_bytes() for name in "abc"]
    assert data[0] == data[1] != data[2]


def test_names_beyond_ascii(run: Run, tmp_path: Path) -> None:
    (tmp_path / "Größe 音楽.mid").write_bytes(band_tune("rock", 9, num_bars=2))
    result = run("blend", "Größe 音楽.mid", "jazz", "--out", "été")
    assert result.stdout.startswith(f"{Path('été') / 'Größe_音楽-jazz-0.5-0.mid'}: 2 bars, Größe 音楽.mid (taken for ")
    assert midi_files(tmp_path / "été") == ["Größe_音楽-jazz-0.5-0.mid"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such file names")
def test_a_name_that_is_no_text(run: Run, tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff\xfe.mid")
    (tmp_path / name).write_bytes(band_tune("rock", 9, num_bars=2))
    result = run("blend", name, "jazz")
    assert result.exit_code == 0
    assert "_-jazz-0.5-0.mid: 2 bars, ??.mid" in result.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("classicl rock", "no genre 'classicl' in this model; did you mean classical?"),
        ("classical polka", "no genre 'polka' in this model; it has classical, jazz, rock"),
        ("classical rok=1 jazz=2", "no genre 'rok' in this model; did you mean rock?"),
        ("classical", "no genre to blend towards; name one, like groove blend classical rock"),
        ("classical rock jazz", "'rock' has no weight; write GENRE=NUMBER for each of several genres, like rock=0.3"),
        ("classical=0 rock=0", "all weights are 0; give at least one genre some, like rock=0.3"),
        ("classical=-1 rock=1", "weights are numbers from 0 up, like classical=0.5 rock=0.3"),
        ("rock song.mid", "song.mid: No such file or directory"),
        ("classical rock --amount 9", "amount 9 is outside 0 to 4; 0 is the "),
        ("classical rock --amount nan", "amount nan is outside 0 to 4; 0 is the "),
        ("classical rock --count 0", "count 0 is outside 1 to 1000"),
        ("classical rock --bars 0", "bars 0 is outside 1 to 1024"),
        ("classical rock --seed -1", "seed -1 is outside 0 to 2147483647"),
        ("classical rock --temperature inf", "temperature inf is outside 0 to 2"),
        ("classical rock --method magic", "no method 'magic'; there are arranged, calibrated, transport, mean,"),
        ("none.mid rock", "none.mid: No such file or directory"),
        ("classical rock --model none.safetensors", "none.safetensors: no such file"),
        ("classical rock --model .", ".: cannot be read (Is a directory)"),
        ("classical rock --out file", "a folder on the way is a file"),
        ("classical rock --out file/deeper", "a folder on the way is a file"),
    ],
)
def test_blends_that_cannot_be(run: Run, tmp_path: Path, words: str, message: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert message in error_of(run("blend", *words.split()))
    assert midi_files(tmp_path) == ["file"]


def midi_of(*messages: mido.MetaMessage | mido.Message) -> bytes:
    buffer = io.BytesIO()
    mido.MidiFile(tracks=[mido.MidiTrack(messages)]).save(file=buffer)
    return buffer.getvalue()


NOTE = (mido.Message("note_on", note=60, velocity=90), mido.Message("note_off", note=60, time=480))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "start.mid: empty file"),
        (b"RIFFxxxxWAVE", "start.mid: not a MIDI file"),
        (b"hello", "start.mid: not a MIDI file"),
        (band_tune("rock", 0, num_bars=2)[:16], "start.mid: "),
        (midi_of(), "start.mid: no notes"),
    ],
)
def test_starts_that_are_no_music(run: Run, tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "start.mid").write_bytes(data)
    assert message in error_of(run("blend", "start.mid", "rock"))
    assert midi_files(tmp_path) == ["start.mid"]


@pytest.mark.parametrize(
    ("data", "mended"),
    [
        (band_tune("rock", 0, num_bars=2)[:300], "mended: tracks of another length than they say (1)"),
        (midi_of(mido.MetaMessage("set_tempo", tempo=1), *NOTE), "mended: tempos that mean nothing, ignored (1)"),
        (midi_of(mido.MetaMessage("set_tempo", tempo=0), *NOTE), "mended: tempos that mean nothing, ignored (1)"),
    ],
    ids=["cut off", "too fast", "endlessly fast"],
)
def test_starts_that_are_mended(run: Run, tmp_path: Path, data: bytes, mended: str) -> None:
    (tmp_path / "start.mid").write_bytes(data)
    assert mended in run("blend", "start.mid", "rock").stderr


def test_a_start_without_a_time_signature(run: Run, tmp_path: Path) -> None:
    (tmp_path / "start.mid").write_bytes(midi_of(*NOTE))
    assert "start-rock-0.5-0.mid: 1 bar, start.mid" in run("blend", "start.mid", "rock").stdout


def test_a_write_that_fails_in_the_middle_leaves_whole_files(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_file, calls = os.replace, []

    def full_disk(source: str, target: Path) -> None:
        calls.append(target)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        replace_file(source, target)

    monkeypatch.setattr(os, "replace", full_disk)
    message = "classical-rock-0.5-2.mid: cannot be written (No space left on device); make room there"
    assert message in error_of(run("blend", "classical", "rock", "--count", 4))
    assert sorted(os.listdir(tmp_path)) == ["classical-rock-0.5-0.mid", "classical-rock-0.5-1.mid"]


def test_a_model_of_another_kind_of_corpus_is_still_a_model(run: Run, tmp_path: Path, tiny: Tiny) -> None:
    """A genre without phrases cannot be started from, and says so."""
    tensors, texts = read_tensors(tiny.path, kind=MODEL_KIND)
    for genre in texts["genres"]:
        genre["phrases"] = []
    write_tensors(tmp_path / "x.safetensors", tensors, kind=MODEL_KIND, texts=texts)
    message = "the model has no phrase of 'rock' to start from; start from a MIDI file of yours"
    assert error_of(run("blend", "rock", "jazz", "--model", "x.safetensors")) == message


@pytest.mark.parametrize(("count", "text"), [(0, "0 bars"), (1, "1 bar"), (2, "2 bars"), (1024, "1,024 bars")])
def test_counts_have_their_plural(count: int, text: str) -> None:
    assert counted(count, "bar") == text
