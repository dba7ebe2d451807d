"""The degradations of scripts/degradations.py on a few notes."""

import dataclasses

import numpy as np
import pytest
from scores import LEAD, note_rows, score_of

from degradations import FAMILIES, MIN_DURATION, MIN_SHIFT, PITCHES, Notes, degrade, join_notes, split_note
from groovevae.midi.score import Score

TUNE = [(0.5 * number, 0.5, 60 + number % 5) for number in range(16)]  # eighths: 0.25 s each


def tune() -> Score:
    return score_of({LEAD: TUNE})


def rows(score: Score) -> set[tuple]:
    return set(note_rows(score, digits=3))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_share_of_the_notes_is_hit(family: str) -> None:
    broken = degrade(tune(), family, share=0.25, seed=1)
    assert 1 <= len(rows(tune()) - rows(broken)) + max(len(broken.notes) - len(TUNE), 0) <= 8
    assert (
        rows(broken)
        == rows(degrade(tune(), family, share=0.25, seed=1))
        != rows(degrade(tune(), family, share=0.25, seed=2))
    )
    assert rows(degrade(tune(), family, share=0.0, seed=1)) == rows(tune())


def test_what_was_known_of_notes_that_are_gone_is_forgotten() -> None:
    """How long keys were held has a row for each note, and notes come and go."""
    pedalled = dataclasses.replace(tune(), written=np.full(len(TUNE), 0.25, np.float32))
    broken = degrade(pedalled, "notes split and joined", share=1.0, seed=1)
    assert len(broken.notes) == 2 * len(TUNE)
    assert note_rows(broken.as_written()) == note_rows(broken)
    assert broken.origin is None


def test_pitches_move_and_times_stay() -> None:
    broken = degrade(tune(), "pitch", share=1.0, seed=0).notes
    assert broken["onset"].tolist() == tune().notes["onset"].tolist()
    assert (broken["pitch"] != tune().notes["pitch"]).all()
    assert ((broken["pitch"] >= PITCHES[0]) & (broken["pitch"] <= PITCHES[1])).all()


def test_times_move_and_pitches_stay() -> None:
    broken = degrade(tune(), "time", share=0.5, seed=0).notes
    assert sorted(broken["pitch"].tolist()) == sorted(tune().notes["pitch"].tolist())
    assert broken["duration"].min() >= 2 * MIN_DURATION - 1e-6  # quarter notes at 120
    moved = rows(degrade(tune(), "time", share=0.5, seed=0)) - rows(tune())
    assert len(moved) == 8
    assert MIN_SHIFT == 0.1


def test_notes_are_split_and_joined() -> None:
    def notes(*onsets: float) -> Notes:
        count = len(onsets)
        columns = (np.full(count, value) for value in (60, 80, 0))
        return Notes(np.array(onsets), np.full(count, 0.25), *columns, np.ones(count, bool), end=2.0)

    rng = np.random.default_rng(0)
    one = notes(0.0)
    assert split_note(one, 0, rng)
    assert (one.onset.tolist(), one.duration.tolist()) == ([0, 0.125], [0.125, 0.125])
    three = notes(0.0, 0.27, 1.0)  # a gap of 0.02 s, then one of 0.48 s
    assert join_notes(three, 0, rng)
    assert (three.is_there.tolist(), three.duration[0]) == ([True, False, True], pytest.approx(0.52))
    assert not join_notes(three, 2, rng)
