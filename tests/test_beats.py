"""How the states of a beat are drawn from logits: lines that strike, and lines and chords that sound together."""

import numpy as np
import pytest

from groovevae.bars import Bars
from groovevae.bars.batch import BarBatch, Metre
from groovevae.bars.constants import (
    BASS_LOW,
    CHORD_LOW,
    CHORD_SIZE,
    CHORDS,
    FIRST_PITCH,
    HOLD,
    LEAD_LOW,
    ONSET,
    REST,
    ROLES,
)
from groovevae.network.beats import chances, logits_to_beat, merge_streams
from groovevae.network.lines import NewLeads
from groovevae.network.logits import HEADS, BarLogits

BARS, NEVER = 200, -30.0
LOW_C = 36  # a pitch of bass, chords and lead


def silence() -> BarLogits:
    """Logits of one beat of many bars in which nothing sounds, whatever is drawn."""
    logits = BarLogits(*(np.full((BARS, 4, size), NEVER, np.float32) for size in HEADS.values()), np.zeros(8))
    logits.bass[..., REST] = logits.lead[..., REST] = 0
    return logits


def drawn(
    logits: BarLogits,
    *,
    num_steps: int = 16,
    first: int = 0,
    chords: BarBatch | None = None,
    leads: NewLeads | None = None,
    harmony: np.ndarray | None = None,
) -> BarBatch:
    """Draw at temperature 0.5; the notes of `chords` are kept."""
    metre = Metre(np.full(BARS, num_steps), np.full(BARS, int(num_steps == 12)))
    is_kept = np.tile(np.arange(len(ROLES)) == CHORDS, (BARS, 1))
    kept = None if chords is None else (chords, is_kept)
    by = chances(np.zeros(BARS, np.uint32), np.arange(BARS)).steps(first, 4)
    return logits_to_beat(logits, metre, first, 0.5, by, kept=kept, leads=leads, harmony=harmony)


def test_a_line_that_may_strike_any_of_ten_pitches_strikes() -> None:
    """Any of them is less likely than to hold, all together are likelier."""
    logits = silence()
    logits.lead[..., HOLD], logits.lead[..., REST] = 1.0, NEVER
    logits.lead[..., FIRST_PITCH : FIRST_PITCH + 10] = 0.0
    strikes = (drawn(logits).lead >= FIRST_PITCH).mean()
    assert strikes == pytest.approx(100 / (100 + np.e**2), abs=0.03)  # masses 10 and e, squared at this temperature


@pytest.mark.parametrize("line", ["bass", "lead"])
def test_a_line_fits_the_chords_on_the_beat(line: str) -> None:
    """C and D are alike to the network; where a chord holds C, C is drawn on the beat."""
    low = BASS_LOW if line == "bass" else LEAD_LOW
    logits = silence()
    getattr(logits, line)[..., [FIRST_PITCH + LOW_C - low, FIRST_PITCH + LOW_C + 2 - low]] = 20.0
    alone = getattr(drawn(logits), line) == FIRST_PITCH + LOW_C - low
    assert alone.mean(0) == pytest.approx([0.5] * 4, abs=0.1)
    logits.chord_onset[:, 2, LOW_C + 24 - CHORD_LOW] = 20.0  # later in the beat, two octaves higher
    fits = getattr(drawn(logits), line) == FIRST_PITCH + LOW_C - low
    assert fits.mean(0) == pytest.approx([1 / (1 + np.exp(-3)), 0.5, 0.5, 0.5], abs=0.1)
    in_compound = getattr(drawn(logits, num_steps=12, first=4), line) == FIRST_PITCH + LOW_C - low
    assert in_compound.mean(0) == pytest.approx([0.5, 0.5, 1 / (1 + np.exp(-3)), 0.5], abs=0.1)  # the beat is step 6


def test_a_line_fits_the_chords_that_are_kept() -> None:
    logits = silence()
    logits.bass[..., [FIRST_PITCH + LOW_C - BASS_LOW, FIRST_PITCH + LOW_C + 2 - BASS_LOW]] = 20.0
    logits.chord_onset[:, 0, 2] = 20.0  # D is drawn, and C takes its place
    chords = Bars.empty(BARS).batch(1)
    chords.chords[:, 0, 0] = ONSET
    fits = drawn(logits, chords=chords).bass == FIRST_PITCH + LOW_C - BASS_LOW
    assert fits[:, 0].mean() == pytest.approx(1 / (1 + np.exp(-3)), abs=0.1)


def test_a_bass_keeps_off_semitones_from_the_chords() -> None:
    """B, C sharp and G sharp are alike to the network, and C sounds: a bass plays G sharp, a lead what it likes.

    A new lead plays what a bass plays.
    """
    b, g_sharp, c_sharp = (FIRST_PITCH + LOW_C + above - np.array([BASS_LOW, LEAD_LOW]) for above in (11, 8, 13))
    logits = silence()
    for line, *pitches in zip((logits.bass, logits.lead), b, g_sharp, c_sharp, strict=True):
        line[..., pitches] = 20.0
    logits.chord_onset[:, 2, LOW_C + 24 - CHORD_LOW] = 20.0
    beat = drawn(logits)
    assert (beat.bass == g_sharp[0]).mean(0) == pytest.approx([1 / (1 + 2 * np.exp(-4))] * 4, abs=0.05)
    assert (beat.lead == g_sharp[1]).mean(0) == pytest.approx([1 / 3] * 4, abs=0.1)
    of_new = drawn(logits, leads=NewLeads(np.arange(BARS) % 2 == 0, np.zeros(BARS, np.uint8))).lead == g_sharp[1]
    assert of_new[::2].mean() == pytest.approx(1, abs=0.05)
    assert (of_new[1::2] == (beat.lead == g_sharp[1])[1::2]).all()  # others are as they were
    logits.chord_onset[:, 3, LOW_C + 11 - CHORD_LOW] = logits.chord_onset[:, 3, LOW_C + 13 - CHORD_LOW] = 20.0
    beat = drawn(logits)  # notes of the chord itself do not clash with it
    assert (beat.bass == g_sharp[0]).mean(0)[1:] == pytest.approx([1 / 3] * 3, abs=0.1)


def test_a_bass_keeps_to_a_harmony_and_to_the_chords() -> None:
    """Any pitch of an octave is alike to the network; the harmony is E in every other bar, and a D sounds."""
    logits = silence()
    low = FIRST_PITCH + LOW_C - BASS_LOW
    logits.bass[..., low : low + 12] = 20.0
    logits.chord_onset[:, 1, LOW_C + 26 - CHORD_LOW] = 20.0
    harmony = np.zeros((BARS, 12), np.float32)
    harmony[::2, 4] = 1
    bass = drawn(logits, harmony=harmony).bass.astype(int)[:, 1:] - low  # on the beat, any bass likes a D
    assert set(np.unique(bass[::2])) == {2, 4}
    assert (bass[::2] == 4).mean() == pytest.approx(0.5, abs=0.1)
    assert {0, 4, 5, 6, 7, 8, 9, 10, 11} <= set(np.unique(bass[1::2]))  # all but those beside the D


def test_a_new_lead_goes_by_steps() -> None:
    """Of 24 pitches that are alike to the network, most that follow a note lie near it; a rest forgets nothing."""
    logits = silence()
    logits.lead[:, [0, 1, 3], FIRST_PITCH : FIRST_PITCH + 24] = 20.0
    last = np.full(BARS, FIRST_PITCH + 12, np.uint8)
    apart = {}
    for is_new in (True, False):
        lead = drawn(logits, leads=NewLeads(np.full(BARS, is_new), last)).lead.astype(int)[:, [0, 1, 3]]
        apart[is_new] = np.abs(np.diff(lead, axis=1, prepend=last[:, None].astype(int)))
    is_step = (apart[True] == 1) | (apart[True] == 2)
    assert (is_step.mean(0) > 0.6).all()
    assert (apart[True].mean(0) < 3).all()
    assert (apart[False].mean(0) > 5).all()


def test_the_note_before_is_the_last_one_struck() -> None:
    leads = NewLeads(np.ones(2, bool), np.array([REST, 30]))
    after = leads.after(np.array([[20, HOLD, 25, REST], [REST, HOLD, REST, REST]]))
    assert after.last.tolist() == [25, 30]
    assert (leads.gains()[0] == 0).all()  # nothing came before
    assert leads.gains()[1].argmax() in (30 - FIRST_PITCH - 1, 30 - FIRST_PITCH + 1)


@pytest.mark.parametrize(
    ("strengths", "struck"),
    [
        ({24: 1.9, 25: 1.0}, {24}),  # E and F: F is a slip of the hand
        ({24: 1.0, 25: 1.9, 26: 1.0}, {25}),
        ({24: 9.0, 25: 2.1}, {24, 25}),  # both are clearly meant
        ({24: 1.0, 26: 1.0}, {24, 26}),
    ],
)
def test_a_chord_has_no_semitones_by_chance(strengths: dict[int, float], struck: set[int]) -> None:
    logits = silence()
    for pitch, strength in strengths.items():
        logits.chord_onset[:, 0, pitch] = strength
    chords = drawn(logits).chords[:, 0] == ONSET
    assert chords.shape == (BARS, CHORD_SIZE)
    all_drawn = chords[:, sorted(struck)].all(1)
    assert all_drawn.mean() > 0.6
    assert set(np.flatnonzero(chords[all_drawn].any(0)).tolist()) == struck


def test_each_role_has_its_own_stream_and_the_lead_the_time_of_the_bass() -> None:
    """All values of a stream are its number: 0 for drums, 1 for bass, 2 for chords, 3 for the lead."""
    numbers = np.arange(4, dtype=np.float32)[:, None, None]
    logits = BarLogits(*(np.tile(numbers, (1, 2, size)) for size in HEADS.values()), np.zeros(8))
    merged = merge_streams(logits, 4)
    drums, chords = ("drums", "drums_velocity", "drums_offset"), ("chord_onset", "chord_hold")
    stream_of = {**dict.fromkeys(drums, 0), "bass": 1, **dict.fromkeys(chords, 2), "lead": 3}
    assert {name: set(getattr(merged, name).ravel()) for name in stream_of} == {k: {v} for k, v in stream_of.items()}
    assert merged.velocity.tolist() == [[[1, 2, 3]] * 2]
    assert merged.offset.tolist() == [[[1, 2, 1]] * 2]
