"""Whether songs hold together: harmony and rhythm of small bars, the judge, and a small folder with one broken file."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from corpus_files import CHORDS, band_tune
from scores import noise_bars
from test_anomaly import song

from groovevae import Groove
from groovevae.anomaly import find_outliers
from groovevae.anomaly.copies import MOST_COPIED, break_songs, copied_songs
from groovevae.anomaly.faults import FAULTS, inject
from groovevae.anomaly.harmony import harmony
from groovevae.anomaly.measurements import describe, whole_names
from groovevae.anomaly.rhythm import rhythm
from groovevae.anomaly.song_statistics import value_names
from groovevae.anomaly.soundness import KIND, Prior, adapted, load_prior, prior_path, usual
from groovevae.bars import Bars
from groovevae.bars.constants import BASS_LOW, FIRST_PITCH, ROLES
from groovevae.corpus import load_corpus
from groovevae.generation.groove import load_model
from groovevae.midi.reading import load_score
from groovevae.midi.writing import score_to_midi
from groovevae.model.file import read_tensors
from small_folders import RANDOM, broken_bars, firsts, folders, known, random_pitches


def in_c() -> Bars:
    """Eight bars: a lead on C, D, E and F over a bass on C, then a chord of C major."""
    bars = song(8)
    bars.bass[:, 0] = FIRST_PITCH + 36 - BASS_LOW
    return bars


def test_harmony() -> None:
    found = harmony(in_c())
    assert found["all in scale"] == found["lead in its scale"] == found["lead in the others' scale"] == 1
    assert found["lead leap"] == pytest.approx((8 * (2 + 2 + 1) + 7 * 5) / 31)
    assert found["lead steps"] == pytest.approx(24 / 31)
    assert found["chords size"] == 3
    assert found["chords size spread"] == found["chords longest hold"] == 0
    assert found["bass fits"] == 1


def test_a_transposed_role_fits_better_elsewhere() -> None:
    bars = in_c()
    bass = np.where(bars.bass >= FIRST_PITCH, bars.bass + 6, bars.bass)
    whole, moved = harmony(bars), harmony(dataclasses.replace(bars, bass=bass))
    assert moved["bass fits"] < whole["bass fits"]
    assert moved["bass fits, not transposed"] < 0 <= whole["bass fits, not transposed"]
    assert moved["bass in the others' scale"] == 0 < whole["bass in the others' scale"] == 1


def test_rhythm() -> None:
    found = rhythm(song(8))
    assert found["drums in the metre"] == pytest.approx((1 + 0.3) / 2)  # eighths
    assert found["drums rhythm repeated"] == found["lead notes alike"] == 1
    assert found["drums closed hat on beats"] == 0.5
    assert np.isnan(found["drums kick on beats"])
    late = inject(song(8), "a track a sixteenth late", strength=1.0, other=song(8), seed=0)
    assert late is not None
    role = next(role for role in ROLES if (getattr(late, role) != getattr(song(8), role)).any())
    assert rhythm(late)[f"{role} together, not early"] < found[f"{role} together, not early"]


def test_what_cannot_be_measured_is_unknown() -> None:
    silent = harmony(Bars.empty(2)) | rhythm(Bars.empty(2))
    measured = harmony(noise_bars(3)) | rhythm(noise_bars(3))
    assert (*silent,) == (*measured,) == whole_names()
    assert np.isfinite([*measured.values()]).all()
    assert {name for name, value in silent.items() if not np.isnan(value)} == {
        "chords longest hold",
        "chords held throughout",
        "chords sounding",
    }


def test_usual_values_lean_on_the_prior_where_songs_are_few() -> None:
    prior = Prior(np.zeros(1), np.ones(1), np.zeros((2, 2)))
    songs = (np.full((1, 1), 10.0), np.full((98, 1), 10.0), np.full((3, 1), np.nan))
    few, many, unknown = (usual(values, prior).centre[0] for values in songs)
    assert (few, many, unknown) == pytest.approx((10 / 3, 9.8, 0))
    odd = np.append(np.zeros(20), [1e6, np.nan])[:, None]
    found = usual(odd, prior)
    assert found.centre[0] == 0
    assert found.spread[0] == pytest.approx(np.sqrt((16 + 8) / (21 + 8)))  # one odd song counts for 4 spreads at most
    assert found.deviations(np.array([[1e9], [np.nan]])).ravel().tolist() == [6, 0]


def test_weights_move_as_far_as_examples_push_them() -> None:
    weights = np.array([[0.0, 0.0], [1.0, 0.0]])
    examples = np.array([[-2.0, 1.0], [2.0, 1.0]])  # a value, and 1 for the bias
    few = adapted(weights, examples, np.array([1, 0]))  # the opposite of what is known beforehand
    many = adapted(weights, np.repeat(examples, 100, axis=0), np.repeat([1, 0], 100))
    slope = [own[1, 0] - own[0, 0] for own in (weights, few, many)]
    assert slope[0] == 1 > slope[1] > 0 > slope[2]


def test_the_prior_knows_the_values_and_faults_there_are() -> None:
    tensors, texts = read_tensors(prior_path(), kind=KIND)
    measured = describe(None, [song()], with_features=False)
    assert texts["names"] == [*value_names(measured)], "run scripts/fit_soundness.py"
    assert texts["faults"] == [*FAULTS]
    prior = load_prior()
    assert prior.weights.shape == (len(FAULTS) + 1, len(texts["names"]) + 1)
    assert (prior.spread > 0).all()
    assert all(np.isfinite(array).all() for array in tensors.values())


def test_copies_know_their_songs(groove: Groove) -> None:
    copies = break_songs(groove.network, [song(), noise_bars(4)], np.array([5, 9]))
    assert copies.song.tolist() == [5] * len(FAULTS) + [9] * len(FAULTS)
    assert copies.fault[copies.song == 5].tolist() == [*range(1, len(FAULTS) + 1)]
    some = copies.of(np.array([9, 5]))
    assert set(some.song.tolist()) == {0, 1}
    np.testing.assert_array_equal(some.values[some.song == 1], copies.values[copies.song == 5])
    assert len(break_songs(groove.network, [Bars.empty(4)], np.array([0])).song) == 0  # nothing to break
    assert (len(copied_songs(3)), len(copied_songs(10 * MOST_COPIED))) == (3, MOST_COPIED)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten short jazz files."""
    folder = tmp_path_factory.mktemp("small") / "my-midi" / "jazz"
    folder.mkdir(parents=True)
    for seed in range(10):
        (folder / f"tune {'abcdefghij'[seed]}.mid").write_bytes(band_tune("jazz", seed, num_bars=8))
    return folder.parent


def test_the_broken_file_of_a_small_folder_comes_first(small: Path) -> None:
    """A small version of scripts/small_folders.py."""
    corpus, network = load_corpus(small), load_model().network
    songs = corpus.songs
    every = known(network, [one.song.bars for one in songs], songs)
    rng = np.random.default_rng(0)
    drawn = folders(every.genre, every.group, np.full(len(songs), "made up"), rng)
    folder = next(drawn)
    assert folder.broken not in folder.sound
    assert 8 <= len(folder.sound) <= 12
    for fault in (RANDOM, "one track transposed"):
        bars = broken_bars(songs[folder.broken], fault, other=songs[0].song.bars, seed=3, length=None)
        assert bars is not None
        broken = known(network, [bars], [songs[folder.broken]])
        place = {number: number for number in range(len(songs))}
        assert firsts(every, place, [(folder, bars)], broken)[0, 0], fault


def test_a_broken_file_is_named(small: Path, tmp_path: Path) -> None:
    (tmp_path / "jazz").mkdir()
    for path in (small / "jazz").glob("*.mid"):
        (tmp_path / "jazz" / path.name).write_bytes(path.read_bytes())
    odd = tmp_path / "jazz" / "tune c.mid"
    score = random_pitches(load_score(odd), seed=1)
    assert len(set(score.notes["pitch"][score.notes["track"] == CHORDS].tolist())) > 20
    odd.write_bytes(score_to_midi(score))
    found = find_outliers(load_model(), load_corpus(tmp_path))
    assert found.files[0].path == "jazz/tune c.mid"
    assert any(reason.startswith("sounds broken: ") for reason in found.files[0].reasons)
