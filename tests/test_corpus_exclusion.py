"""Lists of files to leave out: as text, as CSV, and what they must not say."""

from pathlib import Path

import pytest
from corpus_files import make_corpus

from groovevae.corpus import leave_out, load_corpus
from groovevae.errors import CorpusError

NAMES = ("jazz/a.mid", "jazz/b.mid", "rock/c.mid", "rock/d é.mid")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("jazz/a.mid\nrock/d é.mid\n", ["b.mid", "c.mid"]),
        ("\ufeffjazz\\a.mid\r\n\r\n./rock/c.mid", ["b.mid", "d é.mid"]),
        ("rank,path,flagged\n1,jazz/b.mid,yes\n2,jazz/a.mid,no\n", ["a.mid", "c.mid", "d é.mid"]),
        ("path\njazz/b.mid\nrock/empty.mid\n", ["a.mid", "c.mid", "d é.mid"]),
        ("", ["a.mid", "b.mid", "c.mid", "d é.mid"]),
    ],
)
def test_what_is_listed_is_left_out(tmp_path: Path, text: str, left: list[str]) -> None:
    corpus_folder = make_corpus(tmp_path / "my-midi", *NAMES)
    (corpus_folder / "rock/empty.mid").write_bytes(b"")
    (tmp_path / "list").write_bytes(text.encode())
    before = load_corpus(corpus_folder)
    corpus = leave_out(before, tmp_path / "list")
    assert [song.entry.path.name for song in corpus.songs] == left
    assert len(corpus.songs) + len(corpus.rejected) == len(before.songs) + len(before.rejected)
    assert {item.reason for item in corpus.rejected[len(before.rejected) :]} <= {"left out by list"}


@pytest.mark.parametrize("data", [b"jazz/a.mid\nnone.mid\n", b"\xff\xfe\x00", b"path,flagged\nnone.mid,yes\n"])
def test_lists_that_cannot_be(tmp_path: Path, data: bytes) -> None:
    corpus = load_corpus(make_corpus(tmp_path / "my-midi", *NAMES))
    (tmp_path / "list").write_bytes(data)
    with pytest.raises(CorpusError, match=r"list: (none\.mid: not in the corpus|cannot be read)"):
        leave_out(corpus, tmp_path / "list")
