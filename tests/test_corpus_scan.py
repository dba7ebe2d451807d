import os
from pathlib import Path

import pytest
from corpus_files import make_corpus

from groovevae.corpus import scan, song_id_of
from groovevae.errors import CorpusError


def found(root: Path) -> list[str]:
    return [entry.path.relative_to(root).as_posix() for entry in scan(root).entries]


def test_genres_are_the_top_folders_and_files_are_sorted(tmp_path: Path) -> None:
    make_corpus(
        tmp_path,
        "rock/b.mid",
        "rock/deep/er/A.MID",
        "jazz/c.midi",
        "jazz/d.KAR",
        "jazz/e.rmi",
        "Música/ñandú 月.mid",
        "rock/notes.txt",
    )
    make_corpus(tmp_path, "rock/._b.mid", ".git/x.mid", "rock/.hidden/x.mid")
    entries = scan(tmp_path).entries
    assert [(entry.genre, entry.title) for entry in entries] == [
        ("Música", "ñandú 月"),
        ("jazz", "c"),
        ("jazz", "d"),
        ("jazz", "e"),
        ("rock", "b"),
        ("rock", "A"),
    ]
    assert all(entry.path.is_absolute() for entry in entries)


def test_decomposed_and_composed_names_are_one_genre(tmp_path: Path) -> None:
    make_corpus(tmp_path, "Mu\u0301sica/a.mid", "M\u00fasica/b.mid")
    assert {entry.genre for entry in scan(tmp_path).entries} == {"M\u00fasica"}


def test_links_that_lead_round_end(tmp_path: Path) -> None:
    make_corpus(tmp_path / "elsewhere", "a.mid")
    corpus = make_corpus(tmp_path / "corpus", "rock/b.mid")
    (corpus / "rock" / "again").symlink_to(corpus / "rock")
    (corpus / "rock" / "top").symlink_to(corpus)
    (corpus / "linked").symlink_to(tmp_path / "elsewhere")
    assert found(corpus) == ["linked/a.mid", "rock/b.mid"]


def test_what_is_no_entry_is_reported(tmp_path: Path) -> None:
    make_corpus(tmp_path, "rock/a.mid", "loose.mid", "karaoke.kar", "docs/readme.txt")
    assert [(item.path.relative_to(tmp_path).as_posix(), item.reason) for item in scan(tmp_path).unread] == [
        ("docs", "folder without MIDI files"),
        ("karaoke.kar", "lies beside the genre folders; move it into one"),
        ("loose.mid", "lies beside the genre folders; move it into one"),
    ]


def test_a_dead_link_is_an_entry_for_the_reader_to_reject(tmp_path: Path) -> None:
    make_corpus(tmp_path, "rock/a.mid")
    (tmp_path / "rock" / "gone.mid").symlink_to("nowhere")
    assert found(tmp_path) == ["rock/a.mid", "rock/gone.mid"]


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ([], "no MIDI files (.mid, .midi); put them into one folder per genre"),
        (["rock/a.txt"], "no MIDI files"),
        (["a.mid", "b.mid"], "2 MIDI files but no genre folders; make one per genre, such as"),
    ],
)
def test_a_folder_that_is_no_corpus(tmp_path: Path, names: list[str], shown: str) -> None:
    make_corpus(tmp_path, *names)
    with pytest.raises(CorpusError) as error:
        scan(tmp_path)
    assert shown in str(error.value)
    assert str(tmp_path) in str(error.value)
    assert "\n" not in str(error.value)


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no such folder"):
        scan(tmp_path / "nowhere")
    (tmp_path / "file").write_text("")
    with pytest.raises(CorpusError, match="not a folder"):
        scan(tmp_path / "file")


def test_the_manifest_names_songs(tmp_path: Path) -> None:
    make_corpus(tmp_path, "rock/a.mid", "jazz/b.mid", "jazz/c.mid")
    rows = ("rock/a.mid,1,s1,Une été,CC0,Ann", "jazz\\b.mid,2,s1", "rock/gone.mid,,,,,")
    text = "\n".join(["path,extra,song_id,title,licence,authors", *rows])
    (tmp_path / "manifest.csv").write_text(text, encoding="utf-8-sig")
    result = scan(tmp_path)
    assert [(e.song_id, e.title, e.licence, e.authors) for e in result.entries] == [
        ("s1", "b", "", ""),
        ("jazz/c.mid", "c", "", ""),
        ("s1", "Une été", "CC0", "Ann"),
    ]
    assert result.missing == ("rock/gone.mid",)


def test_the_manifest_says_what_is_split_together_and_what_a_model_may_keep(tmp_path: Path) -> None:
    make_corpus(tmp_path, "rock/a.mid", "rock/b.mid", "rock/c.mid")
    rows = ["path,group,phrases,rests_on", "rock/a.mid,take 1,no,hands", "rock/b.mid,,YES,real"]
    (tmp_path / "manifest.csv").write_text("\n".join(rows), encoding="utf-8")
    about = [(entry.group, entry.keeps_phrases, entry.rests_on) for entry in scan(tmp_path).entries]
    assert about == [("take 1", False, "hands"), ("", True, "real"), ("", True, "")]


def test_a_manifest_with_another_word_for_phrases(tmp_path: Path) -> None:
    make_corpus(tmp_path, "rock/a.mid")
    (tmp_path / "manifest.csv").write_text("path,phrases\nrock/a.mid,never\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=r"manifest\.csv: rock/a\.mid: phrases is 'never'; write yes or no"):
        scan(tmp_path)


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (b"", "no column 'path'"),
        (b"file;title\n", "no column 'path'"),
        (b"path,title\nrock/a.mid,caf\xe9\n", "save it as CSV in UTF-8"),
        (b'path\n"' + b"a" * 200_000, "save it as CSV in UTF-8"),
    ],
)
def test_a_manifest_that_cannot_be_read(tmp_path: Path, content: bytes, shown: str) -> None:
    make_corpus(tmp_path, "rock/a.mid")
    (tmp_path / "manifest.csv").write_bytes(content)
    with pytest.raises(CorpusError, match=shown) as error:
        scan(tmp_path)
    assert "manifest.csv" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "song_id"),
    [
        ("My Song.mid", "my song"),
        ("my_song (1).MID", "my song"),
        ("My Song (2) (1).mid", "my song"),
        ("MY  SONG - Copy.mid", "my song"),
        ("My Song copy 3.mid", "my song"),
        ("my_song_v2.mid", "my song"),
        ("My Song (version 3).mid", "my song"),
        ("My Song.12.mid", "my song"),  # the Lakh collection's versions
        ("My Song - Live.mid", "my song - live"),
        ("Track 01.mid", "track 01"),
        ("Track 02.mid", "track 02"),
        ("Sonata op.27.mid", "sonata op.27"),
        ("Prelude 3.mid", "prelude 3"),
        ("01.mid", "rock/01.mid"),
        ("A (1).mid", "rock/A (1).mid"),
    ],
)
def test_versions_of_a_song_share_an_id(name: str, song_id: str) -> None:
    assert song_id_of(Path("rock") / name) == song_id


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_names_that_are_no_utf8(tmp_path: Path) -> None:
    make_corpus(tmp_path, "rock/" + os.fsdecode(b"caf\xe9.mid"))
    assert len(scan(tmp_path).entries) == 1
