"""The corpus of the files of several machines is the one that a single machine with all of them would read."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from corpus_files import band_tune, make_band_corpus, put_apart

from groovevae.corpus import Corpus, load_corpus, split_songs
from groovevae.corpus.fingerprint import fingerprint
from groovevae.corpus.union import listing, united
from groovevae.errors import CorpusError

SPLITS = {
    "halves": lambda name: name[-5] in "bdfh",
    "the second has all of one genre and little else": lambda name: name.startswith("jazz") or name.endswith("c.mid"),
    "the second has one file": lambda name: name.endswith("rock tune d.mid"),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus with a song that two genres share, one that is nearly another, and one that is another."""
    root = make_band_corpus(tmp_path_factory.mktemp("union") / "whole", "classical", "jazz", "rock", num_bars=12)
    song = band_tune("rock", 1, num_bars=12)
    (root / "jazz" / "rock tune b.mid").write_bytes(song)
    (root / "rock" / "again.mid").write_bytes(song)
    (root / "rock" / "longer.mid").write_bytes(band_tune("rock", 1, num_bars=13))
    return root


def of_several(folders: list[Path]) -> list[Corpus]:
    """What each machine makes of the files of all, each with one folder."""
    own = [load_corpus(folder) for folder in folders]
    listings = [listing(corpus) for corpus in own]
    return [united(corpus, listings) for corpus in own]


@pytest.mark.parametrize("is_of_second", SPLITS.values(), ids=SPLITS)
def test_it_is_the_corpus_of_one_machine(whole: Path, tmp_path: Path, is_of_second: Callable[[str], bool]) -> None:
    expected = load_corpus(whole)
    assert expected.near_duplicates
    folders = put_apart(whole, tmp_path, is_of_second=is_of_second)
    for number, found in enumerate(of_several(folders)):
        names = [found.path_within(song.entry.path) for song in found.songs]
        assert names == [expected.path_within(song.entry.path) for song in expected.songs]
        assert found.near_duplicates == expected.near_duplicates
        assert split_songs(found) == split_songs(expected)
        assert fingerprint(found) == fingerprint(expected)
        for own, song in zip(found.songs, expected.songs, strict=True):
            assert replace(own.entry, path=song.entry.path) == song.entry
            assert own.kept.head == song.kept.head
            assert own.kept.flags.tolist() == song.kept.flags.tolist()
            assert own.kept.has_bars == (own.holder == number)
            assert not own.kept.has_bars or own.kept.read_all() == song.kept.read_all()


def test_a_file_that_two_have_counts_once(whole: Path) -> None:
    for found in of_several([whole, whole]):
        assert fingerprint(found) == fingerprint(load_corpus(whole))
        assert {song.holder for song in found.songs} == {0}


def test_one_without_any_song(whole: Path, tmp_path: Path) -> None:
    (tmp_path / "rock").mkdir()
    (tmp_path / "rock" / "damaged.mid").write_bytes(b"MThd")
    for found in of_several([tmp_path, whole, tmp_path]):
        assert fingerprint(found) == fingerprint(load_corpus(whole))
        assert {song.holder for song in found.songs} == {1}


def other_notes(root: Path) -> None:
    (root / "rock" / "rock tune a.mid").write_bytes(band_tune("rock", 77, num_bars=12))


def no_notes(root: Path) -> None:
    (root / "rock" / "rock tune a.mid").write_bytes(b"MThd")


def another_song_id(root: Path) -> None:
    (root / "manifest.csv").write_text("path,song_id\nrock/rock tune a.mid,hey\n")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (other_notes, "processes 0 and 1 have different files of this name; rename one of them"),
        (no_notes, "process 0 uses it and process 1 does not (damaged MIDI file"),
        (
            another_song_id,
            "processes 0 and 1 differ in its song_id, 'rock tune a' and 'hey'; give both the same manifest",
        ),
    ],
)
def test_what_two_do_not_agree_on(whole: Path, tmp_path: Path, change: Callable[[Path], None], message: str) -> None:
    [copy, _] = put_apart(whole, tmp_path, is_of_second=lambda name: name.startswith("classical"))
    change(copy)
    with pytest.raises(CorpusError, match=re.escape(f"rock/rock tune a.mid: {message}")):
        of_several([whole, copy])
