import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
from corpus_files import make_corpus
from rich.console import Console
from test_phrases import phrase

from groovevae.bars import Bars, Song
from groovevae.corpus import (
    Corpus,
    CorpusSong,
    DuplicateFile,
    Entry,
    GenreReport,
    Unread,
    UnusedFile,
    corpus_report,
)
from groovevae.reports.corpus import corpus_held, to_json
from groovevae.reports.terminal import show

ROOT = Path("/corpus")


def song(**lost: dict[str, int]) -> Song:
    """Four bars: drums in the first three, bass in the first, three of them in 4/4."""
    bars = Bars.empty(4)
    bars.drums[:3, 0, 0] = 100
    bars.bass[0, 0] = 20
    bars.metre[3] = (3, 4)
    return Song(bars, lost=lost, num_notes={"drums": 15, "bass": 5})


def corpus() -> Corpus:
    songs = [
        CorpusSong.from_song(Entry(ROOT / "rock/a.mid", "rock", "a", "A"), song(drums={"too fast": 1, "no voice": 2})),
        CorpusSong.from_song(Entry(ROOT / "rock/a2.mid", "rock", "a", "A"), song(bass={"too fast": 4})),
    ]
    rejected = [Unread(ROOT / "rock/z.mid", "no notes"), Unread(ROOT / "polka/[b]x.mid", "same notes as polka/y.mid")]
    return Corpus(ROOT, songs, rejected, [Unread(ROOT / "loose.mid", "lies beside")], ["rock/gone.mid"])


def rendered(report, width: int) -> str:
    output = io.StringIO()
    show(corpus_held(report), Console(file=output, width=width))
    return output.getvalue()


def test_counts() -> None:
    report = corpus_report(corpus())
    assert report.genres == (
        GenreReport("polka", 1, 0, 0, 0, {}, {"drums": 0, "bass": 0, "chords": 0, "lead": 0}, 0, {}),
        GenreReport(
            genre="rock",
            files=3,
            used=2,
            songs=1,
            bars=8,
            metres={"4/4": 6, "3/4": 2},
            roles={"drums": 0.75, "bass": 0.25, "chords": 0.0, "lead": 0.0},
            notes=40,
            lost={"too fast": {"drums": 1, "bass": 4}, "no voice": {"drums": 2}},
        ),
    )
    assert report.unused == (
        UnusedFile("loose.mid", "lies beside"),
        UnusedFile("polka/[b]x.mid", "same notes as polka/y.mid"),
        UnusedFile("rock/z.mid", "no notes"),
    )
    assert report.missing == ("rock/gone.mid",)


def test_what_was_guessed_and_mended_is_counted_by_file() -> None:
    pickups = ("a pickup of 1 quarter note", "a pickup of 2.5 quarter notes", "metre 3/4 from the notes")
    songs = [
        CorpusSong.from_song(
            Entry(ROOT / f"rock/{number}.mid", "rock", str(number), "A"),
            Song(phrase([60 + number], [62]), guesses=(pickups[number], pickups[2]), mended={"bytes above 127": 5}),
        )
        for number in range(2)
    ]
    report = corpus_report(Corpus(ROOT, songs, [], [], []))
    assert report.guessed == {
        "metre 3/4 from the notes": 2,
        "a pickup of N quarter note": 1,
        "a pickup of N quarter notes": 1,
    }
    assert report.mended == {"bytes above 127": 2}
    assert "Guessed in 2 files: metre 3/4 from the notes\n" in rendered(report, 100)


def test_tables() -> None:
    text = rendered(corpus_report(corpus()), 100)
    assert "/corpus: 2 of 4 MIDI files used, 8 bars" in text
    assert "4/4 6, 3/4 2" in text
    assert "too fast 12.5%, no voice 5.0%" in text
    assert "  polka/[b]x.mid: same notes as polka/y.mid\n" in text
    assert "Not used: 3 (1 lies beside, 1 same notes, 1 no notes)" in text
    assert "Rows of the manifest that name no file: 1 (rock/gone.mid)" in text


def test_fourteen_genres_fit() -> None:
    metres = {f"{numerator}/8": 12_345 for numerator in range(2, 20)}
    roles = dict.fromkeys(("drums", "bass", "chords", "lead"), 1.0)
    lost = {"doubles another line": {"lead": 100_000}, "faster than the grid": {"lead": 90_000}}
    row = GenreReport("electronic", 1027, 1027, 1027, 114_137, metres, roles, 1_713_753, lost)
    report = corpus_report(corpus())
    text = rendered(type(report)("/corpus", (row,) * 14, report.unused, ()), 100)
    assert max(map(len, text.splitlines())) <= 100
    rows = [line for line in text.splitlines() if line.strip().startswith("electronic")]
    assert len(rows) == 28
    assert "…" not in text
    assert "doubles another line 5.8%, faster than the grid 5.3%" in text


def test_near_duplicates_are_named() -> None:
    tunes = [[60 + bar, 64, 67 + bar % 3] for bar in range(12)]
    music = {"jazz/a.mid": tunes, "rock/b.mid": [*tunes[:11], [71]], "rock/c.mid": [[50 + bar] for bar in range(12)]}
    songs = [
        CorpusSong.from_song(Entry(ROOT / path, path[:4], path, path), Song(phrase(*leads)))
        for path, leads in music.items()
    ]
    report = corpus_report(Corpus(ROOT, songs, [], [], []))
    assert report.near_duplicates == (DuplicateFile("rock/b.mid", "jazz/a.mid", 0.8462),)
    text = rendered(report, 100)
    assert "Near-duplicates: 1 (trained on or held out with their like)\n" in text
    assert "  rock/b.mid: shares 85% of the bars with jazz/a.mid\n" in text
    assert json.loads(to_json(report))["near_duplicates"][0]["of"] == "jazz/a.mid"
    assert "Near-duplicates" not in rendered(corpus_report(corpus()), 100)


def test_json() -> None:
    values = json.loads(to_json(corpus_report(corpus())))
    assert values["genres"][1]["lost"] == {"too fast": {"drums": 1, "bass": 4}, "no voice": {"drums": 2}}
    assert values["unused"][0] == {"path": "loose.mid", "reason": "lies beside"}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_names_that_are_no_utf8_are_shown(tmp_path: Path) -> None:
    from groovevae.corpus import load_corpus

    make_corpus(tmp_path, "rock/a.mid")
    (tmp_path / "rock" / os.fsdecode(b"caf\xe9.mid")).write_bytes(b"")
    report = corpus_report(load_corpus(tmp_path))
    assert report.unused == (UnusedFile(os.fsdecode(b"rock/caf\xe9.mid"), "empty file"),)
    assert "  rock/caf?.mid: empty file\n" in rendered(report, 80)
    assert json.loads(to_json(report))["unused"][0]["path"] == "rock/caf?.mid"


def test_an_empty_corpus() -> None:
    report = corpus_report(Corpus(ROOT, [], [], [], []))
    assert report.genres == ()
    assert "0 of 0 MIDI files used" in rendered(report, 80)
    assert np.isclose(len(json.loads(to_json(report))["genres"]), 0)
