"""Bars as a network sees them: a batch of arrays, NumPy or JAX, that `Bars.batch` makes. Decodes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from groovevae.bars.constants import HOLD, PITCHED
from groovevae.bars.states import GRIDS, is_onset, is_struck


class Metre(NamedTuple):
    """The metre of B bars, in the form that the network gets it, NumPy or JAX."""

    num_steps: np.ndarray  # (B,) int
    is_compound: np.ndarray  # (B,) int: 1 where beats fall into threes (3/8, 6/8, 9/8, 12/8)


class BarBatch(NamedTuple):
    """What the network sees of B bars of at most S steps; S is whole beats. Arrays as in Bars, NumPy or JAX."""

    drums: np.ndarray  # (B, S, 9)
    drums_offset: np.ndarray  # (B, S, 9)
    bass: np.ndarray  # (B, S)
    chords: np.ndarray  # (B, S, 60)
    lead: np.ndarray  # (B, S)
    velocity: np.ndarray  # (B, S, 3)
    offset: np.ndarray  # (B, S, 3)
    num_steps: np.ndarray  # (B,) int
    is_compound: np.ndarray  # (B,) int: 1 where beats fall into threes (3/8, 6/8, 9/8, 12/8)

    @property
    def grids(self) -> dict[str, np.ndarray]:
        """All that is played, by name: GRIDS, without the metre."""
        return dict(zip(GRIDS, self, strict=False))

    @property
    def metre(self) -> Metre:
        """The metre of each bar."""
        return Metre(self.num_steps, self.is_compound)

    @property
    def inside(self) -> Any:
        """Whether each step lies inside its bar, (B, S) bool: the other steps are padding."""
        return self.num_steps[:, None] > np.arange(self.bass.shape[1])[None]

    def onsets(self, role: str) -> Any:
        """Tell where the notes of a role begin, like `Bars.onsets`."""
        return is_onset(getattr(self, role), role)

    def holds(self, role: str) -> Any:
        """Tell where the notes of a pitched role are held, like `Bars.holds`."""
        return getattr(self, role) == HOLD

    def pitched_strikes(self, xp: Any = np) -> Any:
        """Return the steps at which bass, chords and lead strike, (B, S, 3) bool; `xp` is `numpy` or `jax.numpy`."""
        return xp.stack([is_struck(getattr(self, role), role) for role in PITCHED], axis=-1)

    def map_grids(self, function: Callable[..., Any], *others: BarBatch) -> BarBatch:
        """Apply a function to each grid of the batch, together with those of `others`; the metre stays."""
        columns = zip(*(batch.grids.values() for batch in (self, *others)), strict=True)
        return self._replace(**{name: function(*column) for name, column in zip(GRIDS, columns, strict=True)})

    def steps(self, first: int, count: int) -> BarBatch:
        """Return the batch cut to `count` steps from `first` on; its bars keep their whole length in `num_steps`."""
        return self.map_grids(lambda grid: grid[:, first : first + count])
