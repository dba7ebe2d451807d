"""How much of a source is left in a blend: harmony, rhythm and melody, compared bar by bar.

This module looks only at notes and uses no model.
"""

from __future__ import annotations

import numpy as np

from groovevae.bars import Bars
from groovevae.bars.constants import CHORD_LOW, CHORD_SIZE, LINES, STEPS_PER_BEAT
from groovevae.measures.note_f1 import role_note_counts

WINDOW = 2 * STEPS_PER_BEAT  # steps of a chroma frame: two beats


def content_kept(bars: Bars, source: Bars) -> dict[str, np.ndarray]:
    """Measure what each bar has in common with the source bar in its place, 0 to 1, (N,) each.

    A measure is NaN where the two bars have nothing to compare.
    """
    return {
        "chroma": chroma_similarity(bars, source),
        "groove": groove_similarity(bars, source),
        "melody": melody_kept(bars, source),
    }


def chroma_similarity(bars: Bars, source: Bars) -> np.ndarray:
    """Return the cosine of the pitch classes that sound in two beats, (N,): the mean over frames in which both sound.

    Content preservation as in Lu & Su 2018 and Cifka et al. 2020 (Groove2Groove, sec. V-B).
    """
    one, other = chroma(bars), chroma(source)  # (N, frames, 12)
    norms = np.linalg.norm(one, axis=-1) * np.linalg.norm(other, axis=-1)
    cosine = (one * other).sum(-1) / np.maximum(norms, 1e-9)
    return _mean(cosine, norms > 0)


def chroma(bars: Bars) -> np.ndarray:
    """Count the steps of each frame of two beats at which each pitch class sounds in pitched roles, (N, frames, 12)."""
    sounding = pitches_sounding(bars)  # (N, T, 128)
    of_step = np.stack([sounding[..., pitch_class::12].sum(-1) for pitch_class in range(12)], axis=-1)
    return of_step.reshape(len(bars), -1, WINDOW, 12).sum(2)


def pitches_sounding(bars: Bars) -> np.ndarray:
    """Count the roles that sound each MIDI pitch at each step, (N, T, 128) u1."""
    out = np.zeros((*bars.bass.shape, 128), np.uint8)
    out[..., CHORD_LOW : CHORD_LOW + CHORD_SIZE] += bars.sounding("chords")
    for role in LINES:
        pitch = bars.sounding_pitches(role)
        bar, step = np.nonzero(pitch >= 0)
        out[bar, step, pitch[bar, step]] += 1
    return out


def groove_similarity(bars: Bars, source: Bars) -> np.ndarray:
    """Return the share of a bar's steps, (N,), at which pitched roles strike in both bars or in neither.

    Grooving pattern similarity as in Wu & Yang 2020 (The Jazz Transformer on the front line, sec. 5.3).
    """
    now, before = bars.pitched_strikes().any(-1), source.pitched_strikes().any(-1)  # (N, T)
    return _mean(now == before, source.inside)


def melody_kept(bars: Bars, source: Bars) -> np.ndarray:
    """Return the note F1 of the lead against the source's lead, bar by bar, (N,)."""
    same, now, before = role_note_counts(bars, source, "lead")
    notes = now + before
    return np.where(notes > 0, 2 * same / np.maximum(notes, 1), np.nan)


def _mean(values: np.ndarray, mask: np.ndarray) -> np.ndarray:
    count = mask.sum(1)
    return np.where(count > 0, (values * mask).sum(1) / np.maximum(count, 1), np.nan)
