"""Makes parts that come in half as present: fewer strikes, the strongest beats last to go, and softer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from groovevae.bars import Bars
from groovevae.bars.constants import HOLD, LINES, OFF, PITCHED, ROLES
from groovevae.bars.states import is_struck

SOFTEST = 0.6  # share of its velocity that a part keeps as it vanishes


def less_present(bars: Bars, presence: np.ndarray) -> Bars:
    """Return bars in which each role is as present as (N, 4) numbers from 0 to 1 say; 1 leaves it as it is.

    A role keeps that share of its strikes in each bar, on the strongest steps; notes that are left sound on through
    those that are not. Velocities sink in proportion, to SOFTEST at 0, where nothing is left.
    """
    grids = {name: grid.copy() for name, grid in bars.grids.items()}
    for column, role in enumerate(ROLES):
        strikes = bars.strikes(role)
        for bar in np.flatnonzero(presence[:, column] < 1).tolist():
            share = float(np.clip(presence[bar, column], 0, 1))
            dropped = _dropped(strikes[bar], int(bars.num_steps[bar]), bool(bars.is_compound[bar]), share)
            if share == 0:
                grids[role][bar] = 0
            elif role == "drums":
                grids[role][bar, dropped] = 0
            else:
                _sound_on(grids[role][bar], dropped, role)
            _soften(grids, bar, column, dropped, SOFTEST + (1 - SOFTEST) * share)
    return replace(bars, **grids)


def _dropped(strikes: np.ndarray, num_steps: int, is_compound: bool, share: float) -> np.ndarray:
    """Return the struck steps (K,) that fall silent: the weakest, later ones first."""
    struck = np.flatnonzero(strikes)
    strength = step_strength(num_steps, is_compound)[struck]
    order = np.lexsort((struck, -strength))  # strongest first
    return np.sort(struck[order[int(np.ceil(share * len(struck))) :]])


def step_strength(num_steps: int, is_compound: bool) -> np.ndarray:
    """Return the metrical strength of each step of a bar, (num_steps,): 0 for a weak sixteenth, 4 for the downbeat."""
    step = np.arange(num_steps)
    levels = (2, 6, num_steps // 2) if is_compound else (2, 4, 8)
    strength = np.sum([(step % max(level, 1) == 0) for level in levels], axis=0)
    return np.where(step == 0, len(levels) + 1, strength)


def _sound_on(states: np.ndarray, dropped: np.ndarray, role: str) -> None:
    """Let what sounds before each dropped strike sound on through it, in the states of one bar, (T,) or (T, 60)."""
    strikes = is_struck(states, role)
    for step in dropped.tolist():
        later = np.flatnonzero(strikes[step + 1 :])
        end = step + 1 + int(later[0]) if len(later) else len(states)
        sounding = np.asarray(states[step:end] if role in LINES else states[step:end].any(-1))
        last = int(np.flatnonzero(sounding)[-1]) + 1 if sounding.any() else 0
        if role in LINES:
            before = step > 0 and states[step - 1] >= HOLD
            states[step : step + last] = HOLD if before else OFF
        else:
            held = states[step - 1] >= HOLD if step > 0 else np.zeros(states.shape[1], bool)
            states[step : step + last] = np.where(held, HOLD, OFF)


def _soften(grids: dict[str, np.ndarray], bar: int, column: int, dropped: np.ndarray, factor: float) -> None:
    if ROLES[column] == "drums":
        hits = grids["drums"][bar]
        grids["drums"][bar] = np.where(hits > 0, np.maximum(np.round(hits * factor), 1), 0)
        grids["drums_offset"][bar] *= grids["drums"][bar] > 0
        return
    voice = PITCHED.index(ROLES[column])
    velocity = grids["velocity"][bar, :, voice]
    velocity[dropped] = 0
    grids["velocity"][bar, :, voice] = np.where(velocity > 0, np.maximum(np.round(velocity * factor), 1), 0)
    grids["offset"][bar, dropped, voice] = 0
