"""Finds where bars lie in the latent space once they are arranged: their content, played as some genres play it.

It decodes nothing. `network` draws the points; this module says what is known of each bar.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np

from groovevae.arranging.conditions import PERIOD, Conditions
from groovevae.arranging.harmonise import harmonised
from groovevae.arranging.lead_sheet import harmony, only_roles
from groovevae.arranging.network import ArrangerNetwork
from groovevae.arranging.plans import Plan
from groovevae.bars import Bars
from groovevae.bars.constants import BASS, CHORDS, ROLES
from groovevae.model.arranger import Arranger
from groovevae.network.chunks import CHUNK, FEW, SHORT, Recent, distinct, on_all_processors, padded
from groovevae.network.decoding import encode
from groovevae.network.forward import Network
from groovevae.network.inputs import metre_rows

GUIDANCE = 2.0  # of blends and new parts; with 2.5 or 3 no more bars are heard to arrive
CLEARLY = 1.0  # how clearly a role must play or rest as planned: bars that play it are at 1 on average
ROUNDS = 3
PIECES = 16  # drawn at once, bar by bar, always, as `network.BLOCK`; a piece alone takes as long as that many
FEW_PIECES = 2  # of short ones, which somebody mostly waits for: a piece, and the same with a bass or a lead of its own
NOISE = 0.5  # size of the noise that bars are drawn from, as a share of that in training


class _End(NamedTuple):
    """The noise of a bar that ends a phrase."""

    own: float  # share of it that is the bar's own
    noise: float  # its size, as a multiple of the piece's


# By place in a phrase. Drummers leave their pattern most in the last bar of eight, and in that of four: from the noise
# of all bars, new drums would play on as if nothing ended.
ENDS = {3: _End(own=0.5, noise=2.0), 7: _End(own=1.0, noise=2.6)}


@dataclass(frozen=True)
class Setting:
    """How bars are played as a whole: what the network reads besides the bars."""

    is_minor: bool
    tempo: float  # quarter notes per minute

    @classmethod
    def of(cls, bars: Bars, *, is_minor: bool = False) -> Self:
        """Return the setting of bars: their median tempo."""
        return cls(is_minor, float(np.median(bars.tempo)))


@dataclass(frozen=True)
class Brief:
    """What is asked of the arranger for one piece of N bars."""

    bars: Bars
    is_given: np.ndarray  # (4,) bool, or (N, 4): roles that are known; what else is played is to fit them
    plan: Plan
    weights: Mapping[str, float]  # of genres
    setting: Setting
    seed: int = 0
    before: np.ndarray | None = None  # (Z,) the bar before the first, where there is one
    after: np.ndarray | None = None  # (Z,) the bar after the last
    is_varied: bool = False  # whether half of the noise is each bar's own, in parts that come in, wherever it lies
    noise: float = NOISE  # its size there, as a share of that in training
    guidance: float = GUIDANCE  # of parts that come in
    harmony: float = 1.0  # how strongly they read their harmony, as a multiple of what parts mostly do
    sounding: np.ndarray | None = None  # (N, 144) the harmony of bars whose given roles have none, if it is known


class Arrangements:
    """A model's arranger, with the network whose points it draws.

    Pieces are drawn together, and each comes out as it would alone.
    """

    def __init__(self, arranger: Arranger, network: Network) -> None:
        self.arranger, self.network = arranger, network
        self.flow = ArrangerNetwork(arranger)
        self._given, self._inverted, self._drawn = Recent[np.ndarray](), Recent[np.ndarray](), Recent[np.ndarray]()
        self._added = Recent[list[np.ndarray]]()

    def genre_weights(self, weights: Mapping[str, float], num_bars: int) -> np.ndarray:
        """Return the weights (N, G) of the genres that the arranger knows; others count for nothing."""
        known = np.array([weights.get(name, 0.0) for name in self.arranger.genres], np.float32)
        total = known.sum()
        return np.tile(known / total if total > 0 else known, (num_bars, 1))

    def given(self, briefs: Sequence[Brief]) -> list[np.ndarray]:
        """Return the bars of each piece with nothing but their given roles, in the arranger's coordinates (N, K)."""
        if not briefs:
            return []
        reduced = Bars.concatenate([only_roles(brief.bars, brief.is_given) for brief in briefs])
        lengths = [len(brief.bars) for brief in briefs]
        is_short = np.repeat(np.array(lengths) < SHORT, lengths)
        batch = reduced.batch()
        first, equals = distinct(*batch, is_short)  # several pieces may share a start

        def encoded() -> np.ndarray:
            z = np.zeros((len(first), self.network.config.latent_size), np.float32)
            for rows, size in ((is_short[first], FEW), (~is_short[first], CHUNK)):
                z[rows] = encode(self.network, reduced[first[rows]], size=size).mean
            return z

        return _split(self.arranger.of(self._given.of(encoded, *batch, is_short))[equals], lengths)

    def known(self, brief: Brief, given: np.ndarray, *, seed: int) -> Conditions:
        """Return what is known of the bars of a piece whose given roles lie at `given` (N, K), and which follow a plan.

        Their harmony is that of all their bass and chords, or the brief's. Bars without any get one that fits their
        lead, where chords or a bass are to come in; by `seed` where there is no lead either.
        """
        bars, plan, setting = brief.bars, brief.plan, brief.setting
        sounding = _harmony(bars, plan, setting, seed) if brief.sounding is None else brief.sounding
        before, knows_before = self._neighbour(given, brief.before, 0)
        after, knows_after = self._neighbour(given, brief.after, -1)
        heard = np.asarray(np.any(sounding, axis=1))
        return Conditions(
            given=given,
            is_given=np.broadcast_to(brief.is_given, (len(bars), len(ROLES))),
            harmony=sounding,
            knows_harmony=heard,
            knows_bass=heard & bars.role_plays[:, BASS],
            plays=plan.plays,
            knows_plays=np.ones(len(bars), bool),
            before=before,
            knows_before=knows_before,
            after=after,
            knows_after=knows_after,
            style=np.broadcast_to(self.arranger.of(plan.style), given.shape),
            knows_style=np.ones(len(bars), bool),
            place=np.arange(len(bars)),
            setting=np.tile(np.array([setting.is_minor, np.log2(setting.tempo / 120)], np.float32), (len(bars), 1)),
            metre=metre_rows(bars.metre),
            genre=self.genre_weights(brief.weights, len(bars)),
        )

    def _neighbour(self, given: np.ndarray, z: np.ndarray | None, bar: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the points (N, K) next to the bars, and whether they are known (N,): z (Z,) alone, next to one bar."""
        points, knows = np.zeros_like(given), np.zeros(len(given), bool)
        if z is not None:
            points[bar], knows[bar] = self.arranger.of(z), True
        return points, knows

    def rearranged(
        self,
        briefs: Sequence[Brief],
        given: Sequence[np.ndarray],
        z: Sequence[np.ndarray],
        sources: Sequence[str],
        *,
        guidance: float = GUIDANCE,
        noise: float = NOISE,
    ) -> list[np.ndarray]:
        """Return points (N, Z) for pieces that encode to z (N, Z): given roles and harmony, played as genres play.

        What they leave open comes from the bars themselves: they are carried back to noise as bars of their source,
        a genre, and drawn from `noise` of its size anew. `given` is what the method of this name returned.
        """
        known = [self.known(*both, seed=0) for both in zip(briefs, given, strict=True)]
        as_they_were = [
            own._replace(
                plays=brief.bars.role_plays,
                genre=self.genre_weights({source: 1.0}, len(brief.bars)),
                style=np.zeros_like(own.given),
                knows_style=np.zeros(len(brief.bars), bool),
            )
            for own, brief, source in zip(known, briefs, sources, strict=True)
        ]
        together, x = Conditions.concatenate(known), self.arranger.of(np.concatenate(z))
        before = Conditions.concatenate(as_they_were)
        start = np.float32(noise) * self._inverted.of(lambda: self.flow.invert(before, x), *before, x)
        drawn = self._drawn.of(
            lambda: self.flow.draw(together, start, guidance=guidance), *together, start, np.array(guidance)
        )
        points = self.arranger.points(self._as_planned(drawn, together.plays))
        return _split(points, [len(brief.bars) for brief in briefs])

    def added(self, briefs: Sequence[Brief], given: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Return points (N, Z) for pieces in which the given roles stay, and the others play what fits them.

        All bars of a piece are drawn from the same noise, so that they are played in one style, but for those that end
        a phrase; varied ones only half so. Each hears the bar before. `given` is what the method of this name returned.
        """
        if not briefs:
            return []
        known = [
            self.known(brief, own, seed=brief.seed).with_harmony(brief.harmony)
            for brief, own in zip(briefs, given, strict=True)
        ]
        noise, guidance = [self._noise(brief) for brief in briefs], np.array([brief.guidance for brief in briefs])

        lengths = np.array([len(brief.bars) for brief in briefs])
        blocks = _blocks(lengths)

        def drawn(block: _Block) -> list[np.ndarray]:
            some = block.pieces.tolist()
            own = [known[piece] for piece in some], [noise[piece] for piece in some]
            return self._bar_after_bar(*own, guidance[some], block.size)

        def all_drawn() -> list[np.ndarray]:
            every = [x for block in on_all_processors(drawn, blocks) for x in block]
            order = np.argsort(np.concatenate([block.pieces for block in blocks]))
            return [every[piece] for piece in order.tolist()]

        every = self._added.of(all_drawn, lengths, *Conditions.concatenate(known), np.concatenate(noise), guidance)
        return [self.arranger.points(x) for x in every]

    def _bar_after_bar(
        self, known: Sequence[Conditions], noise: Sequence[np.ndarray], guidance: np.ndarray, size: int
    ) -> list[np.ndarray]:
        """Draw at most `size` pieces, (N, K) each, by the guidance of each: a bar of all at once, then the next.

        A bar hears the one before. Pieces that have ended, and places in the block that are free, repeat a bar that
        nobody hears.
        """
        lengths = [len(own) for own in noise]
        last, first = padded(np.array(lengths), size) - 1, padded(np.cumsum([0, *lengths[:-1]]), size)
        together, all_noise = Conditions.concatenate(known), np.concatenate(noise)
        strength = padded(guidance, size)[:, None]
        out, heard = np.zeros_like(all_noise), None
        for bar in range(max(lengths)):
            index = first + np.minimum(bar, last)  # (size,)
            here = together.rows(index)
            if heard is not None:
                here = here._replace(before=heard, knows_before=np.ones(size, bool))
            heard = self._as_planned(self.flow.draw_block(here, all_noise[index], guidance=strength), here.plays)
            goes_on = np.flatnonzero(bar < np.array(lengths))
            out[index[goes_on]] = heard[goes_on]
        return _split(out, lengths)

    def _as_planned(self, x: np.ndarray, plays: np.ndarray) -> np.ndarray:
        """Move coordinates x (N, K) the least way to where each role plays, or rests, as planned in `plays` (N, 4).

        What was drawn does so mostly by itself; a part that is planned must not be missing because it did not.
        """
        x = x.astype(np.float64)
        wanted = np.where(plays, 1.0, -1.0)
        for _ in range(ROUNDS):  # to move for one role may undo a little of another
            for column, (*direction, at_zero) in enumerate(self.arranger.tells_who_plays.tolist()):
                way = np.array(direction)
                tells = (x * way).sum(1) + at_zero  # not a product of matrices: rounds alike for any number of bars
                lacks = np.maximum(CLEARLY - wanted[:, column] * tells, 0.0)
                x += (lacks * wanted[:, column])[:, None] * way / max(way @ way, 1e-9)
        return x.astype(np.float32)

    def _noise(self, brief: Brief) -> np.ndarray:
        """Return noise (N, K): the same for all bars but those that end a phrase; of varied ones, half is their own."""
        size, num_bars = len(self.arranger.mean), len(brief.bars)
        shared = np.random.default_rng([brief.seed, size]).standard_normal((1, size), np.float32)
        own = np.random.default_rng([brief.seed, size, 1]).standard_normal((num_bars, size), np.float32)
        share, times = np.full((num_bars, 1), 0.5 if brief.is_varied else 0.0), np.ones((num_bars, 1))
        if not brief.is_varied:
            for place, end in ENDS.items():
                share[place::PERIOD], times[place::PERIOD] = end.own, end.noise
        return (brief.noise * times * (np.sqrt(1 - share) * shared + np.sqrt(share) * own)).astype(np.float32)


class _Block(NamedTuple):
    """Pieces that are drawn at once, and how many rows that takes, always."""

    pieces: np.ndarray  # (M,) their numbers, at most `size` of them
    size: int


def _blocks(lengths: np.ndarray) -> list[_Block]:
    """Return blocks of pieces of so many bars; how large a piece's block is depends on its own length alone."""
    is_short = lengths < SHORT
    return [
        _Block(pieces[first : first + size], size)
        for pieces, size in ((np.flatnonzero(is_short), FEW_PIECES), (np.flatnonzero(~is_short), PIECES))
        for first in range(0, len(pieces), size)
    ]


def _split(rows: np.ndarray, lengths: Sequence[int]) -> list[np.ndarray]:
    return np.split(rows, np.cumsum(lengths)[:-1])


def _harmony(bars: Bars, plan: Plan, setting: Setting, seed: int) -> np.ndarray:
    """Return the harmony (N, 144) of bars: what they play, or what fits their lead where bass or chords come in."""
    has_none = not bars.role_plays[:, [BASS, CHORDS]].any()
    if has_none and plan.plays[:, [BASS, CHORDS]].any():
        return harmonised(bars, is_minor=setting.is_minor, seed=seed)
    return harmony(bars)
