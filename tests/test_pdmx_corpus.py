"""scripts/pdmx_corpus.py on a made-up archive of PDMX's layout."""

import csv
import io
import tarfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from corpus_files import tune

from groovevae import load_corpus
from pdmx_corpus import main

COLUMNS = ("path", "mid", "genres", "license", "title", "composer_name")
SUBSETS = ("subset:no_license_conflict", "subset:all_valid", "subset:deduplicated")
SCORES = [  # genres, licence, title, subsets
    ("rock-pop", "publicdomain", "One", "True"),
    ("soundtrack-jazz", "cc-zero", "Two", "True"),
    ("rbfunksoul", "cc-zero", "NA", "True"),
    ("NA", "cc-zero", "no genre", "True"),
    ("rock", "cc-by-nc", "not free", "True"),
    ("rock", "cc-zero", "conflict", "False"),
    ("rock", "cc-zero", "Three", "True"),
]


@pytest.fixture
def pdmx(tmp_path: Path) -> Path:
    """A folder with PDMX.csv and mid.tar.gz; the archive holds a file that the table does not name."""
    rows = [
        (f"./data/{number}.json", f"./mid/1/{number}.mid", genres, licence, title, "NA", *[subset] * 3)
        for number, (genres, licence, title, subset) in enumerate(SCORES)
    ]
    with (tmp_path / "PDMX.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([(*COLUMNS, *SUBSETS), *rows])
    with tarfile.open(tmp_path / "mid.tar.gz", "w:gz") as tar:
        for number in range(len(SCORES) + 1):
            content = tune(number)
            member = tarfile.TarInfo(f"mid/1/{number}.mid")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return tmp_path


def sort(pdmx: Path, *options: str) -> str:
    words = [str(pdmx / "PDMX.csv"), str(pdmx / "mid.tar.gz"), str(pdmx / "out"), *options]
    return CliRunner().invoke(main, words, catch_exceptions=False).output


def test_free_scores_of_known_genres_become_a_corpus(pdmx: Path) -> None:
    assert sort(pdmx) == "rock 2, jazz 1, soul 1\n"
    corpus = load_corpus(pdmx / "out")
    about = [(song.entry.genre, song.entry.title, song.entry.licence, song.entry.rests_on) for song in corpus.songs]
    assert about == [
        ("jazz", "Two", "CC0-1.0", "real"),
        ("rock", "One", "Public Domain", "real"),
        ("rock", "Three", "CC0-1.0", "real"),
        ("soul", "2", "CC0-1.0", "real"),
    ]
    assert (pdmx / "out" / "rock" / "0.mid").read_bytes() == tune(0)


def test_some_of_it(pdmx: Path) -> None:
    assert sort(pdmx, "--limit", "1", "--genre", "rock") == "rock 1\n"


def test_what_is_not_pdmx(pdmx: Path) -> None:
    (pdmx / "PDMX.csv").write_text("path,genres\n")
    assert "Error: the table has no column 'mid'" in sort(pdmx)
    with tarfile.open(pdmx / "mid.tar.gz", "w:gz"):
        pass
    (pdmx / "PDMX.csv").write_text(",".join((*COLUMNS, *SUBSETS)) + "\n,mid/a.mid,rock,cc-zero,a,b,True,True,True\n")
    assert "none of the 1 files" in sort(pdmx)
