"""`groove render`, `groove play`, `--audio`, and pieces in notebooks: files, lines, what happens without the extra."""

import shlex
import sys
import wave
from dataclasses import replace
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path

import pytest
from command_line import COMMANDS, Run, error_of, examples_of, midi_files, warnings_of
from corpus_files import band_tune

from groovevae import BlendRequest, Groove, systems
from groovevae.audio.extra import PACKAGES, package
from groovevae.audio.soundfonts import default_soundfont
from groovevae.bars import Bars
from groovevae.cli.common import Output, write_pieces
from groovevae.errors import AudioError

LACKING = [name for name in PACKAGES if not find_spec(name)]
needs_sound = pytest.mark.skipif(bool(LACKING), reason=f"not installed, of the extra studio: {', '.join(LACKING)}")
SOUNDING = [name for name, command in COMMANDS.items() if any(option.name == "audio" for option in command.params)]


@pytest.fixture
def song(tmp_path: Path) -> Path:
    """A band's song of four bars, and a soundfont."""
    (tmp_path / "my-instruments.sf2").symlink_to(default_soundfont())
    path = tmp_path / "song.mid"
    path.write_bytes(band_tune("rock", 9, num_bars=4))
    return path


@pytest.fixture
def without_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PACKAGES:
        monkeypatch.setitem(sys.modules, name, None)


def seconds(path: Path) -> float:
    with wave.open(str(path)) as file:
        return file.getnframes() / file.getframerate()


@needs_sound
@pytest.mark.parametrize("example", examples_of(COMMANDS["render"]))
def test_the_examples_of_render_work(run: Run, song: Path, example: str) -> None:
    before = set(midi_files(song.parent))
    result = run(*shlex.split(example)[1:])
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert {line.split(": ")[0] for line in lines} == set(midi_files(song.parent)) - before
    assert len(lines) == (5 if "--stems" in example else 1)
    assert all(line.endswith(" s") for line in lines)


@needs_sound
def test_stems_are_named_after_their_roles(run: Run, song: Path) -> None:
    run("render", song, "--stems", "--out", "take.wav")
    stems = [f"take-{role}.wav" for role in ("bass", "drums", "flute", "guitar")]
    found = list(song.parent.glob("*.wav"))
    assert sorted(path.name for path in found) == [*stems, "take.wav"]
    assert len({path.stat().st_size for path in found}) == 1


@needs_sound
def test_sounds_of_other_songs_are_not_written_over(run: Run, song: Path) -> None:
    song.with_suffix(".wav").write_bytes(b"a recording")
    assert run("render", song).stdout.startswith(f"{song.with_name('song-2.wav')}: ")
    assert run("render", song).stdout.startswith(f"{song.with_name('song-2.wav')}: ")  # the same sound
    assert run("render", song, "--loop").stdout.startswith(f"{song.with_name('song-3.wav')}: ")
    assert song.with_suffix(".wav").read_bytes() == b"a recording"
    run("render", song, "--out", song.with_suffix(".wav"))
    assert seconds(song.with_suffix(".wav")) > 1


@needs_sound
@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["render", "none.mid"], "none.mid: No such file or directory"),
        (["render", "song.mid", "--out", "a.aiff"], "a.aiff: a name for sound ends in .wav, .ogg or .mp3"),
        (["render", "song.mid", "--out", "song.mid/a.wav"], "song.mid/a.wav: cannot be written"),
        (["render", "song.mid", "--soundfont", "song.mid"], "song.mid: not a soundfont; name one in the format"),
        (["render", "song.mid", "--soundfont", "no.sf2"], "no.sf2: No such file or directory; name a soundfont"),
        (
            ["render", "my-instruments.sf2"],
            "my-instruments.sf2: not a MIDI file (it has no MThd header)",
        ),
        (["play", "none.mid"], "none.mid: No such file or directory"),
        (["blend", "classical", "rock", "--soundfont", "my-instruments.sf2"], "--soundfont is of use only with sound"),
        (
            ["blend", "classical", "rock", "--audio", "wav", "--soundfont", "no.sf2"],
            "no.sf2: No such file or directory",
        ),
    ],
)
def test_what_cannot_be_done(run: Run, song: Path, words: list[str], error: str) -> None:
    before = midi_files(song.parent)
    assert error_of(run(*words)).startswith(error)
    assert midi_files(song.parent) == before


def test_commands_that_write_pieces_can_write_sound() -> None:
    assert SOUNDING == ["arrange", "blend", "continue", "humanize", "infill", "morph", "sample", "vector apply"]


@needs_sound
@pytest.mark.parametrize(
    "words",
    [
        ["blend", "classical", "rock", "--temperature", 1, "--audio", "ogg"],
        ["morph", "classical", "rock", "--steps", 2, "--bars", 2, "--temperature", 1, "--audio", "wav"],
        ["sample", "rock", "--bars", 2, "--temperature", 1, "--audio", "mp3", "--soundfont", "my-instruments.sf2"],
        ["humanize", "song.mid", "--audio", "wav"],
        ["continue", "song.mid", "--bars", 2, "--audio", "wav"],
        ["infill", "song.mid", "--only-bars", "2..3", "--audio", "wav"],
        ["arrange", "song.mid", "rock", "--add", "bass", "--audio", "wav"],
    ],
    ids=lambda words: words[0],
)
def test_sound_lies_beside_each_midi_file(run: Run, song: Path, words: list[object]) -> None:
    result = run(*words, "--out", "new")
    assert (result.exit_code, warnings_of(result)) == (0, [])
    assert len(result.stdout.splitlines()) == (4 if words[0] == "morph" else 2)
    found = sorted(song.parent.joinpath("new").iterdir())
    audio = str(words[words.index("--audio") + 1])
    midi, sounds = [[path for path in found if path.suffix == f".{kind}"] for kind in ("mid", audio)]
    assert [path.stem for path in midi] == [path.stem for path in sounds]
    again = [path.read_bytes() for path in sounds]
    run(*words, "--out", "new")
    assert [path.read_bytes() for path in sounds] == again
    assert sorted(song.parent.joinpath("new").iterdir()) == found


@needs_sound
def test_a_silent_piece_has_no_sound(groove: Groove, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    piece = piece_called(groove, "silent")
    silent = replace(piece, song=replace(piece.song, bars=Bars.empty(2)))
    write_pieces([silent, piece], Output(str(tmp_path), audio="wav"))
    assert [path.suffix for path in sorted(tmp_path.iterdir())] == [".mid", ".wav"]
    assert capsys.readouterr().out.count("\n") == 3  # one line for the silent one, two for the other


@pytest.mark.parametrize(
    "words", [["render", "song.mid"], ["play", "song.mid"], ["blend", "classical", "rock", "--audio", "wav"]]
)
def test_without_the_extra(run: Run, song: Path, without_extra: None, words: list[str]) -> None:
    before = midi_files(song.parent)
    error = "midirenderer is missing, which makes the sound; pip install 'groovevae[studio]'"
    assert error_of(run(*words)) == error
    assert midi_files(song.parent) == before


def test_a_package_without_its_library(monkeypatch: pytest.MonkeyPatch) -> None:
    def import_module(name: str) -> None:
        raise OSError("cannot load library 'libsndfile.so'")

    monkeypatch.setattr("groovevae.audio.extra.import_module", import_module)
    with pytest.raises(AudioError, match="soundfile is missing"):
        package("soundfile")


@needs_sound
def test_play(run: Run, song: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.mkdtemp", lambda prefix: str(song.parent / "temporary"))
    opened: list[str] = []
    monkeypatch.setattr(systems, "open_in_player", lambda path: not opened.append(path))
    result = run("play", song)
    path = song.parent / "temporary" / "song.wav"
    assert (result.exit_code, result.stderr, opened) == (0, "", [str(path)])
    assert result.stdout == f"{path}: {seconds(path):.1f} s\n"
    monkeypatch.setattr(systems, "open_in_player", lambda path: False)
    result = run("play", song)
    assert (result.exit_code, result.stderr) == (0, "no player was found here; open the file yourself\n")
    assert result.stdout.startswith(f"{path}: ")


class Reader(HTMLParser):
    """Collects the tags of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def piece_called(groove: Groove, description: str):
    [piece] = groove.blend(BlendRequest("classical", {"rock": 1.0}, temperature=1.0))
    return replace(piece, description=description)


NASTY = "from '<script>alert(1)</script> & \"<img src=x>\"'"


@needs_sound
def test_a_piece_in_a_notebook(groove: Groove) -> None:
    page = piece_called(groove, NASTY)._repr_html_()
    reader = Reader(page)
    assert {"svg", "audio"} <= set(reader.tags)
    assert not {"script", "img"} & set(reader.tags)
    assert reader.text.count(NASTY) == 2
    assert 'src="data:audio/mpeg;base64,' in page


def test_a_piece_in_a_notebook_without_the_extra(groove: Groove, without_extra: None) -> None:
    reader = Reader(piece_called(groove, NASTY)._repr_html_())
    assert "svg" in reader.tags
    assert not {"audio", "script", "img"} & set(reader.tags)
    assert "pip install 'groovevae[studio]'" in reader.text


@needs_sound
def test_a_piece_as_bytes(groove: Groove) -> None:
    piece = piece_called(groove, "")
    assert [piece.audio(kind)[:4] for kind in ("wav", "ogg")] == [b"RIFF", b"OggS"]
    assert piece.audio(soundfont=str(default_soundfont())) == piece.audio()
