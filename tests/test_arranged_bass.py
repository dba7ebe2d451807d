"""What a bass that comes in plays under a tune, with the model that comes with groovevae."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from midi_tracks import beats, save_tracks, track

from groovevae import ArrangeRequest, InfillRequest, Piece, load_model
from groovevae.arranging.harmonise import ROOT, harmonised
from groovevae.arranging.lead_sheet import MAX_BEATS

# "Twinkle, twinkle, little star" (traditional), a note for each beat.
TUNE = [60, 60, 67, 67, 69, 69, 67, 67, 65, 65, 64, 64, 62, 62, 60, 60]


@pytest.fixture
def tune(tmp_path: Path) -> str:
    return str(save_tracks(tmp_path / "tune.mid", track("Tune", *beats(TUNE * 2, channel=0))))


def on_roots(pieces: Iterable[Piece], first: int = 0) -> list[bool]:
    """Of the bars from `first` on in which a bass sounds on beat one: whether it sounds the root of the chord."""
    on_root = []
    for piece in pieces:
        bars = piece.song.bars
        found = harmonised(bars, is_minor=piece.song.is_minor, seed=0).reshape(len(bars), 2, MAX_BEATS, 12)
        chords, bass = found[first:, 0, 0], bars.chroma("bass")[first:, 0]  # on the first beat, (N, 12)
        on_root += (bass & (chords == ROOT)).any(1)[bass.any(1)].tolist()
    return on_root


def test_a_bass_plays_the_roots_of_the_chords_under_a_tune(tune: str) -> None:
    """Guided as strongly as chords and drums are, it would start half of the bars on the root, for four in five."""
    groove, genres = load_model(), ("rock", "metal", "latin")
    requests = [ArrangeRequest(tune, {genre: 1.0}, count=4) for genre in genres]
    found = on_roots(piece for request in requests for piece in groove.arrange(request))
    assert len(found) > 60
    assert np.mean(found) > 0.7


def test_so_does_one_that_is_written_in_some_bars_alone(tune: str) -> None:
    """Where all bars of a song play a tune alone, neither its style nor the bars around say how its bass would go."""
    groove, genres = load_model(), ("latin", "jazz", "folk")
    requests = [InfillRequest(tune, (3, 8), ("bass",), genre=genre, count=4) for genre in genres]
    found = on_roots((piece for request in requests for piece in groove.infill(request)), first=2)
    assert len(found) > 60
    assert np.mean(found) > 0.7
