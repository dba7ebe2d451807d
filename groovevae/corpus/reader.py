"""Reads untrusted MIDI files into songs, in worker processes. `bars` alone decides what a file means."""

from __future__ import annotations

import difflib
import errno
import os
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

from groovevae.bars import Song
from groovevae.bars.choices import NO_CHOICES, Choices
from groovevae.bars.grid import score_to_song
from groovevae.corpus.archives import Member
from groovevae.corpus.pack import pack_song, unpack_song
from groovevae.corpus.worker_pool import Limits, map_isolated, map_numbered
from groovevae.errors import CorpusError, MidiError
from groovevae.midi.reading import load_score, midi_to_score
from groovevae.midi.suffixes import SUFFIXES

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
        jobs = _num_jobs(len(paths))
    tasks = [_task(path, chosen) for path, chosen in zip(paths, choices or [NO_CHOICES] * len(paths), strict=True)]
    return map_isolated(load_packed, tasks, jobs=jobs, limits=limits)


def read_packed_members(
    members: Iterator[Member],
    place: str,
    choices: Mapping[str, Choices],
    *,
    jobs: int | None = None,
    limits: Limits = LIMITS,
) -> Generator[tuple[str, bytes | str]]:
    """Yield (name, packed song or reason) of files whose bytes are given, like `read_packed`; `choices` are by name.

    `members` are taken in this process, and what is in them is read in workers. Raises what these raise, and
    CorpusError where some of the files are not among them; `place` is where they are from.
    """
    names: list[str] = []

    def tasks() -> Iterator[tuple[int, bytes]]:
        for member in members:
            names.append(member.name)
            yield len(names) - 1, _data_task(member, choices[member.name])
        if len(names) < len(choices):
            raise CorpusError(f"{place}: changed while it was read; run the command again")

    jobs = _num_jobs(len(choices)) if jobs is None else jobs
    answers = map_numbered(load_packed_data, tasks(), count=len(choices), jobs=jobs, limits=limits)
    with closing(answers):
        for index, result in answers:
            yield names[index], result


def _data_task(member: Member, choices: Choices) -> bytes:
    """Return what `load_packed_data` is given: the file's name, the choices, and its bytes or why there are none."""
    is_reason = isinstance(member.data, str)
    head = _AND.join([Path(member.name).stem, choices.to_json(), "reason" if is_reason else "data", ""])
    data = member.data.encode() if isinstance(member.data, str) else member.data
    return head.encode("utf-8", "surrogateescape") + data


def load_packed_data(task: bytes) -> bytes:
    """Return the packed song in the bytes of a MIDI file, as `_data_task` gives them. Raises MidiError."""
    *head, data = task.split(_AND.encode(), 3)
    name, choices, kind = (part.decode("utf-8", "surrogateescape") for part in head)
    if kind == "reason":
        raise MidiError(data.decode())
    score = replace(midi_to_score(data), file_name=name)
    return pack_song(score_to_song(score, Choices.from_json(choices)))


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
        raise MidiError(result + _nearest_name(Path(path), result), path=str(path))
    return result


def _nearest_name(path: Path, reason: str) -> str:
    """Return the question whether a file that does not exist is the MIDI file beside it that is called most like it."""
    if reason != os.strerror(errno.ENOENT):
        return ""
    with suppress(OSError):
        beside = {other.stem: other for other in path.parent.iterdir() if other.suffix.lower() in SUFFIXES}
        if near := difflib.get_close_matches(path.stem, beside, n=1):
            return f"; did you mean {beside[near[0]]}?"
    return ""


def parse(path: Path) -> bytes:
    """Read the notes of a MIDI file, and return nothing. Raises MidiError."""
    load_score(path)
    return b""


def _num_jobs(num_files: int) -> int:
    """Return how many processes read so many files, where nothing is said."""
    return min(num_processors(), 1 + num_files // FILES_PER_JOB)


def num_processors() -> int:
    """Return the number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
