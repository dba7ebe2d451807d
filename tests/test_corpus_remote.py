"""What fsspec reaches is read as the folder or archive that it is; here it is in memory."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from corpus_files import TUNES, archive, folder, tune

fsspec = pytest.importorskip("fsspec", reason="URLs need the extra cluster")

from groovevae.corpus import Corpus, load_corpus, remote  # noqa: E402
from groovevae.corpus.remote import as_path, is_url, spelled  # noqa: E402
from groovevae.errors import CorpusError  # noqa: E402

MANIFEST = "path,song_id,title,metre\nrock/c.mid,s1,Une été,3/4\nrock/gone.mid,,,\n"
FILES = {
    **TUNES,
    "manifest.csv": MANIFEST.encode(),
    "loose.mid": tune(7),
    "notes/readme.txt": b"no tune",
    "rock/odd [1]*?.mid": tune(8),
}


@pytest.fixture
def memory() -> Iterator:
    system = fsspec.filesystem("memory")
    yield system
    system.store.clear()
    system.pseudo_dirs[:] = [""]


def put(system, root: str, files: dict[str, bytes]) -> str:
    for name, data in files.items():
        system.pipe_file(f"/{root}/{name}", data)
    return f"memory://{root}"


class Refusal(Exception):
    """What gcsfs raises where it has no credentials."""

    code = 401


def told(corpus: Corpus) -> dict:
    songs = [(song.entry.path, song.entry.song_id, song.entry.title, song.kept.read_all()) for song in corpus.songs]
    return {
        "songs": [(corpus.path_within(path), *others) for path, *others in songs],
        "rejected": [(corpus.path_within(path), reason) for path, reason in corpus.rejected],
        "unread": [(corpus.path_within(path), reason) for path, reason in corpus.unread],
        "missing": corpus.missing,
    }


def test_a_folder_elsewhere_is_read_as_one_here(tmp_path: Path, memory) -> None:
    corpus = load_corpus(put(memory, "tunes/all", FILES))
    assert told(corpus) == told(load_corpus(folder(tmp_path / "all", FILES)))
    assert len(corpus.songs) == 5
    assert corpus.name == "memory://tunes/all"


def test_only_what_has_changed_is_fetched_again(memory, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[str] = []
    content = remote._Files.content
    monkeypatch.setattr(remote._Files, "content", lambda self, name: [fetched.append(name), content(self, name)][1])
    url = put(memory, "tunes", {"rock/a.mid": tune(0), "rock/b.mid": tune(1)})
    first = told(load_corpus(url))
    assert told(load_corpus(url)) == first
    memory.pipe_file("/tunes/rock/b.mid", tune(2))
    assert told(load_corpus(url)) != first
    assert sorted(fetched) == ["rock/a.mid", "rock/b.mid", "rock/b.mid"]


@pytest.mark.parametrize("kind", ["tar.gz", "zip"])
def test_an_archive_elsewhere(tmp_path: Path, memory, kind: str) -> None:
    packed = archive(tmp_path / f"tunes.{kind}", TUNES)
    url = put(memory, "archives", {packed.name: packed.read_bytes()}) + f"/{packed.name}"
    corpus = load_corpus(url)
    assert told(corpus) == told(load_corpus(packed))
    assert corpus.name == url
    archive(packed, {"jazz/other.mid": tune(9)})
    put(memory, "archives", {packed.name: packed.read_bytes()})
    assert [song.entry.path.name for song in load_corpus(url).songs] == ["other.mid"]


def test_labels_elsewhere(memory) -> None:
    url = put(memory, "lmd", {"0/a.mid": tune(0), "1/b.mid": tune(1), "labels.csv": b"path,genre\nlmd/1/b.mid,rock\n"})
    corpus = load_corpus(url, labels=f"{url}/labels.csv")
    assert [song.entry.genre for song in corpus.songs] == ["unlabelled", "rock"]


def test_a_file_that_is_too_large_is_not_fetched(memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("groovevae.corpus.remote.MAX_FILE_BYTES", 2**20)
    corpus = load_corpus(put(memory, "tunes", {"rock/a.mid": tune(0), "rock/large.mid": bytes(2**21)}))
    assert [item.reason for item in corpus.rejected] == ["2 MiB; at most 32 MiB are read"]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("memory://nowhere", "no such folder, or nothing in it"),
        ("memory://nowhere/tunes.zip", "no such file, folder or bucket"),
        ("s3://", "names no folder; write such as s3://bucket/folder"),
        ("nonsense://bucket/folder", "fsspec knows no nonsense://"),
        ("https://example.org/midi", "a web server has no folders"),
    ],
)
def test_what_cannot_be_read(url: str, shown: str, memory) -> None:
    with pytest.raises(CorpusError) as error:
        load_corpus(url)
    assert str(error.value).startswith(f"{url}: {shown}")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("fault", "shown"),
    [
        (PermissionError("Forbidden"), "access is denied (Forbidden); give credentials that allow it"),
        (OSError("Forbidden: b/tunes\nNo access"), "access is denied (Forbidden: b/tunes No access); give credentials"),
        (Refusal("Anonymous caller"), "access is denied (Anonymous caller); give credentials that allow it"),
        (FileNotFoundError("gone"), "no such file, folder or bucket"),
        (RuntimeError("Unable to locate\ncredentials"), "cannot be reached (Unable to locate credentials); once"),
        (ConnectionError(), "cannot be reached (ConnectionError); once"),
    ],
)
def test_a_file_that_cannot_be_had_stops_reading(fault, shown: str, memory, monkeypatch: pytest.MonkeyPatch) -> None:
    url = put(memory, "tunes", {f"rock/{number}.mid": tune(number) for number in range(3)})

    def fails(*arguments, **options):
        raise fault

    with monkeypatch.context() as patch:
        patch.setattr(type(memory), "cat_file", fails)
        with pytest.raises(CorpusError) as error:
            load_corpus(url)
    assert str(error.value).startswith(f"{url}/rock/0.mid: {shown}")
    assert len(load_corpus(url).songs) == 3  # nothing wrong was kept


@pytest.mark.parametrize(
    ("package", "shown"),
    [
        ("fsspec.core", "python -m pip install 'groovevae[cluster]'"),
        ("gcsfs", "for gs:// is not installed ("),
    ],
)
def test_a_missing_package_is_named(package: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(CorpusError) as error:
        load_corpus("gs://bucket/folder")
    assert shown in str(error.value)


@pytest.mark.parametrize(
    ("place", "is_one"),
    [("s3://b/f", True), ("HTTPS://h/a.zip", True), ("C:\\midi", False), ("C:/midi", False), ("a", False)],
)
def test_what_is_a_url(place: str, is_one: bool) -> None:
    assert is_url(place) is is_one


def test_paths_of_urls_are_spelled_as_urls(tmp_path: Path) -> None:
    assert spelled(as_path("s3://midi/rock") / "a.mid") == "s3://midi/rock/a.mid"
    assert spelled(tmp_path / "a.mid") == str(tmp_path / "a.mid")


def test_what_a_package_logs_is_not_printed(run_python: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """Unless somebody asks for it: gcsfs logs a traceback, and raises the same."""
    code = """
import logging
from groovevae.corpus import remote
remote.names_under("memory://tunes")
{}
logging.getLogger("fsspec.implementations.memory").error("out of retries")
"""
    assert run_python("-c", code.format("")).stderr == ""
    assert "out of retries" in run_python("-c", code.format("logging.basicConfig()")).stderr


def test_a_manifest_elsewhere_is_named(memory) -> None:
    url = put(memory, "tunes", {"rock/a.mid": tune(0), "manifest.csv": b"path,phrases\nrock/a.mid,never\n"})
    with pytest.raises(CorpusError, match=r"^memory://tunes/manifest\.csv: rock/a\.mid: phrases is 'never'"):
        load_corpus(url)
