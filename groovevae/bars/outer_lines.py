"""Takes a bass and a melody out of an accompaniment that has no tracks for them, as in a piano solo."""

from __future__ import annotations

import numpy as np

from groovevae.bars.constants import BASS, CHORDS, LEAD
from groovevae.bars.line_tracks import HIGHEST_BASS, RARE, Parts
from groovevae.bars.lines import is_block_chords
from groovevae.bars.track_names import name_hints

HIGHEST_BASS_NOTE = 52  # top of a bass line that is taken out of a pianist's left hand (E3)
LOWEST_BLOCK = 46  # median lowest note of block chords that leave the bass to others (A sharp 2)
LOWEST_TOP_LINE = 58  # bottom of a melody that is taken out of a pianist's right hand


def top_line(parts: Parts, role: np.ndarray) -> np.ndarray:
    """Return the indices of the highest line of the highest accompanying track: a pianist's right-hand melody."""
    plays = parts.lines.plays
    sounding = plays[np.unique(parts.notes["track"][role == CHORDS])].any(0).sum()
    playing = _splittable(parts, role)
    playing = playing[plays[playing].sum(1) >= RARE * sounding]
    if not len(playing):
        return np.empty(0, int)
    highest = int(playing[np.argmax(parts.lines.mean_pitch[playing])])
    parts.why_split[LEAD] = "the highest line"
    notes = parts.notes
    top = _outer_line(notes, np.flatnonzero((role == CHORDS) & (notes["track"] == highest)), highest=True)
    pitch, onset = notes["pitch"][top].astype(int), notes["onset"][top]
    end = onset + notes["duration"][top]
    under = np.zeros(len(top), bool)
    for back in range(1, min(6, len(top))):  # a note under a melody note that still sounds is not the melody
        under[back:] |= (pitch[:-back] > pitch[back:]) & (end[:-back] > onset[back:] + 0.1)
    return top[(pitch >= LOWEST_TOP_LINE) & ~under]


def lowest_line(parts: Parts, role: np.ndarray) -> np.ndarray:
    """Return the indices of the lowest line of the accompaniment: the bass in a pianist's left hand."""
    splittable = np.isin(parts.notes["track"], _splittable(parts, role, lowest_root=LOWEST_BLOCK))
    lowest = _outer_line(parts.notes, np.flatnonzero((role == CHORDS) & splittable), highest=False)
    pitch = parts.notes["pitch"][lowest]
    is_bass = pitch <= HIGHEST_BASS_NOTE
    parts.why_split[BASS] = "the lowest line"
    return lowest[is_bass if is_bass.sum() >= RARE * len(pitch) else pitch <= HIGHEST_BASS]


def _splittable(parts: Parts, role: np.ndarray, lowest_root: int = 0) -> np.ndarray:
    """Return the accompanying tracks that a line may be taken from: none given by hand, none of block chords.

    A track named as a melody is one in chords, too; and block chords below `lowest_root` have a bass in them.
    """
    playing = np.unique(parts.notes["track"][role == CHORDS])
    playing = playing[~parts.by_hand[playing]]
    unnamed = [index for index in playing.tolist() if not name_hints(parts.tracks[index].name).leads]
    block = [index for index in unnamed if is_block_chords(parts.notes_of_track[index], lowest_root)]
    parts.why_chords |= {index: "block chords" for index in block}
    return playing[~np.isin(playing, block)]


def _outer_line(notes: np.ndarray, index: np.ndarray, *, highest: bool) -> np.ndarray:
    """Return, of the notes at `index`, the highest or lowest of each sixteenth, in order of time."""
    step = np.rint(notes["onset"][index] * 4).astype(int)
    pitch = notes["pitch"][index].astype(int)
    order = np.lexsort([-pitch if highest else pitch, step])
    first = np.append(True, np.diff(step[order]) > 0)[: len(order)]
    return index[order[first]]
