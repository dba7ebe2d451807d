import logging
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from corpus_files import TUNES, folder, make_corpus, tune

from groovevae.corpus import load_corpus, load_genre, load_genre_of_bytes, places
from groovevae.corpus.cache import Cache, cache_file, cache_folder
from groovevae.corpus.pack import pack_song
from groovevae.errors import CorpusError


@pytest.fixture
def read_names(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that are really read, as they are."""
    names: list[str] = []
    read_packed = places.read_packed

    def counted(paths: list[Path], **options) -> Iterator[tuple[int, bytes | str]]:
        names.extend(path.name for path in paths)
        yield from read_packed(paths, **options)

    monkeypatch.setattr(places, "read_packed", counted)
    return names


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    root = make_corpus(tmp_path / "corpus", "jazz/a.mid", "rock/b.mid", "rock/c.mid")
    (root / "rock" / "bad.mid").write_bytes(b"no MIDI")
    return root


def test_songs_and_rejected(corpus: Path) -> None:
    done: list[tuple[str, int, int]] = []
    loaded = load_corpus(corpus, progress=lambda *told: done.append(told))
    assert [(song.entry.genre, song.entry.path.name, len(song.song.bars)) for song in loaded.songs] == [
        ("jazz", "a.mid", 2),
        ("rock", "b.mid", 2),
        ("rock", "c.mid", 2),
    ]
    assert loaded.genres == ["jazz", "rock"]
    assert loaded.rejected == [(corpus / "rock/bad.mid", "not a MIDI file (it has no MThd header); export it as MIDI")]
    assert done[0] == ("reading files", 0, 4)
    assert done[-1] == ("reading files", 4, 4)


def test_a_second_run_reads_nothing(corpus: Path, read_names: list[str]) -> None:
    first = load_corpus(corpus)
    assert sorted(read_names) == ["a.mid", "b.mid", "bad.mid", "c.mid"]
    read_names.clear()
    done: list[tuple[str, int, int]] = []
    assert load_corpus(corpus, progress=lambda *told: done.append(told)) == first
    assert read_names == []
    assert done == [("reading files", 4, 4)]


def test_what_changed_is_read_again(corpus: Path, read_names: list[str]) -> None:
    load_corpus(corpus)
    read_names.clear()
    changed = corpus / "rock/b.mid"
    status = changed.stat()
    changed.write_bytes(tune(77))  # of the same size
    os.utime(changed, ns=(status.st_atime_ns, status.st_mtime_ns))  # and the same date
    (corpus / "jazz/new.mid").write_bytes(tune(78))
    (corpus / "rock/c.mid").unlink()
    loaded = load_corpus(corpus)
    assert sorted(read_names) == ["b.mid", "new.mid"]
    assert [song.entry.path.name for song in loaded.songs] == ["a.mid", "new.mid", "b.mid"]
    with sqlite3.connect(cache_file(corpus)) as database:
        paths = {path for (path,) in database.execute("SELECT path FROM files")}
    database.close()
    assert paths == {b"jazz/a.mid", b"jazz/new.mid", b"rock/b.mid", b"rock/bad.mid"}


def test_a_new_reader_reads_all_again(corpus: Path, read_names: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    load_corpus(corpus)
    read_names.clear()
    monkeypatch.setattr("groovevae.corpus.cache.reader_version", lambda: "next")
    load_corpus(corpus)
    assert len(read_names) == 4


def overwrite_all(path: Path) -> None:
    path.write_bytes(b"no database" * 999)


def cut_in_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def overwrite_pages(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:200] + bytes(len(content) - 200))


def flip_a_bit_of_each_song(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("UPDATE files SET song = CAST(substr(song, 1, 60) || x'00' || substr(song, 62) AS BLOB)")
    database.close()


def other_tables(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.executescript("DROP TABLE files; CREATE TABLE files (name TEXT)")
    database.close()


@pytest.mark.parametrize(
    "damage", [overwrite_all, cut_in_half, overwrite_pages, flip_a_bit_of_each_song, other_tables, Path.unlink]
)
def test_a_damaged_cache_is_made_anew(corpus: Path, read_names: list[str], caplog, damage) -> None:
    first = load_corpus(corpus)
    damage(cache_file(corpus))
    assert load_corpus(corpus) == first
    assert len(read_names) > 4
    read_names.clear()
    assert load_corpus(corpus) == first
    assert read_names == []
    assert not caplog.records


@pytest.mark.parametrize("in_the_way", ["folder", "database"])
def test_without_a_cache_it_goes_on(corpus: Path, monkeypatch, caplog, in_the_way: str) -> None:
    folder = corpus.parent / "cache"
    monkeypatch.setenv("GROOVEVAE_CACHE", str(folder))
    if in_the_way == "folder":
        folder.write_text("a file")
    else:
        cache_file(corpus).mkdir(parents=True)
    with caplog.at_level(logging.WARNING):
        assert len(load_corpus(corpus).songs) == 3
    [record] = caplog.records
    assert "continuing without a cache" in record.getMessage()
    assert "\n" not in record.getMessage()


def test_a_locked_cache_is_done_without(corpus: Path, read_names: list[str], monkeypatch, caplog) -> None:
    load_corpus(corpus)
    monkeypatch.setattr("groovevae.corpus.cache._LOCK_SECONDS", 0.1)
    other = sqlite3.connect(cache_file(corpus))
    other.execute("BEGIN EXCLUSIVE")
    assert len(load_corpus(corpus).songs) == 3
    other.close()
    assert "locked" in caplog.text
    assert cache_file(corpus).exists()


def test_an_interrupted_run_goes_on(corpus: Path, read_names: list[str]) -> None:
    def interrupt(what: str, done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_corpus(corpus, progress=interrupt)
    read_names.clear()
    assert len(load_corpus(corpus).songs) == 3
    assert len(read_names) == 2


def test_two_processes_at_once(corpus: Path, read_names: list[str]) -> None:
    make_corpus(corpus, *(f"folk/{index}.mid" for index in range(30)))
    code = f"from groovevae.corpus import load_corpus; print(len(load_corpus({str(corpus)!r}).songs))"
    command = [sys.executable, "-c", code]
    root = Path(__file__).parent.parent
    runs = [subprocess.Popen(command, cwd=root, stdout=-1, stderr=-1, text=True) for _ in range(3)]
    assert [run.communicate(timeout=60) for run in runs] == [("33\n", "")] * 3
    load_corpus(corpus)
    assert read_names == []


def test_files_of_the_same_notes_count_once_a_genre(tmp_path: Path) -> None:
    root = make_corpus(tmp_path, "rock/a.mid")
    for name in ("rock/b.mid", "rock/sub/c.mid", "jazz/d.mid"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(tune(0))
    loaded = load_corpus(root)
    assert [song.entry.path.name for song in loaded.songs] == ["d.mid", "a.mid"]
    assert [reason for _, reason in loaded.rejected] == ["same notes as rock/a.mid"] * 2


def test_a_corpus_without_a_song_is_loaded_and_no_corpus_is_not(tmp_path: Path) -> None:
    with pytest.raises(CorpusError):
        load_corpus(tmp_path)
    (tmp_path / "rock").mkdir()
    (tmp_path / "rock" / "a.mid").write_bytes(b"")
    loaded = load_corpus(tmp_path)
    assert (loaded.songs, loaded.genres) == ([], [])
    assert [reason for _, reason in loaded.rejected] == ["empty file"]


def test_bytes_of_files_are_loaded_like_a_folder_of_them(tmp_path: Path) -> None:
    told: list[int] = []
    loaded = load_genre(folder(tmp_path / "mine", TUNES), "mine/")
    files = dict(reversed(TUNES.items())) | {"../x.mid": tune(8), "/y.mid": tune(9), ".z/a.mid": tune(10)}
    given = load_genre_of_bytes(files, "mine", "mine/", progress=lambda _, done, __: told.append(done))
    for corpus in (loaded, given):
        assert [corpus.path_within(song.entry.path) for song in corpus.songs] == [
            "jazz/a.mid",
            "jazz/deep/b.MID",
            "rock/c.mid",
        ]
        assert [corpus.path_within(path) for path, _ in corpus.rejected] == [
            f"rock/{name}.mid" for name in ("broken", "empty", "twin")
        ]
    assert [reason for _, reason in given.rejected] == [reason for _, reason in loaded.rejected]
    for one, other in zip(loaded.songs, given.songs, strict=True):
        assert pack_song(one.song) == pack_song(other.song)
        assert (one.entry.song_id, one.entry.title, one.entry.genre) == (
            other.entry.song_id,
            other.entry.title,
            "mine/",
        )
    assert told == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("files", "line"),
    [
        ({}, "mine: no MIDI files (.mid, .midi) in it"),
        ({"a.mid": b""}, "mine: no file that can be used; a.mid: empty file"),
    ],
)
def test_bytes_of_files_without_a_song_are_none(files: dict[str, bytes], line: str) -> None:
    with pytest.raises(CorpusError) as raised:
        load_genre_of_bytes(files, "mine", "mine/")
    assert str(raised.value) == line


def test_where_the_cache_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GROOVEVAE_CACHE", "/a")
    assert cache_folder() == Path("/a")
    monkeypatch.delenv("GROOVEVAE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/b")
    assert cache_folder() == Path("/b/groovevae")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache" / "groovevae"
    (tmp_path / "link").symlink_to(tmp_path)
    assert cache_file(tmp_path / "link") == cache_file(tmp_path)


def test_a_file_that_vanished_is_not_kept(tmp_path: Path) -> None:
    with Cache(tmp_path) as cache:
        cache.store(tmp_path / "a.mid", "gone", stamp="")
        assert list(cache.load({tmp_path / "a.mid": ""})) == []


@pytest.mark.parametrize(("seconds", "kept"), [(-1.0, [(b"a.mid", "no notes")]), (60.0, [])])
def test_a_kill_costs_what_was_read_lately(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float, kept: list
) -> None:
    monkeypatch.setattr("groovevae.corpus.cache._COMMIT_SECONDS", seconds)
    with Cache(tmp_path) as cache:
        cache.store(tmp_path / "a.mid", "no notes", stamp="of then")
        with closing(sqlite3.connect(cache_file(tmp_path))) as other:
            assert other.execute("SELECT path, reason FROM files").fetchall() == kept
