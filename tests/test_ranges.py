import numpy as np
import pytest
from scores import BASS, DRUMS, note_rows, score_of

from groovevae.bars import song_to_score
from groovevae.bars.grid import score_to_song
from groovevae.bars.ranges import within_range


@pytest.mark.parametrize(
    ("program", "pitches", "expected"),
    [
        (33, [15, 16, 27, 28, 40], [39, 28, 39, 28, 40]),
        (38, [23, 24], [35, 24]),
        (43, [23, 24], [35, 24]),
        (58, [25, 26], [37, 26]),
        (0, [21], [21]),
    ],
    ids=["fingered", "synth", "contrabass", "tuba", "piano"],
)
def test_basses_stay_within_their_range(program: int, pitches: list[int], expected: list[int]) -> None:
    assert within_range(np.array(pitches), program).tolist() == expected


def test_only_what_is_written_moves() -> None:
    """Bars hold any bass, and come back as they were unless they are to be played."""
    score = score_of({DRUMS: [(0, 0.125, 36)], BASS: [(0, 1, 26), (1, 1, 33)]})
    song = score_to_song(score)
    before = song.bars.bass.copy()
    assert [row[3] for row in note_rows(song_to_score(song))] == [26, 33, 36]
    assert [row[3] for row in note_rows(song_to_score(song, in_range=True))] == [38, 33, 36]
    assert (song.bars.bass == before).all()
