"""Compares training on bars packed on disk with training on the same bars in memory, in turns in one process.

python benchmarks/packed_speed.py CORPUS
"""

from __future__ import annotations

from dataclasses import replace

import click
import numpy as np

from groovevae.config import ModelConfig, TrainConfig
from groovevae.corpus import Songs, load_corpus
from groovevae.corpus.dataset import Dataset
from groovevae.training.loop import REPORT_STEPS, TrainingProgress, initial_state, run_training


def pace(data: Dataset, sizes: ModelConfig, config: TrainConfig) -> float:
    """Train for some steps from the start, and return bars per second."""
    told: list[TrainingProgress] = []
    nothing = Dataset.from_songs([], [], data.genres)
    run_training(
        data,
        nothing,
        initial_state(sizes, config, None),
        model_config=sizes,
        config=config,
        report=told.append,
        save=lambda state: None,
    )
    return told[-1].bars_per_second


@click.command()
@click.argument("corpus", type=click.Path())
@click.option("--turns", default=5, show_default=True, help="Of each, after one that compiles.")
@click.option("--songs", default=400, show_default=True, help="Songs at most, spread evenly: all lie in memory too.")
@click.option("--small", is_flag=True, help="A tiny network, to try the script.")
def main(corpus: str, turns: int, songs: int, small: bool) -> None:
    """Print the bars per second of both, and their ratio turn by turn."""
    every = load_corpus(corpus).songs
    used = every[:: max(1, len(every) // songs)]
    names = tuple(sorted({song.entry.genre for song in used}))
    packed = Dataset.from_songs(Songs(used), [song.entry.genre for song in used], names)
    in_memory = replace(packed, bars=packed.bars[:])
    config = TrainConfig(steps=REPORT_STEPS, **({"batch_size": 16} if small else {}))
    sizes = ModelConfig(num_genres=len(names))
    if small:
        sizes = replace(sizes, latent_size=8, step_size=16, encoder_size=16, decoder_size=16)
    paces = np.array([[pace(data, sizes, config) for data in (packed, in_memory)] for _ in range(turns + 1)])[1:]
    ratio = paces[:, 0] / paces[:, 1]
    print(f"{len(packed):,} bars; bars/s, medians of {turns} turns:")
    print(f"on disk {np.median(paces[:, 0]):,.0f}, in memory {np.median(paces[:, 1]):,.0f}")
    print(f"ratio {np.median(ratio):.3f} ({ratio.min():.3f} to {ratio.max():.3f})")


if __name__ == "__main__":
    main()
