"""Finds where bars lie in the latent space once they are arranged: their content, played as some genres play it.

It decodes nothing. `network` draws the points; this module says what is known of each bar.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from groovevae.arranging.conditions import Conditions
from groovevae.arranging.harmonise import harmonised
from groovevae.arranging.lead_sheet import harmony, only_roles
from groovevae.arranging.network import ArrangerNetwork, Guidance
from groovevae.arranging.plans import Plan
from groovevae.bars import Bars
from groovevae.bars.constants import BASS, CHORDS, ROLES
from groovevae.model.arranger import Arranger
from groovevae.network.decoding import encode
from groovevae.network.forward import Network
from groovevae.network.inputs import metre_rows

REARRANGED = Guidance(genre=np.float32(2.0), content=np.float32(1.0))
ADDED = Guidance(genre=np.float32(1.0), content=np.float32(1.0))  # new parts must above all fit those that stay
CLEARLY = 1.0  # how clearly a role must play or rest as planned: bars that play it are at 1 on average
ROUNDS = 3
NOISE = 0.5  # size of the noise that bars are drawn from, as a share of that in training


@dataclass(frozen=True)
class Setting:
    """How bars are played as a whole: what the network reads besides the bars."""

    is_minor: bool
    tempo: float  # quarter notes per minute

    @classmethod
    def of(cls, bars: Bars, *, is_minor: bool = False) -> Self:
        """Return the setting of bars: their median tempo."""
        return cls(is_minor, float(np.median(bars.tempo)))


class Arrangements:
    """A model's arranger, with the network whose points it draws."""

    def __init__(self, arranger: Arranger, network: Network) -> None:
        self.arranger, self.network = arranger, network
        self.flow = ArrangerNetwork(arranger)

    def genre_weights(self, weights: Mapping[str, float], num_bars: int) -> np.ndarray:
        """Return the weights (N, G) of the genres that the arranger knows; others count for nothing."""
        known = np.array([weights.get(name, 0.0) for name in self.arranger.genres], np.float32)
        total = known.sum()
        return np.tile(known / total if total > 0 else known, (num_bars, 1))

    def known(
        self,
        bars: Bars,
        is_given: np.ndarray,
        plan: Plan,
        weights: Mapping[str, float],
        setting: Setting,
        *,
        seed: int = 0,
    ) -> Conditions:
        """Return what is known of bars whose roles `is_given` (4,), or (N, 4), are given, and which follow a plan.

        Their harmony is that of all their bass and chords. Bars without any get one that fits their lead, where chords
        or a bass are to come in.
        """
        count, size = len(bars), len(self.arranger.mean)
        z, _ = encode(self.network, only_roles(bars, is_given))
        sounding = _harmony(bars, plan, setting, seed)
        nothing, no = np.zeros((count, size), np.float32), np.zeros(count, bool)
        heard = np.asarray(np.any(sounding, axis=1))
        return Conditions(
            given=self.arranger.of(z),
            is_given=np.broadcast_to(is_given, (count, len(ROLES))),
            harmony=sounding,
            knows_harmony=heard,
            knows_bass=heard & bars.role_plays[:, BASS],
            plays=plan.plays,
            knows_plays=~no,
            before=nothing,
            knows_before=no,
            after=nothing,
            knows_after=no,
            style=np.broadcast_to(self.arranger.of(plan.style), nothing.shape),
            knows_style=~no,
            place=np.arange(count),
            setting=np.tile(np.array([setting.is_minor, np.log2(setting.tempo / 120)], np.float32), (count, 1)),
            metre=metre_rows(bars.metre),
            genre=self.genre_weights(weights, count),
        )

    def rearranged(
        self,
        z: np.ndarray,
        bars: Bars,
        is_kept: np.ndarray,
        source: str,
        plan: Plan,
        weights: Mapping[str, float],
        setting: Setting,
    ) -> np.ndarray:
        """Return points (N, Z) for bars that encode to z (N, Z): kept roles (4,) and harmony, played as genres play.

        What they leave open comes from the bars themselves: they are carried back to noise as bars
        of `source`, and drawn from it anew.
        """
        known = self.known(bars, is_kept, plan, weights, setting)
        as_it_was = known._replace(
            plays=bars.role_plays,
            genre=self.genre_weights({source: 1.0}, len(bars)),
            knows_style=np.zeros(len(bars), bool),
        )
        noise = NOISE * self.flow.invert(as_it_was, self.arranger.of(z))
        return self.arranger.points(self._as_planned(self.flow.draw(known, noise, REARRANGED), plan))

    def added(
        self,
        bars: Bars,
        is_given: np.ndarray,
        plan: Plan,
        weights: Mapping[str, float],
        setting: Setting,
        *,
        seed: int,
        before: np.ndarray | None = None,
        after: np.ndarray | None = None,
        is_varied: bool = False,
    ) -> np.ndarray:
        """Return points (N, Z) for bars in which the given roles (4,) stay, and the others play what fits them.

        All bars are drawn from the same noise, so that they are played in one style; `is_varied` ones only half so.
        Each hears the bar before. `before` and `after` (Z,) are the bars on either side, where there are any.
        """
        known = self.known(bars, is_given, plan, weights, setting, seed=seed)
        noise = self._noise(len(bars), seed, is_varied=is_varied)
        out = np.zeros_like(noise)
        last = None if before is None else self.arranger.of(before)
        for bar in range(len(bars)):
            row = known.rows(slice(bar, bar + 1))
            if last is not None:
                row = row._replace(before=last[None], knows_before=np.array([True]))
            if after is not None and bar == len(bars) - 1:
                row = row._replace(after=self.arranger.of(after)[None], knows_after=np.array([True]))
            drawn = self.flow.draw(row, noise[bar : bar + 1], ADDED)
            out[bar] = last = self._as_planned(drawn, Plan(plan.plays[bar : bar + 1], plan.style))[0]
        return self.arranger.points(out)

    def _as_planned(self, x: np.ndarray, plan: Plan) -> np.ndarray:
        """Move coordinates x (N, K) the least way to where each role plays, or rests, as planned.

        What was drawn does so mostly by itself; a part that is planned must not be missing because it did not.
        """
        x = x.astype(np.float64)
        wanted = np.where(plan.plays, 1.0, -1.0)  # (N, 4)
        for _ in range(ROUNDS):  # to move for one role may undo a little of another
            for column, (*direction, at_zero) in enumerate(self.arranger.tells_who_plays.tolist()):
                way = np.array(direction)
                lacks = np.maximum(CLEARLY - wanted[:, column] * (x @ way + at_zero), 0.0)
                x += (lacks * wanted[:, column])[:, None] * way / max(way @ way, 1e-9)
        return x.astype(np.float32)

    def _noise(self, num_bars: int, seed: int, *, is_varied: bool) -> np.ndarray:
        """Return noise (N, K): the same for all bars, or half of it each bar's own."""
        size = len(self.arranger.mean)
        shared = np.random.default_rng([seed, size]).standard_normal((1, size), np.float32)
        if not is_varied:
            return NOISE * np.repeat(shared, num_bars, axis=0)
        own = np.random.default_rng([seed, size, 1]).standard_normal((num_bars, size), np.float32)
        return np.float32(NOISE * np.sqrt(0.5)) * (shared + own)


def _harmony(bars: Bars, plan: Plan, setting: Setting, seed: int) -> np.ndarray:
    """Return the harmony (N, 144) of bars: what they play, or what fits their lead where bass or chords come in."""
    has_none = not bars.role_plays[:, [BASS, CHORDS]].any()
    if has_none and plan.plays[:, [BASS, CHORDS]].any():
        return harmonised(bars, is_minor=setting.is_minor, seed=seed)
    return harmony(bars)
