"""Makes mutants of MIDI files and reads them in a worker process, for `fuzz_reading.py`."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from groovevae.bars.grid import score_to_song
from groovevae.corpus.pack import pack_song
from groovevae.errors import MidiError
from groovevae.midi.reading import midi_to_score

HUGE = (b"\x00\x00\x00\x00", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x00\x00\x00\x01", b"\x80\x00\x00\x00")
LONG_WAIT = b"\xff\xff\xff\x7f"  # the longest delta time there is

Mutation = Callable[[bytearray, bytes, np.random.Generator], None]  # bytes in place, another file, chance


def flip_bytes(data: bytearray, other: bytes, rng: np.random.Generator) -> None:
    for at in rng.integers(0, len(data), int(rng.integers(1, 17))).tolist():
        data[at] = int(rng.integers(256))


def flip_bits(data: bytearray, other: bytes, rng: np.random.Generator) -> None:
    for at in rng.integers(0, len(data), int(rng.integers(1, 9))).tolist():
        data[at] ^= 1 << int(rng.integers(8))


def truncate(data: bytearray, other: bytes, rng: np.random.Generator) -> None:
    del data[int(rng.integers(len(data))) :]


def spoil_lengths(data: bytearray, other: bytes, rng: np.random.Generator) -> None:
    """The length of a chunk, or of a meta event, becomes another."""
    places = [match.end() for match in re.finditer(rb"MT(?:hd|rk)", bytes(data))]
    if rng.random() < 0.7 and places:
        at = places[int(rng.integers(len(places)))]
        data[at : at + 4] = HUGE[int(rng.integers(len(HUGE)))] if rng.random() < 0.6 else rng.bytes(4)
    elif places := [match.end() for match in re.finditer(rb"\xff[\x00-\x7f]", bytes(data))]:
        at = places[int(rng.integers(len(places)))]
        data[at : at + 1] = LONG_WAIT if rng.random() < 0.5 else rng.bytes(1)


def absurd_times(data: bytearray, other: bytes, rng: np.random.Generator) -> None:
    """Tempo, metre, key, ticks a quarter note, and waits that no music has."""
    kind = int(rng.integers(5))
    if kind == 0 and len(data) > 13:
        data[12:14] = rng.bytes(2) if rng.random() < 0.5 else b"\x00" * 2
    elif kind == 1:
        at = int(rng.integers(len(data)))
        data[at:at] = LONG_WAIT
    else:
        code, size = ((0x51, 3), (0x58, 4), (0x59, 2))[kind - 2]
        places = [match.end() for match in re.finditer(bytes([0xFF, code, size]), bytes(data))]
        if places:
            at = places[int(rng.integers(len(places)))]
            data[at : at + size] = rng.bytes(size) if rng.random() < 0.7 else bytes(size)
        elif (at := data.find(b"MTrk")) >= 0:
            data[at + 8 : at + 8] = bytes([0, 0xFF, code, size]) + rng.bytes(size)


def splice(data: bytearray, other: bytes, rng: np.random.Generator) -> None:
    """A score of another file, or a track of it, is put in; or a score is cut out, or doubled."""
    at, kind = int(rng.integers(len(data))), int(rng.integers(4))
    size = int(rng.integers(1, 2000))
    if kind == 0:
        start = int(rng.integers(len(other)))
        data[at:at] = other[start : start + size]
    elif kind == 1 and (start := other.rfind(b"MTrk")) >= 0:
        data += other[start:]
    elif kind == 2:
        del data[at : at + size]
    else:
        data[at:at] = data[at : at + size]


MUTATIONS: dict[str, Mutation] = {
    "bytes": flip_bytes,
    "bits": flip_bits,
    "cut off": truncate,
    "lengths": spoil_lengths,
    "times": absurd_times,
    "spliced": splice,
}


def mutant(data: bytes, other: bytes, seed: int) -> tuple[str, bytes]:
    """What was done, and the bytes of a mutant; one in four is mutated twice."""
    rng = np.random.default_rng(seed)
    out, names = bytearray(data), []
    for _ in range(1 + (rng.random() < 0.25)):
        if out:
            names.append(list(MUTATIONS)[int(rng.integers(len(MUTATIONS)))])
            MUTATIONS[names[-1]](out, other, rng)
    return " and ".join(names), bytes(out)


def read_mutants(task: Path) -> bytes:
    """In a worker: reads the mutants that a task names, FIRST|COUNT|FILE|OTHER, and tells as JSON what came of them."""
    import resource

    first, count, name, other = str(task).split("|")
    data, beside = Path(name).read_bytes(), Path(other).read_bytes()
    outcomes: Counter[str] = Counter()
    faults, slowest = [], (0.0, 0)
    for seed in range(int(first), int(first) + int(count)):
        _, spoiled = mutant(data, beside, seed)
        start = time.perf_counter()
        try:
            pack_song(score_to_song(midi_to_score(spoiled)))
            outcomes["read"] += 1
        except MidiError as error:
            outcomes[re.sub(r"[\d.,e+-]*\d", "N", error.reason)] += 1
        except MemoryError:
            outcomes["needs too much memory"] += 1
        except Exception as error:
            faults.append([seed, f"{type(error).__name__}: {error}"])
        slowest = max(slowest, (time.perf_counter() - start, seed))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return json.dumps({"outcomes": outcomes, "faults": faults, "slowest": slowest, "peak": peak}).encode()
