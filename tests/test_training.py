from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from corpus_files import make_band_corpus
from tiny import GENRES, SETTINGS, SIZES, Tiny, stop_after, train_tiny

from groovevae.config import TrainConfig
from groovevae.corpus import Corpus, load_corpus
from groovevae.corpus.dataset import Dataset
from groovevae.errors import CorpusError, GrooveError, OutputError, RequestError
from groovevae.measures.note_f1 import macro_f1
from groovevae.model.file import STATE_KIND, load_model_file, read_tensors
from groovevae.training.data import check_enough, set_aside
from groovevae.training.loop import TrainState, ema_decay_at, initial_state, learning_rate, run_training
from groovevae.training.result import bars_by_kind
from groovevae.training.state_file import state_file
from groovevae.training.train import ADAPT_CONFIG, MAX_SEED


def test_the_loss_falls(tiny: Tiny) -> None:
    totals = [sum(progress.recon.values()) for progress in tiny.reports]
    assert [progress.step for progress in tiny.reports] == [5, 10, 15, 20, 25, 30]
    assert totals[-1] < 0.7 * totals[0]
    assert all(np.isfinite(totals))


def test_what_progress_tells(tiny: Tiny) -> None:
    last = tiny.reports[-1]
    assert list(last.recon) == ["drums", "bass", "chords", "lead", "feel"]
    assert last.steps == 30
    assert last.kl > 0
    assert 0 <= last.active_units <= 8
    assert last.seconds_left == 0
    assert last.bars_per_second > 0
    assert set(last.held_out_f1) == {"drums", "bass", "chords", "lead"}
    assert all(progress.held_out_f1 is None for progress in tiny.reports[:-1])


def test_what_a_model_knows_of_its_genres(tiny: Tiny) -> None:
    model = tiny.trained.model
    assert tuple(model.genres) == GENRES
    assert tiny.trained.steps_done == model.provenance["steps"] == 30
    assert tiny.trained.held_out_f1.keys() == tiny.trained.train_f1.keys() == set(GENRES)
    for name, tempo in {"classical": 90, "jazz": 160, "rock": 120}.items():
        genre = model.genres[name]
        assert genre.num_songs == len(genre.phrases) == 7
        assert genre.num_bars == 7 * 32
        assert genre.tempo == pytest.approx(tempo, rel=1e-3)
        assert [role[0][0] for role in genre.programs] == [33, 27, 73]
        assert {phrase.z.shape for phrase in genre.phrases} == {(16, 8)}
    assert model.provenance["corpus"]["training_songs"] == 21
    assert model.provenance["corpus"]["licences"] == {"not stated": 24}


def test_bars_are_counted_by_what_the_manifest_calls_them(tiny: Tiny) -> None:
    assert tiny.trained.model.provenance["corpus"]["rests_on"] == {}
    kinds = {"rock": "real", "jazz": "", "classical": "hands"}
    songs = [replace(song, entry=replace(song.entry, rests_on=kinds[song.entry.genre])) for song in tiny.corpus.songs]
    songs[0] = replace(songs[0], entry=replace(songs[0].entry, rests_on="rendering"))
    assert bars_by_kind(songs) == {"classical": {"hands": 7 * 32, "rendering": 32}, "rock": {"real": 8 * 32}}


def test_songs_of_a_group_are_set_aside_together(tiny: Tiny) -> None:
    songs = [
        replace(song, entry=replace(song.entry, song_id=f"song {number}", group=f"take {number % 30}"))
        for number, song in enumerate(tiny.corpus.songs * 5)
    ]
    aside = set_aside(songs)
    groups = [
        {song.entry.group for song, is_aside in zip(songs, aside, strict=True) if is_aside == side} for side in (0, 1)
    ]
    assert groups[1] and not groups[0] & groups[1]


@pytest.mark.parametrize(("num_groups", "num_aside"), [(7, 0), (8, 1)])
def test_a_genre_of_few_groups_has_one_set_aside(tiny: Tiny, num_groups: int, num_aside: int) -> None:
    groups = [f"book {number}" for number in range(num_groups)]  # by chance, none of their digests is set aside
    songs = [replace(tiny.corpus.songs[0], entry=replace(tiny.corpus.songs[0].entry, group=own)) for own in groups]
    assert set_aside(songs).sum() == num_aside


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": 0}, "steps 0 is out of range; at least 1 is needed"),
        ({"steps": -5}, "steps -5 is out of range"),
        ({"batch_size": 0}, "batch size 0 is out of range"),
        ({"seed": -1}, "seed -1 is out of range"),
        ({"seed": MAX_SEED + 1}, "seed 2147483648 is out of range; at most 2147483647 is taken"),
        ({"beta": float("nan")}, "beta nan is out of range"),
        ({"beta": -1.0}, "beta -1 is out of range"),
        ({"ema_decay": 1.0}, "ema decay 1 is out of range; from 0 to below 1 is needed"),
        ({"ema_decay": -0.1}, "ema decay -0.1 is out of range"),
        ({"learning_rate": 0.0}, "learning rate 0 is out of range"),
        ({"learning_rate": float("inf")}, "learning rate inf is out of range"),
    ],
)
def test_settings_that_train_nothing(tiny: Tiny, tmp_path: Path, changes: dict, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        train_tiny(tiny.corpus, tmp_path / "x.safetensors", config=replace(SETTINGS, **changes))
    assert list(tmp_path.iterdir()) == []


def test_too_little_data_is_refused_with_counts(tmp_path: Path) -> None:
    corpus = load_corpus(make_band_corpus(tmp_path / "small", "jazz", "rock", num_songs=3, num_bars=8))
    message = "too little to learn from: bars to train on: jazz 24, rock 24; needed: 64 for each genre and 512 in all"
    with pytest.raises(CorpusError, match=message):
        train_tiny(corpus, tmp_path / "x.safetensors")
    assert not (tmp_path / "x.safetensors").exists()


def test_one_genre_is_refused(tiny: Tiny) -> None:
    rock = [song for song in tiny.corpus.songs if song.entry.genre == "rock"]
    with pytest.raises(CorpusError, match=r"one genre only \(bars found: rock 256\)"):
        check_enough(rock, needs_two=True)
    check_enough(rock, needs_two=False)
    with pytest.raises(CorpusError, match="no song to train on"):
        check_enough([], needs_two=False)


@pytest.mark.parametrize("place", ["file/x.safetensors", "."])
def test_places_that_cannot_be_written_to_are_found_before_training(tiny: Tiny, tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError):
        train_tiny(tiny.corpus, tmp_path / place, report=lambda progress: pytest.fail("it began"))


def test_a_genre_is_added_and_the_old_ones_stay(tiny: Tiny, tmp_path: Path) -> None:
    """30 files of one genre are too few to start from nothing, and enough to add."""
    corpus = load_corpus(make_band_corpus(tmp_path / "more", "samba", num_songs=3))
    start = load_model_file(tiny.path)
    path = tmp_path / "more.safetensors"
    config = replace(ADAPT_CONFIG, steps=6, batch_size=16)
    trained = train_tiny(corpus, path, config=config, start_from=start).trained
    model = load_model_file(path)
    assert list(model.genres) == ["classical", "jazz", "rock", "samba"]
    assert model.config == replace(start.config, num_genres=4)
    assert trained.held_out_f1 == {}  # three songs are too few to hold one out
    assert model.provenance["started_from"] == start.provenance
    for name, old in start.genres.items():
        new = model.genres[name]
        assert [phrase.title for phrase in new.phrases] == [phrase.title for phrase in old.phrases]
        assert (new.tempo, new.num_songs, new.programs) == (old.tempo, old.num_songs, old.programs)
        assert 0 < np.linalg.norm(new.mean - old.mean) < 0.5 * np.linalg.norm(old.mean)


def test_the_plain_autoencoder(tiny: Tiny, tmp_path: Path) -> None:
    sizes = replace(SIZES, variational=False)
    plain = train_tiny(
        tiny.corpus, tmp_path / "plain.safetensors", model_config=sizes, config=replace(SETTINGS, steps=10)
    )
    assert plain.trained.steps_done == 10
    assert load_model_file(plain.path).config.variational is False


def test_weights_that_are_no_numbers_are_not_written(tiny: Tiny, tmp_path: Path) -> None:
    with pytest.raises(GrooveError, match=r"training diverged .* learning_rate"):
        train_tiny(tiny.corpus, tmp_path / "x.safetensors", config=replace(SETTINGS, learning_rate=1e30, steps=3))
    assert not (tmp_path / "x.safetensors").exists()


def states_after(corpus: Corpus, steps: int, ema_decay: float) -> list[TrainState]:
    """What training gives after none, one, ... and all of its steps, as NumPy arrays."""
    songs = corpus.songs[::6]
    data = Dataset.from_songs([song.song for song in songs], [song.entry.genre for song in songs], GENRES)
    sizes, config = replace(SIZES, num_genres=len(GENRES)), replace(SETTINGS, steps=steps, ema_decay=ema_decay)
    options = {"model_config": sizes, "config": config, "report": lambda progress: None, "save": lambda state: None}
    state = initial_state(sizes, config, None)
    states = [jax.device_get(state)]
    for _ in range(steps):
        state = run_training(data, data, state, stop=stop_after(1), **options)
        states.append(jax.device_get(state))
    return states


def test_the_average_of_the_weights(tiny: Tiny) -> None:
    states = states_after(tiny.corpus, 3, 0.15)
    leaves = [jax.tree.leaves(state.params) for state in states]
    expected = leaves[0]
    for step, decay in enumerate([0.1, 0.15, 0.15], start=1):
        expected = [decay * old + (1 - decay) * new for old, new in zip(expected, leaves[step], strict=True)]
    assert any(np.abs(wanted - last).max() > 1e-3 for wanted, last in zip(expected, leaves[-1], strict=True))
    for average, wanted in zip(jax.tree.leaves(states[-1].average), expected, strict=True):
        np.testing.assert_allclose(average, wanted, atol=1e-6)


def test_without_an_average_it_is_the_last_weights(tiny: Tiny) -> None:
    last = states_after(tiny.corpus, 2, 0.0)[-1]
    for average, weights in zip(jax.tree.leaves(last.average), jax.tree.leaves(last.params), strict=True):
        np.testing.assert_array_equal(average, weights)


def test_the_model_is_the_average(tiny: Tiny) -> None:
    tensors, _ = read_tensors(state_file(tiny.path), kind=STATE_KIND)
    weights = tiny.trained.model.weights
    for name, array in weights.items():
        np.testing.assert_array_equal(array, tensors[f"average/{name}"])
    assert any((array != tensors[f"params/{name}"]).any() for name, array in weights.items())


@pytest.mark.parametrize(
    ("step", "decay", "share"), [(0, 0.999, 0.1), (8, 0.999, 0.5), (10**6, 0.999, 0.999), (5, 0, 0)]
)
def test_how_much_of_the_average_stays(step: int, decay: float, share: float) -> None:
    assert float(ema_decay_at(jnp.int32(step), decay)) == pytest.approx(share)


def test_learning_rate() -> None:
    config = TrainConfig(steps=100, warmup_steps=10, decay=0.25, learning_rate=1.0)
    rates = [float(learning_rate(config)(step)) for step in (0, 5, 10, 74, 75, 99, 100)]
    assert rates == pytest.approx([0.0, 0.5, 1.0, 1.0, 1.0, 0.0496, 0.01], abs=1e-3)


def test_a_mean_over_genres_leaves_out_what_a_genre_does_not_have() -> None:
    nan = float("nan")
    table = {
        "classical": {"drums": nan, "bass": 0.5, "chords": 0.2, "lead": nan},
        "rock": {"drums": 0.8, "bass": 0.7, "chords": 0.4, "lead": nan},
    }
    mean = macro_f1(table)
    assert mean["lead"] != mean["lead"]
    assert {role: value for role, value in mean.items() if role != "lead"} == pytest.approx(
        {"drums": 0.8, "bass": 0.6, "chords": 0.3}
    )
