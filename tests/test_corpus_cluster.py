"""A Dask cluster reads what one machine does, though workers die; scripts/kill_workers.py kills many."""

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from corpus_files import TUNES, archive, folder, make_corpus, tune

pytest.importorskip("distributed", reason="a cluster needs the extra cluster")
pytest.importorskip("fsspec", reason="a cluster needs the extra cluster")

from groovevae.bars.choices import NO_CHOICES
from groovevae.corpus import Cluster, cluster, load_corpus, shards
from groovevae.corpus.cache import reader_version
from groovevae.corpus.scan import scan
from groovevae.corpus.shards import Shard, ShardFile, make_shard, read_shard, shard_bytes, shards_of
from groovevae.errors import CorpusError, RequestError
from kill_workers import machines, shards_on, told

NOBODY = "tcp://127.0.0.1:1"  # no scheduler answers there


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty cache: nothing is known of a corpus but by its shards."""
    monkeypatch.setenv("GROOVEVAE_CACHE", str(tmp_path / "cache"))


def forget(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    monkeypatch.setenv("GROOVEVAE_CACHE", str(place))


def division(root: Path, size: int) -> list[list[str]]:
    found = scan(root)
    choices = {entry.path: entry.choices for entry in found.entries}
    made = shards_of(found, dict.fromkeys(choices, "stamp"), choices, "shelf", size=size)
    return [[file.name for file in shard.files] for shard in made]


def test_files_are_divided_by_their_paths(tmp_path: Path) -> None:
    names = [f"rock/{number}.mid" for number in range(16)]
    corpus = make_corpus(tmp_path / "corpus", *names)
    divided = division(corpus, 4)
    assert sorted(name for part in divided for name in part) == sorted(names)
    assert len(divided) == 4
    assert division(corpus, 16) == [sorted(names)]
    (corpus / "rock/0.mid").unlink()
    left = [[name for name in part if name != "rock/0.mid"] for part in divided]
    assert division(corpus, 4) == left


FILES = (ShardFile("rock/a.mid", "1", NO_CHOICES.to_json()), ShardFile("rock/b\udcff.mid", "2", NO_CHOICES.to_json()))
SHARD = Shard("/corpus", "", "/shelf", FILES)


@pytest.mark.parametrize(
    "other",
    [
        SHARD._replace(files=FILES[:1]),
        SHARD._replace(files=(FILES[0]._replace(stamp="3"), FILES[1])),
        SHARD._replace(root="/other"),
        SHARD._replace(url="s3://bucket/corpus"),
    ],
)
def test_other_files_are_another_shard(other: Shard) -> None:
    assert SHARD.name != other.name
    assert SHARD.name == SHARD._replace(shelf="s3://shelf").name


def test_a_shard_holds_what_was_read(tmp_path: Path) -> None:
    shard, results = SHARD._replace(shelf=str(tmp_path)), {"rock/a.mid": b"a song", "rock/b\udcff.mid": "no notes"}
    assert read_shard(shard) is None
    Path(shard.place).write_bytes(shard_bytes(shard, results))
    assert read_shard(shard) == results
    with zipfile.ZipFile(shard.place) as packed:
        assert json.loads(packed.read("manifest.json")) == [
            ["rock/a.mid", "1", None],
            ["rock/b\udcff.mid", "2", "no notes"],
        ]
    damaged = Path(shard.place).read_bytes().replace(b"a song", b"a sonk")
    Path(shard.place).write_bytes(damaged)
    assert read_shard(shard) is None


def test_a_damaged_shard_is_made_again(tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path / "corpus", "rock/a.mid")
    shard = Shard(str(corpus), "", str(tmp_path / "shelf"), (ShardFile("rock/a.mid", "1", NO_CHOICES.to_json()),))
    assert make_shard(shard, reader_version()) == shard.name
    made = shards_on(tmp_path / "shelf")
    Path(shard.place).write_bytes(b"damaged")
    make_shard(shard, reader_version())
    assert shards_on(tmp_path / "shelf") == made


@pytest.mark.parametrize(
    ("shard", "version", "shown"),
    [
        (SHARD, "another", "has another version of groovevae"),
        (SHARD, reader_version(), "/corpus: .* does not see it; put the corpus where all machines reach it"),
    ],
)
def test_a_machine_that_cannot_read(shard: Shard, version: str, shown: str) -> None:
    with pytest.raises(CorpusError, match=shown):
        make_shard(shard, version)


def test_where_shards_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # workers may be in other folders
    assert shards.shelf_at("shards") == str(tmp_path / "shards")
    assert shards.shelf_at("s3://bucket/shards") == "s3://bucket/shards"
    assert shards.shelf_at("") == str(tmp_path / "cache" / "shards")


@pytest.mark.parametrize("kind", ["folder", "tar.gz"])
def test_two_workers_read_what_one_machine_does(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {**TUNES, "rock/manifest.csv": b"", **{f"pop/{number}.mid": tune(number) for number in range(8)}}
    corpus = folder(tmp_path / "tunes", files) if kind == "folder" else archive(tmp_path / f"tunes.{kind}", files)
    alone = told(load_corpus(corpus))
    forget(monkeypatch, tmp_path / "another cache")
    two = Cluster("local:2", str(tmp_path / "shelf"), files_per_shard=4)
    assert told(load_corpus(corpus, cluster=two)) == alone
    assert len(shards_on(tmp_path / "shelf")) == 4
    assert told(load_corpus(corpus)) == alone  # what the cluster read is kept here
    forget(monkeypatch, tmp_path / "a third cache")
    assert told(load_corpus(corpus, cluster=replace(two, scheduler=NOBODY))) == alone  # no shard is made again


def test_workers_that_are_killed_cost_their_shards_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = make_corpus(tmp_path / "corpus", *(f"rock/{number}.mid" for number in range(48)))
    alone = told(load_corpus(corpus))
    forget(monkeypatch, tmp_path / "another cache")
    killed = []
    with machines(2) as cluster:

        def kill(what: str, done: int, total: int) -> None:
            if done and len(killed) < 3:
                killed.append(cluster.kill_worker(len(killed) % 2))

        two = Cluster(cluster.address, str(tmp_path / "shelf"), files_per_shard=4)
        assert told(load_corpus(corpus, cluster=two, progress=kill)) == alone
    assert len(killed) == 3


def test_a_scheduler_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_ANSWER_SECONDS", 1)
    with pytest.raises(CorpusError, match=rf"^{NOBODY}: no Dask scheduler answers within 1 s \(.*\); start one"):
        load_corpus(make_corpus(tmp_path / "corpus", "rock/a.mid"), cluster=Cluster(NOBODY))


def test_a_shard_that_is_not_seen_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_made", lambda shards, cluster: (shard for shard in shards))
    with pytest.raises(CorpusError, match="not seen here; let `shards` of the Cluster name a folder or a URL that all"):
        load_corpus(make_corpus(tmp_path / "corpus", "rock/a.mid"), cluster=Cluster(NOBODY))


def test_without_dask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "find_spec", lambda name: None)
    with pytest.raises(CorpusError, match=r"Dask is not installed; python -m pip install 'groovevae\[cluster\]'"):
        load_corpus(make_corpus(tmp_path / "corpus", "rock/a.mid"), cluster=Cluster("local:2"))


@pytest.mark.parametrize("address", ["", "local", "local:0", "local:two", "127.0.0.1:8786", "tcp://host", "tcp://"])
def test_what_is_no_scheduler(address: str) -> None:
    with pytest.raises(RequestError, match=r"give an address such as tcp://10\.0\.0\.1:8786, or local:4"):
        Cluster(address)


def test_the_shards_of_a_corpus_are_few_by_default() -> None:
    assert Cluster("local:1").files_per_shard == shards.FILES_PER_SHARD == 512
