"""Folders, archives, labels and shards of S3 and of Google Cloud Storage, as servers on this machine play them.

CONTRIBUTING says what these tests need; without it, they are skipped.
"""

import socket
import socketserver
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest
from corpus_files import TUNES, archive, folder, tune

from groovevae.bars.choices import NO_CHOICES
from groovevae.corpus import Cluster, load_corpus
from groovevae.corpus.cache import reader_version
from groovevae.corpus.shards import Shard, ShardFile, make_shard
from groovevae.errors import CorpusError
from kill_workers import told

FILES = {**TUNES, "manifest.csv": b"path,title\njazz/a.mid,A\n", **{f"pop/{n}.mid": tune(n) for n in range(3, 11)}}
LABELS = b"path,genre\n" + b"".join(b"tunes/pop/%d.mid,rock\n" % n for n in range(3, 11))


class Store(NamedTuple):
    url: str  # of its buckets
    here: Path  # where the same files lie on this machine


@contextmanager
def amazon(port: int, patch: pytest.MonkeyPatch) -> Iterator:
    from moto.server import ThreadedMotoServer
    from s3fs import S3FileSystem

    for name, value in {"ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "b", "DEFAULT_REGION": "us-east-1"}.items():
        patch.setenv(f"AWS_{name}", value)
    patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    server = ThreadedMotoServer("127.0.0.1", port, verbose=False)
    server.start()
    yield S3FileSystem(skip_instance_cache=True)
    server.stop()


@contextmanager
def google(port: int, patch: pytest.MonkeyPatch) -> Iterator:
    patch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{port}")
    patch.setenv("NO_GCE_CHECK", "true")  # there are no credentials, and nobody need be asked for some
    patch.setenv("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")  # asks over gRPC, which the emulator does not speak
    patch.setattr(socketserver.TCPServer, "request_queue_size", 64)  # with 5, it keeps 16 threads waiting for seconds
    from gcp_storage_emulator.server import create_server
    from gcsfs import GCSFileSystem

    with create_server("127.0.0.1", port, in_memory=True):
        yield GCSFileSystem(skip_instance_cache=True)


def server(protocol: str, *packages: str) -> object:
    missing = [package for package in packages if find_spec(package) is None]
    return pytest.param(protocol, marks=pytest.mark.skipif(bool(missing), reason=f"no {', '.join(missing)}"))


@pytest.fixture(scope="module", params=[server("s3", "moto", "s3fs"), server("gs", "gcp_storage_emulator", "gcsfs")])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A bucket with the files as a folder and as an archive, and with labels."""
    here = tmp_path_factory.mktemp("here")
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    with pytest.MonkeyPatch.context() as patch, {"s3": amazon, "gs": google}[request.param](port, patch) as system:
        system.mkdir("midi")
        system.put(str(folder(here / "tunes", FILES)), "midi/tunes", recursive=True)
        system.put(str(archive(here / "tunes.tar.gz", FILES)), "midi/tunes.tar.gz")
        system.pipe_file("midi/labels.csv", LABELS)
        yield Store(f"{request.param}://", here)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROOVEVAE_CACHE", str(tmp_path / "cache"))


@pytest.mark.parametrize("name", ["tunes", "tunes.tar.gz"])
def test_a_folder_and_an_archive_are_read_as_those_here(store: Store, name: str) -> None:
    corpus = load_corpus(f"{store.url}midi/{name}")
    assert len(corpus.songs) == 11
    assert told(corpus) == told(load_corpus(store.here / name))


def test_labels(store: Store) -> None:
    corpus = load_corpus(f"{store.url}midi/tunes", labels=f"{store.url}midi/labels.csv")
    assert [song.entry.genre for song in corpus.songs] == ["unlabelled"] * 2 + ["rock"] * 8 + ["unlabelled"]


def test_two_workers_keep_shards_there(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = told(load_corpus(store.here / "tunes"))
    two = Cluster("local:2", f"{store.url}midi/shards", files_per_shard=4)
    assert told(load_corpus(f"{store.url}midi/tunes", cluster=two)) == alone
    monkeypatch.setenv("GROOVEVAE_CACHE", str(tmp_path / "another cache"))
    nobody = replace(two, scheduler="tcp://127.0.0.1:1")
    assert told(load_corpus(f"{store.url}midi/tunes", cluster=nobody)) == alone  # no shard is made again


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        ("nobucket/tunes", "no such f"),  # a folder, a file or a bucket: some stores list nothing, some refuse to
        ("nobucket/tunes.zip", "no such file, folder or bucket"),
        ("midi/none", "no such folder, or nothing in it"),
        ("midi/none.zip", "no such file, folder or bucket"),
    ],
)
def test_what_is_not_there(store: Store, place: str, shown: str) -> None:
    assert said(lambda: load_corpus(f"{store.url}{place}")).startswith(f"{store.url}{place}: {shown}")


def test_labels_and_shards_that_cannot_be_had(store: Store) -> None:
    labels, shards = f"{store.url}midi/none.csv", f"{store.url}nobucket/shards"
    assert said(lambda: load_corpus(f"{store.url}midi/tunes", labels=labels)).startswith(f"{labels}: no such file")
    shard = Shard(str(store.here / "tunes"), "", shards, (ShardFile("jazz/a.mid", "1", NO_CHOICES.to_json()),))
    assert said(lambda: make_shard(shard, reader_version())).startswith(f"{shard.place}: no such file")


def said(load: Callable[[], object]) -> str:
    with pytest.raises(CorpusError) as error:
        load()
    assert "\n" not in str(error.value)
    return str(error.value)
