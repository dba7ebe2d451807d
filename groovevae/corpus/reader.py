"""Reads untrusted MIDI files into songs, in worker processes. `bars` alone decides what a file means."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path

from groovevae.bars import Song, score_to_song
from groovevae.bars.choices import NO_CHOICES, Choices
from groovevae.corpus.pack import pack_song, unpack_song
from groovevae.corpus.worker_pool import Limits, map_isolated
from groovevae.errors import MidiError
from groovevae.midi.reading import load_score

FILES_PER_JOB = 60  # a worker takes about as long to start as to read these
LIMITS = Limits()
_AND = "\0"


def load_packed(task: Path) -> bytes:
    """Return the packed song of a MIDI file, read in this very process; `_task` says how. Raises MidiError."""
    path, _, choices = str(task).partition(_AND)
    return pack_song(score_to_song(load_score(path), Choices.from_json(choices)))


def read_packed(
    paths: Sequence[Path],
    *,
    choices: Sequence[Choices] | None = None,
    jobs: int | None = None,
    limits: Limits = LIMITS,
) -> Generator[tuple[int, bytes | str]]:
    """Yield (index, packed song or reason) of each path, in the order in which they are read.

    Where a file crashes the parser, hangs or needs too much memory, only that file is lost. `choices` say for each
    file how it is to be read. `jobs` is the number of worker processes: by default one per processor, fewer for few
    files.
    """
    if jobs is None:
        jobs = min(num_processors(), 1 + len(paths) // FILES_PER_JOB)
    tasks = [_task(path, chosen) for path, chosen in zip(paths, choices or [NO_CHOICES] * len(paths), strict=True)]
    return map_isolated(load_packed, tasks, jobs=jobs, limits=limits)


def _task(path: Path, choices: Choices) -> Path:
    """Return the path for `load_packed`, with the choices behind a character that no path can hold."""
    return path if choices == NO_CHOICES else Path(f"{path}{_AND}{choices.to_json()}")


def read_songs(
    paths: Sequence[Path],
    *,
    choices: Sequence[Choices] | None = None,
    jobs: int | None = None,
    timeout_seconds: float = 10.0,
    memory_bytes: int = 2**30,
) -> Iterator[tuple[int, Song | str]]:
    """Yield (index, song or reason why there is none) of each path, like `read_packed`."""
    limits = Limits(timeout_seconds, memory_bytes)
    for index, result in read_packed(paths, choices=choices, jobs=jobs, limits=limits):
        yield index, result if isinstance(result, str) else unpack_song(result)


def read_song(path: str | Path, choices: Choices = NO_CHOICES) -> Song:
    """Return the song in one MIDI file, read in a process of its own. Raises MidiError that names the path."""
    return unpack_song(_apart(load_packed, path, choices))


def check_readable(path: str | Path) -> None:
    """Read a MIDI file in a process of its own, for nothing but to learn that it can be. Raises MidiError if not."""
    _apart(parse, path)


def _apart(work: Callable[[Path], bytes], path: str | Path, choices: Choices = NO_CHOICES) -> bytes:
    """Return what `work` makes of one MIDI file in a process of its own. Raises MidiError that names the path."""
    [(_, result)] = map_isolated(work, [_task(Path(path).absolute(), choices)], jobs=1, limits=LIMITS)
    if isinstance(result, str):
        raise MidiError(result, path=str(path))
    return result


def parse(path: Path) -> bytes:
    """Read the notes of a MIDI file, and return nothing. Raises MidiError."""
    load_score(path)
    return b""


def num_processors() -> int:
    """Return the number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
