"""`groove blend` with all its options, `groove morph`, `groove genre` and `groove vector`, from the command line."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import mido
import numpy as np
import pytest
from command_line import Run, error_of, midi_files, warnings_of
from corpus_files import band_tune, make_band_corpus
from tiny import Tiny

from groovevae.model.file import load_model_file, save_model
from groovevae.model.genres import Vector
from groovevae.model.vectors import save_vector, with_vectors


@pytest.fixture
def folder(run: Run, tmp_path: Path, tiny: Tiny) -> Path:
    """A folder with songs, a folder of songs, a model with vectors, and a vector's file."""
    for name, genre in {"song.mid": "rock", "other.mid": "jazz"}.items():
        (tmp_path / name).write_bytes(band_tune(genre, 9, num_bars=4))
    make_band_corpus(tmp_path / "mine", "bossa", num_songs=3, num_bars=8)
    model = load_model_file(tiny.path)
    up = Vector("up", np.ones(model.config.latent_size, np.float32), "goes up", "+1 step")
    save_model(tmp_path / "model.safetensors", with_vectors(model, [up]))
    save_vector(tmp_path / "up.safetensors", up, model)
    return tmp_path


def text_of(path: Path) -> str:
    file = mido.MidiFile(path, charset="utf-8")
    return next(message.text for message in file.tracks[0] if message.type == "text")


STEERED = [
    "blend classical rock --amount 0..1 --bars 12",
    "blend song.mid rock=1 other.mid=2 mine/bossa/=1 --amount 1.25..0.333333333333333333",
    "blend classical rock --drums 1 --bass 0.5..1 --chords 2 --lead 0",
    "blend song.mid jazz --amount 1 --keep lead,bass --drums 0.5 --key F#m --tempo 96.5",
    "blend rock jazz --keep drums --seed 3 --key 'Bb minor'",
    "blend classical song.mid --method mean",
    "blend classical mine/bossa --amount 1 --temperature 0",
    "blend song.mid other.mid --method sphere --amount 0.25 --bars 3",
    "blend rock jazz --vector up=-0.5 --vector up.safetensors=1 --model model.safetensors",
    "vector apply song.mid --vector up.safetensors=1 --keep drums --tempo 100",
    "vector apply rock --vector up=1 --vector up.safetensors=0.1 --model model.safetensors --bars 2 --count 2",
    "morph classical song.mid --steps 2 --bars 2",
    "morph jazz jazz --steps 3 --spherical --joined --bars 2 --keep lead",
    "blend song.mid jazz --amount 1 --tempo keep",
    "morph song.mid jazz --steps 2 --bars 2 --tempo keep",
]


@pytest.mark.parametrize("words", STEERED)
def test_the_command_in_a_file_makes_it_again(run: Run, folder: Path, words: str) -> None:
    result = run(*shlex.split(words), "--out", "first")
    assert (result.exit_code, warnings_of(result)) == (0, []), result.output
    paths = sorted((folder / "first").iterdir())
    assert len(paths) == len(result.stdout.splitlines()) >= 1
    for path in paths:
        text = text_of(path)
        again = run(*shlex.split(text[text.rindex("; groove ") + 2 :])[1:], "--out", "again")
        assert again.exit_code == 0, again.output
        assert (folder / "again" / path.name).read_bytes() == path.read_bytes()


def test_another_process_and_another_count_give_the_same_bytes(run: Run, folder: Path, tiny: Tiny) -> None:
    words = f"blend classical rock --drums 1 --lead 0 --keep bass --temperature 1 --bars 5 --model {tiny.path}"
    run(*shlex.split(words), "--count", 3, "--out", "many")
    command = [sys.executable, "-m", "groovevae", *shlex.split(words), "--seed", "2", "--out", "one"]
    root = Path(__file__).parent.parent
    environment = {**os.environ, "PYTHONPATH": str(root)}
    subprocess.run(command, cwd=folder, check=True, capture_output=True, env=environment)
    [path] = (folder / "one").iterdir()
    assert path.read_bytes() == (folder / "many" / path.name).read_bytes()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            "blend classical rock --amount loud",
            "'loud' is not an amount; write a number, like 0.5, or a ramp, like 0..1",
        ),
        ("blend classical rock --amount 0..9", "amount 9 is outside 0 to 4"),
        ("blend classical rock --drums -1", "amount -1 is outside 0 to 4"),
        ("blend classical rock --lead x", "'x' is not an amount"),
        ("blend classical rock --keep flute", "no role 'flute'; there are drums, bass, chords and lead"),
        ("blend classical rock --keep lead --lead 1", "lead is kept as it is: give it no amount"),
        ("blend classical rock --key H", "no key 'H'; write one like C, F#m, Bb"),
        ("blend classical rock --tempo 5", "tempo 5 is outside 20 to 400"),
        (
            "blend classical rock --tempo fast",
            "'fast' is not a tempo; write quarter notes per minute, like 96, or keep",
        ),
        ("blend classical rock --vector up", "'up' is not a vector; write NAME=STRENGTH, like density=1"),
        ("blend classical rock --vector up=1 --vector up=2", "'up=2': each vector needs a name of its own"),
        ("blend classical rock --vector up=99", "strength of vector up 99 is outside -10 to 10"),
        ("blend classical none.mid", "none.mid: No such file or directory"),
        ("blend classical none/", "none/: no such folder; name a folder of MIDI files"),
        ("blend classical empty", "empty/: no MIDI files (.mid, .midi) in it"),
        ("blend classical broken", "broken/: no file that can be used; a.mid: "),
        ("blend mine rock", "mine/ is a folder; start from a genre, a MIDI file, or a folder of stems together"),
        ("blend mine/song.wav rock", "song.wav is no MIDI file: the name of one ends in .mid, .midi, .kar or .rmi"),
        ("blend classical rock jazz=1 --method line", "'rock' has no weight"),
        ("blend classical rock=1 jazz=1 --method line", "method line goes from bar to bar, to one genre or MIDI file"),
        ("blend classical mine/bossa --method line", "goes from bar to bar, to a genre or a MIDI file, not a folder"),
        ("morph classical rock --steps 1", "steps 1 is outside 2 to 64"),
        ("morph classical polka", "no genre 'polka' in this model"),
        ("morph classical mine", "mine/: method line goes from bar to bar"),
        ("vector apply song.mid", "no vector to move along; name one, like --vector density=1"),
        ("vector apply song.mid --vector up=1 --model other.safetensors", "other.safetensors: no such file"),
        ("vector apply song.mid --vector dn=1 --model model.safetensors", "no vector 'dn' in this model; it has up"),
        ("vector apply song.mid --vector model.safetensors=1", "a groovevae model file; a groovevae vector"),
        ("vector show dn --model model.safetensors", "no vector 'dn' in this model; it has up"),
        ("vector save dn --model model.safetensors --out x.safetensors", "no vector 'dn' in this model; it has up"),
        ("vector load song.mid --out x.safetensors", "song.mid: not a groovevae model file"),
        ("vector load up.safetensors --name a=b --out x.safetensors", "'a=b' cannot be a vector's name"),
        ("vector load up.safetensors --model model.safetensors --out model.safetensors", "would be written over"),
        ("vector make classical polka --out x.safetensors", "no genre 'polka' in this model"),
        ("vector make classical rock --out file/x", "a folder on the way is a file"),
        ("vector learn empty --out x.safetensors", "empty: no MIDI files"),
        ("genre add rock mine/bossa --out x.safetensors", "the model has a genre 'rock' already; choose another name"),
        ("genre add a=b mine/bossa --out x.safetensors", "'a=b' cannot be a genre's name"),
        ("genre add bossa empty --out x.safetensors", "empty: no MIDI files (.mid, .midi) in it"),
        ("genre add bossa none --out x.safetensors", "none: no such folder"),
        ("genre add bossa mine/bossa --out empty", "empty: a folder; name a file for the copy with --out"),
        ("genre list none.safetensors", "none.safetensors: no such file"),
    ],
)
def test_requests_that_cannot_be(run: Run, folder: Path, words: str, message: str) -> None:
    (folder / "file").write_bytes(b"")
    (folder / "empty").mkdir()
    (folder / "broken").mkdir()
    (folder / "broken" / "a.mid").write_bytes(b"hello")
    before = midi_files(folder)
    assert message in error_of(run(*shlex.split(words)))
    assert midi_files(folder) == before


@pytest.mark.parametrize("words", ["a", "a b --with c", "--with a", "--without a", "", "a b c"])
def test_vectors_of_no_two_sides(run: Run, words: str) -> None:
    error_of(run("vector", "make", *words.split(), "--out", "x.safetensors"), status=2)


def test_a_genre_of_one_s_own(run: Run, folder: Path) -> None:
    (folder / "mine" / "bossa" / "broken.mid").write_bytes(b"hello")
    result = run("genre", "add", "bossa", "mine/bossa", "--out", "copy.safetensors")
    assert result.exit_code == 0
    assert result.stdout.startswith(
        "copy.safetensors: bossa, 24 bars of 3 songs\nTry it: groove blend classical bossa "
    )
    assert "broken.mid: not a MIDI file" in result.stderr
    copy = load_model_file(folder / "copy.safetensors")
    assert list(copy.genres) == ["bossa", "classical", "jazz", "rock"]
    assert copy.provenance["added_genres"] == [{"name": "bossa", "files": 3}]
    assert np.linalg.matrix_rank(copy.genres["bossa"].covariance) == copy.config.latent_size
    listed = run("genre", "list", "copy.safetensors").stdout
    assert all(name in listed for name in copy.genres)
    assert run("blend", "bossa", "rock", "--model", "copy.safetensors").exit_code == 0
    assert run("blend", "classical", "bossa", "--model", "copy.safetensors", "--amount", 1).exit_code == 0


def test_vectors_made_kept_and_shown(run: Run, folder: Path) -> None:
    made = run("vector", "make", "classical", "mine/bossa", "--name", "sway", "--out", "sway.safetensors")
    assert made.stdout == "sway.safetensors: sway, from classical to bossa\n"
    sides = "--without song.mid --with other.mid --with jazz"
    several = run("vector", "make", *sides.split(), "--out", "x.safetensors")
    assert several.stdout == "x.safetensors: x, from song to other, jazz\n"
    run("vector", "load", "sway.safetensors", "--name", "swaying", "--out", "copy.safetensors")
    listed = run("vector", "list", "copy.safetensors").stdout.splitlines()
    assert "swaying: from classical to bossa" in listed
    shown = run("vector", "show", "swaying", "--model", "copy.safetensors").stdout
    assert shown == run("vector", "show", "sway.safetensors").stdout.replace("sway:", "swaying:")
    run("vector", "save", "swaying", "--model", "copy.safetensors", "--out", "again.safetensors")
    assert (load_model_file(folder / "copy.safetensors").vectors["swaying"].z != 0).any()
    assert run("vector", "show", "again.safetensors").stdout == shown


def test_learning_the_attributes(run: Run, folder: Path, band_corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny model answers to nothing; what is learned goes into the copy."""
    monkeypatch.setattr("groovevae.fitting.attribute_vectors.LEAST_RESPONSE", 100.0)
    message = error_of(run("vector", "learn", band_corpus, "--out", "learned.safetensors"))
    assert message.endswith("too few bars, or a model that answers to none of the six attributes")
    assert not (folder / "learned.safetensors").exists()
    density = Vector("density", np.ones(8, np.float32), "more strikes", "+1 strike")
    monkeypatch.setattr(
        "groovevae.fitting.attribute_vectors.learn_vectors", lambda network, songs: [density] * len(songs[:1])
    )
    result = run("vector", "learn", band_corpus, "--out", "learned.safetensors")
    assert result.stdout == "density: more strikes; strength 1: +1 strike\n"
    assert (load_model_file(folder / "learned.safetensors").vectors["density"].z == 1).all()
