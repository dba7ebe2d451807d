"""Small versions of scripts/limits.py, scripts/same_bytes.py and scripts/compare_readers.py."""

import io
import subprocess
import sys
from collections import Counter
from pathlib import Path

import mido
import numpy as np
import pytest
from conftest import ROOT
from corpus_files import band_tune

from compare_readers import compare, differing, plain_notes
from groovevae.corpus import load_corpus
from groovevae.errors import MidiError
from groovevae.midi.reading import load_score
from limits import growth
from made_up import made_up_corpus, made_up_file


def test_costs_of_a_made_up_corpus(tmp_path: Path) -> None:
    by_files, _ = growth([60, 120], [], tmp_path)
    assert [row["bars"] for row in by_files] == [60 * 32, 120 * 32]
    small, large = by_files
    assert small["packed bars"] * 1.9 < large["packed bars"] < small["packed bars"] * 2.1
    assert large["peak of reading"] < small["peak of reading"] + 10
    assert large["peak of training data"] < small["peak of training data"] + 20


def test_made_up_songs_are_all_different(tmp_path: Path) -> None:
    corpus = load_corpus(made_up_corpus(tmp_path, 40, num_bars=4, num_genres=4))
    assert len(corpus.songs) == 40
    assert len(corpus.genres) == 4
    assert len({song.entry.song_id for song in corpus.songs}) == 40


def test_a_file_of_100_mib_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.mid"
    path.write_bytes(made_up_file(np.random.default_rng(0), 1)[:22])
    with path.open("r+b") as file:
        file.truncate(100 * 2**20)
    with pytest.raises(MidiError, match="100 MiB; at most 32 MiB are read"):
        load_score(path)


def test_the_same_bytes_in_other_processes() -> None:
    """One by one, and with more threads of BLAS."""
    command = [sys.executable, str(ROOT / "scripts" / "same_bytes.py")]
    command += ["--requests", "8", "--ways", "all together,one by one,four threads"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("8 requests, 8 different files\n")
    assert done.stdout.count(": 0 differ\n") == 3


def midi_of(*events: tuple[str, int, int]) -> mido.MidiFile:
    """A file of notes of pitch 60: kind, velocity, ticks waited."""
    track = mido.MidiTrack(mido.Message(kind, note=60, velocity=velocity, time=wait) for kind, velocity, wait in events)
    file = mido.MidiFile(ticks_per_beat=96)
    file.tracks.append(track)
    return file


ON, OFF = "note_on", "note_off"


@pytest.mark.parametrize(
    ("events", "plain", "others"),
    [
        ([(ON, 80, 0), (OFF, 0, 96), (ON, 70, 0), (ON, 0, 10)], {(0, 96, 80), (96, 106, 70)}, set()),
        ([(ON, 80, 0), (ON, 70, 10), (OFF, 0, 10), (OFF, 0, 10)], set(), {(0, 80), (10, 70)}),
        ([(ON, 80, 0), (OFF, 0, 0)], set(), {(0, 80)}),
        ([(ON, 80, 5)], set(), {(5, 80)}),
        ([(OFF, 0, 5), (ON, 80, 0), (OFF, 0, 5)], {(5, 10, 80)}, set()),
    ],
)
def test_plain_notes_and_others(events: list, plain: set, others: set) -> None:
    found, rest = plain_notes(midi_of(*events))
    assert {(start, end, velocity) for _, start, end, _, velocity in found} == plain
    assert {(start, velocity) for _, start, _, velocity in rest} == others


def test_readings_that_differ() -> None:
    note, other = (False, 0, 96, 60, 80), (False, 10, 96, 60, 80)
    plain = Counter([note])
    assert differing(Counter([note]), plain, Counter()) == ""
    assert differing(Counter([note, other]), plain, Counter([(False, 10, 60, 80)])) == ""
    assert "1 plain notes missing" in differing(Counter([other]), plain, Counter())
    assert "1 notes that nothing begins" in differing(Counter([note, other]), plain, Counter())
    assert "1 other notes missing" in differing(plain, plain, Counter([(False, 10, 60, 80)]), is_whole=True)


def test_all_libraries_read_a_file_alike(tmp_path: Path) -> None:
    (tmp_path / "song.mid").write_bytes(band_tune("rock", 0, num_bars=4))
    counts: Counter[str] = Counter()
    assert compare(tmp_path / "song.mid", counts) == []
    assert counts["plain notes"] > 50
    buffer = io.BytesIO()
    midi_of((ON, 80, 0), (ON, 70, 10), (OFF, 0, 10), (OFF, 0, 10)).save(file=buffer)
    (tmp_path / "song.mid").write_bytes(buffer.getvalue())
    assert compare(tmp_path / "song.mid", counts) == []
    assert counts["other notes"] == 2
    (tmp_path / "song.mid").write_bytes(b"MThd")
    assert compare(tmp_path / "song.mid", counts) == []
    names = ("groovevae", "mido", "pretty_midi", "symusic")
    assert [counts[f"files that {name} reads"] for name in names] == [2, 2, 2, 2]
    (tmp_path / "song.mid").write_bytes(buffer.getvalue()[:-8])
    assert compare(tmp_path / "song.mid", counts) == []
    assert [counts[f"files that {name} reads"] for name in names] == [3, 2, 2, 2]
