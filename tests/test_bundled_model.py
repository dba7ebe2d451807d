"""The model that comes with the package: what it holds, and that a first blend with it is music everywhere."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from groovevae.cli import main
from groovevae.model.file import ModelFile, default_model_path, load_model_file
from midi_readers import same_notes_everywhere

PATH = default_model_path()
MAX_BYTES = 30_000_000

pytestmark = pytest.mark.skipif(not PATH.exists(), reason=f"{PATH.name} is not in groovevae/assets yet")


@pytest.fixture(scope="module")
def model() -> ModelFile:
    return load_model_file()


def test_its_size() -> None:
    assert PATH.stat().st_size <= MAX_BYTES


def test_its_genres(model: ModelFile) -> None:
    assert len(model.genres) >= 10
    assert {"classical", "rock", "jazz"} <= model.genres.keys()


def test_every_genre_can_be_started_from_and_has_a_whole_kit(model: ModelFile) -> None:
    for name, genre in model.genres.items():
        assert genre.phrases, name
        assert len(set(genre.kit)) == 9, name


def test_the_network_fits_its_weights(model: ModelFile) -> None:
    assert model.network().config == model.config


def test_a_first_blend_reads_alike_everywhere(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["blend", "classical", "rock", "--out", str(tmp_path)])
    assert result.exit_code == 0, result.output
    [path] = tmp_path.iterdir()
    data = path.read_bytes()
    assert same_notes_everywhere(data).total() > 0
