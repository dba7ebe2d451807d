"""Measures how far bars have to go from genre to genre, role by role, until half the amount is half the way.

Bars of one genre are moved and played, and a judge of each role says how much they are like the other genre's. The bars
are the phrases that the model file carries, so that no corpus is needed; half of them fit the judges, who hear the other
half, as it is and as it is moved. The judges are small and of this module's own:
they share nothing with those that an evaluation uses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from groovevae.bars import Bars
from groovevae.bars.constants import FIRST_PITCH, HOLD, ONSET, ROLES
from groovevae.blend import find_way, go
from groovevae.checkpoint import ModelFile
from groovevae.decoding import Take, decode_takes
from groovevae.describe import phrase_take
from groovevae.doses import AMOUNTS
from groovevae.inference import Network
from groovevae.latents import Genre
from groovevae.request import DEFAULT_TEMPERATURE

GRID = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)  # shares of the way that are tried
ARRIVED = 0.95  # of the way as it is heard: the goal of amount 1, since the last of it can lie far out
MOVED_BARS = 48  # bars of a genre that are moved to each other one
MIN_BARS = 16  # genres of fewer are left out
LEAST_DIFFERENCE = 0.1  # of the probability that the judge gives real bars: below, the role tells nothing
PLACES = 8  # parts of a bar in which a judge counts strikes
RIDGE = 10.0  # of the judges' coefficients, in standardised features
NEWTON_STEPS = 12

Judge = Callable[[np.ndarray], np.ndarray]  # features (N, F) to the probability of the target (N,)


def measure_doses(
    model: ModelFile, network: Network, *, names: Sequence[str] | None = None
) -> dict[tuple[str, str], np.ndarray]:
    """The curves (4, K) of each ordered pair of genres, of those alone that one of `names` is part of.

    A curve holds, for each of doses.AMOUNTS, the share of the way at which bars are heard to have gone that far.
    """
    bars = _phrase_bars(network, model.genres)
    features = {name: role_features(own) for name, own in bars.items()}
    points = {name: np.concatenate([p.z for p in model.genres[name].phrases]).astype(np.float32) for name in bars}
    is_heard = {
        name: _every_other_phrase(model.genres[name]) for name in bars
    }  # by judges that were fitted on the rest
    curves = {}
    for source in bars:
        targets = [name for name in bars if name != source and (names is None or {name, source} & set(names))]
        moved = np.random.default_rng(0).permutation(np.flatnonzero(is_heard[source]))[:MOVED_BARS]
        z, like = points[source][moved], bars[source][moved]
        ways = {t: find_way(model.genres[source], {t: 1.0}, model.genres)(z) for t in targets}
        takes = [
            Take(go(z, way, share), like, temperature=DEFAULT_TEMPERATURE) for way in ways.values() for share in GRID
        ]
        played = [role_features(out) for out in decode_takes(network, takes)]
        for number, target in enumerate(targets):
            steps = played[number * len(GRID) : (number + 1) * len(GRID)]
            sides = [(name, is_heard[name]) for name in (source, target)]
            curves[source, target] = np.stack(
                [
                    _curve(
                        fit_judge(*(features[name][role][~heard] for name, heard in sides)),
                        *(features[name][role][heard] for name, heard in sides),
                        [step[role] for step in steps],
                    )
                    for role in ROLES
                ]
            ).astype(np.float32)
    return curves


def _phrase_bars(network: Network, genres: Mapping[str, Genre]) -> dict[str, Bars]:
    """The bars of each genre's phrases, as the network plays them; of genres that have enough."""
    names = [name for name, genre in genres.items() if sum(len(p.z) for p in genre.phrases) >= MIN_BARS]
    takes = [phrase_take(phrase) for name in names for phrase in genres[name].phrases]
    played = iter(decode_takes(network, takes))
    return {name: Bars.concatenate([next(played) for _ in genres[name].phrases]) for name in names}


def _every_other_phrase(genre: Genre) -> np.ndarray:
    """Which bars of a genre's phrases belong to every second one, (N,) bool; of a single phrase, every second bar."""
    if len(genre.phrases) == 1:
        return np.arange(len(genre.phrases[0].z)) % 2 == 1
    return np.repeat(np.arange(len(genre.phrases)) % 2 == 1, [len(phrase.z) for phrase in genre.phrases])


def _curve(judge: Judge, source: np.ndarray, target: np.ndarray, steps: Sequence[np.ndarray]) -> np.ndarray:
    """Shares of the way (K,) at which a role's features are judged to have come as far as each of AMOUNTS."""
    low, high = judge(source).mean(), judge(target).mean()
    if high - low < LEAST_DIFFERENCE:
        return np.array(AMOUNTS)
    heard = np.array([(judge(step).mean() - low) / (high - low) for step in steps])
    return invert(heard)


def invert(heard: np.ndarray) -> np.ndarray:
    """The shares of GRID, (K,), at which what is heard there, (len(GRID),), first reaches each of AMOUNTS."""
    rising = np.maximum.accumulate(np.concatenate([[0.0], heard]))
    rising += 1e-6 * np.arange(len(rising))  # where it stays level, the first place counts
    return np.interp(np.minimum(AMOUNTS, ARRIVED), rising, (0.0, *GRID))


def fit_judge(source: np.ndarray, target: np.ndarray) -> Judge:
    """A function from features (N, F) to the probability of `target` (N,): logistic regression with a ridge.

    Fitted by Newton's method (iteratively reweighted least squares: Bishop 2006, Pattern Recognition and Machine
    Learning, sec. 4.3.3), both genres weighing the same.
    """
    both = np.concatenate([source, target])
    mean, spread = both.mean(0), both.std(0) + 1e-6
    truth = np.repeat([0.0, 1.0], [len(source), len(target)])
    weight = np.repeat([1 / len(source), 1 / len(target)], [len(source), len(target)]) * len(both) / 2

    def with_bias(features: np.ndarray) -> np.ndarray:
        return np.concatenate([(features - mean) / spread, np.ones((len(features), 1))], axis=1)

    x = with_bias(both)
    ridge = RIDGE * np.diag([*np.ones(x.shape[1] - 1), 1e-6])
    coefficients = np.zeros(x.shape[1])
    for _ in range(NEWTON_STEPS):
        chance = _logistic(x @ coefficients)
        slope = x.T @ (weight * (truth - chance)) - ridge @ coefficients
        curvature = (x * (weight * np.maximum(chance * (1 - chance), 1e-4))[:, None]).T @ x + ridge
        coefficients += np.linalg.solve(curvature, slope)
    return lambda features: _logistic(with_bias(features) @ coefficients)


def _logistic(x: np.ndarray) -> np.ndarray:
    return 0.5 + 0.5 * np.tanh(0.5 * x)


def role_features(bars: Bars) -> Mapping[str, np.ndarray]:
    """What a judge of each role hears in bars, (N, F): where it strikes, and for pitched roles what."""
    place = np.minimum(np.arange(bars.bass.shape[1]) * PLACES // bars.num_steps[:, None], PLACES - 1)  # (N, T)
    at = (place[..., None] == np.arange(PLACES)).astype(np.float32)  # (N, T, 8)
    hits = (bars.drums > 0).astype(np.float32)  # (N, T, 9)
    of_voices = np.einsum("ntv,ntp->nvp", hits, at).reshape(len(bars), -1)
    found = {"drums": np.concatenate([of_voices, hits.any(-1).sum(1, keepdims=True)], axis=1)}
    for role in ("bass", "chords", "lead"):
        found[role] = _pitched_features(getattr(bars, role), at, is_line=role != "chords")
    return found


def _pitched_features(states: np.ndarray, at: np.ndarray, *, is_line: bool) -> np.ndarray:
    if is_line:
        pitch = np.arange(80)
        notes = (states[..., None] == FIRST_PITCH + pitch).astype(np.float32)  # (N, T, P)
        sounding = states >= HOLD
    else:
        notes = (states == ONSET).astype(np.float32)
        pitch = np.arange(notes.shape[-1])
        sounding = np.any(states >= HOLD, axis=-1)
    struck = notes.any(-1).astype(np.float32)  # (N, T)
    counts = notes.sum(1)  # (N, P)
    total = np.maximum(counts.sum(1), 1)
    mean = counts @ pitch / total
    spread = np.sqrt(np.maximum(counts @ pitch.astype(np.float64) ** 2 / total - mean**2, 0))
    classes = np.stack([counts[:, pitch % 12 == c].sum(1) / total for c in range(12)], axis=1)
    return np.concatenate(
        [
            np.einsum("nt,ntp->np", struck, at),
            struck[:, 1::2].sum(1, keepdims=True),
            sounding.sum(1, keepdims=True),
            np.stack([mean, spread, (counts > 0).sum(1), total / np.maximum(struck.sum(1), 1)], axis=1),
            classes,
        ],
        axis=1,
    )


def with_doses(model: ModelFile, *, names: Sequence[str] | None = None) -> ModelFile:
    """The model with doses measured anew: for all pairs of genres, or for those that one of `names` is part of."""
    doses = {pair: curve for pair, curve in model.doses.items() if names and not set(names) & set(pair)}
    return replace(model, doses={**doses, **measure_doses(model, model.network(), names=names)})
