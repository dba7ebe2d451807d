"""Small scores written by hand, and bars read back as text, for tests that compare tables."""

import numpy as np

from groovevae.bars import Bars, Song
from groovevae.bars.constants import BASS_LOW, BASS_TOKENS, CHORD_LOW, FIRST_PITCH, HOLD, LEAD_LOW, LEAD_TOKENS, ONSET
from groovevae.midi.score import NOTE_DTYPE, Score, Track

DRUMS = Track("Drums", 0, is_drum=True)
BASS = Track("Bass", 33, is_drum=False)
CHORDS = Track("Chords", 0, is_drum=False)
LEAD = Track("Lead", 73, is_drum=False)

Note = tuple[float, float, int] | tuple[float, float, int, int]  # onset and duration in quarters, pitch, velocity 80


def score_of(
    parts: dict[Track, list[Note]],
    *,
    metres: list[tuple[float, int, int]] | None = None,
    tempos: list[tuple[float, float]] | None = None,
) -> Score:
    """A score of the notes of each track, in 4/4 and 120 quarter notes a minute unless told."""
    rows = [(*(*note, 80)[:4], index) for index, notes in enumerate(parts.values()) for note in notes]
    notes = np.array(sorted(rows), NOTE_DTYPE) if rows else np.empty(0, NOTE_DTYPE)
    maps = {"metres": metres, "tempos": tempos}
    return Score(notes, tuple(parts), **{name: np.array(rows, float) for name, rows in maps.items() if rows})


def line_text(song: Song, role: str, bar: int = 0) -> str:
    """A bar of bass or lead at its sounding pitch: "60 - . 62" is a note held for two steps, a rest, a note."""
    low = BASS_LOW if role == "bass" else LEAD_LOW
    names = {0: ".", HOLD: "-"}
    tokens = getattr(song.bars, role)[bar, : song.bars.num_steps[bar]].tolist()
    return " ".join(names.get(token) or str(token - FIRST_PITCH + low - song.transpose) for token in tokens)


def chords_text(song: Song, bar: int = 0) -> dict[int, list[str]]:
    """A bar's chords: for each sounding pitch, its steps as "x" (struck), "-" (held) and "."."""
    states = song.bars.chords[bar, : song.bars.num_steps[bar]]
    signs = {0: ".", HOLD: "-", ONSET: "x"}
    return {
        int(pitch) + CHORD_LOW - song.transpose: "".join(signs[state] for state in states[:, pitch].tolist())
        for pitch in np.flatnonzero(states.any(0))
    }


def drums_text(song: Song, bar: int = 0) -> dict[int, str]:
    """A bar's drums: for each percussion key that sounds, its steps as "x" and "."."""
    hits = song.bars.drums[bar, : song.bars.num_steps[bar]]
    return {
        song.kit[voice]: "".join("x" if hit else "." for hit in hits[:, voice]) for voice in np.flatnonzero(hits.any(0))
    }


def note_rows(score: Score, *, digits: int = 6) -> list[tuple]:
    """The notes as (track name, onset, duration, pitch, velocity), sorted."""
    notes = score.notes
    names = [score.tracks[index].name for index in notes["track"]]
    times = (notes[name].round(digits).tolist() for name in ("onset", "duration"))
    return sorted(zip(names, *times, notes["pitch"].tolist(), notes["velocity"].tolist(), strict=True))


def num_onsets(bars: Bars) -> int:
    """Notes of all roles."""
    lines = sum(int((getattr(bars, role) >= FIRST_PITCH).sum()) for role in ("bass", "lead"))
    return lines + int((bars.drums > 0).sum()) + int((bars.chords == ONSET).sum())


def noise_bars(num_bars: int, *, metre: tuple[int, int] = (4, 4), seed: int = 0) -> Bars:
    """Bars of random notes inside the bar line."""
    rng = np.random.default_rng(seed)
    bars = Bars.empty(num_bars, metre=metre)
    num_steps = 16 * metre[0] // metre[1]
    grid = (num_bars, num_steps)
    bars.drums[:, :num_steps] = rng.integers(0, 128, (*grid, 9))
    bars.bass[:, :num_steps] = rng.integers(0, BASS_TOKENS, grid)
    bars.chords[:, :num_steps] = rng.integers(0, 3, (*grid, 60))
    bars.lead[:, :num_steps] = rng.integers(0, LEAD_TOKENS, grid)
    bars.velocity[:, :num_steps] = rng.integers(0, 128, (*grid, 3))
    bars.offset[:, :num_steps] = rng.integers(-128, 128, (*grid, 3))
    return bars
