"""Saves the state of a training run in a file beside its model, so that the same command resumes it exactly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from groovevae.errors import Cure, ModelFileError
from groovevae.model.file import STATE_KIND, read_tensors, read_texts, write_tensors
from groovevae.training.loop import TrainState
from groovevae.training.state_folder import newest_checkpoint, read_checkpoint_texts, state_folder
from groovevae.training.weights import arrays_to_state, state_to_arrays

STATE_LAYOUT = 2  # of the arrays in a state file; files without a number lack the average of the weights

Run = dict[str, dict[str, Any]]  # what a resumed run must agree on: part -> name -> value


def state_file(out: Path) -> Path:
    """Return the path of the state of a run that writes its model to `out`."""
    return out.parent / (out.name.removesuffix(".safetensors") + ".training")


def saved_state(out: Path) -> Path | None:
    """Return the state beside `out`, a file or a checkpoint of several processes; where both are, the newer one."""
    found = [path for path in (state_file(out), newest_checkpoint(state_folder(out))) if path and path.exists()]
    return max(found, key=lambda path: path.stat().st_mtime_ns, default=None)


def _texts_of(path: Path) -> dict[str, Any]:
    return read_checkpoint_texts(path) if path.is_dir() else read_texts(path, kind=STATE_KIND)


def unfinished_step(out: Path) -> int | None:
    """Return the step of the unfinished run beside `out`, None where there is none or it was finished."""
    path = saved_state(out)
    if path is None:
        return None
    texts = _texts_of(path)
    if texts.get("done"):
        return None
    if not isinstance(step := texts.get("step"), int):
        raise ModelFileError(f"{path}: damaged {STATE_KIND} file (it says no step)", cure=Cure.RESTART)
    return step


def corpus_begun_with(out: Path) -> str:
    """Return the fingerprint of the corpus of the run beside `out`, empty where there is none."""
    path = saved_state(out)
    run = _begun_with(_texts_of(path)) if path else None
    return str(run.get("corpus", {}).get("corpus", "")) if run else ""


def save_state(path: Path, state: TrainState, run: Run, *, is_done: bool) -> None:
    """Write all of a training run's state; `run` is what a resumed run must agree on."""
    write_tensors(path, state_to_arrays(state), kind=STATE_KIND, texts=state_texts(state, run, is_done=is_done))


def state_texts(state: TrainState, run: Run, *, is_done: bool) -> dict[str, Any]:
    """Return what is said beside the arrays of a state."""
    return {"layout": STATE_LAYOUT, "run": run, "step": int(state.step), "done": is_done}


def load_state(path: Path, like: TrainState, run: Run) -> TrainState:
    """Read what `save_state` wrote, for a run with the same settings and corpus.

    The state of another run is not resumed: where that run was finished, `like` is returned. Raises ModelFileError
    where it is unfinished, and where the file is damaged.
    """
    tensors, texts = read_tensors(path, kind=STATE_KIND)
    return arrays_to_state(like, tensors) if is_resumed(path, texts, run) else like


def is_resumed(path: Path, texts: dict[str, Any], run: Run) -> bool:
    """Tell whether `run` goes on with a saved state: not where that is of another run, which was finished.

    Raises ModelFileError where that is unfinished.
    """
    if error := _another_run(path, texts, run):
        if texts.get("done"):
            return False
        raise error
    return True


def is_checkpoint_resumed(path: Path, run: Run) -> bool:
    """Tell whether `run` goes on with a checkpoint, like `is_resumed`."""
    return is_resumed(path, read_checkpoint_texts(path), run)


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
