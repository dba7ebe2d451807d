import json
import os
import stat
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from groovevae.config import ModelConfig, TrainConfig
from groovevae.errors import ModelFileError, OutputError, RequestError
from groovevae.files import remove_unfinished, write_file
from groovevae.model.file import (
    FORMAT_VERSION,
    MODEL_KIND,
    STATE_KIND,
    ModelFile,
    load_model_file,
    read_tensors,
    save_model,
    write_tensors,
)
from groovevae.model.genres import Genre, Phrase, SongCode
from groovevae.model.vectors import load_vector

SIZES = ModelConfig(latent_size=3, step_size=4, encoder_size=4, decoder_size=4, num_genres=2)


def phrase(metre: list[list[int]], title: str) -> Phrase:
    z = np.arange(3 * len(metre), dtype=np.float16).reshape(len(metre), 3)
    kit = tuple(range(36, 45))
    return Phrase(z, np.array(metre, np.uint8), 97.5, -3, True, (32, 0, 73), kit, (True, True, False, True), title)


def model() -> ModelFile:
    rng = np.random.default_rng(0)
    genres = {}
    for name in ("rock", "été"):
        factor = rng.normal(size=(3, 3))
        genres[name] = Genre(
            name=name,
            mean=rng.normal(size=3).astype(np.float32),
            covariance=(factor @ factor.T).astype(np.float32),
            num_bars=640,
            num_songs=12,
            tempo=121.25,
            programs=(((33, 0.75), (34, 0.25)), ((0, 1.0),), ()),
            kit=tuple(range(36, 45)),
            phrases=(phrase([[4, 4]] * 4, "Ünder"), phrase([[4, 4], [3, 4]], "")),
            code=SongCode(*(factor[:, :2].astype(np.float16), factor[:2].astype(np.float16)))
            if name == "rock"
            else None,
        )
    weights = {"a/kernel": rng.normal(size=(2, 3)).astype(np.float16).astype(np.float32), "b": np.zeros(1, np.float32)}
    return ModelFile(SIZES, weights, genres, {"steps": 7, "corpus": {"licences": {"CC0-1.0": 3}}})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    save_model(path, model())
    return path


FORMATS = Path(__file__).parent / "formats"  # files that were written once and are never written again


@pytest.mark.parametrize("version", range(1, FORMAT_VERSION + 1))
def test_models_of_every_version_keep_loading(version: int) -> None:
    bare = {name: replace(genre, code=None) for name, genre in model().genres.items()}  # the file is older than codes
    check_is_ours(load_model_file(FORMATS / f"model-{version}.safetensors"), replace(model(), genres=bare))


@pytest.mark.parametrize("version", range(1, FORMAT_VERSION + 1))
def test_vectors_of_every_version_keep_loading(version: int) -> None:
    vector = load_vector(FORMATS / f"vector-{version}.safetensors", model())
    assert (vector.name, vector.about, vector.unit) == ("swung", "from straight to swung", "0.2")
    assert vector.z.tolist() == [0.5, -1.0, 2.0]


def test_a_model_comes_back_as_it_was(path: Path) -> None:
    check_is_ours(load_model_file(path), model())


def check_is_ours(loaded: ModelFile, expected: ModelFile) -> None:
    """Whether two models are the same."""
    assert loaded.config == expected.config
    assert loaded.provenance == expected.provenance
    assert {name: array.tolist() for name, array in loaded.weights.items()} == {
        name: array.tolist() for name, array in expected.weights.items()
    }
    assert list(loaded.genres) == ["rock", "été"]
    for name, genre in expected.genres.items():
        found = loaded.genres[name]
        np.testing.assert_array_equal(found.mean, genre.mean)
        np.testing.assert_allclose(found.covariance, genre.covariance, rtol=1e-6)
        assert (found.code is None) == (genre.code is None)
        if found.code and genre.code:
            np.testing.assert_array_equal(found.code.read, genre.code.read)
            np.testing.assert_array_equal(found.code.write, genre.code.write)
        bare = {"mean": None, "covariance": None, "phrases": (), "code": None}
        assert replace(found, **bare) == replace(genre, **bare)
        for ours, theirs in zip(found.phrases, genre.phrases, strict=True):
            assert ours.z.tolist() == theirs.z.tolist()
            assert ours.metre.tolist() == theirs.metre.tolist()
            assert replace(ours, z=None, metre=None) == replace(theirs, z=None, metre=None)


def test_the_same_model_is_the_same_file(path: Path, tmp_path: Path) -> None:
    save_model(tmp_path / "again.safetensors", load_model_file(path))
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()


def error_of(path: Path) -> str:
    with pytest.raises(ModelFileError) as caught:
        load_model_file(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message


def test_a_flipped_bit_anywhere_is_found(path: Path) -> None:
    data = path.read_bytes()
    for position in np.random.default_rng(0).permutation(len(data))[:300].tolist():
        damaged = bytearray(data)
        damaged[position] ^= 1 << position % 8
        path.write_bytes(damaged)
        error_of(path)


def test_a_file_cut_short_anywhere_is_found(path: Path) -> None:
    data = path.read_bytes()
    for size in [*range(16), *range(16, len(data), 97), len(data) - 1]:
        path.write_bytes(data[:size])
        error_of(path)
    path.write_bytes(data + b"\0")
    error_of(path)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", r"not a groovevae model file, or one cut short \(0 bytes\)"),
        (b"MThd\0\0\0\6\0\1\0\1\1\xe0MTrk", "not a groovevae model file"),
        (b"\2\0\0\0\0\0\0\0{}", "not a groovevae model file"),
        (b"\2\0\0\0\0\0\0\0[]", "not a groovevae model file"),
        (b"\4\0\0\0\0\0\0\0\xff\xfe\xff\xfe", "not a groovevae model file"),
        (b"\xff" * 64, "not a groovevae model file"),
    ],
)
def test_files_that_are_no_model(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "other.bin"
    path.write_bytes(data)
    assert message.replace("\\", "") in error_of(path)


def test_other_safetensors_files_are_no_model(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    path = tmp_path / "other.safetensors"
    save_file({"x": np.zeros(2, np.float32)}, path, metadata={"format": "pt"})
    assert "not a groovevae model file" in error_of(path)


def test_missing_files_and_folders(tmp_path: Path) -> None:
    assert "no such file" in error_of(tmp_path / "none.safetensors")
    assert "cannot be read (Is a directory)" in error_of(tmp_path)


def test_a_training_state_is_no_model(tmp_path: Path) -> None:
    path = tmp_path / "model.training"
    write_tensors(path, {"x": np.zeros(2, np.float32)}, kind=STATE_KIND, texts={})
    assert f"a {STATE_KIND} file; a {MODEL_KIND} file is needed" in error_of(path)


@pytest.mark.parametrize(("version", "cure"), [(FORMAT_VERSION + 1, "update groovevae"), (0, "train the model anew")])
def test_other_versions(path: Path, version: int, cure: str) -> None:
    data = path.read_bytes()
    ours, other = f'"version":"{FORMAT_VERSION}"'.encode(), f'"version":"{version}"'.encode()
    assert data.count(ours) == 1
    path.write_bytes(data.replace(ours, other))
    assert error_of(path).endswith(f"model format {version}, and this groovevae reads {FORMAT_VERSION}; {cure}")


def with_tensor(path: Path, name: str, array: np.ndarray | None) -> None:
    """Writes the model anew, its checksum right, with another tensor."""
    tensors, texts = read_tensors(path, kind=MODEL_KIND)
    if array is None:
        del tensors[name]
    else:
        tensors[name] = array
    write_tensors(path, tensors, kind=MODEL_KIND, texts=texts)


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("weights/b", np.full(1, np.nan, np.float16)),
        ("weights/b", np.full(1, np.inf, np.float16)),
        ("genres/0/mean", np.zeros(4, np.float32)),
        ("genres/0/mean", None),
        ("genres/1/covariance", np.zeros(5, np.float32)),
        ("genres/0/read", np.zeros((3, 3), np.float16)),
        ("genres/0/write", np.zeros(3, np.float16)),
        ("genres/1/phrases/0", np.zeros((4, 2), np.float16)),
        ("genres/1/phrases/0", np.zeros(3, np.float16)),
    ],
)
def test_values_that_cannot_be(path: Path, name: str, array: np.ndarray | None) -> None:
    with_tensor(path, name, array)
    assert "damaged model file" in error_of(path)


@pytest.mark.parametrize(
    ("what", "value", "message"),
    [
        ("tempo", 0, "genre 'rock' has a tempo of 0"),
        ("tempo", float("nan"), "genre 'rock' has a tempo of nan"),
        ("name", 7, "a genre without a name"),
        ("num_bars", -1, "genre 'rock' has an impossible number of bars or songs"),
        ("programs", [[[128, 1.0]], [], []], "genre 'rock' has a program outside 0 to 127"),
        ("kit", [36] * 8, "genre 'rock' has a drum kit that is not nine keys from 0 to 127"),
    ],
)
def test_genres_that_cannot_be(path: Path, what: str, value: object, message: str) -> None:
    tensors, texts = read_tensors(path, kind=MODEL_KIND)
    texts["genres"][0][what] = value
    write_tensors(path, tensors, kind=MODEL_KIND, texts=texts)
    assert error_of(path) == f"{path}: damaged model file ({message})"


@pytest.mark.parametrize("metre", [[0, 4], [4, 0], [7, 2], [1, 32], [300, 4], [4, "x"]])
def test_metres_that_cannot_be(path: Path, metre: list) -> None:
    tensors, texts = read_tensors(path, kind=MODEL_KIND)
    texts["genres"][0]["phrases"][0]["metre"] = [metre]
    write_tensors(path, tensors, kind=MODEL_KIND, texts=texts)
    assert "damaged model file" in error_of(path)


def test_a_config_that_cannot_be(path: Path) -> None:
    tensors, texts = read_tensors(path, kind=MODEL_KIND)
    for config in ('{"latent_size": "3"}', '{"colour": 1}', "{", "[]", '{"latent_size": true}'):
        write_tensors(path, tensors, kind=MODEL_KIND, texts={**texts, "config": config})
        assert "damaged model file" in error_of(path)


def test_weights_that_do_not_fit_the_network(path: Path) -> None:
    with pytest.raises(ModelFileError, match="the weights do not fit the network"):
        load_model_file(path).network()


def test_the_network_is_the_one_that_was_saved(tiny) -> None:
    network = load_model_file(tiny.path).network()
    assert network.config == tiny.trained.model.config
    assert load_model_file(tiny.path).genres.keys() == tiny.trained.model.genres.keys()


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "deep" / "down" / "x.mid"
    write_file(path, b"old")
    monkeypatch.setattr(os, "replace", lambda *paths: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OutputError, match=r"x\.mid: cannot be written \(No space left on device\)"):
        write_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(path.parent) == ["x.mid"]


def test_an_interrupted_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        write_file(tmp_path / "x.mid", b"new")
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_files_are_as_readable_as_any_other(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"")
    write_file(tmp_path / "ours", b"")
    assert stat.S_IMODE((tmp_path / "ours").stat().st_mode) == stat.S_IMODE((tmp_path / "other").stat().st_mode)


def test_places_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for place in ("file/x.mid", "file/deeper/x.mid", "a" * 300):
        with pytest.raises(OutputError, match="or choose another place") as caught:
            write_file(tmp_path / place, b"")
        assert "\n" not in str(caught.value)
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("config", [ModelConfig(), TrainConfig(), SIZES, TrainConfig(beta=1, steps=3)])
def test_configs_there_and_back(config: ModelConfig | TrainConfig) -> None:
    assert type(config).from_json(config.to_json()) == config


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"size": 3}, "has no field 'size'"),
        ({"steps": 1.5}, "steps is 1.5; a int is needed"),
        ({"beta": "x"}, "beta is 'x'"),
    ],
)
def test_configs_that_are_none(values: dict, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        TrainConfig.from_json(json.dumps(values))


def test_what_a_killed_write_left_is_removed(tmp_path: Path) -> None:
    for name in (".my.training.abc.tmp", ".other.training.abc.tmp", "my.training"):
        (tmp_path / name).touch()
    remove_unfinished(tmp_path / "my.training")
    assert sorted(file.name for file in tmp_path.iterdir()) == [".other.training.abc.tmp", "my.training"]
    remove_unfinished(tmp_path / "no folder" / "my.training")
