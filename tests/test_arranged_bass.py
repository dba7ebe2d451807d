"""What a bass that comes in plays under a tune, with the model that comes with groovevae."""

from pathlib import Path

import numpy as np
from midi_tracks import beats, save_tracks, track

from groovevae import ArrangeRequest
from groovevae.arranging.harmonise import ROOT, harmonised
from groovevae.arranging.lead_sheet import MAX_BEATS
from groovevae.generation.groove import load_model

# "Twinkle, twinkle, little star" (traditional), a note for each beat.
TUNE = [60, 60, 67, 67, 69, 69, 67, 67, 65, 65, 64, 64, 62, 62, 60, 60]


def test_a_bass_plays_the_roots_of_the_chords_under_a_tune(tmp_path: Path) -> None:
    """Guided as strongly as chords and drums are, it would start half of the bars on the root, for four in five."""
    start = save_tracks(tmp_path / "tune.mid", track("Tune", *beats(TUNE * 2, channel=0)))
    on_root = []
    for genre in ("rock", "metal", "latin"):
        for piece in load_model().arrange(ArrangeRequest(str(start), {genre: 1.0}, count=4)):
            bars = piece.song.bars
            found = harmonised(bars, is_minor=piece.song.is_minor, seed=0).reshape(len(bars), 2, MAX_BEATS, 12)
            chords, bass = found[:, 0, 0], bars.chroma("bass")[:, 0]  # on the first beat, (N, 12)
            on_root += (bass & (chords == ROOT)).any(1)[bass.any(1)].tolist()
    assert len(on_root) > 60
    assert np.mean(on_root) > 0.7
