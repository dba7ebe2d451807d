"""How scripts/make_corpus.py reads tunes off files: lead sheets, part-songs, and what of OpenEWLD is free."""

from pathlib import Path

import numpy as np
import pytest

from corpus_making import openewld, sources
from corpus_making.sheets import read_lead_sheet, read_song
from corpus_making.tunes import MELODY_DTYPE, song_id_of
from groovevae.midi.score import NOTE_DTYPE, Score, Track
from groovevae.midi.writing import score_to_midi

CHORDS = ((48, 52, 55), (55, 59, 62, 65))  # C, G7


def written(path: Path, melody: list[tuple[float, float, int]], chords: list[tuple[float, float, int]]) -> Path:
    """A lead sheet: onset, duration and pitch of notes, and onset, duration and number of chords."""
    notes = [(*note, 90, 1) for note in melody]
    notes += [(onset, length, pitch, 90, 0) for onset, length, which in chords for pitch in CHORDS[which]]
    score = Score(np.array(sorted(notes), NOTE_DTYPE), (Track("Chords", 0, False), Track("Melody", 65, False)))
    path.write_bytes(score_to_midi(score))
    return path


def test_a_lead_sheet_with_a_pickup_that_the_file_does_not_pad(tmp_path: Path) -> None:
    path = tmp_path / "neonscribe_can_t_we_be_friends_f.mid"
    melody = [(0, 1, 60), (1, 1, 62), (2, 2 / 3, 64), (2 + 2 / 3, 1 / 3, 65), (3 + 2 / 3, 1 / 3, 67), (9, 1, 72)]
    tune = read_lead_sheet(written(path, melody, [(1, 4, 0), (5, 2, 1), (7, 2, 0)]))
    assert (tune.title, tune.beats, tune.swung) == ("Can T We Be Friends", 4, True)
    assert tune.chords == (((1.0, "C"),), ((1.0, "G7"), (3.0, "C")))
    np.testing.assert_allclose(tune.melody["onset"], [-1, 0, 1, 1 + 2 / 3, 2 + 2 / 3], atol=1e-3)
    # the last note comes after the last chord: a melody may be repeated without its chords


def test_the_lead_sheet_of_a_song(tmp_path: Path) -> None:
    bass = [(bar * 4.0, 4.0, pitch) for bar, pitch in enumerate((48, 43, 48, 48) * 2)]
    alto = [(bar * 4.0, 4.0, pitch) for bar, pitch in enumerate((64, 62, 64, 64) * 2)]
    lead = [(float(beat), 1.0, 67 if beat // 4 % 4 == 1 else (72, 76, 67, 72)[beat % 4]) for beat in range(32)]
    parts = [lead, alto, bass]
    notes = [(*note, 90, track) for track, part in enumerate(parts) for note in part]
    tracks = tuple(Track(name, program, False) for name, program in (("soprano", 40), ("alto", 71), ("bass", 42)))
    path = tmp_path / "bloomf_pd_songs_a_song.mid"
    path.write_bytes(score_to_midi(Score(np.array(sorted(notes), NOTE_DTYPE), tracks)))
    tune = read_song(path)
    assert (tune.title, tune.beats, len(tune.chords)) == ("A Song", 4, 8)
    assert [bar[0][1] for bar in tune.chords] == ["C", "G", "C", "C"] * 2
    assert tune.melody["pitch"][:5].tolist() == [72, 76, 67, 72, 67]


def test_bars_that_are_no_quarter_notes_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "x.mid", [(0, 1, 60)], [(0, 3, 0)])
    score = Score(np.array([(0, 1, 60, 90, 0)], NOTE_DTYPE), (Track("a", 0, False),), metres=np.array([[0.0, 3, 8]]))
    path.write_bytes(score_to_midi(score))
    with pytest.raises(ValueError, match=r"bars of \[1\.5\] quarter notes"):
        read_song(path)


@pytest.mark.parametrize(
    ("title", "date", "authors", "free"),
    [
        ("A", "1930-12-31", "B", True),
        ("A", "1931", "B", False),
        ("A", None, "B", False),
        ("A", None, "[Traditional]; B", True),
        ("A", "1962", "[Traditional]", True),
        ("Ave Maria (Caccini)", None, "[Traditional]", False),
    ],
)
def test_what_of_openewld_is_free(title: str, date: str | None, authors: str, free: bool) -> None:
    assert openewld.is_free(title, date, authors) == free


def test_tied_notes_are_joined_and_one_sounds_at_a_time() -> None:
    rows = [(0, 2, 60, 90), (2, 1, 60, 0), (3, 2, 64, 90), (4, 1, 65, 90), (4, 1, 60, 90)]
    joined = openewld.joined(np.array(rows, MELODY_DTYPE))
    assert [note[:3] for note in joined.tolist()] == [(0, 3, 60), (3, 1, 64), (4, 1, 60)]


def test_titles_as_ids() -> None:
    assert song_id_of("Ain't  Misbehavin'") == "aint-misbehavin"
    assert song_id_of("À la claire fontaine") == "a-la-claire-fontaine"


def test_tunes_of_a_folder_are_named_after_an_older_corpus(tmp_path: Path) -> None:
    written(tmp_path / "neonscribe_a_c.mid", [(0, 1, 60)], [(0, 4, 0)])
    rows = [
        "neonscribe_a_c.mid,e1,x,Unlicense,neonscribe",
        "neonscribe_a_c.mid,n,x,Unlicense,neonscribe",
        "b,b,b,x,other",
    ]
    (tmp_path / "manifest.csv").write_text("\n".join(["path,song_id,title,licence,source", *rows]))
    found = list(sources._of_folder(tmp_path, {"e1": "Black And Blue"}))
    assert [(tune.song_id, tune.title) for tune in found] == [("black-and-blue", "Black And Blue"), ("a", "A")]
    assert not sources.is_usable(found[0])  # one bar
