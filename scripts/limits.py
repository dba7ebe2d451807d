"""Measures how far groovevae goes: huge files, long pieces, tiny and many genres, and the cost of growing corpora.

python scripts/limits.py --files 1000,3000,10000,30000 --plot limits.png
python scripts/limits.py --files 300000 --bars "" --real --no-extremes

All input is made up, and each command runs in a process of its own. The script prints the seconds that a command took,
its processor time with that of its readers, and the memory of its largest process. `phases.py` measures the parts of a
training run, also of a corpus that this script left in `--folder`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

from made_up import made_up_corpus, made_up_file

GROOVE = [sys.executable, "-m", "groovevae"]
HERE = [sys.executable, __file__]
FIELDS = (
    "files",
    "bars",
    "reading",
    "processor time of reading",
    "again",
    "peak of reading",
    "cache",
    "training data",
    "peak of training data",
    "packed bars",
)
WATCH = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:], stderr=subprocess.STDOUT).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_maxrss, used.ru_utime + used.ru_stime)
sys.exit(status)
"""
HOURS_3 = 3 * 60 * 60 * 120 // (60 * 4)  # bars of 4/4 at 120


@dataclass(frozen=True)
class Cost:
    """What a process took, and the last line it said."""

    seconds: float
    processor: float  # seconds, of the process and those that it started
    peak: float  # MiB
    status: int
    said: str


def run(command: list[str], cache: Path) -> Cost:
    """Runs a command below a small process, which measures it: its own memory would count for that of its child."""
    begin = time.monotonic()
    settings = {**os.environ, "GROOVEVAE_CACHE": str(cache), "COLUMNS": "200"}
    done = subprocess.run(
        [sys.executable, "-S", "-c", WATCH, *command], env=settings, capture_output=True, encoding="utf-8"
    )
    *told, used = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    said = next((line for line in reversed(told) if line.startswith("Error")), told[-1] if told else "")
    peak, processor = used.split()
    return Cost(time.monotonic() - begin, float(processor), int(peak) / 1024, done.returncode, said)


def data_size(folder: str) -> None:
    """In a process of its own: what `groove train` holds when it begins; prints bars, their MiB on disk, seconds."""
    from groovevae.config import ModelConfig, TrainConfig
    from groovevae.corpus import load_corpus
    from groovevae.training.data import gather_music

    corpus = load_corpus(folder)
    begin = time.monotonic()
    music = gather_music(corpus, TrainConfig(), ModelConfig(), None)
    on_disk = music.data.bars.nbytes + music.held_out.bars.nbytes
    bars = len(music.data) + len(music.held_out)
    print(bars, on_disk / 2**20, time.monotonic() - begin)


def few_steps(folder: str, out: str) -> None:
    """In a process of its own: a tiny network trained for a few steps, and all that follows."""
    from groovevae.config import ModelConfig, PriorConfig, TrainConfig
    from groovevae.corpus import load_corpus
    from groovevae.errors import GrooveError
    from groovevae.training.train import train_model

    sizes = ModelConfig(latent_size=8, step_size=16, encoder_size=16, decoder_size=16)
    prior = PriorConfig(input_size=8, state_size=8, hidden_size=8, role_rank=2, steps=3, batch_size=8)
    config = TrainConfig(steps=3, batch_size=16)
    try:
        train_model(load_corpus(folder), Path(out), config=config, model_config=sizes, prior_config=prior)
    except GrooveError as error:
        sys.exit(f"Error: {error}")


def cost_of_corpus(folder: Path, cache: Path) -> dict[str, float]:
    """A row of FIELDS but for the files."""
    first = run([*GROOVE, "corpus", str(folder)], cache)
    again = run([*GROOVE, "corpus", str(folder)], cache)
    begun = run([*HERE, "--data", str(folder)], cache)
    bars, packed, seconds = map(float, begun.said.split())
    return {
        "bars": bars,
        "reading": first.seconds,
        "processor time of reading": first.processor,
        "again": again.seconds,
        "peak of reading": max(first.peak, again.peak),
        "cache": sum(path.stat().st_size for path in cache.glob("*.sqlite")) / 2**20,
        "training data": seconds,
        "peak of training data": begun.peak,
        "packed bars": packed,
    }


def growth(
    files: list[int], bars: list[int], folder: Path, *, real: bool = False
) -> tuple[list[dict[str, float]], list[dict[str, float]]]:
    """Costs against the number of files of 32 bars, and against the bars of 300 files.

    With `real`, the former are as long as real ones, and one in a hundred cannot be read.
    """
    by_files, by_bars = [], []
    usual = None if real else 32
    for rows, sizes in ((by_files, [(count, usual) for count in files]), (by_bars, [(300, count) for count in bars])):
        for num_files, num_bars in sizes:
            own = folder / (f"{num_files} {num_bars}" if num_bars else f"{num_files}")
            damaged = 0.01 if num_bars is None else 0.0
            corpus = made_up_corpus(own / "corpus", num_files, num_bars=num_bars, damaged=damaged)
            rows.append({"files": num_files, **cost_of_corpus(corpus, own / "cache")})
            print(row_text(rows[-1]), flush=True)
    return by_files, by_bars


def row_text(row: dict[str, float]) -> str:
    return "| " + " | ".join(f"{row[name]:,.0f}" if row[name] >= 10 else f"{row[name]:.1f}" for name in FIELDS) + " |"


def extremes(folder: Path) -> None:
    """Prints what becomes of files and corpora at and past the limits."""
    rng, cache = np.random.default_rng(0), folder / "cache"
    whole = made_up_corpus(folder / "huge", 30, num_bars=32)
    bars_per_mib = 2**20 // 64
    for name, bars, density in (
        ("a 3-hour piece", HOURS_3, 1),
        ("31 MiB", 31 * bars_per_mib // 32, 32),
        ("100 MiB", 100 * bars_per_mib // 32, 32),
    ):
        path = whole / "genre 00" / f"{name}.mid"
        path.write_bytes(made_up_file(rng, bars, density=density))
        tell(f"{name}, blended", run([*GROOVE, "blend", str(path), "rock", "--out", str(folder / "out")], cache))
    tell("all three in a corpus, with 30 others", run([*GROOVE, "corpus", str(whole)], cache))
    few = made_up_corpus(folder / "few", 30, num_bars=32)
    (few / "small").mkdir()
    (few / "small" / "one.mid").write_bytes(made_up_file(rng, 20))
    tell("a genre of 20 bars, trained", run([*HERE, "--train", str(few), str(folder / "few.safetensors")], cache))
    many = made_up_corpus(folder / "many", 200, num_bars=32, num_genres=50)
    tell("50 genres, read", run([*GROOVE, "corpus", str(many)], cache))
    tell("50 genres, trained", run([*HERE, "--train", str(many), str(folder / "many.safetensors")], cache))


def tell(what: str, cost: Cost) -> None:
    print(f"{what}: status {cost.status}, {cost.seconds:.1f} s, {cost.peak:.0f} MiB; {cost.said[:200]}", flush=True)


def plot(by_files: list[dict[str, float]], by_bars: list[dict[str, float]], path: Path) -> None:
    """Seconds and memory against files, and memory against bars."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 3.6), layout="constrained")
    seconds, memory, bars = figure.subplots(1, 3)
    files = [row["files"] for row in by_files]
    for name, label in (("reading", "first reading"), ("again", "from the cache"), ("training data", "training data")):
        seconds.loglog(files, [row[name] for row in by_files], "o-", label=label)
    seconds.loglog(files, [by_files[-1]["reading"] * count / files[-1] for count in files], "k--", label="linear")
    seconds.set(xlabel="files of 32 bars", ylabel="seconds")
    for axis, rows, what in ((memory, by_files, "files"), (bars, by_bars, "bars")):
        x = [row[what] for row in rows]
        axis.loglog(x, [row["peak of reading"] for row in rows], "o-", label="groove corpus, peak")
        axis.loglog(x, [row["peak of training data"] for row in rows], "o-", label="groove train at its start, peak")
        axis.loglog(x, [row["packed bars"] for row in rows], "k--", label="packed bars, on disk")
        axis.set(xlabel="files of 32 bars" if what == "files" else "bars, in 300 files", ylabel="MiB")
    for axis in (seconds, memory, bars):
        axis.grid(alpha=0.3)
        axis.legend(fontsize=8)
    figure.savefig(path, dpi=100, metadata={"Software": None})


def numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if part]


@click.command()
@click.option("--files", default="1000,3000", show_default=True, help="Numbers of files, comma-separated.")
@click.option("--bars", default="8,32,128,512", show_default=True, help="Bars in each of 300 files, comma-separated.")
@click.option("--plot", "picture", type=click.Path(path_type=Path), help="PNG file for a plot of the costs.")
@click.option("--extremes/--no-extremes", "has_extremes", default=True, help="Huge files, long pieces, many genres.")
@click.option("--real", is_flag=True, help="For --files: as many bars as real files have; one in a hundred damaged.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where corpora and caches stay.  [default: nowhere]")
@click.option("--data", hidden=True)
@click.option("--train", nargs=2, hidden=True)
def main(
    files: str,
    bars: str,
    picture: Path | None,
    has_extremes: bool,
    real: bool,
    folder: Path | None,
    data: str | None,
    train: tuple[str, str] | None,
) -> None:
    """Print what corpora of growing size cost, and what becomes of files past the limits."""
    if data:
        return data_size(data)
    if train:
        return few_steps(*train)
    with tempfile.TemporaryDirectory() as temporary:
        print("| " + " | ".join(FIELDS) + " |\n|" + "---:|" * len(FIELDS))
        rows = growth(numbers(files), numbers(bars), folder or Path(temporary), real=real)
        if picture:
            plot(*rows, picture)
        if has_extremes:
            extremes(Path(temporary))


if __name__ == "__main__":
    main()
