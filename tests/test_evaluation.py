"""The measures of an evaluation, each on bars that can be counted by hand, and a whole run on a small world."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from command_line import Run, error_of
from corpus_files import band_tune
from test_phrases import phrase
from tiny import Tiny

from groovevae import Groove
from groovevae.bars import Bars
from groovevae.bars.constants import BASS_LOW, CHORD_LOW, FIRST_PITCH, HOLD, ONSET
from groovevae.corpus import load_corpus
from groovevae.errors import CorpusError
from groovevae.evaluation import evaluate
from groovevae.evaluation.bootstrap import draw_songs, drawn_means, estimate
from groovevae.evaluation.content import content_kept
from groovevae.evaluation.dose_response import measure_pairs, rank_correlation, unrelated
from groovevae.evaluation.excerpts import RUN_BARS, draw_excerpts
from groovevae.evaluation.run import judges_of
from groovevae.evaluation.songs import measured_songs
from groovevae.evaluation.soundness import soundness
from groovevae.evaluation.versions import COPY, IDENTITY, RANDOM, SPLICE, Sides, blend_name, splice
from groovevae.network.decoding import encode
from groovevae.reports.evaluation import details, summary, to_html, to_json


def with_chord(bars: Bars, *pitches: int, step: int = 0, length: int = 4, bar: int = 0) -> Bars:
    """The bars with a chord of MIDI pitches put in."""
    for pitch in pitches:
        bars.chords[bar, step, pitch - CHORD_LOW] = ONSET
        bars.chords[bar, step + 1 : step + length, pitch - CHORD_LOW] = HOLD
    return bars


def with_bass(bars: Bars, pitch: int, *, step: int = 0, length: int = 4) -> Bars:
    bars.bass[0, step], bars.bass[0, step + 1 : step + length] = FIRST_PITCH + pitch - BASS_LOW, HOLD
    return bars


@pytest.mark.parametrize(
    ("bars", "source", "chroma", "groove", "melody"),
    [
        (phrase([60, 64]), phrase([60, 64]), 1.0, 1.0, 1.0),
        (phrase([60, 64]), phrase([72, 76]), 1.0, 1.0, 0.0),  # an octave is the same harmony and another melody
        (phrase([60, 64]), phrase([61, 65]), 0.0, 1.0, 0.0),
        (phrase([60]), phrase([60, 64]), math.sqrt(0.5), 15 / 16, 2 / 3),
        (phrase([60]), phrase([]), math.nan, 15 / 16, 0.0),
        (phrase([]), phrase([]), math.nan, 1.0, math.nan),
    ],
)
def test_content(bars: Bars, source: Bars, chroma: float, groove: float, melody: float) -> None:
    found = {name: values[0] for name, values in content_kept(bars, source).items()}
    assert found == pytest.approx({"chroma": chroma, "groove": groove, "melody": melody}, nan_ok=True)


def test_chroma_is_of_what_sounds_in_each_half_of_the_bar() -> None:
    long, short = (with_chord(Bars.empty(1), 60, length=length) for length in (8, 2))
    assert content_kept(with_chord(long, 67), short)["chroma"][0] == pytest.approx(8 / math.sqrt(64 + 16))
    late = with_chord(Bars.empty(1), 60, step=8)
    assert math.isnan(content_kept(late, short)["chroma"][0])  # no half in which both sound


@pytest.mark.parametrize(
    ("bars", "measure", "expected"),
    [
        (phrase([60, 64, 65, 66]), "in scale", 3 / 4),
        (phrase([60, 61, 62, 63]), "in scale", 3 / 4),  # no scale has more than C, D, E flat
        (phrase([60]), "empty", 0.0),
        (phrase([]), "empty", 1.0),
        (phrase([]), "in scale", math.nan),
        (with_chord(phrase([60]), 60, 64, 67), "polyphony", 3.0),
        (with_bass(with_chord(phrase([]), 60, 64), 48, length=8), "polyphony", (4 * 3 + 4) / 8),
        (with_bass(phrase([72]), 40), "pitch range", 32.0),
        (phrase([60, 62, 64, 65]), "rhythm entropy", 2.0),
        (with_chord(phrase([60]), 60), "rhythm entropy", 0.0),
        (with_bass(with_chord(phrase([]), 60, 64), 47), "clashes", 1.0),
        (with_bass(with_chord(phrase([]), 60, 64), 48), "clashes", 0.0),
        (with_bass(with_chord(phrase([]), 60, 64), 47, length=2), "clashes", 1.0),  # of the steps at which both sound
        (with_chord(phrase([]), 60, 61), "clashes", math.nan),  # within one role it is a voicing
    ],
)
def test_soundness(bars: Bars, measure: str, expected: float) -> None:
    assert soundness(bars)[measure][0] == pytest.approx(expected, nan_ok=True)


def test_soundness_is_what_muspy_says() -> None:
    muspy = pytest.importorskip("muspy")
    rng = np.random.default_rng(0)
    for _ in range(20):
        bars, notes = Bars.empty(1), []
        for step in rng.choice(16, 5, replace=False).tolist():
            pitch = int(rng.integers(CHORD_LOW, CHORD_LOW + 40))
            if not bars.chords[0, :, pitch - CHORD_LOW].any():
                length = int(rng.integers(1, 17 - step))
                with_chord(bars, pitch, step=step, length=length)
                notes.append(muspy.Note(time=step, pitch=pitch, duration=length))
        music = muspy.Music(resolution=4, tracks=[muspy.Track(notes=notes)])
        found = {name: values[0] for name, values in soundness(bars).items()}
        assert found["in scale"] == pytest.approx(muspy.scale_consistency(music))
        assert found["polyphony"] == pytest.approx(muspy.polyphony(music))
        assert found["pitch range"] == muspy.pitch_range(music)


def test_intervals_are_over_songs() -> None:
    ids = np.repeat(["a", "b", "c", "d"], 100)
    values = np.repeat([0.0, 0.0, 1.0, 1.0], 100)
    found = estimate(drawn_means({"x": values}, ids, draw_songs(ids))["x"])
    assert found.value == 0.5
    assert (found.low, found.high) == (0.0, 1.0)  # four songs say little, however many bars they have
    ids = np.array([f"song {number}" for number in range(400)])
    many = estimate(drawn_means({"x": values}, ids, draw_songs(ids))["x"])
    assert 0.43 < many.low < 0.5 < many.high < 0.57


def test_means_leave_out_what_is_not_known() -> None:
    ids = np.array(["a", "a", "b"])
    drawn = drawn_means({"x": np.array([1.0, np.nan, 3.0]), "none": np.full(3, np.nan)}, ids, draw_songs(ids))
    assert drawn["x"][0] == 2.0
    assert np.isnan(drawn["none"]).all()


def test_rank_correlation() -> None:
    assert rank_correlation(np.arange(4), np.array([1, 2, 3, 9])) == 1
    assert rank_correlation(np.arange(4), np.array([9, 3, 2, 1])) == -1
    assert rank_correlation(np.arange(3), np.array([1, 1, 2])) == pytest.approx(math.sqrt(3) / 2)
    assert math.isnan(rank_correlation(np.arange(3), np.ones(3)))


def test_unrelated_bars_are_of_other_songs() -> None:
    ids = np.repeat(["a", "b", "c"], [5, 1, 2])
    assert (ids[unrelated(ids)] != ids).all()


def test_splice_takes_whole_roles() -> None:
    bars, other = phrase([60, 62]), with_bass(phrase([72, 74], drums="x"), 40)
    other.velocity[0, 0, 2], other.offset[0, 1, 2] = 90, 5
    only_lead = splice(bars, other, np.array([[False, False, False, True]]))
    assert (only_lead.lead == other.lead).all()
    assert (only_lead.velocity[0, 0].tolist(), only_lead.offset[0, 1].tolist()) == ([0, 0, 90], [0, 0, 5])
    assert not only_lead.drums.any()
    assert not only_lead.bass.any()
    rest = splice(bars, other, np.array([[True, True, True, False]]))
    assert (rest.lead == bars.lead).all()
    assert (rest.drums == other.drums).all()


def test_splice_into_a_shorter_bar_is_cut() -> None:
    long, short = Bars.empty(1), Bars.empty(1, metre=(3, 4))
    long.drums[0, 14, 0] = long.drums[0, 2, 0] = 100
    assert splice(short, long, np.ones((1, 4), bool)).drums[0, :, 0].nonzero()[0].tolist() == [2]


@pytest.fixture(scope="module")
def many_songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Genres of which songs enough are held out to be judged."""
    root = tmp_path_factory.mktemp("many") / "my-midi"
    for genre in ("classical", "rock"):
        (root / genre).mkdir(parents=True)
        for seed in range(80):
            tune = "shared" if seed < 60 else genre
            (root / genre / f"{tune} {seed}.mid").write_bytes(band_tune(genre, seed, num_bars=9, tune=tune))
    return root


def test_excerpts_take_turns_among_songs(many_songs: Path) -> None:
    songs = [song for song in load_corpus(many_songs).songs if song.entry.genre == "rock"]
    found = draw_excerpts(songs, num_runs=20, seed=0)
    assert found is not None
    assert len(found.bars) == len(found.song_ids) == 20 * RUN_BARS
    assert len(found.runs) == len(set(found.song_ids)) == 20
    assert found.bars.has_notes.all()
    assert draw_excerpts([], num_runs=3, seed=0) is None


def test_evaluation(tiny: Tiny, many_songs: Path) -> None:
    told = []
    groove, songs = Groove(tiny.trained.model), load_corpus(many_songs)
    found = evaluate(groove, songs, num_runs=6, progress=lambda what, done, of: told.append(what))
    assert found.genres == ("classical", "rock")
    assert found.left_out == ("jazz",)
    assert [(pair.source, pair.target) for pair in found.pairs] == [("classical", "rock"), ("rock", "classical")]
    assert found.accuracy["rhythm"] == {"classical": 1.0, "rock": 1.0}  # one of them has drums
    pair = found.pairs[0]
    assert pair.shares["all"][COPY].value == pytest.approx(1, abs=0.05)
    assert 0 < pair.shares["all"][SPLICE].value < 1
    assert pair.content["melody"][IDENTITY].value < 1  # a network this small learns little
    assert pair.levels["all"]["real bars"].value < 0.2 < 0.8 < pair.levels["all"]["real rock"].value
    assert {blend_name(0.5), RANDOM} <= pair.shares["without drums"].keys()
    assert len(found.truth.pairs) == 2
    again = evaluate(Groove(tiny.trained.model), load_corpus(many_songs), num_runs=6)
    assert to_json(again) == to_json(found)
    assert {"reconstruction", "pairs of genres", "attributes and novelty"} <= set(told)
    data = json.loads(to_json(found))
    assert data["pairs"][0]["shares"]["all"][COPY][0] == pytest.approx(pair.shares["all"][COPY].value, abs=1e-3)
    tables = [*summary(found), *details(found)]
    for table in tables:
        assert table.rows
        assert {len(row) for row in table.rows} == {len(table.header)}
        assert table.to_markdown().count("\n| ") == len(table.rows) + 1
    page = to_html(found, title="<a model>")
    assert "<h1>&lt;a model&gt;</h1>" in page
    assert page.count('src="data:image/png;base64,') == 3
    assert "http" not in page  # nothing is loaded from anywhere


def test_unseen_songs_take_the_place_of_held_out_ones(many_songs: Path, tmp_path: Path) -> None:
    for genre, seed in (("rock", 900), ("rock", 1), ("classical", 901), ("polka", 902)):
        (tmp_path / genre).mkdir(exist_ok=True)
        tune = "shared" if seed < 60 else genre
        (tmp_path / genre / f"{seed}.mid").write_bytes(band_tune(genre, seed, num_bars=9, tune=tune))
    corpus, unseen = load_corpus(many_songs), load_corpus(tmp_path)
    own = measured_songs(corpus, ["classical", "rock"], seed=0)
    found = measured_songs(corpus, ["classical", "rock"], seed=0, unseen=unseen)
    assert found.train == own.train
    names = [song.entry.path.name for song in found.held]
    assert names == ["901.mid", "900.mid"]  # 1.mid is a training song
    with pytest.raises(CorpusError, match="no held-out song"):
        measured_songs(corpus, ["jazz"], seed=0, unseen=unseen)


def test_of_many_genres_some_pairs_are_measured(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = [("classical", "jazz"), ("jazz", "rock")]
    monkeypatch.setattr("groovevae.evaluation.dose_response.measured_pairs", lambda names: chosen)
    model, network = tiny.trained.model, Groove(tiny.trained.model).network
    judges, pair_judges = judges_of(tiny.corpus.songs, seed=0)
    excerpts, training = {}, {}
    for name in judges.genres:
        own = [song for song in tiny.corpus.songs if song.entry.genre == name]
        excerpts[name] = draw_excerpts(own, num_runs=2, seed=0)
        training[name] = encode(network, excerpts[name].bars)[0]
    pairs, blends = measure_pairs(Sides(model, network, excerpts, training), judges, pair_judges)
    both_ways = [("classical", "jazz"), ("jazz", "classical"), ("jazz", "rock"), ("rock", "jazz")]
    assert [(pair.source, pair.target) for pair in pairs] == both_ways
    assert sorted({key[:2] for key in blends}) == both_ways


def test_too_few_songs(tiny: Tiny) -> None:
    with pytest.raises(CorpusError, match="too few songs to judge genres by"):
        evaluate(Groove(tiny.trained.model), tiny.corpus)


def test_the_command(run: Run, tiny: Tiny, many_songs: Path, tmp_path: Path) -> None:
    result = run("evaluate", tiny.path, many_songs, "--runs", 2, "--out", tmp_path / "report")
    assert result.exit_code == 0, result.output
    assert "How far blends are heard to go" in result.stdout
    suffixes = ("html", "json", "md")
    assert sorted(path.name for path in (tmp_path / "report").iterdir()) == [f"evaluation.{end}" for end in suffixes]
    assert "\n## Truth: the same song in two genres\n" in (tmp_path / "report/evaluation.md").read_text()
    (tmp_path / "other/polka").mkdir(parents=True)
    (tmp_path / "other/polka/1.mid").write_bytes(band_tune("rock", 1, num_bars=9))
    unseen = run("evaluate", tiny.path, many_songs, "--unseen", tmp_path / "other", "--out", tmp_path / "report")
    assert unseen.exit_code == 1
    assert unseen.stderr.splitlines()[-1].startswith("Error: no held-out song of a genre that the model knows")
    assert "default" not in error_of(run("evaluate", "no.safetensors", many_songs))
    failed = run("evaluate", tiny.path, tiny.corpus.root)
    assert failed.exit_code == 1
    assert failed.stderr.splitlines()[-1].startswith("Error: too few songs to judge genres by")
