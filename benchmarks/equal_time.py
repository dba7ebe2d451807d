"""Trains ours, our plain autoencoder and an LSTM VAE for the same CPU time, and measures them alike.

python benchmarks/equal_time.py CORPUS --seconds 1200 --seeds 0,1
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, replace
from pathlib import Path

import click
import numpy as np

from groovevae.bars.constants import ROLES
from groovevae.config import ModelConfig, TrainConfig
from results import Row, add_row, find_row, markdown, mean_and_range, run_in_process

EVAL_BARS = 256  # for each genre at most, on each side
NAMES = ("ours", "autoencoder", "lstm")
TITLES = {"ours": "groovevae", "autoencoder": "groovevae, plain autoencoder", "lstm": "LSTM VAE (MusicVAE's kind)"}


def run_one(corpus: str, name: str, seconds: float, seed: int) -> Row:
    """Train one network for its budget and measure it."""
    from budget import by_share, train_for
    from contestants import CONTESTANTS
    from groovevae.measures.note_f1 import f1_by_genre, macro_f1
    from groovevae.network.nats import ACTIVE_KL, kl_divergence
    from sides import load_sides

    train, held_out = load_sides(corpus)
    config = by_share(replace(TrainConfig(), seed=seed))
    contestant = CONTESTANTS[name](config, len(train.genres))
    spent = train_for(contestant, train, contestant.config, seconds, f"{TITLES[name]}, seed {seed}")
    row = {**spent._asdict(), "num_params": contestant.num_params, "train_bars": len(train)}
    row |= {"bars": spent.steps * contestant.config.batch_size, "config": asdict(contestant.config)}
    for side, data in (("held_out", held_out), ("train", train)):
        index = data.of_each_genre(EVAL_BARS)
        mean, logvar = contestant.encode(data.bars[index])
        decoded = contestant.decode(mean, data.bars[index])
        table = f1_by_genre(data.bars[index], decoded, data.genre[index], data.genres)
        row |= {f"{side}_f1": macro_f1(table), f"{side}_f1_by_genre": table}
        if side == "held_out" and name != "autoencoder":
            kl = kl_divergence(mean, logvar).mean(0)
            row |= {"latent_nats": float(kl.sum()), "active_units": int((kl > ACTIVE_KL).sum())}
    return row


def settings_of(corpus: str, name: str, seconds: float, seed: int, cores: int) -> Row:
    """Return what decides a run's result. When the package's defaults change, this counts as another run."""
    run = {"corpus": Path(corpus).name, "network": name, "seconds": seconds, "seed": seed, "cores": cores}
    return run | {"sizes": asdict(ModelConfig()), "training": asdict(TrainConfig())}


def report(rows: dict[str, list[Row]]) -> str:
    """Return the comparison as two Markdown tables, with the mean and range of each network's runs on one line."""
    spent = [
        [
            TITLES[name],
            f"{runs[0]['num_params']:,}",
            *(mean_and_range([run[count] for run in runs], 0) for count in ("steps", "bars", "cpu_seconds")),
            *(
                mean_and_range([run[key] for run in runs], 0) if key in runs[0] else "n/a"
                for key in ("latent_nats", "active_units")
            ),
        ]
        for name, runs in rows.items()
    ]
    f1 = []
    for name, runs in rows.items():
        for side, songs in (("held_out_f1", "held out"), ("train_f1", "trained on")):
            values = np.array([[run[side][role] for role in ROLES] for run in runs])  # (seeds, 4)
            cells = [mean_and_range(values.mean(1)), *(mean_and_range(role) for role in values.T)]
            f1.append([TITLES[name], songs, *cells])
    counts = ["parameters", "steps", "bars seen", "CPU seconds", "latent nats a bar", "active units"]
    tables = (markdown(["network", *counts], spent), markdown(["note F1", "songs", "mean", *ROLES], f1))
    return "\n\n".join(tables)


@click.command()
@click.argument("corpus", type=click.Path(exists=True, file_okay=False))
@click.option("--seconds", default=600.0, show_default=True, help="CPU time of each run: user and system, all threads.")
@click.option("--seeds", default="0", show_default=True, help="Seeds to train with, separated by commas.")
@click.option("--networks", default=",".join(NAMES), show_default=True, help="Which to run.")
@click.option("--cores", default=1, show_default=True, help="Cores that a run may use.")
@click.option("--results", type=click.Path(path_type=Path), default=Path("benchmarks/results/equal_time.json"))
@click.option("--only", hidden=True, help="Run this network in this process and print its row.")
def main(corpus: str, seconds: float, seeds: str, networks: str, cores: int, results: Path, only: str | None) -> None:
    """Train each network for the same CPU time, in turn, and print a table. Runs in the results file are kept."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    if only:
        print(json.dumps(run_one(corpus, only, seconds, int(seeds))))
        return
    wanted = {name: [] for name in networks.split(",")}
    if unknown := wanted.keys() - set(NAMES):
        raise click.BadParameter(f"no network {min(unknown)!r}; there are {', '.join(NAMES)}", param_hint="--networks")
    for seed in seeds.split(","):
        for name, rows in wanted.items():
            settings = settings_of(corpus, name, seconds, int(seed), cores)
            row = find_row(results, settings)
            if row is None:
                arguments = [corpus, "--seconds", str(seconds), "--seeds", seed, "--cores", str(cores), "--only", name]
                row = {"settings": settings, **run_in_process(__file__, arguments)}
                add_row(results, row)
            rows.append(row)
    print(report(wanted))


if __name__ == "__main__":
    main()
