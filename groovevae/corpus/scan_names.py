"""Lists the MIDI files of a corpus from names alone: those in an archive, or those that a URL's folder holds.

`scan` does the same for folders of this machine.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from groovevae.corpus.archives import is_archive_name, member_names
from groovevae.corpus.cache import Cache, file_stamp
from groovevae.corpus.entries import (
    LOOSE,
    WITHOUT_MIDI,
    Scan,
    Unread,
    entry_of,
    is_tune,
    missing_of,
    no_entries,
    with_labels,
)
from groovevae.corpus.labels import Labels
from groovevae.corpus.local_copies import fetched
from groovevae.corpus.manifest import MANIFEST, Rows, read_manifest
from groovevae.corpus.remote import as_path, listed, read_bytes
from groovevae.progress import Progress


def scan_url(url: str, labels: Labels | None, *, progress: Progress) -> Scan:
    """List the MIDI files of a folder or an archive that fsspec reaches, as `scan` does.

    An archive is fetched to this machine first. Raises CorpusError where there is none, or it cannot be reached.
    """
    if is_archive_name(url):
        copy = fetched(url, progress=progress)
        found = scan_archive(copy.path, labels, shown=url, progress=progress)
        return replace(found, url=url, marks={entry.path: copy.mark for entry in found.entries})
    progress("listing files", 0, 1)
    marks, root = listed(url), as_path(url)
    manifest = f"{url.rstrip('/')}/{MANIFEST}"
    rows = read_manifest(read_bytes(manifest), manifest) if MANIFEST in marks else {}
    found = _scan_names(root, marks, labels, rows, depth=0, shown=url)
    without = [] if labels else _without_midi(root, marks)
    marks_of = {entry.path: marks[entry.path.relative_to(root).as_posix()] for entry in found.entries}
    unread, missing = tuple(sorted([*found.unread, *without])), missing_of(root, rows, found.entries)
    return replace(found, url=url, marks=marks_of, unread=unread, missing=missing)


def scan_archive(root: Path, labels: Labels | None, *, shown: str, progress: Progress) -> Scan:
    """List the MIDI files in an archive, sorted, as `scan` does. Raises CorpusError where it is damaged."""
    names = _names_in(root, progress)
    tunes = [path for path in map(PurePosixPath, names) if is_tune(path)]
    is_wrapped = len({path.parts[0] for path in tunes}) == 1 and all(len(path.parts) > 2 for path in tunes)
    return _scan_names(root, names, labels, {}, depth=1 if is_wrapped else 0, shown=shown)


def _names_in(archive: Path, progress: Progress) -> Sequence[str]:
    """Return the names of the files in an archive: of one that has not changed, those that it had before."""
    stamp = file_stamp(archive)
    with Cache(archive) as cache:
        names = cache.listing(stamp)
        if names is None:
            names = list(dict.fromkeys(member_names(archive, progress=progress)))
            cache.keep_listing(names, stamp=stamp)
    return names


def _scan_names(root: Path, names: Iterable[str], labels: Labels | None, rows: Rows, *, depth: int, shown: str) -> Scan:
    """List the tunes among names within a root; their genre is the folder below `depth` others."""
    paths = sorted(path for path in map(PurePosixPath, names) if is_tune(path))
    entries = [
        entry_of(root, root / path, unicodedata.normalize("NFC", path.parts[depth]), rows)
        for path in paths
        if labels is not None or len(path.parts) > depth + 1
    ]
    unread = [Unread(root / path, LOOSE) for path in paths if labels is None and len(path.parts) <= depth + 1]
    if not entries:
        raise no_entries(unread, root, shown=shown)
    return Scan(root, tuple(entries if labels is None else with_labels(entries, root, labels)), tuple(unread))


def _without_midi(root: Path, names: Iterable[str]) -> list[Unread]:
    """List the folders at the top that hold no tune, as `scan` does for folders of this machine."""
    paths = [path for path in map(PurePosixPath, names) if len(path.parts) > 1 and path.parts[0][0] != "."]
    with_tunes = {path.parts[0] for path in paths if is_tune(path)}
    return [Unread(root / name, WITHOUT_MIDI) for name in sorted({path.parts[0] for path in paths} - with_tunes)]
