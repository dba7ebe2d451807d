"""Makes up corpora of any size, from quarter notes at random pitches, for `limits.py` and `phases.py` to read."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from groovevae.bars import Bars, Song
from groovevae.bars.constants import FIRST_PITCH, HOLD
from groovevae.corpus.cache import Cache, file_stamp
from groovevae.corpus.pack import pack_song

TICKS = 96  # a note; below 128, so that a wait is one byte
HEADER = b"MThd\x00\x00\x00\x06\x00\x00\x00\x01"
REAL_BARS = (4.39, 0.35)  # mean and deviation of the logarithm of a file's bars: half have 80, a twentieth 144 or more
END = b"\x00\xff\x2f\x00"


def made_up_file(rng: np.random.Generator, num_bars: int, *, density: int = 1) -> bytes:
    """A piano's melody of `density` notes a quarter note in 4/4, each with a bass note below."""
    count = 4 * num_bars * density
    pitches, low = rng.integers(60, 84, count), rng.integers(40, 55, count)
    events = np.zeros((count, 16), np.uint8)
    events[:] = (0, 0x90, 0, 90, 0, 0x90, 0, 80, TICKS, 0x90, 0, 0, 0, 0x90, 0, 0)  # on, on, a quarter later off, off
    events[:, [2, 10]] = pitches[:, None]
    events[:, [6, 14]] = low[:, None]
    track = events.tobytes() + END
    return HEADER + (TICKS * density).to_bytes(2, "big") + b"MTrk" + len(track).to_bytes(4, "big") + track


def made_up_corpus(
    root: Path,
    num_files: int,
    *,
    num_bars: int | None = 32,
    num_genres: int = 3,
    damaged: float = 0.0,
    seed: int = 0,
) -> Path:
    """A corpus of so many files, in equal genres, each a song of its own.

    Without `num_bars`, files are as long as real ones: log-normal, as fitted to 438 files of pop, rock and lounge. A
    `damaged` share of them breaks off in the middle of its header, and cannot be read.
    """
    rng = np.random.default_rng(seed)
    for number in range(num_genres):
        (root / f"genre {number:02}").mkdir(parents=True, exist_ok=True)
    for number in range(num_files):
        path = root / f"genre {number % num_genres:02}" / f"tune {_letters(number)}.mid"
        data = made_up_file(rng, num_bars or round(rng.lognormal(*REAL_BARS)))
        path.write_bytes(data[:10] if rng.random() < damaged else data)
    return root


def made_up_song(rng: np.random.Generator, num_bars: int) -> Song:
    """What is read of such a file: a melody of quarter notes, each with a bass note below."""
    bars = Bars.empty(num_bars)
    beats = np.arange(0, 16, 4)
    bars.lead[:, :16], bars.bass[:, :16] = HOLD, HOLD
    bars.lead[:, beats] = FIRST_PITCH + 12 + rng.integers(0, 24, (num_bars, 4))
    bars.bass[:, beats] = FIRST_PITCH + 12 + rng.integers(0, 15, (num_bars, 4))
    bars.velocity[:, beats] = (80, 0, 90)
    return Song(bars)


def made_up_cache(
    root: Path, num_files: int, *, num_bars: int | None = 100, num_genres: int = 3, seed: int = 0
) -> Path:
    """A corpus of files that hold nothing, and a cache that says that made-up songs were read of them.

    It takes a fraction of the time to read as many files.
    """
    rng = np.random.default_rng(seed)
    for number in range(num_genres):
        (root / f"genre {number:02}").mkdir(parents=True, exist_ok=True)
    with Cache(root) as cache:
        for number in range(num_files):
            path = root / f"genre {number % num_genres:02}" / f"tune {_letters(number)}.mid"
            path.write_bytes(b"")
            packed = pack_song(made_up_song(rng, num_bars or round(rng.lognormal(*REAL_BARS))))
            cache.store(path, packed, stamp=file_stamp(path))
    return root


def _letters(number: int) -> str:
    """A name of letters alone: numbers behind a name would be versions of one song."""
    return "".join(chr(ord("a") + int(digit)) for digit in f"{number:06}")
