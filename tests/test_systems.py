"""What differs on Windows and macOS, tried on whatever this is: names, quoting, folders, consoles, missing modules."""

import ast
import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import COMMANDS
from conftest import ROOT
from corpus_files import make_corpus, tune

from groovevae import files, systems
from groovevae.corpus import load_corpus
from groovevae.corpus.scan import scan
from groovevae.errors import OutputError
from groovevae.generation.requests import BlendRequest
from groovevae.systems import command_text, is_same_file, open_in_player, player_command, portable_stem, user_caches

NAMES = ("夜に駆ける", "Größe")


@pytest.mark.parametrize(
    ("words", "on_windows", "elsewhere"),
    [
        (["groove", "blend", "a", "rock=0.5"], "groove blend a rock=0.5", "groove blend a rock=0.5"),
        (["my song.mid"], '"my song.mid"', "'my song.mid'"),
        (["C:\\midi\\a.mid"], "C:\\midi\\a.mid", "'C:\\midi\\a.mid'"),
        (["C:\\my midi\\"], '"C:\\my midi\\\\"', "'C:\\my midi\\'"),
        (["R&B.mid"], '"R&B.mid"', "'R&B.mid'"),
        (["it's", ""], '"it\'s" ""', "'it'\"'\"'s' ''"),
        (['say "hi"'], '"say \\"hi\\""', "'say \"hi\"'"),
        (["夜.mid"], "夜.mid", "'夜.mid'"),
    ],
)
def test_commands_are_quoted_as_each_shell_takes_them(words: list[str], on_windows: str, elsewhere: str) -> None:
    assert command_text(words, is_windows=True) == on_windows
    assert command_text(words, is_windows=False) == elsewhere


@pytest.mark.parametrize(
    ("stem", "portable"),
    [
        ("aux", "aux_"),
        ("CON.take-rock-0.5", "CON_.take-rock-0.5"),
        ("com1.x", "com1_.x"),
        ("lpt².x", "lpt²_.x"),
        ("con-rock-0.5", "con-rock-0.5"),
        ("console.x", "console.x"),
        ("com10.x", "com10.x"),
    ],
)
def test_no_file_is_called_like_a_device(stem: str, portable: str) -> None:
    assert portable_stem(stem) == portable


def test_pieces_of_files_that_are_called_like_devices() -> None:
    assert BlendRequest("nul.take.mid", {"rock": 1.0}).stem == "nul_.take-rock-0.5"
    assert BlendRequest("nul.mid", {"rock": 1.0}).stem == "nul-rock-0.5"


@pytest.mark.parametrize(
    ("system", "environment", "folder"),
    [
        ("linux", {}, "/home/me/.cache"),
        ("linux", {"XDG_CACHE_HOME": "/fast", "LOCALAPPDATA": "/no"}, "/fast"),
        ("darwin", {}, "/home/me/Library/Caches"),
        ("win32", {"LOCALAPPDATA": r"C:\Users\me\AppData\Local"}, r"C:\Users\me\AppData\Local"),
        ("win32", {"XDG_CACHE_HOME": "/no"}, "/home/me/AppData/Local"),
    ],
)
def test_where_caches_are(system: str, environment: dict[str, str], folder: str) -> None:
    assert user_caches(environment, home="/home/me", system=system).replace(os.sep, "/") == folder.replace(os.sep, "/")


@pytest.mark.parametrize(
    ("system", "environment", "installed", "command"),
    [
        ("darwin", {}, [], ["open", "a.wav"]),
        ("linux", {"DISPLAY": ":0"}, ["xdg-open", "aplay"], ["xdg-open", "a.wav"]),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, ["xdg-open"], ["xdg-open", "a.wav"]),
        ("linux", {}, ["xdg-open", "aplay"], ["aplay", "-q", "a.wav"]),
        ("linux", {"DISPLAY": ":0"}, ["paplay", "aplay"], ["paplay", "a.wav"]),
        ("linux", {}, ["xdg-open"], None),
        ("linux", {"DISPLAY": ":0"}, [], None),
    ],
)
def test_what_plays_sound(system: str, environment: dict, installed: list[str], command: list[str] | None) -> None:
    def which(name: str) -> str | None:
        return name if name in installed else None

    assert player_command("a.wav", environment, which=which, system=system) == command


@pytest.mark.parametrize(
    ("command", "plays"),
    [([sys.executable, "-c", ""], True), ([sys.executable, "-c", "exit(3)"], False), (["no-such-player"], False)],
)
def test_whether_a_player_played(monkeypatch, command: list[str], plays: bool) -> None:
    monkeypatch.setattr(systems, "IS_WINDOWS", False)
    monkeypatch.setattr(systems, "player_command", lambda *words, **options: command)
    assert open_in_player("a.wav") == plays


def test_without_a_home_folder_there_is_no_cache(tmp_path: Path, monkeypatch, caplog) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GROOVEVAE_CACHE")
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    assert len(load_corpus(make_corpus(tmp_path / "my-midi", "rock/a.mid")).songs) == 1
    assert "there is no home folder (set GROOVEVAE_CACHE to a folder)" in caplog.text
    assert os.listdir(tmp_path) == ["my-midi"]


def test_two_names_of_one_file(tmp_path: Path) -> None:
    (tmp_path / "Model").write_bytes(b"")
    os.link(tmp_path / "Model", tmp_path / "model")  # as if case did not count
    assert is_same_file(tmp_path / "Model", tmp_path / "model")
    assert is_same_file(tmp_path / "new", tmp_path / "." / "new")
    assert not is_same_file(tmp_path / "Model", tmp_path / "new")


def test_a_folder_with_a_sign_of_equality_in_windows_spelling() -> None:
    words = ["classical", r"C:\midi=all\rock"]
    assert BlendRequest.from_words(words) == BlendRequest("classical", {r"C:\midi=all\rock": 1.0})


class Busy:
    """os.replace on Windows while another program has the file open, for the first `times` calls."""

    def __init__(self, times: int) -> None:
        self.times, self.replace = times, os.replace

    def __call__(self, source: str, target: Path) -> None:
        self.times -= 1
        if self.times < 0:
            return self.replace(source, target)
        error = PermissionError(errno.EACCES, "Access is denied")
        error.winerror = 5
        raise error


def test_a_file_that_a_scanner_has_open_for_a_moment(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(files.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(os, "replace", Busy(times=3))
    files.write_file(tmp_path / "a.mid", b"new")
    assert (tmp_path / "a.mid").read_bytes() == b"new"


def test_a_file_that_another_program_keeps_open(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "a.mid").write_bytes(b"old")
    monkeypatch.setattr(files.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(os, "replace", Busy(times=99))
    with pytest.raises(OutputError, match=r"a\.mid: cannot be written \(Access is denied: another program may have it"):
        files.write_file(tmp_path / "a.mid", b"new")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.mid": b"old"}


def test_a_drive_that_numbers_no_files(tmp_path: Path, monkeypatch) -> None:
    make_corpus(tmp_path, "rock/a.mid", "rock/deep/b.mid", "jazz/c.mid")
    (tmp_path / "rock" / "again").symlink_to(tmp_path / "rock")
    stat = Path.stat

    def unnumbered(path: Path, **options: bool) -> os.stat_result:
        return os.stat_result([field if index != 1 else 0 for index, field in enumerate(stat(path, **options))])

    monkeypatch.setattr(Path, "stat", unnumbered)
    found = scan(tmp_path).entries
    assert [entry.path.relative_to(tmp_path).as_posix() for entry in found] == [
        "jazz/c.mid",
        "rock/a.mid",
        "rock/deep/b.mid",
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, band_corpus: Path) -> Path:
    folder = tmp_path_factory.mktemp("systems")
    shutil.copytree(band_corpus, folder / "my-midi")
    for number, name in enumerate(NAMES):
        (folder / "my-midi" / "jazz" / f"{name}.mid").write_bytes(b"<html>" + tune(number))
    return folder


def run_groove(folder: Path, *words: str, path: str = "", **environment: str) -> str:
    """What `groove` prints to both streams, run in a process of its own."""
    command = [sys.executable, "-m", "groovevae", *words]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [path, str(ROOT)])), **environment}
    done = subprocess.run(command, cwd=folder, env=environment, stdout=-1, stderr=subprocess.STDOUT, timeout=300)
    text = done.stdout.decode(environment.get("PYTHONIOENCODING", "utf-8"))
    assert "Traceback" not in text, text
    return text


@pytest.mark.skipif(os.name == "nt", reason="here nothing needs to be taken away")
def test_without_what_windows_has_not(folder: Path) -> None:
    bare = str(ROOT / "tests" / "windows_like")
    assert run_groove(folder, "--help", path=bare).startswith("Usage: groove ")
    assert run_groove(folder, "blend", "classical", "rock", path=bare).startswith("classical-rock-0.5-0.mid: 8 bars, ")
    assert "24 of 26 MIDI files used" in run_groove(folder, "corpus", "my-midi", path=bare)


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "cp932"])
def test_consoles_that_know_few_letters(folder: Path, encoding: str) -> None:
    cached = {"GROOVEVAE_CACHE": str(folder / "cache"), "PYTHONIOENCODING": encoding}
    text = run_groove(folder, "corpus", "my-midi", **cached)
    for name in NAMES:
        assert f"{name.encode(encoding, 'replace').decode(encoding)}.mid: not a MIDI file" in text
    error = run_groove(folder, "blend", f"{NAMES[0]}.mid", "rock", **cached)
    assert error.startswith("Error: ")


@pytest.mark.parametrize("name", COMMANDS)
def test_help_is_plain_ascii(name: str) -> None:
    command = COMMANDS[name]
    texts = [command.help, command.short_help, *(getattr(option, "help", "") for option in command.params)]
    assert all(text.isascii() for text in texts if text)


def test_without_jax_all_but_training_works(folder: Path, tmp_path: Path) -> None:
    hide = "import sys\nfor name in ('jax', 'jaxlib', 'flax', 'optax'):\n    sys.modules[name] = None\n"
    (tmp_path / "sitecustomize.py").write_text(hide, "utf-8")
    error = run_groove(folder, "train", "my-midi", path=str(tmp_path))
    assert error.startswith("Error: jax is not installed: training needs it, ") and error.count("\n") == 1
    assert run_groove(folder, "sample", "jazz", path=str(tmp_path)).startswith("jazz-sample-0.mid: 8 bars, ")
    assert "26 MIDI files used" in run_groove(folder, "corpus", "my-midi", path=str(tmp_path))
    assert run_groove(folder, "info", path=str(tmp_path))


BINARY = ("os.open", "tarfile.open")


def text_calls(path: Path) -> list[str]:
    """The calls of a source file that read or write text and do not say in which encoding."""
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        words = [str(getattr(argument, "value", "")) for argument in node.args]
        is_binary = any(word in ("rb", "wb", "r+b") for word in words) or ast.unparse(node.func) in BINARY
        is_text = name in ("read_text", "write_text", "open", "fdopen") and not is_binary
        is_piped = name in ("run", "Popen") and any(word.arg == "text" for word in node.keywords)
        is_named = "utf-8" in words or any(word.arg == "encoding" for word in node.keywords)
        if (is_text or is_piped) and not is_named:
            found.append(f"{path.name}:{node.lineno}: {name}")
    return found


def test_text_has_an_encoding() -> None:
    """Without one, Windows takes that of the country: a title in another alphabet would end a run."""
    places = [path for folder in ("groovevae", "scripts") for path in (ROOT / folder).rglob("*.py")]
    assert not [call for path in places for call in text_calls(path)]
