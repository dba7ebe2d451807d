"""Genres from a table: what it may hold, how it goes wrong, and what becomes of files that it does not name."""

import sys
from pathlib import Path

import numpy as np
import pytest
from corpus_files import tune

from groovevae.bars import Bars, Song
from groovevae.corpus import load_corpus
from groovevae.corpus.dataset import Batches, Dataset
from groovevae.corpus.labels import UNLABELLED, read_labels
from groovevae.errors import CorpusError


def table(folder: Path, text: str) -> Path:
    path = folder / "labels.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "genres", "song_ids"),
    [
        ("path,genre\na/x.mid,rock\n", {"a/x.mid": "rock"}, {}),
        ("\ufeffgenre,path\n rock , a\\x.mid \n", {"a/x.mid": "rock"}, {}),
        ("path,genre,song_id\nx.mid,rock,one\ny.mid,,two\n", {"x.mid": "rock"}, {"x.mid": "one", "y.mid": "two"}),
        ("path,genre,weight\nx.mid,rock,0\nx.mid,jazz,1\n", {"x.mid": "jazz"}, {}),
        ("path,genre,weight\nx.mid,rock,0\n", {"x.mid": UNLABELLED}, {}),
    ],
    ids=["plain", "BOM, backslash, spaces", "song ids", "weights", "no weight at all"],
)
def test_tables(tmp_path: Path, text: str, genres: dict[str, str], song_ids: dict[str, str]) -> None:
    labels = read_labels(table(tmp_path, text))
    assert (labels.genres, labels.song_ids) == (genres, song_ids)


def test_files_of_several_genres_count_for_each_in_its_share(tmp_path: Path) -> None:
    rows = "".join(f"{number}.mid,rock,3\n{number}.mid,jazz,1\n" for number in range(2000))
    drawn = list(read_labels(table(tmp_path, f"path,genre,weight\n{rows}")).genres.values())
    assert drawn.count("rock") / len(drawn) == pytest.approx(0.75, abs=0.03)
    assert set(drawn) == {"rock", "jazz"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("path,style\nx.mid,rock\n", "no column 'genre'; make its first line path,genre"),
        ("", "no column 'path'"),
        ("path,genre\nx.mid,\n", "no genre in it"),
        ("path,genre,weight\nx.mid,rock,much\n", r"line 2: weight 'much'; a weight is a number from 0 up"),
        ("path,genre,weight\nx.mid,rock,-1\n", "line 2: weight '-1'"),
        ("path,genre,weight\nx.mid,rock,nan\n", "line 2: weight 'nan'"),
        ("path,genre\nother/z.mid,rock\n", r"names no file of lmd; its paths are such as other/z.mid, .* a/x.mid"),
    ],
)
def test_tables_that_are_refused(tmp_path: Path, text: str, said: str) -> None:
    root = collection(tmp_path / "lmd")
    with pytest.raises(CorpusError, match=said):
        load_corpus(root, labels=table(tmp_path, text))


def test_a_table_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_bytes(b"path,genre\nx.mid,\xff\n")
    with pytest.raises(CorpusError, match="save it as CSV in UTF-8"):
        read_labels(tmp_path / "labels.csv")
    with pytest.raises(CorpusError, match="No such file"):
        read_labels(tmp_path / "no.csv")


def collection(root: Path) -> Path:
    """Three songs and a broken file, sorted into folders that are no genres."""
    for number, name in enumerate(("a/x.mid", "a/y.mid", "b/z.mid")):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(tune(number))
    (root / "b" / "broken.mid").write_bytes(b"MThd")
    return root


@pytest.mark.parametrize("prefix", ["", "lmd/"], ids=["within the corpus", "with its name"])
def test_files_that_no_row_names_are_unlabelled(tmp_path: Path, prefix: str) -> None:
    rows = f"path,genre\n{prefix}a/x.mid,rock\n{prefix}b/broken.mid,jazz\n"
    corpus = load_corpus(collection(tmp_path / "lmd"), labels=table(tmp_path, rows))
    assert [song.entry.genre for song in corpus.songs] == ["rock", UNLABELLED, UNLABELLED]
    assert (corpus.genres, corpus.labelled) == (["rock"], [0])
    assert corpus.rejected_genres == ("jazz",)
    assert [song.entry.path.name for song in corpus.of_genres().songs] == ["x.mid"]


def test_unlabelled_bars_are_drawn_and_count_for_no_genre() -> None:
    songs = []
    for number in (1, 2, 3):
        bars = Bars.empty(50)
        bars.drums[:, 0, 0] = number
        songs.append(Song(bars))
    data = Dataset.from_songs(songs, ["jazz", "rock", UNLABELLED], ("jazz", "rock"))
    assert np.unique(data.genre[data.of_each_genre(100)]).tolist() == [0, 1]
    batch, genre = Batches(data, batch_size=300, genre_balance=0.5, seed=0)[0]
    assert {(int(one), int(two)) for one, two in zip(batch.drums.max((1, 2)), genre, strict=True)} == {
        (1, 0),
        (2, 1),
        (3, -1),
    }


def test_a_parquet_table_is_read_as_its_csv(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="Parquet needs pyarrow")
    from pyarrow import parquet

    columns = {"path": ["a.mid", "b.mid", "b.mid"], "genre": ["rock", "jazz", None], "weight": [1.0, 0.5, 2.0]}
    parquet.write_table(pyarrow.table({**columns, "other": [1, 2, 3]}), tmp_path / "labels.parquet")
    (tmp_path / "labels.csv").write_text("path,genre,weight\na.mid,rock,1.0\nb.mid,jazz,.5\nb.mid,,2\n")
    tables = [read_labels(tmp_path / f"labels.{kind}") for kind in ("parquet", "csv")]
    assert tables[0].genres == tables[1].genres == {"a.mid": "rock", "b.mid": "jazz"}
    parquet.write_table(pyarrow.table({"path": ["a.mid"]}), tmp_path / "labels.pq")
    with pytest.raises(CorpusError, match=r"labels\.pq: no column 'genre'; name its columns path and genre"):
        read_labels(tmp_path / "labels.pq")
    (tmp_path / "labels.pq").write_bytes(b"no table")
    with pytest.raises(CorpusError, match=r"labels\.pq: cannot be read"):
        read_labels(tmp_path / "labels.pq")


def test_parquet_without_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.lib", None)
    with pytest.raises(CorpusError, match="pyarrow is not installed; python -m pip install pyarrow, or"):
        read_labels(tmp_path / "labels.parquet")
