"""Loads a corpus folder as songs: scans it, and reads its files or takes them from the cache.

Songs are kept packed on disk. It lists every file that is not used with the reason, exact duplicates among them, and
never splits or batches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from groovevae.bars import Bars, Song
from groovevae.bars.choices import NO_CHOICES
from groovevae.corpus.archives import Member
from groovevae.corpus.cache import Cache
from groovevae.corpus.duplicates import NearDuplicate, pairs_alike
from groovevae.corpus.entries import Entry, Scan, Unread, entry_of, is_tune
from groovevae.corpus.kept import KeptSong
from groovevae.corpus.labels import UNLABELLED, read_labels
from groovevae.corpus.pack import pack_song
from groovevae.corpus.places import read_files, stamps_of
from groovevae.corpus.reader import read_packed_members
from groovevae.corpus.scan import no_tunes, scan, scan_genre
from groovevae.corpus.scheduler import Cluster
from groovevae.corpus.spool import Spool
from groovevae.errors import CorpusError
from groovevae.progress import Progress, quiet

TWIN = "same notes as"  # how the reason begins for a file that is not used since another one is the same song


@dataclass(frozen=True, slots=True)
class CorpusSong:
    """A file of the corpus and its song, kept packed: about 10 KB instead of 100, in memory or on disk."""

    entry: Entry
    kept: KeptSong
    holder: int | None = None  # which process gives its bars to the others; None: no process asks another for songs

    @classmethod
    def from_song(cls, entry: Entry, song: Song) -> CorpusSong:
        """Pack a song into memory: the inverse of `song`."""
        return cls(entry, KeptSong.from_packed(pack_song(song)))

    @property
    def song(self) -> Song:
        """The song, unpacked anew each time (0.3 ms): its arrays are the caller's.

        Raises OutputError where the disk that holds it fails.
        """
        return self.kept.song()


class Songs(Sequence[Song]):
    """A sequence of songs; the song of a CorpusSong is unpacked anew each time it is asked for, and not kept."""

    def __init__(self, songs: Sequence[CorpusSong | Song]) -> None:
        self.kept = songs  # as they are

    def __len__(self) -> int:
        return len(self.kept)

    def __getitem__(self, index: Any) -> Any:
        song = self.kept[index]
        return song.song if isinstance(song, CorpusSong) else song


class BarsOf(Sequence[Bars]):
    """The bars of songs, unpacked anew each time they are asked for."""

    def __init__(self, songs: Sequence[CorpusSong]) -> None:
        self._songs = songs

    def __len__(self) -> int:
        return len(self._songs)

    def __getitem__(self, index: Any) -> Any:
        return self._songs[index].song.bars


@dataclass(frozen=True)
class Corpus:
    """The songs of a corpus folder in the order of their paths, and the files that are not among them."""

    root: Path
    songs: list[CorpusSong]
    rejected: list[Unread]  # MIDI files of a genre that hold no song, or the same song as another file
    unread: list[Unread]  # files and folders that belong to no genre
    missing: list[str]  # paths in the manifest that name no file
    rejected_genres: tuple[str, ...] = ()  # of each of `rejected`; empty where these are their folders
    url: str = ""  # where it has one

    @property
    def name(self) -> str:
        """Where it lies, as people know it: a URL, or the path of a folder or an archive."""
        return self.url or str(self.root)

    @property
    def genres(self) -> list[str]:
        """Names of the genres that have songs, sorted, without UNLABELLED."""
        return sorted({song.entry.genre for song in self.songs} - {UNLABELLED})

    @property
    def labelled(self) -> list[int]:
        """Indices of the songs that have a genre."""
        return [index for index, song in enumerate(self.songs) if song.entry.genre != UNLABELLED]

    def of_genres(self) -> Corpus:
        """Return the corpus without the songs that have no genre."""
        labelled = self.labelled
        return self if len(labelled) == len(self.songs) else replace(self, songs=[self.songs[i] for i in labelled])

    def path_within(self, path: Path) -> str:
        """Spell a path as it is within the corpus folder; a name that is not valid UTF-8 keeps its odd bytes."""
        return str(path.relative_to(self.root))

    @cached_property
    def near_duplicates(self) -> list[NearDuplicate]:
        """Every two songs that are nearly the same, in any genres; searched for once."""
        return pairs_alike([song.kept for song in self.songs])

    def find_near_duplicates(self, *, progress: Progress) -> None:
        """Search for `near_duplicates` now, and tell how far it has come."""
        if "near_duplicates" not in vars(self):
            vars(self)["near_duplicates"] = pairs_alike([song.kept for song in self.songs], progress=progress)


def load_corpus(
    root: str | Path,
    *,
    labels: str | Path | None = None,
    progress: Progress = quiet,
    jobs: int | None = None,
    cluster: Cluster | None = None,
) -> Corpus:
    """Load the songs under ROOT/<genre>/. Files that were read before, and have not changed, come from the cache.

    `labels` is a table of genres by file (`labels.read_labels`) to take instead of the folders; files that are not in
    it are UNLABELLED.
    `progress` is told how many files are read. `jobs` is the number of processes that read; a `cluster` reads in their
    place, and the songs are the same to the last byte. After an interrupted call, the next one resumes where it
    stopped. Raises CorpusError for a folder that is not a corpus, labels that are no table, or a cluster that cannot
    read; where all files are rejected, it raises nothing, and `songs` is empty.

    >>> corpus = load_corpus("my-midi")
    >>> corpus.genres, len(corpus.songs), corpus.rejected[0].reason
    (['jazz', 'rock'], 812, 'no notes')
    """
    table = None if labels is None else read_labels(labels)
    return _load(scan(root, table, progress=progress), progress, jobs, cluster)


def load_genre(folder: str | Path, genre: str, *, progress: Progress = quiet, jobs: int | None = None) -> Corpus:
    """Load the songs of one folder and its subfolders as one genre. Raises CorpusError where it holds no song."""
    return _with_songs(_load(scan_genre(folder, genre), progress, jobs), str(folder))


def load_genre_of_bytes(
    files: Mapping[str, bytes], folder: str, genre: str, *, progress: Progress = quiet, jobs: int | None = None
) -> Corpus:
    """Load songs as `load_genre` does from the folder of this name, of MIDI files whose bytes are given by path in it.

    No path is opened, and nothing is written to disk. Hidden files, and paths that lead out of the folder, are
    skipped. Raises CorpusError where there is no song.
    """
    tunes = {path.as_posix(): files[name] for name in files if is_tune(path := PurePosixPath(name))}
    entries = {name: entry_of(Path(), Path(folder, name), genre, {}) for name in sorted(tunes, key=PurePosixPath)}
    if not entries:
        raise no_tunes(folder)
    members = (Member(name, tunes[name]) for name in entries)
    results: dict[Path, KeptSong | str] = {}
    with closing(read_packed_members(members, folder, dict.fromkeys(entries, NO_CHOICES), jobs=jobs)) as answers:
        for name, result in answers:
            results[entries[name].path] = result if isinstance(result, str) else KeptSong.from_packed(result)
            progress("reading files", len(results), len(entries))
    return _with_songs(_sorted_out(Scan(Path(folder), tuple(entries.values())), results), folder)


def _with_songs(corpus: Corpus, shown: str) -> Corpus:
    """Return a corpus that has songs. Raises CorpusError for one that has none."""
    if not corpus.songs:
        first = corpus.rejected[0]
        raise CorpusError(f"{shown}: no file that can be used; {first.path.name}: {first.reason}")
    return corpus


def _load(found: Scan, progress: Progress, jobs: int | None, cluster: Cluster | None = None) -> Corpus:
    return _sorted_out(found, _read(found, progress, jobs, cluster))


def _sorted_out(found: Scan, results: Mapping[Path, KeptSong | str]) -> Corpus:
    """Return a corpus of what was read of its files: songs, each once, and the files that are none."""
    songs, rejected, genres = [], [], []
    first_with: dict[tuple[str, bytes], Entry] = {}
    for entry in found.entries:
        result = results[entry.path]
        if isinstance(result, str):
            rejected.append(Unread(entry.path, result))
            genres.append(entry.genre)
            continue
        twin = first_with.setdefault((entry.genre, result.head.bars_digest), entry)
        if twin is entry:
            songs.append(CorpusSong(entry, result))
        else:
            rejected.append(Unread(entry.path, f"{TWIN} {twin.path.relative_to(found.root)}"))
            genres.append(entry.genre)
    return Corpus(found.root, songs, rejected, list(found.unread), list(found.missing), tuple(genres), found.url)


def _read(found: Scan, progress: Progress, jobs: int | None, cluster: Cluster | None) -> dict[Path, KeptSong | str]:
    """Return the packed song of each file, or the reason why it has none."""
    choices = {entry.path: entry.choices for entry in found.entries}
    spool = Spool()

    def kept(result: bytes | str) -> KeptSong | str:
        return result if isinstance(result, str) else KeptSong.from_packed(result, spool)

    with Cache(found.root, found.url) as cache:
        stamps = stamps_of(found, choices)
        results = {path: kept(result) for path, result in cache.load(stamps)}
        todo = {path: chosen for path, chosen in choices.items() if path not in results}
        progress("reading files", len(results), len(choices))
        if cluster:
            from groovevae.corpus.cluster import read_on_cluster  # it takes as long to load as all else here

            read = read_on_cluster(found, stamps, choices, todo, cluster)
        else:
            read = read_files(found.root, found.url, todo, jobs=jobs)
        with closing(read) as answers:
            for path, result in answers:
                results[path] = kept(result)
                cache.store(path, result, stamp=stamps[path])
                progress("reading files", len(results), len(choices))
    return results
