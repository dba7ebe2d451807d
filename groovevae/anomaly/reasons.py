"""Says in words why a file does not belong, and where: the role and the bars that lie farthest from the baseline.

It scores nothing: which files do not belong is decided elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groovevae.anomaly.baselines import Baseline, fit_baseline
from groovevae.anomaly.detectors import Known
from groovevae.anomaly.measurements import role_of
from groovevae.anomaly.song_statistics import song_statistics, statistic_names
from groovevae.bars.constants import ROLES

FAR = 3.0  # spreads from what is usual in the genre: anything nearer is not worth a word
SHOWN_BARS = 3
MOST_REASONS = 3

# The end of a trait's name, the side of the usual (+1 above, -1 below), and the words for it; the first match counts.
_WORDS = (
    ("off eighths", 1, "{one} off the grid"),
    ("on beats", -1, "{one} off the beat"),
    ("in scale", -1, "{one} out of key"),
    ("never released", 1, "notes that never end"),
    ("length", 1, "{one} notes unusually long"),
    ("against", 1, "clashes between {one} and {other}"),
    ("with", -1, "{one} not together with {other}"),
    ("hits of", 1, "too much {voice}"),
    ("hits of", -1, "too little {voice}"),
    ("late spread", 1, "{one} uneven in time"),
    ("loud spread", 1, "{one} uneven in loudness"),
    ("loud spread", -1, "{one} all equally loud"),
    ("loud", 1, "{one} unusually loud"),
    ("loud", -1, "{one} unusually soft"),
    ("nats", 1, "{one} unlike any the model knows"),
)


@dataclass(frozen=True)
class Blame:
    """The role farthest from the baseline, its worst bars (counted from 1), and what is wrong with the song."""

    role: str
    bars: tuple[int, ...]
    reasons: tuple[str, ...]


class Blamer:
    """Finds what is to blame in songs, by comparing them with what is usual among the normal songs."""

    def __init__(self, normal: Known) -> None:
        self._songs: Baseline = fit_baseline(song_statistics(normal.measured), normal.genre)
        values, genre = _of_bars(normal), normal.genre[normal.measured.song]
        self._bars: Baseline = fit_baseline(values, genre)
        self._names = statistic_names(normal.measured)
        self._num_traits = values.shape[1]

    def __call__(self, songs: Known) -> list[Blame]:
        """Return the blame for each song."""
        of_song = self._songs.deviations(song_statistics(songs.measured), songs.genre)  # (S, V)
        of_bar = self._bars.deviations(_of_bars(songs), songs.genre[songs.measured.song])  # (N, V / 2)
        roles = np.array([role_of(name) for name in self._names])
        return [
            self._of(row, of_bar[songs.measured.song == song], songs.measured.bar[songs.measured.song == song], roles)
            for song, row in enumerate(of_song)
        ]

    def _of(self, song: np.ndarray, bars: np.ndarray, bar: np.ndarray, roles: np.ndarray) -> Blame:
        weight = np.array([np.sort(song[roles == role] ** 2)[-3:].sum() for role in range(len(ROLES))])
        role = int(weight.argmax())
        of_role = bars[:, roles[: self._num_traits] == role]
        worst = np.argsort(-(of_role**2).sum(1), kind="stable")[:SHOWN_BARS]
        shown = tuple(sorted((bar[worst] + 1).tolist()))
        return Blame(ROLES[role], shown, self._reasons(song[: self._num_traits]))

    def _reasons(self, song: np.ndarray) -> tuple[str, ...]:
        """Put into words the trait means that lie FAR off, the farthest first, up to MOST_REASONS."""
        found: list[str] = []
        for column in np.argsort(-np.abs(song), kind="stable"):
            if abs(song[column]) < FAR or len(found) == MOST_REASONS:
                break
            said = reason_of(self._names[column], song[column])
            if said and said not in found:
                found.append(said)
        return tuple(found)


def reason_of(trait: str, deviation: float) -> str:
    """Put a trait's deviation into words; "" where there are none for it.

    >>> reason_of("bass in scale", -4.0)
    'bass out of key'
    """
    one, _, rest = trait.partition(" ")
    one = "touch" if one == "feel" else one  # the velocities and micro-timing of all roles
    for ending, side, words in _WORDS:
        if (rest.endswith(ending) or rest.startswith(f"{ending} ")) and side * deviation > 0:
            last = rest.removeprefix(ending).strip()
            return words.format(one=one, other=last, voice=last)
    return ""


def _of_bars(songs: Known) -> np.ndarray:
    return np.concatenate([songs.measured.traits, songs.measured.nats], axis=1).astype(float)
