"""Finds chords for bars that have none: triads that fit the lead bar by bar, by a small hidden Markov model.

As in MySong (Simon, Morris & Basu 2008, sec. 3): melody notes are what chords emit, and the likeliest sequence is found
by Viterbi's algorithm. Its numbers are set by hand from common practice; pitches are in C major or A minor, which every
song is moved to.
"""

from __future__ import annotations

import numpy as np

from groovevae.arranging.lead_sheet import MAX_BEATS
from groovevae.bars import Bars
from groovevae.bars.constants import STEPS_PER_BEAT

ROOT, THIRD, FIFTH = 1.0, 0.7, 0.8  # how strongly a chord's notes sound, as `lead_sheet.harmony` has it

# Triads (root, third above it in semitones), how usual each is in C major and in A minor, as log weights.
TRIADS = ((0, 4), (2, 3), (4, 3), (5, 4), (7, 4), (9, 3))  # C, Dm, Em, F, G, Am
USUAL = {False: (0.0, -0.7, -1.2, -0.2, -0.2, -0.3), True: (-0.5, -0.7, -1.0, -0.2, -0.4, 0.0)}
HOME = {False: 0, True: 5}  # the chord that a phrase begins and ends with
AT_HOME = 1.5  # what it gains there
STAYS = -0.7  # what a chord that stays for another bar loses
BY_FIFTH = 0.4  # what a move by a fourth or a fifth gains
FITS = 4.0  # weight of the share of the lead's notes that are chord notes
PROGRESSIONS = {False: ((0, 4, 5, 3), (0, 5, 3, 4), (5, 3, 0, 4), (0, 3, 4, 3)), True: ((5, 3, 0, 4), (5, 1, 3, 4))}


def harmonised(bars: Bars, *, is_minor: bool, seed: int) -> np.ndarray:
    """Return a harmony (N, 144) for bars without bass and chords, as `lead_sheet.harmony` would read it off them.

    Without a lead, one of a few common progressions is repeated, by `seed`.
    """
    weight = _lead_weights(bars)  # (N, 12)
    if weight.any():
        chords = _likeliest(weight, is_minor=is_minor)
    else:
        progressions = PROGRESSIONS[is_minor]
        chords = np.resize(progressions[seed % len(progressions)], len(bars))
    classes = np.zeros((len(bars), 12), np.float32)
    for bar, chord in enumerate(chords.tolist()):
        root, third = TRIADS[chord]
        for semitones, strength in ((0, ROOT), (third, THIRD), (7, FIFTH)):
            classes[bar, (root + semitones) % 12] = strength
    inside = np.arange(MAX_BEATS) * STEPS_PER_BEAT < bars.num_steps[:, None]  # (N, 6)
    together = classes[:, None] * inside[..., None]
    return np.concatenate([together, np.zeros_like(together)], axis=1).reshape(len(bars), -1).astype(np.float32)


def _lead_weights(bars: Bars) -> np.ndarray:
    """Return how long the lead sounds each pitch class in each bar, (N, 12); the first beat counts twice."""
    sounding = bars.chroma("lead").astype(np.float32)  # (N, T, 12)
    return sounding.sum(1) + sounding[:, :STEPS_PER_BEAT].sum(1)


def _likeliest(weight: np.ndarray, *, is_minor: bool) -> np.ndarray:
    """Return the likeliest triad of each bar, (N,), for the lead's pitch classes (N, 12)."""
    members = np.zeros((len(TRIADS), 12))
    for row, (root, third) in enumerate(TRIADS):
        members[row, [root, (root + third) % 12, (root + 7) % 12]] = 1.2, 1.0, 1.0
    share = weight @ members.T / np.maximum(weight.sum(1, keepdims=True), 1e-9)  # (N, 6)
    gain = FITS * share + np.array(USUAL[is_minor])
    gain[[0, -1], HOME[is_minor]] += AT_HOME
    roots = np.array([root for root, _ in TRIADS])
    moves = np.isin((roots[None] - roots[:, None]) % 12, (5, 7)) * BY_FIFTH + np.eye(len(roots)) * STAYS
    total, came_from = gain[0], np.zeros(gain.shape, int)
    for bar in range(1, len(gain)):
        ways = total[:, None] + moves  # from, to
        came_from[bar] = ways.argmax(0)
        total = ways.max(0) + gain[bar]
    chords = np.empty(len(gain), int)
    chords[-1] = total.argmax()
    for bar in range(len(gain) - 1, 0, -1):
        chords[bar - 1] = came_from[bar, chords[bar]]
    return chords
