"""What is known of bars before they are arranged, and how the arranger's network reads it. Holds no weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from groovevae.arranging.lead_sheet import HARMONY_SIZE
from groovevae.bars.constants import ROLES

PERIOD = 8  # bars after which a place in the phrase counts as the same
NUM_POINTS = 4  # points that the network reads: given roles, the bars before and after, the style
NUM_KNOWN = HARMONY_SIZE + 3 * len(ROLES) + 5 + PERIOD + 2  # features other than points


class Conditions(NamedTuple):
    """What is known of N bars. Points are in the arranger's coordinates; where something is unknown, its flag is False.

    `genre` holds weights that sum to 1, or zeros where no genre is named.
    """

    given: np.ndarray  # (N, K) the bars with nothing but the given roles
    is_given: np.ndarray  # (N, 4) bool
    harmony: np.ndarray  # (N, 144) as in `lead_sheet.harmony`
    knows_harmony: np.ndarray  # (N,) bool
    knows_bass: np.ndarray  # (N,) bool: the bass's own pitch classes, too
    plays: np.ndarray  # (N, 4) bool: which roles play
    knows_plays: np.ndarray  # (N,) bool
    before: np.ndarray  # (N, K) the whole bar before
    knows_before: np.ndarray  # (N,) bool
    after: np.ndarray  # (N, K)
    knows_after: np.ndarray  # (N,) bool
    style: np.ndarray  # (N, K) the mean of a song's bars
    knows_style: np.ndarray  # (N,) bool
    place: np.ndarray  # (N,) int: the number of the bar in its phrase
    setting: np.ndarray  # (N, 2): minor key, log2 of tempo / 120
    metre: np.ndarray  # (N,) int: row of the metre table
    genre: np.ndarray  # (N, G) float32

    @property
    def features(self) -> np.ndarray:
        """What the network reads besides genre and metre, (N, NUM_POINTS * K + NUM_KNOWN) float32."""
        any_given = np.asarray(np.any(self.is_given, axis=1))
        harmony = self.harmony * _column(self.knows_harmony)
        harmony[:, HARMONY_SIZE // 2 :] *= _column(self.knows_bass)
        parts = [
            self.given * _column(any_given),
            self.before * _column(self.knows_before),
            self.after * _column(self.knows_after),
            self.style * _column(self.knows_style),
            harmony,
            self.is_given,
            self.plays & self.knows_plays[:, None],
            ~self.plays & self.knows_plays[:, None],
            np.stack(
                [self.knows_harmony, self.knows_bass, self.knows_before, self.knows_after, self.knows_style], axis=1
            ),
            np.eye(PERIOD, dtype=np.float32)[self.place % PERIOD],
            self.setting,
        ]
        return np.concatenate(parts, axis=1, dtype=np.float32)

    @classmethod
    def concatenate(cls, parts: Sequence[Conditions]) -> Conditions:
        """Return what is known of the bars of all parts, one after another."""
        return cls(*(np.concatenate(own) for own in zip(*parts, strict=True)))

    def rows(self, index: np.ndarray | slice) -> Conditions:
        """Return what is known of some of the bars."""
        return Conditions(*(part[index] for part in self))

    @property
    def without_genre(self) -> Conditions:
        """The same without genre and style: what guidance towards a genre leads away from."""
        return self._replace(genre=np.zeros_like(self.genre), knows_style=np.zeros_like(self.knows_style))

    def with_harmony(self, strength: float) -> Conditions:
        """Return the same with a harmony that is `strength` times as strong."""
        return self._replace(harmony=np.float32(strength) * self.harmony)


def _column(flags: np.ndarray) -> np.ndarray:
    return flags[:, None].astype(np.float32)
