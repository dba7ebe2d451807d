from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tiny import SETTINGS, SIZES, Tiny, stop_after, train_tiny

from groovevae.corpus import Corpus
from groovevae.errors import ModelFileError
from groovevae.model.file import STATE_KIND, load_model_file, read_tensors, write_tensors
from groovevae.training.loop import initial_state, make_optimizer
from groovevae.training.state_file import load_state, save_state, state_file, unfinished_step


def weights_of(path: Path) -> dict[str, np.ndarray]:
    return load_model_file(path).weights


def test_an_interrupted_run_ends_as_if_it_had_not_been(tiny: Tiny, tmp_path: Path) -> None:
    path = tmp_path / "tiny.safetensors"
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 12

    stopped = train_tiny(tiny.corpus, path, stop=stop)
    assert stopped.trained.steps_done == stopped.trained.model.provenance["steps"] == 12
    assert any((weights_of(path)[name] != array).any() for name, array in weights_of(tiny.path).items())
    finished = train_tiny(tiny.corpus, path)
    assert finished.trained.steps_done == 30
    assert path.read_bytes() == tiny.path.read_bytes()
    assert state_file(path).read_bytes() == state_file(tiny.path).read_bytes()


def test_another_seed_is_another_model(tiny: Tiny) -> None:
    states = [initial_state(SIZES, replace(SETTINGS, seed=seed), None) for seed in (0, 0, 1)]
    first, same, other = (jax.tree.leaves(state.params) for state in states)
    assert all((a == b).all() for a, b in zip(first, same, strict=True))
    assert any((a != b).any() for a, b in zip(first, other, strict=True))


def test_the_first_state_is_that_of_the_optimiser() -> None:
    state = initial_state(SIZES, SETTINGS, None)
    wanted = (state.params, make_optimizer(SETTINGS).init(state.params), jnp.int32(0))
    for own, other in zip(jax.tree.leaves(state[1:]), jax.tree.leaves(wanted), strict=True):
        assert own.dtype == other.dtype
        np.testing.assert_array_equal(own, other)


def test_a_finished_run_writes_its_model_again(tiny: Tiny, tmp_path: Path) -> None:
    path = tmp_path / "tiny.safetensors"
    state_file(path).write_bytes(state_file(tiny.path).read_bytes())
    again = train_tiny(tiny.corpus, path, stop=lambda: pytest.fail("no step is left"))
    assert again.reports == []
    assert path.read_bytes() == tiny.path.read_bytes()


@pytest.fixture(scope="module")
def unfinished(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model file of a run that was stopped after three steps."""
    path = tmp_path_factory.mktemp("unfinished") / "tiny.safetensors"
    assert train_tiny(tiny.corpus, path, stop=stop_after(3)).trained.steps_done == 3
    return path


OTHER_RUNS = [
    ({"config": replace(SETTINGS, seed=1)}, "seed 0, now 1"),
    ({"config": replace(SETTINGS, learning_rate=0.02, beta=0.1)}, "beta 0.3, now 0.1, learning_rate 0.01, now 0.02"),
    ({"model_config": replace(SIZES, latent_size=4)}, "latent_size 8, now 4"),
]


@pytest.mark.parametrize(("options", "differing"), OTHER_RUNS)
def test_an_unfinished_run_of_other_settings_is_not_given_up(
    tiny: Tiny, unfinished: Path, tmp_path: Path, options: dict, differing: str
) -> None:
    path = tmp_path / "tiny.safetensors"
    state_file(path).write_bytes(state_file(unfinished).read_bytes())
    message = f"an unfinished run with {differing}; use the same, or discard it with restart=True"
    with pytest.raises(ModelFileError, match=message):
        train_tiny(tiny.corpus, path, **options)
    assert state_file(path).read_bytes() == state_file(unfinished).read_bytes()
    assert not path.exists()


def smaller(corpus: Corpus) -> Corpus:
    """The same corpus without its last song."""
    return replace(corpus, songs=corpus.songs[:-1])


def test_an_unfinished_run_of_another_corpus_is_not_given_up(tiny: Tiny, unfinished: Path, tmp_path: Path) -> None:
    path = tmp_path / "tiny.safetensors"
    state_file(path).write_bytes(state_file(unfinished).read_bytes())
    with pytest.raises(ModelFileError, match=r"an unfinished run with corpus \w{16}, now \w{16}; use the same"):
        train_tiny(smaller(tiny.corpus), path)
    assert not path.exists()
    again = train_tiny(smaller(tiny.corpus), path, config=replace(SETTINGS, steps=2), restart=True)
    assert [progress.step for progress in again.reports] == [2]


def test_beside_a_finished_run_another_starts_anew(tiny: Tiny, tmp_path: Path) -> None:
    path = tmp_path / "tiny.safetensors"
    for options in ({}, {"config": replace(SETTINGS, steps=2, seed=1)}):
        state_file(path).write_bytes(state_file(tiny.path).read_bytes())
        options = {"config": replace(SETTINGS, steps=2), **options}
        again = train_tiny(smaller(tiny.corpus), path, **options)
        assert [progress.step for progress in again.reports] == [2]
        assert again.trained.steps_done == 2
    assert load_model_file(path).provenance["corpus"]["files"] == 23


@pytest.mark.parametrize("is_done", [False, True])
def test_a_state_of_an_older_layout(tiny: Tiny, unfinished: Path, tmp_path: Path, is_done: bool) -> None:
    path = tmp_path / "tiny.safetensors"
    tensors, texts = read_tensors(state_file(unfinished), kind=STATE_KIND)
    del texts["layout"]
    write_tensors(state_file(path), tensors, kind=STATE_KIND, texts={**texts, "done": is_done})
    if is_done:  # nothing is lost
        assert train_tiny(tiny.corpus, path, config=replace(SETTINGS, steps=2)).trained.steps_done == 2
        return
    with pytest.raises(ModelFileError, match=r"of another version of groovevae, which can finish it; .* restart=True"):
        train_tiny(tiny.corpus, path)


def test_a_damaged_state_is_found(tiny: Tiny, tmp_path: Path) -> None:
    path = tmp_path / "tiny.safetensors"
    state_file(path).write_bytes(state_file(tiny.path).read_bytes()[:-9])
    with pytest.raises(ModelFileError, match=r"damaged groovevae training state file.*restart=True"):
        train_tiny(tiny.corpus, path)
    assert not path.exists()


def test_how_far_an_unfinished_run_has_come(tiny: Tiny, unfinished: Path, tmp_path: Path) -> None:
    assert unfinished_step(unfinished) == 3
    assert unfinished_step(tiny.path) is None  # it was finished
    assert unfinished_step(tmp_path / "none.safetensors") is None
    (tmp_path / "x.training").write_bytes(tiny.path.read_bytes())
    with pytest.raises(ModelFileError, match=r"x\.training: a groovevae model file; a .* state file is needed"):
        unfinished_step(tmp_path / "x.safetensors")
    (tmp_path / "x.training").write_bytes(state_file(unfinished).read_bytes()[:100])
    with pytest.raises(ModelFileError, match=r"x\.training: .* cut short"):
        unfinished_step(tmp_path / "x.safetensors")


def test_states_there_and_back(tmp_path: Path) -> None:
    sizes = replace(SIZES, num_genres=3)
    state = initial_state(sizes, SETTINGS, None)
    run = {"corpus": {"corpus": "c"}, "settings": {"seed": 0}}
    state = state._replace(step=jnp.int32(17), average=jax.tree.map(lambda leaf: leaf + 1, state.average))
    save_state(tmp_path / "x.training", state, run, is_done=False)
    again = load_state(tmp_path / "x.training", state, run)
    for a, b in zip(jax.tree.leaves(state), jax.tree.leaves(again), strict=True):
        assert a.dtype == b.dtype
        assert (a == b).all()


def test_where_the_state_of_a_run_lies() -> None:
    assert state_file(Path("a/model.safetensors")) == Path("a/model.training")
    assert state_file(Path("model")) == Path("model.training")
