"""Reads the files of a corpus where they lie: in a folder, in an archive, or behind a URL. It hands out packed songs.

What is in a file is read in workers that may die; `reader` has them.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import closing
from pathlib import Path

from groovevae.bars.choices import Choices
from groovevae.corpus.archives import is_archive, is_archive_name, read_members
from groovevae.corpus.cache import file_stamp, with_reader
from groovevae.corpus.entries import Scan
from groovevae.corpus.local_copies import read_unpacked
from groovevae.corpus.reader import read_packed, read_packed_members
from groovevae.corpus.remote import read_remote

Answers = Generator[tuple[Path, bytes | str]]


def stamps_of(found: Scan, choices: Mapping[Path, Choices]) -> dict[Path, str]:
    """Return the stamp of each file: while it stays the same, it is not read again. Empty: no such file."""
    if found.url:
        return {path: with_reader(found.marks[path], chosen) for path, chosen in choices.items()}
    in_archive = is_archive(found.root)
    return {path: file_stamp(found.root if in_archive else path, chosen) for path, chosen in choices.items()}


def read_files(
    root: Path, url: str, choices: Mapping[Path, Choices], *, jobs: int | None, some: bool = False
) -> Answers:
    """Yield (path, packed song or reason) of files under a root, in the order in which they are read.

    `some`: only some of the files of an archive are wanted, and others later. Raises CorpusError for a damaged
    archive, or a URL that cannot be reached.
    """
    is_folder = not is_archive_name(url) if url else not is_archive(root)
    if is_folder and not url:
        yield from _files_read(choices, jobs)
        return
    names = {path.relative_to(root).as_posix(): chosen for path, chosen in choices.items()}
    if is_folder:
        members = read_remote(url, names)
    else:
        members = read_unpacked(root, names) if some else read_members(root, names)
    with closing(read_packed_members(members, url or str(root), names, jobs=jobs)) as answers:
        for name, result in answers:
            yield root / name, result


def _files_read(choices: Mapping[Path, Choices], jobs: int | None) -> Answers:
    paths = list(choices)
    with closing(read_packed(paths, choices=list(choices.values()), jobs=jobs)) as answers:
        for index, result in answers:
            yield paths[index], result
