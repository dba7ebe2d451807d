import json
from collections.abc import Callable
from pathlib import Path

from scores import BASS, CHORDS, DRUMS, LEAD, score_of

from groovevae.midi.writing import score_to_midi


def test_round_trip_of_a_corpus(tmp_path: Path, run_python: Callable) -> None:
    """Each role is counted, and what is lost has its reason."""
    swung = [(beat + shift, 0.3, 60 + beat % 5) for beat in range(32) for shift in (0, 2 / 3)]
    chords = [(4 * bar + strum, 2, pitch) for bar in range(8) for strum, pitch in ((0, 60), (0, 64), (0.1, 67))]
    bass = [(beat, 1, pitch) for beat in range(0, 32, 2) for pitch in (36, 48)]
    parts = {
        DRUMS: [(beat, 0.1, 38 + beat % 4 // 2 * 2) for beat in range(32)],
        BASS: bass,
        CHORDS: chords,
        LEAD: swung,
    }
    (tmp_path / "jazz").mkdir()
    (tmp_path / "jazz" / "one.mid").write_bytes(score_to_midi(score_of(parts)))
    (tmp_path / "jazz" / "two.mid").write_bytes(b"no MIDI")

    jazz = json.loads(run_python("-m", "scripts.round_trip", str(tmp_path), "--json").stdout)["jazz"]
    assert jazz["files"] == 1
    assert jazz["rejected"] == {"two.mid": "not a MIDI file (it has no MThd header); export it as MIDI"}
    assert jazz["counts"]["lead"] == {"true_positives": 64, "num_reference": 64, "num_estimate": 64}
    assert jazz["f1"] == {"drums": 1.0, "bass": 2 / 3, "chords": 2 / 3, "lead": 1.0, "drum keys": 0.5}
    assert jazz["lost"]["bass"]["doubles another line"] == 16
    assert jazz["lost"]["chords"]["off by more than 30 ms"] == 8
    assert jazz["lost"]["drum keys"]["another sound of its voice"] == 16
    assert jazz["swing"] == [[1.0, 1.0]]
    assert jazz["bytes"] == {"checked": 1, "differ": []}

    table = run_python("-m", "scripts.round_trip", str(tmp_path), "--markdown").stdout
    assert "| jazz  |     1 | 1.000 | 0.667 |  0.667 | 1.000 |     0.500 |            1.000 |" in table
