"""Saves the state of a training run in a file beside its model, so that the same command resumes it exactly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from groovevae.errors import Cure, ModelFileError
from groovevae.model.file import STATE_KIND, read_tensors, read_texts, write_tensors
from groovevae.training.loop import TrainState
from groovevae.training.weights import arrays_to_state, state_to_arrays

STATE_LAYOUT = 2  # of the arrays in a state file; files without a number lack the average of the weights

Run = dict[str, dict[str, Any]]  # what a resumed run must agree on: part -> name -> value


def state_file(out: Path) -> Path:
    """Return the path of the state of a run that writes its model to `out`."""
    return out.parent / (out.name.removesuffix(".safetensors") + ".training")


def unfinished_step(out: Path) -> int | None:
    """Return the step of the unfinished run beside `out`, None where there is none or it was finished."""
    path = state_file(out)
    if not path.exists():
        return None
    texts = read_texts(path, kind=STATE_KIND)
    if texts.get("done"):
        return None
    if not isinstance(step := texts.get("step"), int):
        raise ModelFileError(f"{path}: damaged {STATE_KIND} file (it says no step)", cure=Cure.RESTART)
    return step


def corpus_begun_with(out: Path) -> str:
    """Return the fingerprint of the corpus of the run beside `out`, empty where there is none."""
    path = state_file(out)
    run = _begun_with(read_texts(path, kind=STATE_KIND)) if path.exists() else None
    return str(run.get("corpus", {}).get("corpus", "")) if run else ""


def save_state(path: Path, state: TrainState, run: Run, *, is_done: bool) -> None:
    """Write all of a training run's state; `run` is what a resumed run must agree on."""
    texts = {"layout": STATE_LAYOUT, "run": run, "step": int(state.step), "done": is_done}
    write_tensors(path, state_to_arrays(state), kind=STATE_KIND, texts=texts)


def load_state(path: Path, like: TrainState, run: Run) -> TrainState:
    """Read what `save_state` wrote, for a run with the same settings and corpus.

    The state of another run is not resumed: where that run was finished, `like` is returned. Raises ModelFileError
    where it is unfinished, and where the file is damaged.
    """
    tensors, texts = read_tensors(path, kind=STATE_KIND)
    if error := _another_run(path, texts, run):
        if texts.get("done"):
            return like
        raise error
    return arrays_to_state(like, tensors)


def _begun_with(texts: dict[str, Any]) -> Run | None:
    """Return what a saved run was started with; None where the file does not say."""
    run = texts.get("run")
    return run if isinstance(run, dict) and all(isinstance(part, dict) for part in run.values()) else None


def _another_run(path: Path, texts: dict[str, Any], run: Run) -> ModelFileError | None:
    """Return what keeps a saved state from being resumed as `run`, None where nothing does."""
    unfinished = f"{path}: an unfinished run"
    if texts.get("layout") != STATE_LAYOUT:
        return ModelFileError(f"{unfinished} of another version of groovevae, which can finish it", cure=Cure.RESTART)
    before = _begun_with(texts)
    if before is None:
        return ModelFileError(f"{unfinished} that does not say what it was started with", cure=Cure.RESTART)
    for part, values in run.items():
        found = before.get(part, {})
        if differing := sorted(name for name in values if found.get(name) != values[name]):
            was = ", ".join(f"{name} {found.get(name)}, now {values[name]}" for name in differing)
            return ModelFileError(f"{unfinished} with {was}", cure=Cure.SAME_OR_RESTART)
    return None
