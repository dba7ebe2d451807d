"""Damages model files, training states and vector files in many ways, and reads what is left.

python scripts/fuzz_models.py --times 1000 --forged 1000

It cuts files short and flips single bits at random places (in the vector file, every bit), and writes headers of the
wrong size, of other versions and of other kinds of files. It also forges files whose checksum is right but whose
content is wrong: values of other types or out of range, arrays of other shapes or types, NaN. A forged model that is
read nevertheless is used to blend and sample. A damaged file must be refused with one of our errors, in one line that
names it, within SLOWEST_SECONDS.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import numpy as np

from groovevae.errors import GrooveError
from groovevae.generation.groove import Groove
from groovevae.generation.requests import BlendRequest, SampleRequest
from groovevae.model.file import (
    MAX_HEADER_BYTES,
    MODEL_KIND,
    STATE_KIND,
    ModelFile,
    default_model_path,
    load_model_file,
    read_tensors,
    write_tensors,
)
from groovevae.model.genres import Vector
from groovevae.model.vectors import load_vector, save_vector
from groovevae.reports.vector import vector_held
from groovevae.training.state_file import unfinished_step

SLOWEST_SECONDS = 5.0
JUNK = (None, True, -1, 0, 3.5, 1e308, float("nan"), float("inf"), 10**30, "", "x", [], {}, [[[0]]], [1, "x"])

Read = Callable[[Path], object]


@dataclass
class Tally:
    """What came of all damaged files."""

    refused: Counter[str] = field(default_factory=Counter)  # by what was done
    read: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest: float = 0.0

    def add(self, what: str, path: Path, read: Read, *, must_fail: bool = True) -> None:
        """Reads a damaged file and notes what came of it."""
        begin = time.perf_counter()
        try:
            read(path)
            self.read[what] += 1
            if must_fail:
                self.faults.append(f"{what}: it is read")
        except GrooveError as error:
            self.refused[what] += 1
            if must_fail and (str(path) not in str(error) or "\n" in str(error)):
                self.faults.append(f"{what}: says {str(error)!r}")
        except Exception as error:
            self.faults.append(f"{what}: {type(error).__name__}: {error}")
        seconds = time.perf_counter() - begin
        self.slowest = max(self.slowest, seconds)
        if seconds > SLOWEST_SECONDS:
            self.faults.append(f"{what}: took {seconds:.1f} s")


def flip(data: bytes, bit: int) -> bytes:
    out = bytearray(data)
    out[bit // 8] ^= 1 << bit % 8
    return bytes(out)


def headers(data: bytes) -> Iterable[tuple[str, bytes]]:
    """Headers of another size or version, and files of other kinds."""
    for size in (0, 1, 7, len(data), MAX_HEADER_BYTES, MAX_HEADER_BYTES + 1, 2**31, 2**32, 2**63, 2**64 - 1):
        yield "header of another size", size.to_bytes(8, "little") + data[8:]
    for size in (8, 2**10, MAX_HEADER_BYTES + 8, 2**25):
        for filling in (b" ", b"{", b"[", b"\0", b"\xff"):
            yield "header of nothing", size.to_bytes(8, "little") + filling * size
    deep = b'{"__metadata__":' + b'{"a":' * 50_000 + b"1" + b"}" * 50_001
    yield "header that is too deep", len(deep).to_bytes(8, "little") + deep
    for version in (b"0", b"2", b"99", b"-1", b"x", b""):
        yield "another version", data.replace(b'"version":"1"', b'"version":"' + version + b'"').ljust(len(data))
    yield "another kind of file", b""
    for begin in (b"MThd\0\0\0\6\0\1\0\1\1\xe0", b"PK\3\4", b"\x89PNG\r\n\x1a\n", b"\x80\4\x95", b"{}", b"\n" * 99):
        yield "another kind of file", begin
        yield "another kind of file", begin + data[len(begin) :]


def damage(path: Path, read: Read, *, times: int, rng: np.random.Generator, tally: Tally) -> None:
    """Cuts and flips a file at random places, and gives it other headers; leaves it as it was."""
    data, name = path.read_bytes(), path.suffix
    for size in rng.integers(0, len(data), times).tolist():
        path.write_bytes(data[:size])
        tally.add(f"{name}: cut off", path, read)
    for bit in rng.integers(0, 8 * len(data), times).tolist():
        path.write_bytes(flip(data, bit))
        tally.add(f"{name}: one bit flipped", path, read)
    header = 8 + int.from_bytes(data[:8], "little")
    for bit in rng.integers(0, 8 * header, times).tolist():
        path.write_bytes(flip(data, bit))
        tally.add(f"{name}: one bit of the header flipped", path, read)
    for what, other in headers(data):
        path.write_bytes(other)
        tally.add(f"{name}: {what}", path, read)
    path.write_bytes(data)


def every_bit(path: Path, read: Read, tally: Tally) -> None:
    data = path.read_bytes()
    for bit in range(8 * len(data)):
        path.write_bytes(flip(data, bit))
        tally.add(f"{path.suffix}: each bit flipped", path, read)
    path.write_bytes(data)


def spoil(values: Any, rng: np.random.Generator) -> Any:
    """JSON values in which one, somewhere, is another or missing."""
    if isinstance(values, str) and values.startswith("{"):
        return json.dumps(spoil(json.loads(values), rng))
    is_leaf = not isinstance(values, dict | list) or not values
    if is_leaf or rng.random() < 0.1:
        return JUNK[int(rng.integers(len(JUNK)))]
    keys = list(values) if isinstance(values, dict) else list(range(len(values)))
    key = keys[int(rng.integers(len(keys)))]
    out = values.copy()
    if rng.random() < 0.1:
        del out[key]
    else:
        out[key] = spoil(values[key], rng)
    return out


def spoil_array(array: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    kind = int(rng.integers(6))
    if kind == 0:
        return array.reshape(-1)[: int(rng.integers(array.size + 1))]
    if kind == 1:
        return np.concatenate([array.reshape(-1)] * 2)
    if kind == 2:
        return array.astype(np.int8)
    if kind == 3:
        return array.astype(np.float64)[None]
    out = array.copy().reshape(-1)
    if out.size and out.dtype.kind == "f":
        out[int(rng.integers(out.size))] = (np.nan, np.inf)[kind % 2]
    return out.reshape(array.shape) if kind == 4 else out


def forge(path: Path, kind: str, read: Read, *, times: int, rng: np.random.Generator, tally: Tally) -> None:
    """Writes the file anew, its checksum right, with spoilt values or a spoilt array; leaves it as it was."""
    data, (tensors, texts) = path.read_bytes(), read_tensors(path, kind=kind)
    for _ in range(times):
        if rng.random() < 0.7:
            name = list(texts)[int(rng.integers(len(texts)))]
            write_tensors(path, tensors, kind=kind, texts={**texts, name: spoil(texts[name], rng)})
            tally.add(f"{path.suffix}: values forged", path, read, must_fail=False)
        else:
            name = list(tensors)[int(rng.integers(len(tensors)))]
            other = {**tensors, name: spoil_array(tensors[name], rng)}
            write_tensors(path, other, kind=kind, texts=texts)
            tally.add(f"{path.suffix}: arrays forged", path, read, must_fail=False)
    path.write_bytes(data)


def use_model(path: Path) -> None:
    """Loads a model, blends with all of its genres and samples."""
    groove = Groove(load_model_file(path))
    genres = list(groove.model.genres)
    targets = {name: 1.0 for name in genres[1:]}
    for start in genres[:2]:
        groove.blend(BlendRequest(start, targets or {start: 1.0}, bars=1, count=3))
    if groove.model.prior:
        groove.sample(SampleRequest(genres[0], bars=1))


def read_state(path: Path) -> None:
    """Reads a training state as a run that goes on does: how far it is, then all of it."""
    unfinished_step(path.with_suffix(".safetensors"))
    read_tensors(path, kind=STATE_KIND)


def small_state(path: Path, rng: np.random.Generator) -> None:
    """A file of the form of a training state."""
    run = {"corpus": {"corpus": "0123"}, "settings": {"seed": 0, "beta": 0.3}, "start": {"model to start from": ""}}
    arrays = {f"params/{number}": rng.normal(size=(8, 9)).astype(np.float32) for number in range(4)}
    texts = {"layout": 2, "run": run, "step": 7, "done": False}
    write_tensors(path, {**arrays, "step": np.int32(7)}, kind=STATE_KIND, texts=texts)


def small_vector(path: Path, model: ModelFile, rng: np.random.Generator) -> None:
    z = rng.normal(size=model.config.latent_size).astype(np.float32)
    save_vector(path, Vector("swung", z, "from straight to swung", "0.2"), model)


def fuzz_models(model_path: Path, folder: Path, *, times: int, forged: int, seed: int) -> Tally:
    """Damages a copy of the model, a state and a vector so many times each, in a folder, and forges so many."""
    rng, tally, model = np.random.default_rng(seed), Tally(), load_model_file(model_path)
    copy, state, vector = folder / "copy.model", folder / "run.training", folder / "own.vector"
    copy.write_bytes(model_path.read_bytes())
    small_state(state, rng)
    small_vector(vector, model, rng)

    def use_vector(path: Path) -> None:
        list(vector_held(load_vector(path, model), model))

    for path, read in ((copy, load_model_file), (state, read_state), (vector, use_vector)):
        damage(path, read, times=times, rng=rng, tally=tally)
    every_bit(vector, use_vector, tally)
    for path, kind, read in ((copy, MODEL_KIND, use_model), (state, STATE_KIND, read_state)):
        forge(path, kind, read, times=forged, rng=rng, tally=tally)
    forge(vector, "groovevae vector", use_vector, times=forged, rng=rng, tally=tally)
    return tally


@click.command()
@click.argument("model_path", metavar="[MODEL]", required=False)
@click.option("--times", default=100, show_default=True, help="How often each file is damaged in each way.")
@click.option("--forged", default=100, show_default=True, help="Forged files of each kind, with a right checksum.")
@click.option("--seed", default=0, show_default=True)
def main(model_path: str | None, times: int, forged: int, seed: int) -> None:
    """Damage copies of MODEL (by default the bundled one), of a state and of a vector, and print what came of it."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory() as folder, np.errstate(all="ignore"):
        path = Path(model_path) if model_path else default_model_path()
        tally = fuzz_models(path, Path(folder), times=times, forged=forged, seed=seed)
    print("| what was done | refused | read |\n|---|---:|---:|")
    for what in dict.fromkeys([*tally.refused, *tally.read]):
        print(f"| {what} | {tally.refused[what]:,} | {tally.read[what]:,} |")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"\nSlowest {tally.slowest:.2f} s; memory at most {peak / 1024:.0f} MiB, {before / 1024:.0f} before.")
    for fault, count in Counter(tally.faults).most_common(60):
        print(f"FAULT {fault} ({count})")
    print(f"{len(tally.faults)} faults")
    sys.exit(bool(tally.faults))


if __name__ == "__main__":
    main()
