"""Kills training with SIGKILL at random moments, in steps and in saves, and goes on with what is left each time.

python scripts/kill_training.py CORPUS --kills 500

A run of a tiny network saves its state after every step. It is killed, started again, killed again, until it is done;
then the state has to be the same, byte for byte, as that of a run that nobody disturbed, and the next run begins. After
every kill the state file, where there is one, has to be whole, and nothing else may lie beside it but a temporary file.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
import numpy as np

STEPS = 40
RUN_SECONDS = 1.0  # the longest time from the first step that is done to the kill
START_SECONDS = 5.0  # from the start of the process, in the share START_SHARE of all kills
START_SHARE = 0.2


def train(corpus_folder: str, out: str) -> None:
    """The process that is killed: trains to the end, or goes on with what lies at `out`."""
    from groovevae import learn, training
    from groovevae.config import ModelConfig, TrainConfig
    from groovevae.corpus import load_corpus

    training.SAVE_SECONDS, training.REPORT_STEPS, training.EVAL_STEPS = 0.0, 1, STEPS + 1
    training._held_out_f1 = lambda *arguments: None  # the end of a run is not what is tested
    learn._described = lambda *arguments: sys.exit()
    sizes = ModelConfig(latent_size=8, step_size=16, encoder_size=16, decoder_size=16)
    config = TrainConfig(steps=STEPS, batch_size=16, warmup_steps=2, beta_warmup_steps=10)
    corpus = load_corpus(corpus_folder, jobs=1)
    learn.train_model(
        corpus, Path(out), config=config, model_config=sizes, report=lambda progress: print(progress.step, flush=True)
    )


def state_of(out: Path) -> Path:
    return out.with_suffix(".training")


def check_state(path: Path) -> str:
    """What is wrong with a state file; nothing where it is whole."""
    from groovevae.checkpoint import STATE_KIND, read_tensors
    from groovevae.errors import ModelFileError

    try:
        read_tensors(path, kind=STATE_KIND)
    except ModelFileError as error:
        return str(error)
    return ""


def start(corpus: str, out: Path) -> subprocess.Popen[str]:
    command = [sys.executable, __file__, "--train", corpus, str(out)]
    quick = {  # to start: the network is compiled without optimisation, and once
        "XLA_FLAGS": "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true",
        "JAX_COMPILATION_CACHE_DIR": str(out.parent.parent / "compiled"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **quick}
    )


def whole_run(corpus: str, out: Path) -> bytes:
    """The state of a run that nobody disturbs."""
    process = start(corpus, out)
    _, errors = process.communicate()
    if process.returncode:
        raise click.ClickException(f"training fails undisturbed:\n{errors}")
    return state_of(out).read_bytes()


@click.command()
@click.argument("corpus")
@click.argument("out", required=False)
@click.option("--kills", default=20, show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option("--train", "is_child", is_flag=True, hidden=True)
def main(corpus: str, out: str | None, kills: int, seed: int, is_child: bool) -> None:
    """Kills training on CORPUS at random moments and prints what was left each time."""
    if is_child:
        return train(corpus, str(out))
    rng, faults = np.random.default_rng(seed), []
    counts = dict.fromkeys(("killed", "before the first state", "within a save", "runs finished", "ended before"), 0)
    with tempfile.TemporaryDirectory() as folder:
        undisturbed = whole_run(corpus, Path(folder) / "whole" / "model.safetensors")
        again = whole_run(corpus, Path(folder) / "again" / "model.safetensors")
        if again != undisturbed:
            raise click.ClickException("two undisturbed runs differ: nothing can be told by comparing")
        place = Path(folder) / "killed"
        place.mkdir()
        path = place / "model.safetensors"
        while counts["killed"] < kills:
            process = start(corpus, path)
            if rng.random() < START_SHARE:
                time.sleep(float(rng.uniform(0, START_SECONDS)))
            else:
                process.stdout.readline()  # the first step is done, or the process is
                time.sleep(float(rng.uniform(0, RUN_SECONDS)))
            process.send_signal(signal.SIGKILL)
            _, errors = process.communicate()
            ended = process.returncode
            if ended not in (0, -signal.SIGKILL):
                faults.append(f"after {counts['killed']} kills training does not go on: {errors.splitlines()[-1]}")
                break
            counts["killed" if ended else "ended before"] += 1
            left = sorted(file for file in place.iterdir() if file.suffix == ".tmp")
            counts["within a save"] += bool(left)
            for file in left:
                file.unlink()
            strange = [file.name for file in place.iterdir() if file != state_of(path)]
            faults += [f"strange files: {strange}"] if strange else []
            if not state_of(path).exists():
                counts["before the first state"] += 1
            elif wrong := check_state(state_of(path)):
                faults.append(wrong)
                state_of(path).unlink()
            elif not ended:
                counts["runs finished"] += 1
                if state_of(path).read_bytes() != undisturbed:
                    faults.append("a run that was killed and went on ends otherwise than one that was not")
                state_of(path).unlink()
    print("; ".join(f"{name}: {count}" for name, count in counts.items()))
    for fault in faults:
        print(f"FAULT {fault}")
    print(f"{len(faults)} faults")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
