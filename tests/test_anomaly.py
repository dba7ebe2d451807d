"""What does not belong: likelihood as training has it, faults by hand, detectors on points, and a dirty folder."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from command_line import Run, error_of
from corpus_files import band_tune
from scores import noise_bars
from test_phrases import phrase
from tiny import SIZES, Tiny, untrained_network

from groovevae import Groove
from groovevae.anomaly import Outliers, find_outliers
from groovevae.anomaly.baselines import FARTHEST, fit_baseline
from groovevae.anomaly.belonging import BELONGING, fit_scale, fitted
from groovevae.anomaly.detectors import DETECTORS, MIN_SONGS, Known, nearest
from groovevae.anomaly.faults import FAULTS, inject
from groovevae.anomaly.genres import fit_genres
from groovevae.anomaly.likelihood import NATS, bar_nats, reconstruction_nats
from groovevae.anomaly.measurements import BARS, describe
from groovevae.anomaly.reasons import reason_of
from groovevae.anomaly.song_statistics import worst_quarter
from groovevae.anomaly.suspects import ENOUGH_SONGS, find_suspects, suspects
from groovevae.anomaly.traits import bar_traits
from groovevae.bars import Bars
from groovevae.bars.constants import CHORD_LOW, HOLD, ONSET, ROLES
from groovevae.corpus import load_corpus
from groovevae.corpus.labels import UNLABELLED
from groovevae.errors import CorpusError, RequestError
from groovevae.network.forward import Network
from groovevae.training.losses import recon_loss
from groovevae.training.weights import build_network


@pytest.fixture(autouse=True)
def few_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Break copies of a few songs alone: they take most of the time."""
    monkeypatch.setattr("groovevae.anomaly.copies.MOST_COPIED", 4)


@pytest.mark.parametrize("metre", [(4, 4), (3, 4), (6, 8), (5, 8)])
def test_nats_are_the_loss_of_training(metre: tuple[int, int]) -> None:
    network, bars = untrained_network(), noise_bars(3, metre=metre)
    z = np.random.default_rng(0).standard_normal((2, 3, SIZES.latent_size)).astype(np.float32)
    found = bar_nats(network, bars, z)
    batch = bars.batch()
    decoder = build_network(network.config, network.weights).decoder
    for own, point in zip(found, z, strict=True):
        logits = decoder(jnp.asarray(point), batch, jnp.ones((3, batch.bass.shape[1] // 4)))
        expected = np.stack(recon_loss(logits, batch), axis=1)
        np.testing.assert_allclose(own, expected, rtol=1e-4, atol=1e-3)
        assert recon_loss(logits, batch)._fields == NATS


def test_reconstruction_is_a_mean_over_draws() -> None:
    network, bars = untrained_network(), noise_bars(4)
    few, z = reconstruction_nats(network, bars, draws=2, seed=3)
    assert (reconstruction_nats(network, bars, draws=2, seed=3)[0] == few).all()
    error, _ = reconstruction_nats(network, bars, draws=0)
    assert (error == bar_nats(network, bars, z[None])[0]).all()
    assert (error != few).any()
    plain = Network(replace(network.config, variational=False), network.weights)
    assert (reconstruction_nats(plain, bars, draws=2)[0] == error).all()


def song(num_bars: int = 8) -> Bars:
    """A song of all roles: eighths on the closed hat, four notes of a lead, a chord and a bass note a bar."""
    bars = phrase(*[[60, 62, 64, 65]] * num_bars)
    bars.drums[:, :16:2, 2] = 90
    bars.bass[:, 0], bars.bass[:, 1:4] = 20, HOLD
    for pitch in (60, 64, 67):
        bars.chords[:, 4, pitch - CHORD_LOW], bars.chords[:, 5:8, pitch - CHORD_LOW] = ONSET, HOLD
    return bars


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_hits_a_share_of_the_bars(name: str) -> None:
    bars, other = song(), noise_bars(5, seed=1)
    for strength in (0.25, 1.0):
        broken = inject(bars, name, strength=strength, other=other, seed=0)
        assert broken is not None
        changed = np.any([(getattr(broken, r) != getattr(bars, r)).reshape(8, -1).any(1) for r in ROLES], axis=0)
        assert 1 <= changed.sum() <= 8 * strength
        again = inject(bars, name, strength=strength, other=other, seed=0)
        assert again is not None
        assert (again.chords == broken.chords).all()
    silence = inject(Bars.empty(4), name, strength=1.0, other=Bars.empty(2), seed=0)
    assert silence is None


def test_faults_do_what_they_are_called() -> None:
    bars, other = song(), song()
    late = inject(bars, "a track a sixteenth late", strength=1.0, other=other, seed=0)
    stuck = inject(bars, "stuck notes", strength=1.0, other=other, seed=0)
    dropped = inject(bars, "half the notes dropped", strength=1.0, other=other, seed=0)
    wrong = inject(bars, "drums on wrong voices", strength=1.0, other=other, seed=0)
    assert late is not None and stuck is not None and dropped is not None and wrong is not None
    moved = [role for role in ROLES if (getattr(late, role) != getattr(bars, role)).any()]
    assert len(moved) == 1
    assert (stuck.chords[-1, :16] > 0).all(0).any()
    assert 0.3 < (dropped.drums > 0).sum() / (bars.drums > 0).sum() < 0.7
    assert (wrong.drums > 0).sum() == (bars.drums > 0).sum()
    assert not ((wrong.drums > 0) & (bars.drums > 0)).any()


def test_traits() -> None:
    traits = {name: values[0] for name, values in bar_traits(song(1)).items()}
    assert traits["lead in scale"] == traits["chords in scale"] == 1
    assert traits["drums on beats"] == 0.5
    assert traits["drums off eighths"] == 0
    assert traits["lead length"] == 1
    assert traits["chords length"] == 4
    assert traits["drums with bass"] == 1
    assert bar_traits(phrase([61, 63]))["lead in scale"][0] == 0
    assert all(np.isnan(values[0]) or values[0] == 0 for values in bar_traits(Bars.empty(1)).values())


def test_what_is_usual_is_so_within_a_genre() -> None:
    rng = np.random.default_rng(0)
    genre = np.repeat(["a", "b"], 200)
    values = rng.standard_normal((400, 3)) + 10 * (genre == "b")[:, None]
    values[0, 0] = np.nan
    baseline = fit_baseline(values, genre)
    found = baseline.deviations(values, genre)
    assert np.abs(found.mean()) < 0.05
    assert found.std() == pytest.approx(1, abs=0.05)
    assert found[0, 0] == 0  # unknown
    assert baseline.deviations(np.full((1, 3), 1e9), np.array(["a"]))[0, 0] == FARTHEST
    assert baseline.deviations(values[:1], np.array(["new"])).shape == (1, 3)


def test_versions_of_a_song_are_no_neighbours() -> None:
    points = np.arange(12.0)[:, None]
    genre, group = np.full(12, "a"), np.array(list("xxyzuvwabcde"))
    found = nearest(points, points, genre, genre, group, group)
    assert found[0] == pytest.approx(np.mean([2, 3, 4]))  # 1 is a version of it
    assert found[6] == pytest.approx(np.mean([1, 1, 2]))
    rare = np.array(["b"] * 2 + ["a"] * 10)
    assert np.isfinite(nearest(points, points, rare, rare, group, group)).all()  # compared with all genres
    alone = nearest(points[:1], points[:1], genre[:1], genre[:1], group[:1], group[:1])
    assert np.isinf(alone).all()


def test_scale_forgives_some_dirt() -> None:
    rng = np.random.default_rng(0)
    scores = np.concatenate([rng.standard_normal(1000), np.full(50, 40.0)])
    scale = fit_scale(scores, np.full(1050, "a"))
    assert scale(np.array([0.0, 40.0, np.inf]), np.array(["a", "b", "a"])) == pytest.approx([0, 40, 0], abs=4)
    assert fit_scale(np.full(2, np.inf), np.array(["a", "b"]))(np.ones(1), np.array(["a"])) == 1


def test_worst_quarter_and_means_by_song() -> None:
    measured = describe(untrained_network(), [song(8), song(1)])
    assert (measured.num_songs, len(measured.song)) == (2, 9)
    assert worst_quarter(np.arange(9.0), measured).tolist() == [6.5, 8.0]
    means = measured.means(np.array([[1.0, np.nan]] * 8 + [[3.0, 2.0]]))
    np.testing.assert_array_equal(means, [[1, np.nan], [3, 2]])
    long = describe(untrained_network(), [song(100)])
    assert len(long.bar) == BARS
    assert (long.bar[0], long.bar[-1]) == (0, 99)
    assert measured.of(np.array([1])).bar.tolist() == [0]


@pytest.mark.parametrize(
    ("trait", "deviation", "said"),
    [
        ("bass in scale", -4.0, "bass out of key"),
        ("bass in scale", 4.0, ""),
        ("drums off eighths", 5.0, "drums off the grid"),
        ("bass against lead", 5.0, "clashes between bass and lead"),
        ("drums hits of low tom", 9.0, "too much low tom"),
        ("feel nats", 3.0, "touch unlike any the model knows"),
        ("drums at the start", 3.0, ""),
    ],
)
def test_reasons(trait: str, deviation: float, said: str) -> None:
    assert reason_of(trait, deviation) == said


@pytest.fixture(scope="module")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two genres of which classical has no drums; a file of each in the other's folder, one twice, one scrambled."""
    root = tmp_path_factory.mktemp("dirty") / "my-midi"
    for genre in ("classical", "rock"):
        (root / genre).mkdir(parents=True)
        for seed in range(24):
            (root / genre / f"{genre} {'abcdefghijklmnopqrstuvwxyz'[seed]}.mid").write_bytes(
                band_tune(genre, seed, num_bars=9)
            )
    (root / "classical" / "misplaced.mid").write_bytes(band_tune("rock", 90, num_bars=9))
    (root / "rock" / "copied.mid").write_bytes(band_tune("rock", 3, num_bars=10))
    return root


def found_by(tiny: Tiny, root: Path, **options) -> Outliers:
    return find_outliers(Groove(tiny.trained.model), load_corpus(root), **options)


def test_a_dirty_folder(tiny: Tiny, dirty: Path) -> None:
    told = []
    found = found_by(tiny, dirty, false_alarms=0.1, progress=lambda what, done, of: told.append(what))
    assert set(told) == {"looking at songs", "comparing", "looking for near-duplicates"}
    first = found.files[0]
    assert (first.path, first.looks_like, first.is_flagged) == ("classical/misplaced.mid", "rock", True)
    assert first.reasons[0] == "looks like rock"
    assert 0 < sum(file.is_flagged for file in found.files) <= 0.1 * len(found.files) + 1
    assert [file.score for file in found.files] == sorted((file.score for file in found.files), reverse=True)
    assert found == found_by(tiny, dirty, false_alarms=0.1)
    rock = found_by(tiny, dirty, genre="rock")
    assert {file.genre for file in rock.files} == {"rock"}
    assert [file.score for file in rock.files] == [file.score for file in found.files if file.genre == "rock"]


def test_normal_songs_of_their_own(tiny: Tiny, dirty: Path, band_corpus: Path) -> None:
    found = found_by(tiny, dirty, normal=load_corpus(band_corpus))
    assert not found.own_normal
    assert found.num_normal == len(load_corpus(band_corpus).songs)
    assert len(found.files) == len(load_corpus(dirty).songs)


def test_every_detector_scores_songs(tiny: Tiny, dirty: Path) -> None:
    corpus = load_corpus(dirty)
    measured = describe(tiny.trained.model.network(), [one.song.bars for one in corpus.songs])
    genre, group = (np.array([getattr(one.entry, n) for one in corpus.songs]) for n in ("genre", "song_id"))
    known = Known(measured, genre, group)
    misplaced = [one.entry.path.name for one in corpus.songs].index("misplaced.mid")
    for name in (BELONGING, *DETECTORS):
        scores = fitted(name, known)(known)
        assert scores.shape == genre.shape
        assert np.isfinite(scores).all(), name
        if name == BELONGING or name.startswith("nearest"):  # the others need more songs, or a network that has learned
            assert scores[misplaced] > np.median(scores), name
    one_genre = known.of(np.flatnonzero(genre == "rock"))
    assert (fit_genres(one_genre)(one_genre).log_odds == 0).all()
    unknown = replace(known, genre=np.full(len(genre), "polka"))
    assert np.isfinite(fitted(BELONGING, known)(unknown)).all()


def names_of(root: Path) -> list[str]:
    """The files of a corpus that stand out without a model, the clearest first."""
    corpus = load_corpus(root)
    return [corpus.songs[found.song].entry.path.name for found in find_suspects(corpus)]


def test_suspects_of_a_dirty_folder(dirty: Path) -> None:
    corpus = load_corpus(dirty)
    first = find_suspects(corpus)[0]
    assert corpus.songs[first.song].entry.path.name == "misplaced.mid"
    assert first.reason.startswith("looks like rock")
    assert len(names_of(dirty)) <= 2


def test_songs_of_no_genre_are_not_judged(tiny: Tiny, dirty: Path) -> None:
    """They come first in the corpus: the others' numbers are no longer those among the songs looked at."""
    corpus = load_corpus(dirty)
    unlabelled = [replace(song, entry=replace(song.entry, genre=UNLABELLED)) for song in corpus.songs[:3]]
    more = replace(corpus, songs=[*unlabelled, *corpus.songs])
    assert [found.song - 3 for found in find_suspects(more)] == [found.song for found in find_suspects(corpus)]
    assert find_outliers(Groove(tiny.trained.model), more) == find_outliers(Groove(tiny.trained.model), corpus)


def test_songs_are_judged_some_at_a_time(tiny: Tiny, dirty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of a corpus that is compared with another, or too large to be looked at whole."""
    monkeypatch.setattr("groovevae.anomaly.outliers.TOGETHER", 7)
    told = []
    found = found_by(tiny, dirty, normal=load_corpus(dirty), progress=lambda what, done, of: told.append((done, of)))
    corpus = load_corpus(dirty)
    assert sorted(file.path for file in found.files) == sorted(
        corpus.path_within(song.entry.path) for song in corpus.songs
    )
    assert found.files[0].path == "classical/misplaced.mid"
    assert (len(corpus.songs) - 1, len(corpus.songs)) in told


def test_songs_are_compared_with_some_of_many(tiny: Tiny, dirty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("groovevae.anomaly.outliers.MOST_COMPARED_WITH", 30)
    found = found_by(tiny, dirty)
    assert (found.num_normal, len(found.files)) == (30, 50)
    assert found.files[0].path == "classical/misplaced.mid"


def test_small_corpora_have_no_suspects(band_corpus: Path, tmp_path: Path) -> None:
    assert names_of(band_corpus) == []  # 8 songs a genre
    for path in ("rock/one.mid", "jazz/two.mid"):
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).write_bytes(band_tune("rock", 0))
        assert names_of(tmp_path) == []


def test_a_song_far_from_all_others_stands_out() -> None:
    """Songs of one genre, of which one plays random notes; a song without a note does no harm."""
    rng = np.random.default_rng(0)
    songs = []
    for _ in range(2 * ENOUGH_SONGS):
        bars = song()
        bars.lead[:, 4:12] = rng.permuted(bars.lead[:, 4:12], axis=1)
        bars.velocity[:] = rng.integers(60, 100, bars.velocity.shape)
        bars.drums[:, :16:2, 2] = rng.integers(60, 100, (8, 8))
        songs.append(bars)
    measured = describe(None, [*songs, noise_bars(8)], with_features=False)
    assert (measured.features.size, measured.z.size, np.isnan(measured.nats).all()) == (0, 0, True)
    number = np.arange(len(songs) + 1)
    found = list(suspects(Known(measured, np.full(len(number), "rock"), number)))
    assert [one.song for one in found] == [2 * ENOUGH_SONGS]
    assert found[0].reason


def test_what_cannot_be_looked_through(tiny: Tiny, dirty: Path, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"no genre 'polka' in .*; there are classical, rock"):
        found_by(tiny, dirty, genre="polka")
    with pytest.raises(RequestError, match="a false-alarm rate of 2"):
        found_by(tiny, dirty, false_alarms=2)
    (tmp_path / "few" / "rock").mkdir(parents=True)
    (tmp_path / "few" / "rock" / "one.mid").write_bytes(band_tune("rock", 0))
    with pytest.raises(CorpusError, match=f"normal songs to compare with: 1; {MIN_SONGS} are needed"):
        found_by(tiny, tmp_path / "few")


def test_the_command(run: Run, dirty: Path, tmp_path: Path) -> None:
    result = run("outliers", dirty, "--top", 2, "--csv", tmp_path / "o.csv", "--json", tmp_path / "o.json")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert "as 5% of the corpus itself, taken for normal do (50 files)" in lines[0]
    assert next(line.split("  ")[-1] for line in lines if line.endswith(".mid")) == "classical/misplaced.mid"
    assert "looks like rock" in result.stdout
    with (tmp_path / "o.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert (len(rows), rows[0]["path"], rows[0]["flagged"]) == (50, "classical/misplaced.mid", "yes")
    data = json.loads((tmp_path / "o.json").read_text())
    assert data["files"][0]["looks_like"] == "rock"
    assert "no such folder" in error_of(run("outliers", tmp_path / "none"))
    assert "no genre 'polka'" in run("outliers", dirty, "--genre", "polka").stderr
    assert run("outliers", dirty, "--genre", "polka").exit_code == 1
