"""Archives are read as the folders that they hold, file by file, and a damaged one is said."""

from pathlib import Path

import pytest
from corpus_files import TUNES, archive, folder, tune

from groovevae.bars.choices import NO_CHOICES
from groovevae.corpus import load_corpus, local_copies, scan_names
from groovevae.corpus.archives import is_archive, member_names, read_members
from groovevae.corpus.local_copies import read_unpacked
from groovevae.corpus.reader import read_packed_members
from groovevae.errors import CorpusError

KINDS = ("tar", "tar.gz", "tar.xz", "zip")


def told(corpus_path: Path) -> tuple[list, list]:
    corpus = load_corpus(corpus_path)
    songs = [(corpus.path_within(song.entry.path), song.entry.genre, song.kept) for song in corpus.songs]
    return songs, [(corpus.path_within(item.path), item.reason) for item in corpus.rejected]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("before", ["", "./", "all of it/"], ids=["plain", "with ./", "in a folder"])
def test_an_archive_is_read_as_its_folder(tmp_path: Path, kind: str, before: str) -> None:
    packed = archive(tmp_path / f"tunes.{kind}", {before + name: data for name, data in TUNES.items()})
    songs, rejected = told(packed)
    prefix = before.removeprefix("./")
    expected = told(folder(tmp_path / "tunes", TUNES))
    assert songs == [(prefix + path, genre, song) for path, genre, song in expected[0]]
    assert [(path, reason.replace(prefix, "")) for path, reason in rejected] == [
        (prefix + path, reason) for path, reason in expected[1]
    ]


def test_what_was_read_of_an_archive_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = archive(tmp_path / "tunes.zip", TUNES)
    first = told(packed)
    with monkeypatch.context() as patch:
        patch.setattr("groovevae.corpus.archives._unzipped", lambda *_: "read again")
        assert told(packed) == first
    archive(packed, {name: data for name, data in TUNES.items() if name != "jazz/a.mid"})
    assert [path for path, _, _ in told(packed)[0]] == ["jazz/deep/b.MID", "rock/c.mid"]


def test_labels_of_an_archive(tmp_path: Path) -> None:
    packed = archive(tmp_path / "lmd_full.tar.gz", {"lmd_full/0/a.mid": tune(0), "lmd_full/1/b.mid": tune(1)})
    (tmp_path / "labels.csv").write_text("path,genre\nlmd_full/1/b.mid,rock\n")
    corpus = load_corpus(packed, labels=tmp_path / "labels.csv")
    assert [song.entry.genre for song in corpus.songs] == ["unlabelled", "rock"]


@pytest.mark.parametrize("kind", ["tar.gz", "tar.xz", "zip"])
def test_a_broken_off_archive_is_refused(tmp_path: Path, kind: str) -> None:
    packed = archive(tmp_path / f"tunes.{kind}", TUNES)
    packed.write_bytes(packed.read_bytes()[: packed.stat().st_size // 2])
    with pytest.raises(CorpusError, match=r"tunes\..*: cannot be read after its first \d files \(.*\); fetch it anew"):
        load_corpus(packed)


def test_a_damaged_file_in_a_zip_costs_itself_alone(tmp_path: Path) -> None:
    packed = archive(tmp_path / "tunes.zip", TUNES)
    data = packed.read_bytes()
    place = data.index(b"jazz/a.mid") + len("jazz/a.mid") + 20
    packed.write_bytes(data[:place] + bytes([data[place] ^ 255]) + data[place + 1 :])
    songs, rejected = told(packed)
    assert [path for path, _, _ in songs] == ["jazz/deep/b.MID", "rock/c.mid"]
    assert ("jazz/a.mid", "damaged in the archive") in rejected


@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_a_file_that_is_too_large_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr("groovevae.corpus.archives.MAX_FILE_BYTES", 2**20)
    packed = archive(tmp_path / f"tunes.{kind}", {**TUNES, "rock/large.mid": bytes(2**21)})
    assert ("rock/large.mid", "2 MiB; at most 1 MiB are read") in told(packed)[1]


@pytest.mark.parametrize("name", ["/etc/a.mid", "../a.mid", "rock/../../a.mid"])
def test_names_that_lead_out_of_an_archive_are_left_out(tmp_path: Path, name: str) -> None:
    packed = archive(tmp_path / "tunes.tar", {**TUNES, name: tune(5)})
    assert told(packed) == told(archive(tmp_path / "others.tar", TUNES))


def test_archives_without_tunes_or_genres(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no MIDI files"):
        load_corpus(archive(tmp_path / "none.zip", {"readme.txt": b""}))
    with pytest.raises(CorpusError, match="1 MIDI files but no genre folders"):
        load_corpus(archive(tmp_path / "flat.zip", {"a.mid": tune(0)}))


def test_an_archive_that_changes_while_it_is_read(tmp_path: Path) -> None:
    packed = archive(tmp_path / "tunes.tar", TUNES)
    choices = dict.fromkeys([*member_names(packed), "rock/gone.mid"], NO_CHOICES)
    with pytest.raises(CorpusError, match="changed while it was read"):
        list(read_packed_members(read_members(packed, choices), str(packed), choices, jobs=2))


@pytest.mark.parametrize(
    ("name", "is_one"), [("a.tar.gz", True), ("a.TGZ", True), ("a.zip", True), ("a.mid", False), ("folder.zip", False)]
)
def test_what_is_an_archive(tmp_path: Path, name: str, is_one: bool) -> None:
    (tmp_path / "folder.zip").mkdir()
    if not (tmp_path / name).exists():
        (tmp_path / name).write_bytes(b"")
    assert is_archive(tmp_path / name) is is_one


def test_an_archive_is_listed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = archive(tmp_path / "tunes.tar.gz", TUNES)
    listed: list[Path] = []
    monkeypatch.setattr(scan_names, "member_names", lambda path, **_: [listed.append(path), member_names(path)][1])
    first = told(packed)
    assert told(packed) == first
    archive(packed, {"rock/other.mid": tune(5)})
    assert [path for path, _, _ in told(packed)[0]] == ["rock/other.mid"]
    assert listed == [packed, packed]


@pytest.mark.parametrize("kind", KINDS)
def test_some_files_of_an_archive_are_read_from_an_unpacked_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr("groovevae.corpus.archives.MAX_FILE_BYTES", 2**20)
    packed = archive(tmp_path / f"tunes.{kind}", {**TUNES, "rock/large.mid": bytes(2**21)})
    wanted = ["rock/large.mid", "rock/c.mid", "jazz/a.mid"]
    assert list(read_unpacked(packed, wanted)) == [
        ("rock/large.mid", "2 MiB; at most 1 MiB are read"),
        ("rock/c.mid", TUNES["rock/c.mid"]),
        ("jazz/a.mid", TUNES["jazz/a.mid"]),
    ]
    with monkeypatch.context() as patch:
        patch.setattr(local_copies, "_unpack", lambda *_: pytest.fail("unpacked again"))
        assert list(read_unpacked(packed, wanted[:1])) == [("rock/large.mid", "2 MiB; at most 1 MiB are read")]
    archive(packed, {"rock/c.mid": tune(6)})
    assert list(read_unpacked(packed, ["rock/c.mid"])) == [("rock/c.mid", tune(6))]
    with pytest.raises(CorpusError, match="changed while it was read"):
        list(read_unpacked(packed, ["jazz/a.mid"]))
