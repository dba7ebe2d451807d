"""Finds the beats of a performance that was recorded without a click, and writes its notes down in those beats.

Beats are tracked by dynamic programming (Ellis 2007, "Beat Tracking by Dynamic Programming") over the strength of the
onsets, which MIDI gives without any listening. It knows no bars.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from groovevae.midi.score import DEFAULT_TEMPO, TEMPO_RANGE, Score

FRAMES = 100  # a second
ONSET_WIDTH = 0.02  # seconds: standard deviation of an onset, as players strike a chord
LOW_PITCH, LOW_BONUS = 52, 2.0  # notes below it mark beats more often
USUAL_TEMPO, TEMPO_WIDTH = 120.0, 0.7  # beats a minute, and octaves either side that are as good as usual
TEMPOS = (40.0, 240.0)  # beats a minute that are looked for
HALF_BEATS = 0.5  # how much onsets half a beat apart speak for a tempo, too
TIGHTNESS = 100.0  # how much a beat of another length than the mean costs, as in Ellis 2007
MIN_ONSETS = 32  # fewer give neither a tempo nor a fit

SHORTEST = 1e-3  # quarter notes: no note vanishes

CLICK_FIT = 0.3  # how closely onsets gather around some division of the beat; 0 by chance, 1 where all lie on it
DIVISIONS = (1, 2, 3, 4, 6)  # of a quarter note
STEPS = (0.0, 0.25, 1 / 3, 0.5, 2 / 3, 0.75, 1.0)  # of a quarter note: sixteenths and triplets
STEP_WINDOW = 0.05  # quarter notes either side of a step: 25 ms at 120
BESIDE = (0.1, 0.23)  # quarter notes that steady notes lie beside the eighths: no feel, and no sixteenths
CHORD_WINDOW = 0.06  # quarter notes within which notes are struck together


def has_click(score: Score) -> bool:
    """Return whether the notes follow the beats that a file counts.

    Only a file that counts 120 throughout, which is what recorders write unasked, is doubted.
    """
    onsets = _onsets(score)
    if len(score.tempos) > 1 or abs(score.tempos[0, 1] - DEFAULT_TEMPO) > 0.01 or len(onsets) < MIN_ONSETS:
        return True
    return max(abs(_gathering(onsets, parts)) for parts in DIVISIONS) >= CLICK_FIT


def off_grid_share(score: Score) -> float:
    """Return the share of onsets that lie near no sixteenth or triplet; 0.4 where they fall anywhere."""
    distance = np.abs(_onsets(score)[:, None] % 1 - np.array(STEPS)).min(1)
    return float((distance > STEP_WINDOW).mean())


def beside_beats(score: Score) -> tuple[float, float]:
    """Return how far all notes lie beside the eighths of a file, in quarter notes, -0.25 to 0.25; 0 where they do not.

    The second number tells how closely they keep this distance, 1: exactly.

    A recording that begins at some time or other is regular in itself, yet not with the beats of its file. Notes on
    the sixteenths between the eighths are off-beats.
    """
    onsets = _onsets(score)
    if len(onsets) < MIN_ONSETS / 2:
        return 0.0, 0.0
    gathering = _gathering(onsets, 2)
    beside = float(np.angle(gathering)) / (4 * np.pi)
    share = abs(gathering)
    return (beside if share > 0.8 and BESIDE[0] < abs(beside) < BESIDE[1] else 0.0), share


def _onsets(score: Score) -> np.ndarray:
    """Return the times at which anything is struck, in quarter notes; a chord counts once."""
    onsets = score.notes["onset"]
    return onsets[np.append(True, np.diff(onsets) > CHORD_WINDOW)[: len(onsets)]]


def _gathering(onsets: np.ndarray, parts: int) -> complex:
    """Return the mean of the onsets on the circle of a quarter note's equal `parts`; its length is 0 to 1."""
    return complex(np.exp(2j * np.pi * parts * onsets).mean())


def estimate_beats(seconds: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """Return the times of beats, (K,) in seconds, in notes that begin at `seconds` (N,) with a `strength` (N,).

    The first and the last note lie within a beat of the first and the last beat.
    """
    envelope = _envelope(seconds, strength)
    period = _beat_frames(envelope)
    return _track(envelope / max(envelope.std(), 1e-9), period) / FRAMES


def _envelope(seconds: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """Return how strongly notes strike in each frame, (F,)."""
    hits = np.bincount(
        np.rint(seconds * FRAMES).astype(int), weights=strength, minlength=int(seconds.max() * FRAMES) + 8
    )
    frames = np.arange(-3 * ONSET_WIDTH * FRAMES, 3 * ONSET_WIDTH * FRAMES + 1)
    smooth = np.convolve(hits, np.exp(-0.5 * (frames / FRAMES / ONSET_WIDTH) ** 2), "same")
    return np.sqrt(np.maximum(smooth, 0.0))


def _beat_frames(envelope: np.ndarray) -> int:
    """Return the frames of a beat: the most regular period, near the usual tempo where several are."""
    centred = envelope - envelope.mean()
    spectrum = np.fft.rfft(centred, 2 * len(centred))
    likeness = np.fft.irfft(np.abs(spectrum) ** 2)[: len(centred)]
    periods = np.arange(round(60 * FRAMES / TEMPOS[1]), round(60 * FRAMES / TEMPOS[0]) + 1)
    likeness = np.pad(likeness, (0, max(0, int(periods[-1]) + 2 - len(likeness))))
    half = np.max([likeness[periods // 2 + frame] for frame in (-1, 0, 1)], axis=0)
    octaves = np.log2(60 * FRAMES / periods / USUAL_TEMPO)
    usual = np.exp(-0.5 * (octaves / TEMPO_WIDTH) ** 2)
    return int(periods[np.argmax((likeness[periods] + HALF_BEATS * half) * usual)])


def _track(envelope: np.ndarray, period: int) -> np.ndarray:
    """Return the frames of beats, (K,), that gather most onset strength at steady distances: the best path."""
    distance = np.arange(2 * period, period // 2 - 1, -1)
    cost = TIGHTNESS * np.log(distance / period) ** 2
    total = np.zeros(len(envelope) + 2 * period)  # of the best path that ends at each frame, after 2 * period of rest
    before = np.full(len(envelope), -1)
    first = int(np.argmax(envelope > 0.01 * envelope.max()))
    for frame in range(len(envelope)):
        paths = total[frame : frame + len(distance)] - cost
        best = int(paths.argmax())
        total[frame + 2 * period] = envelope[frame] + max(paths[best], 0.0)
        if frame > first and paths[best] > 0:
            before[frame] = frame - distance[best]
    last = len(envelope) - 2 * period + int(total[-2 * period :].argmax())
    beats = [max(last, 0)]
    while before[beats[-1]] >= 0:
        beats.append(int(before[beats[-1]]))
    return np.array(beats[::-1])


def retimed(score: Score) -> Score:
    """Return a score whose quarter notes are beats estimated from its notes, at the same times in seconds.

    Its metre map counts beats (1/4), for the bars to be found from the notes. Scores of too few notes come back as
    they are.
    """
    if len(score.notes) < MIN_ONSETS:
        return score
    notes = score.notes.copy()
    begin, end = score.seconds(notes["onset"]), score.seconds(notes["onset"] + notes["duration"])
    released = None if score.written is None else score.seconds(notes["onset"] + score.written)
    strength = notes["velocity"] / 127 * np.where(notes["pitch"] < LOW_PITCH, LOW_BONUS, 1.0)
    beats = _from_zero(estimate_beats(begin, strength), float(end.max()))
    quarter = np.arange(len(beats), dtype=float)
    notes["onset"] = np.interp(begin, beats, quarter)
    notes["duration"] = np.maximum(np.interp(end, beats, quarter) - notes["onset"], SHORTEST)
    written = None if released is None else np.maximum(np.interp(released, beats, quarter) - notes["onset"], SHORTEST)
    tempos, metres = np.column_stack([quarter[:-1], 60 / np.diff(beats)]), np.array([[0.0, 1, 4]])
    return replace(score, notes=notes, written=written, tempos=tempos, metres=metres, length=0.0, clip_end=0.0)


def _from_zero(beats: np.ndarray, end: float) -> np.ndarray:
    """Continue beats back to second 0 and on past `end`; what is left before the first whole beat is a short one."""
    mean = (beats[-1] - beats[0]) / (len(beats) - 1) if len(beats) > 1 else 60 / USUAL_TEMPO
    back = np.arange(beats[0] - mean, 0, -mean)[::-1]
    on = np.arange(beats[-1] + mean, end + 2 * mean, mean)
    beats = np.concatenate([back, beats, on])
    if beats[0] <= 60 / TEMPO_RANGE[1]:  # too short for a beat of its own
        beats[0] = 0.0
        return beats
    return np.concatenate([[0.0], beats])
