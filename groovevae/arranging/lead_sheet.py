"""Reads the lead sheet off bars: the harmony of each beat, and bars reduced to some of their roles. Uses no network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from groovevae.bars import Bars
from groovevae.bars.constants import MAX_STEPS, PITCHED, ROLES, STEPS_PER_BEAT

MAX_BEATS = MAX_STEPS // STEPS_PER_BEAT
HARMONY_SIZE = 2 * MAX_BEATS * 12  # pitch classes of all that accompanies, then of the bass alone, beat by beat


def harmony(bars: Bars) -> np.ndarray:
    """Return how strongly bass and chords sound each pitch class in each beat, and the bass alone, (N, 144) float32.

    The strongest pitch class of a beat is 1; zeros where nothing sounds. The lead is left out: its passing notes are
    no harmony.
    """
    bass, chords = (beat_chroma(bars, role) for role in ("bass", "chords"))
    parts = [strength / np.maximum(strength.max(-1, keepdims=True), 1) for strength in (bass + chords, bass)]
    return np.concatenate(parts, axis=1).reshape(len(bars), HARMONY_SIZE)


def kept_harmony(bars: Bars) -> np.ndarray:
    """Return how much a bass is to keep to each pitch class, C first, in each beat of bars, (N, 6, 12) float32.

    Those that bass or chords sound count 1, and those that the bass begins beats with, in a bar or after others, 2: the
    roots.
    """
    steps = bars.chroma("bass").reshape(len(bars), MAX_BEATS, STEPS_PER_BEAT, 12)
    sounding = steps.any(2) | (beat_chroma(bars, "chords") > 0)
    first = np.take_along_axis(steps, steps.any(-1).argmax(2)[..., None, None], axis=2)[:, :, 0]  # (N, 6, 12)
    comes = np.ones((*first.shape[:2], 1), bool)
    comes[:, 1:, 0] = (first[:, 1:] != first[:, :-1]).any(-1)
    return sounding.astype(np.float32) + (first & comes)


def beat_chroma(bars: Bars, role: str) -> np.ndarray:
    """Return at how many steps of each beat a pitched role sounds each pitch class, C first, (N, 6, 12) float32."""
    return bars.chroma(role).reshape(len(bars), MAX_BEATS, STEPS_PER_BEAT, 12).sum(2).astype(np.float32)


def only_roles(bars: Bars, is_kept: np.ndarray) -> Bars:
    """Return the bars with nothing but the kept roles, (4,) for all bars alike or (N, 4) bool."""
    is_kept = np.broadcast_to(is_kept, (len(bars), len(ROLES)))
    grids = {name: grid.copy() for name, grid in bars.grids.items()}
    for column, role in enumerate(ROLES):
        silent = ~is_kept[:, column]
        grids[role][silent] = 0
        if role in PITCHED:
            for feel in ("velocity", "offset"):
                grids[feel][silent, :, column - 1] = 0
        else:
            grids["drums_offset"][silent] = 0
    return replace(bars, **grids)


def without_feel(bars: Bars) -> Bars:
    """Return the same notes on the grid, all of a role equally loud in a bar: as loud as they are on average."""
    struck = bars.pitched_strikes()  # (N, T, 3)
    return replace(
        bars,
        drums=_levelled(bars.drums, bars.drums > 0, axes=(1, 2)),
        drums_offset=np.zeros_like(bars.drums_offset),
        velocity=_levelled(bars.velocity, struck, axes=(1,)),
        offset=np.zeros_like(bars.offset),
    )


def _levelled(velocity: np.ndarray, struck: np.ndarray, *, axes: tuple[int, ...]) -> np.ndarray:
    """Return the mean velocity over these axes wherever something is struck, u1."""
    total = (velocity * struck).sum(axes, keepdims=True)
    return (struck * np.round(total / np.maximum(struck.sum(axes, keepdims=True), 1))).astype(np.uint8)
