"""Measures what bfloat16 products cost in quality: held-out note F1 after equal steps in float32 and in bfloat16.

python benchmarks/precision.py CORPUS --steps 600 --seeds 0,1,2
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, replace
from pathlib import Path

import click
import numpy as np

from groovevae.bars.constants import ROLES
from groovevae.config import ModelConfig, TrainConfig
from results import Row, add_row, find_row, markdown, mean_and_range, run_in_process

EVAL_BARS = 256  # for each genre at most
PRECISIONS = {"float32": False, "bfloat16": True}


def run_one(corpus: str, precision: str, steps: int, seed: int) -> Row:
    """Train the package's network in one precision and measure it in float32."""
    from groovevae.measures.note_f1 import macro_f1
    from groovevae.network.forward import Network
    from groovevae.training.loop import TrainingProgress, initial_state, reconstruction_f1, run_training
    from groovevae.training.weights import state_to_arrays
    from sides import load_sides

    def tell(progress: TrainingProgress) -> None:
        nats = sum(progress.recon.values())
        print(f"{precision}, seed {seed}: step {progress.step}, {nats:.1f} nats a bar", file=sys.stderr, flush=True)

    train, held_out = load_sides(corpus)
    config = replace(TrainConfig(), steps=steps, seed=seed, low_precision=PRECISIONS[precision])
    sizes = ModelConfig(num_genres=len(train.genres))
    state = initial_state(sizes, config, None)
    options = {"model_config": sizes, "config": config, "report": tell, "save": lambda state: None}
    state = run_training(train, held_out, state, **options)
    network = Network(sizes, state_to_arrays(state.average))
    table = reconstruction_f1(network, held_out, held_out.of_each_genre(EVAL_BARS))
    return {"held_out_f1": macro_f1(table), "config": asdict(config)}


def report(rows: dict[str, list[Row]]) -> str:
    """Return F1 by role in each precision, and how much better or worse bfloat16 is with the same seed."""
    f1 = {name: np.array([[run["held_out_f1"][role] for role in ROLES] for run in runs]) for name, runs in rows.items()}
    f1["bfloat16 less float32"] = f1["bfloat16"] - f1["float32"]  # (seeds, 4)
    lines = [
        [name, mean_and_range(values.mean(1)), *(mean_and_range(role) for role in values.T)]
        for name, values in f1.items()
    ]
    return markdown(["products", "mean", *ROLES], lines)


@click.command()
@click.argument("corpus", type=click.Path(exists=True, file_okay=False))
@click.option("--steps", default=600, show_default=True, help="Steps of each run.")
@click.option("--seeds", default="0,1", show_default=True, help="Seeds to train with, separated by commas.")
@click.option("--results", type=click.Path(path_type=Path), default=Path("benchmarks/results/precision.json"))
@click.option("--only", hidden=True, help="Train in this precision in this process and print the row.")
def main(corpus: str, steps: int, seeds: str, results: Path, only: str | None) -> None:
    """Train the same network in both precisions, in turn, and print a table. Runs in the results file are kept."""
    if only:
        print(json.dumps(run_one(corpus, only, steps, int(seeds))))
        return
    rows: dict[str, list[Row]] = {name: [] for name in PRECISIONS}
    for seed in seeds.split(","):
        for name, runs in rows.items():
            settings = {"corpus": Path(corpus).name, "products": name, "steps": steps, "seed": int(seed)}
            settings |= {"sizes": asdict(ModelConfig()), "training": asdict(TrainConfig())}
            row = find_row(results, settings)
            if row is None:
                row = run_in_process(__file__, [corpus, "--steps", str(steps), "--seeds", seed, "--only", name])
                row = {"settings": settings, **row}
                add_row(results, row)
            runs.append(row)
    print(report(rows))


if __name__ == "__main__":
    main()
