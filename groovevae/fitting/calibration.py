"""Measures how far bars have to move from genre to genre, role by role, until amount 0.5 is heard as half way.

Bars of one genre are moved and decoded, and a judge for each role says how much they sound like the other genre. Songs
are in two halves, and each half is heard, as it is and moved, by a judge that was fitted to the other. They are never
an evaluation's judges: each hears a single role through features of its own, and evaluations fit theirs on other songs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import NamedTuple

import numpy as np

from groovevae.bars import Bars
from groovevae.bars.constants import PITCHED, ROLES
from groovevae.corpus.dataset import Dataset
from groovevae.fitting.heard_bars import drawn_bars, drawn_runs, heard_bars
from groovevae.fitting.pair_sample import filled_in, measured_pairs
from groovevae.measures.judges import forest
from groovevae.model.calibration import AMOUNTS
from groovevae.model.file import ModelFile
from groovevae.model.latent_arithmetic import Displacement, find_displacement, translation_matrix
from groovevae.network.decoding import DEFAULT_TEMPERATURE, Take, decode_takes
from groovevae.network.forward import Network
from groovevae.network.refining import close_points
from groovevae.progress import Progress, quiet

GRID = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5)  # shares of the way that are tried: beyond, harmony is lost for little gain
ARRIVED = 0.95  # share of the way, as heard, that amount 1 aims for: the last bit can lie far out
FARTHEST = {"lead": AMOUNTS}  # limit for a role, by amount: the melody says least of a genre and is missed most
LEAST_DIFFERENCE = 0.1  # between the probabilities of both genres' real bars: below it, the role tells nothing
PLACES = 8  # parts of a bar in which a judge counts strikes
TREES = 40

RoleFeatures = Mapping[str, np.ndarray]  # role -> (N, F)
Roles = tuple[str, ...]
Judge = Callable[[np.ndarray], np.ndarray]  # features (N, F) to the probability of the second of two genres (N,)


class KnownJudges(NamedTuple):
    """A judge for each half of the songs, fitted to the other, and what they say of real bars on average."""

    judges: tuple[Judge, Judge]
    low: float  # mean probability of the second genre that they give to bars of the first
    high: float  # and to bars of the second

    def judged(self, features: np.ndarray, half: np.ndarray) -> np.ndarray:
        """Return the probability of the second genre (N,) for bars with these features (N, F) of songs in each half."""
        said = np.zeros(len(half))
        for number, judge in enumerate(self.judges):
            if (rows := half == number).any():
                said[rows] = judge(features[rows])
        return said


@dataclass(frozen=True)
class TwoGenres:
    """Real bars of two genres, and judges of the two, which are fitted when they are first asked."""

    features: tuple[RoleFeatures, RoleFeatures]
    halves: tuple[np.ndarray, np.ndarray]  # (N,) int each
    _judges: dict[Roles, KnownJudges] = field(default_factory=dict, init=False, repr=False)

    def judges(self, roles: Roles) -> KnownJudges:
        """Return the judges that hear some roles together."""
        if roles not in self._judges:
            self._judges[roles] = self._fitted(roles)
        return self._judges[roles]

    def _fitted(self, roles: Roles) -> KnownJudges:
        sides = [(_together(own, roles), half) for own, half in zip(self.features, self.halves, strict=True)]
        first, second = (fit_judge(*(own[half != number] for own, half in sides)) for number in (0, 1))
        known = KnownJudges((first, second), 0.0, 1.0)
        low, high = (float(known.judged(own, half).mean()) for own, half in sides)
        return known._replace(low=low, high=high)


def measure_calibration(
    model: ModelFile,
    network: Network,
    *,
    data: Dataset | None = None,
    names: Sequence[str] | None = None,
    progress: Progress = quiet,
) -> dict[tuple[str, str], np.ndarray]:
    """Measure the curves (4, K) of each ordered pair of genres, or only of the pairs that include one of `names`.

    A curve holds, for each of AMOUNTS, the share of the way, by song codes or optimal transport, at which bars are
    heard to have gone that far. Of many genres, some pairs are measured, and the others filled in. The bars come from
    `data`; for a genre that it does not hold, from the phrases in the model file.
    """
    curves = {}
    for pair in pairs_heard(model, network, data=data, names=names, progress=progress):
        found = pair.responses(transported(model, pair.source, pair.target)(pair.z))
        rows = [np.minimum(curve, FARTHEST.get(role, np.inf)) for role, (curve, _) in found.items()]
        curves[pair.source, pair.target] = np.stack(rows).astype(np.float32)
    return filled_in(curves) if names is None else curves


def transported(model: ModelFile, source: str, target: str) -> Displacement:
    """Return the displacement by song codes or optimal transport from genre to genre."""
    genres = model.genres
    return find_displacement(genres[source], {target: 1.0}, genres, find_matrix=translation_matrix)


@dataclass(frozen=True)
class PairHeard:
    """Bars of a source that are to be moved to a target, and judges of the two."""

    network: Network
    source: str
    target: str
    like: Bars  # N bars
    half: np.ndarray  # (N,) int: the half of the songs that each is from
    z: np.ndarray  # (N, Z)
    genres: TwoGenres
    is_back: bool  # whether the source is the second of the two genres
    harmony: np.ndarray | None = None  # (N, 6, 12): what a bass keeps to, as in `DosedPath`

    def __getitem__(self, index: slice) -> PairHeard:
        """Return the pair with some of its bars to move."""
        harmony = None if self.harmony is None else self.harmony[index]
        return replace(self, like=self.like[index], half=self.half[index], z=self.z[index], harmony=harmony)

    def responses(self, displacement: np.ndarray) -> dict[str, tuple[np.ndarray, float]]:
        """Return by role its curve (K,) along a displacement, (N, Z) or (4, N, Z), and how far its end is heard."""
        steps = self.heard([self.z + np.float32(share) * displacement for share in GRID])
        found = {}
        for role in ROLES:
            shares = self.shares((role,), steps)  # (len(GRID),)
            curve = invert(shares) if np.isfinite(shares).all() else np.array(AMOUNTS)
            found[role] = curve, float(np.interp(curve[-1], (0.0, *GRID), (0.0, *shares)))
        return found

    def heard(self, points: Sequence[np.ndarray]) -> list[RoleFeatures]:
        """Decode the bars from each of these points, (N, Z) or (4, N, Z), and return what judges hear of them."""
        take = Take(self.z, self.like, temperature=DEFAULT_TEMPERATURE, harmony=self.harmony)
        takes = [take._replace(z=own.astype(np.float32)) for own in points]
        return [role_features(bars) for bars in decode_takes(self.network, takes)]

    def shares(self, roles: Roles, steps: Sequence[RoleFeatures]) -> np.ndarray:
        """Return how far from source to target some roles together are heard at each step, (S,); NaN where unclear."""
        judges = self.genres.judges(roles)
        way = judges.high - judges.low
        if way < LEAST_DIFFERENCE:
            return np.full(len(steps), np.nan)
        features = np.concatenate([_together(step, roles) for step in steps])
        said = judges.judged(features, np.tile(self.half, len(steps))).reshape(len(steps), -1).mean(1)
        return ((judges.high - said) if self.is_back else (said - judges.low)) / way


def pairs_heard(
    model: ModelFile,
    network: Network,
    *,
    data: Dataset | None = None,
    names: Sequence[str] | None = None,
    in_runs: bool = False,
    first: np.ndarray | None = None,
    progress: Progress = quiet,
) -> Iterator[PairHeard]:
    """Go through the ordered pairs of genres, or those that include one of `names`, with bars to move and judges.

    Of more than MOST_GENRES, only some pairs come (`pair_sample.measured_pairs`).

    The bars to move are single ones, or runs (`heard_bars.drawn_runs`), `first` of the songs of `data` so marked.
    """
    heard = heard_bars(model, network, data)
    pairs = _pairs(list(heard), names)
    features = {name: role_features(own.bars) for name, own in heard.items()}
    moved = {n: drawn_runs(own, n, data, first) if in_runs else drawn_bars(own) for n, own in heard.items()}
    z = {name: close_points(network, own.bars) for name, own in moved.items()}
    for done, (one, other) in enumerate(pairs):  # both ways by the same judges
        both = TwoGenres((features[one], features[other]), (heard[one].half, heard[other].half))
        for is_back, (source, target) in enumerate(((one, other), (other, one))):
            progress("how far blends are heard to go", 2 * done + is_back, 2 * len(pairs))
            own = moved[source]
            yield PairHeard(network, source, target, own.bars, own.half, z[source], both, is_back=bool(is_back))


def _pairs(heard: Sequence[str], names: Sequence[str] | None) -> list[tuple[str, str]]:
    """Return the unordered pairs that are measured: those that include one of `names`, or enough to know all."""
    if names is None:
        return measured_pairs(heard)
    return [pair for pair in combinations(heard, 2) if set(pair) & set(names)]


def _together(features: RoleFeatures, roles: Roles) -> np.ndarray:
    return np.concatenate([features[role] for role in roles], axis=1)


def invert(heard: np.ndarray) -> np.ndarray:
    """Return the shares, (K,), at which bars `heard` this far at each of GRID, (len(GRID),), first reach AMOUNTS."""
    rising = np.maximum.accumulate(np.concatenate([[0.0], heard]))
    rising += 1e-6 * np.arange(len(rising))  # where it stays level, the first share counts
    return np.interp(np.minimum(AMOUNTS, ARRIVED), rising, (0.0, *GRID))


def fit_judge(source: np.ndarray, target: np.ndarray) -> Judge:
    """Fit a judge: a function from features (N, F) to the probability of `target` (N,), both genres weighing the same.

    The judge is a forest (`judges.forest`). Like listeners, trees notice that a pattern is no longer the usual one,
    however little it has changed; to a linear judge, bars from genres of few patterns would have to go twice as far.
    """
    judge = forest(TREES, seed=0).set_params(n_jobs=1)  # a small forest is not worth the threads
    judge.fit(np.concatenate([source, target]), np.repeat([False, True], [len(source), len(target)]))
    return lambda features: judge.predict_proba(features)[:, 1]


def role_features(bars: Bars) -> Mapping[str, np.ndarray]:
    """Return what the judge of each role hears in bars, (N, F): where the role strikes and, if pitched, which notes."""
    place = np.minimum(np.arange(bars.bass.shape[1]) * PLACES // bars.num_steps[:, None], PLACES - 1)  # (N, T)
    at = (place[..., None] == np.arange(PLACES)).astype(np.float32)  # (N, T, 8)
    hits = bars.onsets("drums").astype(np.float32)  # (N, T, 9)
    of_voices = np.einsum("ntv,ntp->nvp", hits, at).reshape(len(bars), -1)
    found = {"drums": np.concatenate([of_voices, hits.any(-1).sum(1, keepdims=True)], axis=1)}
    return found | {role: _pitched_features(bars, role, at) for role in PITCHED}


def _pitched_features(bars: Bars, role: str, at: np.ndarray) -> np.ndarray:
    struck = bars.strikes(role).astype(np.float32)  # (N, T)
    counts = bars.pitch_counts(role).astype(np.float32)  # (N, P)
    pitch = np.arange(counts.shape[1])  # above the role's lowest
    total = np.maximum(counts.sum(1), 1)
    mean = counts @ pitch / total
    spread = np.sqrt(np.maximum(counts @ pitch.astype(np.float64) ** 2 / total - mean**2, 0))
    classes = counts.reshape(len(bars), -1, 12).sum(1) / total[:, None]
    return np.concatenate(
        [
            np.einsum("nt,ntp->np", struck, at),
            struck[:, 1::2].sum(1, keepdims=True),
            bars.sounds(role).sum(1, keepdims=True),
            np.stack([mean, spread, (counts > 0).sum(1), total / np.maximum(struck.sum(1), 1)], axis=1),
            classes,
        ],
        axis=1,
    )


def with_calibration(
    model: ModelFile,
    *,
    data: Dataset | None = None,
    names: Sequence[str] | None = None,
    progress: Progress = quiet,
) -> ModelFile:
    """Return the model calibrated anew for all pairs of genres, or only for the pairs that include one of `names`."""
    kept = {pair: curve for pair, curve in model.calibration.items() if names and not set(names) & set(pair)}
    measured = measure_calibration(model, model.network(), data=data, names=names, progress=progress)
    return replace(model, calibration={**kept, **measured})
