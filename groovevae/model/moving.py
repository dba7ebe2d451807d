"""The arithmetic of blending: weights, amounts, and what they do to points, tempos and instruments. NumPy alone."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from groovevae.errors import RequestError
from groovevae.model.genres import Genre

METHODS = ("calibrated", "transport", "mean", "line", "sphere")  # the last two go from bar to bar, not to a genre
BAR_METHODS = ("line", "sphere")
REST_KEPT = 0.4  # of what a song's code leaves open, when the code says the rest
RIDGE = 0.01  # variance added to every dimension, so that one without any can be divided by
MAX_AMOUNT = 4.0  # beyond, points lie far outside everything the decoder has seen
MIN_SINE = 1e-4  # of the angle between two points; below, an arc is a line

Amount = float | tuple[float, float]  # of all bars alike, or of the first and the last


def find_genre(name: str, genres: Iterable[str]) -> str:
    """The genre called `name`, else one that differs by capitals alone. Raises RequestError that names the nearest."""
    names = list(genres)
    if name in names:
        return name
    known = {genre.casefold(): genre for genre in names}
    if found := known.get(name.strip().casefold()):
        return found
    near = difflib.get_close_matches(name.casefold(), known, n=2, cutoff=0.6)
    hint = f"did you mean {' or '.join(known[n] for n in near)}?" if near else f"it has {', '.join(names) or 'none'}"
    raise RequestError(f"no genre {name!r} in this model; {hint}")


def parse_weights(parts: Sequence[str]) -> dict[str, float]:
    """{"classical": 0.5, "rock": 0.3} from ["classical=0.5", "rock=0.3"]. Raises RequestError on anything else."""
    return parse_numbers(
        parts,
        no_number="is no weight; write GENRE=NUMBER, like rock=0.3",
        no_name="each weight needs a genre of its own, like classical=0.5 rock=0.5",
    )


def parse_numbers(parts: Sequence[str], *, no_number: str, no_name: str) -> dict[str, float]:
    """Numbers by name from NAME=NUMBER; the last sign of equality counts.

    Raises RequestError, with what is said of a part that has no number, or no name of its own.
    """
    numbers: dict[str, float] = {}
    for part in parts:
        name, _, value = part.rpartition("=")
        try:
            number = float(value)
        except ValueError:
            raise RequestError(f"{part!r} {no_number}") from None
        if not name or name in numbers:
            raise RequestError(f"{part!r}: {no_name}")
        numbers[name] = number
    return numbers


def normalised_weights(weights: Mapping[str, float]) -> dict[str, float]:
    """The weights scaled to a sum of 1. Raises RequestError unless all are finite, none below 0, and some above."""
    if not all(np.isfinite(weight) and weight >= 0 for weight in weights.values()):
        raise RequestError("weights are numbers from 0 up, like classical=0.5 rock=0.3")
    total = sum(weights.values())
    if not np.isfinite(total):
        raise RequestError(f"weights of a sum of {total:g} are too large; 1 is plenty")
    if total <= 0:
        raise RequestError("all weights are 0; give at least one genre some, like rock=0.3")
    return {name: weight / total for name, weight in weights.items()}


def parse_amount(text: str) -> Amount:
    """0.5 from "0.5", (0.0, 1.0) from "0..1". Raises RequestError on anything else."""
    ends = text.split("..")
    try:
        numbers = [float(end) for end in ends]
    except ValueError:
        numbers = []
    if len(numbers) not in (1, 2):
        raise RequestError(f"{text!r} is no amount; write a number, like 0.5, or a ramp, like 0..1")
    return numbers[0] if len(numbers) == 1 else (numbers[0], numbers[1])


def check_amount(amount: Amount) -> None:
    """Raises RequestError outside 0 to MAX_AMOUNT."""
    for value in np.atleast_1d(amount).tolist():
        if not 0 <= value <= MAX_AMOUNT:
            raise RequestError(
                f"amount {value:g} is outside 0 to {MAX_AMOUNT:g}; 0 is the start, 1 the target, 0.5 half way"
            )


def amount_of_bars(amount: Amount, num_bars: int) -> np.ndarray:
    """The amount of each bar, (N,) float32: a ramp goes evenly from the first bar to the last."""
    first, last = amount if isinstance(amount, tuple) else (amount, amount)
    return np.linspace(first, last, num_bars, dtype=np.float32)


def share_of(amount: Amount) -> float:
    """The share, 0 to 1, that targets have in what is chosen once a piece: instruments, the drum kit."""
    return float(np.mean(np.minimum(amount, 1.0)))


def blend(z: np.ndarray, source: np.ndarray, target: np.ndarray, amount: float | np.ndarray) -> np.ndarray:
    """`z + amount * (target - source)`: points (N, Z) moved by a share of the way from one genre vector to another.

    The arithmetic of attribute vectors (Roberts et al. 2018, MusicVAE, sec. 5.2). `amount` is one number or (N,).
    """
    amounts = np.broadcast_to(np.asarray(amount, np.float32), len(z))
    return z + amounts[:, None] * (target - source)


def mixed_vector(weights: Mapping[str, float], genres: Mapping[str, Genre]) -> np.ndarray:
    """The weighted mean (Z,) of genre vectors; `weights` sum to 1."""
    return np.sum([weight * genres[name].mean for name, weight in weights.items()], axis=0)


def transport_matrix(source: Genre, target: Genre) -> np.ndarray:
    """The symmetric A (Z, Z) of the optimal transport map between two genres' Gaussians.

    `z -> target.mean + A (z - source.mean)` moves mass the least way (Peyre & Cuturi 2019, Computational Optimal
    Transport, remark 2.31).
    """
    ridge = RIDGE * np.eye(len(source.mean))
    root = _square_root(source.covariance + ridge)
    inverse = np.linalg.inv(root)
    return inverse @ _square_root(root @ (target.covariance + ridge) @ root) @ inverse


def translation_matrix(source: Genre, target: Genre) -> np.ndarray:
    """The A (Z, Z) that writes in `target` the song read in `source`; for genres without codes, that of the transport.

    What the code leaves open (in which of the genre's ways a song is played) is carried by optimal transport, at
    REST_KEPT of its size: the likeliest way alone would be the same in every bar.
    """
    if source.code is None or target.code is None:
        return transport_matrix(source, target)
    read, write = source.code.read.astype(np.float64), target.code.write.astype(np.float64)
    return read @ write + REST_KEPT * _rest(source) @ transport_matrix(_rest_of(source), _rest_of(target))


def _rest(genre: Genre) -> np.ndarray:
    """The matrix (Z, Z) that takes a genre's points, less their mean, to what their song's code does not say."""
    assert genre.code is not None
    return np.eye(len(genre.mean)) - genre.code.read.astype(np.float64) @ genre.code.write


def _rest_of(genre: Genre) -> Genre:
    rest = _rest(genre)
    return replace(genre, covariance=rest.T @ genre.covariance @ rest)


def transport(z: np.ndarray, source: Genre, target: Genre) -> np.ndarray:
    """Points (N, Z) of one genre carried to where they would lie in another: optimal transport between Gaussians.

    Beside the mean it fits the spread: what varies little in one genre (drums, in one that has none) varies as much
    as it does in the other.
    """
    return _carry(z, source, target, transport_matrix(source, target))


def _carry(z: np.ndarray, source: Genre, target: Genre, matrix: np.ndarray) -> np.ndarray:
    return (target.mean + (z - source.mean) @ matrix).astype(np.float32)


def _square_root(matrix: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(np.asarray(matrix, np.float64))
    return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T


Way = Callable[[np.ndarray], np.ndarray]  # points (N, Z) to the whole way (N, Z) that amount 1 takes them


def find_way(
    source: Genre, weights: Mapping[str, float], genres: Mapping[str, Genre], *, method: str = "transport"
) -> Way:
    """The way from `source` to genres by weight, worked out once for any number of points. `weights` sum to 1.

    "mean" is the same for all points, the literal `target - source`; "calibrated" ends where `translation_matrix` takes
    each point, any other where `transport` does.
    """
    if method == "mean":
        difference = mixed_vector(weights, genres) - source.mean
        return lambda z: np.broadcast_to(difference, z.shape)
    find_matrix = translation_matrix if method == "calibrated" else transport_matrix
    matrices = {name: find_matrix(source, genres[name]) for name in weights if name != source.name}

    def to_where_it_is_carried(z: np.ndarray) -> np.ndarray:
        carried = {name: _carry(z, source, genres[name], matrix) for name, matrix in matrices.items()}
        return np.sum([weight * carried.get(name, z) for name, weight in weights.items()], axis=0) - z

    return to_where_it_is_carried


def move(
    z: np.ndarray,
    source: Genre,
    weights: Mapping[str, float],
    genres: Mapping[str, Genre],
    *,
    amount: float | np.ndarray,
    method: str = "transport",
) -> np.ndarray:
    """Points (N, Z) of `source` moved towards genres by weight: a share of `find_way`. `amount` is a number or (N,)."""
    return go(z, find_way(source, weights, genres, method=method)(z), amount)


def go(z: np.ndarray, way: np.ndarray, amount: float | np.ndarray) -> np.ndarray:
    """`z + amount * way`, (N, Z) float32; `amount` is a number or (N,)."""
    amounts = np.broadcast_to(np.asarray(amount, np.float32), len(z))
    return (z + amounts[:, None] * way).astype(np.float32)


def slerp(z: np.ndarray, target: np.ndarray, amount: float | np.ndarray) -> np.ndarray:
    """Points (N, Z) moved along the arc to points (N, Z), seen from the origin (Shoemake 1985, Animating rotation).

    High-dimensional Gaussian points lie near a sphere, and the straight line between two leaves it (White 2016,
    Sampling generative networks). Where two points lie in one direction, or in opposite ones, it is the straight line.
    """
    amounts = np.broadcast_to(np.asarray(amount, np.float64), len(z))[:, None]
    lengths = np.linalg.norm(z, axis=1, keepdims=True) * np.linalg.norm(target, axis=1, keepdims=True)
    cosine = np.sum(np.asarray(z, np.float64) * target, axis=1, keepdims=True) / np.maximum(lengths, 1e-12)
    angle = np.arccos(np.clip(cosine, -1.0, 1.0))
    sine = np.sin(angle)
    has_arc = (sine > MIN_SINE) & (lengths > 0)
    divisor = np.where(has_arc, sine, 1.0)
    of_start = np.where(has_arc, np.sin((1 - amounts) * angle) / divisor, 1 - amounts)
    of_target = np.where(has_arc, np.sin(amounts * angle) / divisor, amounts)
    return (of_start * z + of_target * target).astype(np.float32)


def mixed_tempo(start: float, amount: float, weights: Mapping[str, float], genres: Mapping[str, Genre]) -> float:
    """A tempo between the start's and the targets', geometrically: half way between 60 and 120 is 85.

    An amount past 1 goes no further than the targets' own tempo.
    """
    target = sum(weight * np.log(genres[name].tempo) for name, weight in weights.items())
    share = min(amount, 1.0)
    return float(np.exp((1 - share) * np.log(start) + share * target))


def pick_by_weight(weights: Mapping[str, float], rng: np.random.Generator) -> str:
    """A name drawn by its weight."""
    names = list(weights)
    return names[int(rng.choice(len(names), p=[weights[name] for name in names]))]


def pick_programs(
    start: tuple[int, int, int],
    plays: Sequence[bool],
    weights: Sequence[Mapping[str, float]],
    genres: Mapping[str, Genre],
    rng: np.random.Generator,
) -> tuple[int, int, int]:
    """A program for bass, chords and lead: for each role the start's own or a target's most usual one, by weight.

    The weights of each role sum to 1; the empty name stands for the start, whose program counts only for a role that it
    `plays` (3,).
    """
    programs = list(start)
    for column, has_role in enumerate(plays):
        name = pick_by_weight(_without_start(weights[column], keep=has_role), rng)
        if name and genres[name].programs[column]:
            programs[column] = genres[name].programs[column][0][0]
    return programs[0], programs[1], programs[2]


def pick_kit(
    start: tuple[int, ...],
    has_drums: bool,
    weights: Mapping[str, float],
    genres: Mapping[str, Genre],
    rng: np.random.Generator,
) -> tuple[int, ...]:
    """The start's drum kit or a target's, by weight; a start without drums has none to give."""
    name = pick_by_weight(_without_start(weights, keep=has_drums), rng)
    return genres[name].kit if name else start


def _without_start(weights: Mapping[str, float], *, keep: bool) -> dict[str, float]:
    """The weights, those of the targets alone unless the start is to be kept or there is nothing else."""
    targets = {name: weight for name, weight in weights.items() if name}
    return dict(weights) if keep or not sum(targets.values()) else normalised_weights(targets)


def nearest_genre(z: np.ndarray, genres: Mapping[str, Genre]) -> str:
    """The genre whose Gaussian gives points (N, Z) the greatest likelihood."""

    def twice_negative_log_likelihood(genre: Genre) -> float:
        spread = genre.covariance + RIDGE * np.eye(len(genre.mean))
        away = np.asarray(z - genre.mean, np.float64)
        return float(np.sum(away * np.linalg.solve(spread, away.T).T) + len(z) * np.linalg.slogdet(spread)[1])

    return min(genres, key=lambda name: twice_negative_log_likelihood(genres[name]))
