"""Dose response: how far blends of each pair of genres are heard to go, what they keep, and whether they are sound.

The blends come from `versions` and the verdicts from `pair_judges`; this module makes neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import TypeVar

import numpy as np

from groovevae.bars import Bars
from groovevae.evaluation.bootstrap import Estimate, draw_songs, drawn_means, estimate
from groovevae.evaluation.content import content_kept
from groovevae.evaluation.pair_judges import PairJudge, PairJudges, hear
from groovevae.evaluation.soundness import soundness
from groovevae.evaluation.style_profile import STYLED, style_fit
from groovevae.evaluation.versions import AMOUNTS, IDENTITY, Sides, blend_name, versions_of
from groovevae.fitting.pair_sample import measured_pairs
from groovevae.measures.features import KINDS
from groovevae.measures.judges import Judges
from groovevae.progress import Progress, quiet

REAL = "real bars"
UNRELATED = "unrelated bars"

T = TypeVar("T")


@dataclass(frozen=True)
class PairResponse:
    """The measurements of one ordered pair of genres. Versions are named as in `versions`."""

    source: str
    target: str
    num_bars: int
    num_songs: int
    levels: dict[str, dict[str, Estimate]]  # kind of judge -> REAL, "real target", version -> mean target probability
    shares: dict[str, dict[str, Estimate]]  # kind -> version -> share of the way between the two real levels
    spearman: dict[str, float]  # kind -> rank correlation of amount and mean target probability
    accuracy: dict[str, float]  # kind -> share of both genres' real bars that the pair's judges recognise
    content: dict[str, dict[str, Estimate]]  # chroma, groove, melody -> version
    soundness: dict[str, dict[str, float]]  # measure -> REAL, "real target", version
    style: dict[str, dict[str, float]]  # role -> REAL, version -> similarity of style profiles to the real target's
    by_third: dict[str, float]  # version -> share of bars that judges of all genres take for some third genre


def measure_pairs(
    sides: Sides,
    judges: Judges,
    pair_judges: PairJudges,
    *,
    progress: Progress = quiet,
) -> tuple[list[PairResponse], dict[tuple[str, str, str], Bars]]:
    """Measure every ordered pair of the judges' genres; return that, and the blends by (source, target, version).

    Of more than `pair_sample.MOST_GENRES` genres, some pairs are measured, both ways.
    """
    names = [name for name in judges.genres if name in sides.excerpts]
    real = {name: _Real(sides, name) for name in names}
    chosen = measured_pairs(names)
    ordered = [pair for pair in permutations(names, 2) if pair in chosen or pair[::-1] in chosen]
    blends: dict[tuple[str, str, str], Bars] = {}
    thirds: dict[tuple[str, str, str], np.ndarray] = {}
    for number, source in enumerate(names):
        progress("pairs of genres", number, len(names))
        targets = [target for of, target in ordered if of == source]
        versions = versions_of(sides, source, targets)
        taken = _taken_for(judges, versions, real[source].song_ids)
        for target in targets:
            blends |= {(source, target, name): bars for (of, name), bars in versions.items() if of in ("", target)}
            thirds |= {(source, target, name): own for (of, name), own in taken.items() if of in ("", target)}
    found: dict[tuple[str, str], PairResponse] = {}
    for number, pair in enumerate(chosen):
        progress("judges of pairs", number, len(chosen))
        judge = pair_judges.of(pair)
        for source, target in (pair, pair[::-1]):
            own, taken_for = _of_pair(blends, source, target), _of_pair(thirds, source, target)
            found[source, target] = _pair(judge, real[source], real[target], own, taken_for)
    return [found[pair] for pair in ordered], blends


def _of_pair(every: Mapping[tuple[str, str, str], T], source: str, target: str) -> dict[str, T]:
    """Return what belongs to one pair, by version."""
    return {name: own for (one, other, name), own in every.items() if (one, other) == (source, target)}


class _Real:
    """The real excerpts of a genre, and what is needed of them for every pair."""

    def __init__(self, sides: Sides, name: str) -> None:
        self.name, self.bars, self.song_ids = name, sides.excerpts[name].bars, sides.excerpts[name].song_ids
        self.heard = hear(self.bars)
        self.draws = draw_songs(self.song_ids)
        self.soundness = {name: float(np.nanmean(values)) for name, values in soundness(self.bars).items()}

    def drawn(self, values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return drawn_means(values, self.song_ids, self.draws)


def _taken_for(
    judges: Judges, versions: Mapping[tuple[str, str], Bars], song_ids: np.ndarray
) -> dict[tuple[str, str], np.ndarray]:
    """Return the genre (N,) that judges of all genres take each bar of each version for; all are judged together."""
    together = judges.of_songs(Bars.concatenate(list(versions.values())), song_ids.tolist() * len(versions))
    names = np.array(judges.genres)[together["all"].argmax(1)]
    return dict(zip(versions, np.split(names, len(versions)), strict=True))


def _pair(
    judge: PairJudge, source: _Real, target: _Real, versions: Mapping[str, Bars], taken: Mapping[str, np.ndarray]
) -> PairResponse:
    by_version, real_target = _judged(judge, source, target, versions)
    levels: dict[str, dict[str, Estimate]] = {}
    shares: dict[str, dict[str, Estimate]] = {}
    spearman, accuracy = {}, {}
    for kind in KINDS:
        levels[kind], shares[kind] = _levels_and_shares(
            source, target, {name: values[kind] for name, values in by_version.items()}, real_target[kind]
        )
        dose = [levels[kind][name].value for name in (IDENTITY, *map(blend_name, AMOUNTS))]
        spearman[kind] = rank_correlation(np.array([0.0, *AMOUNTS]), np.array(dose))
        right = ((by_version[REAL][kind] < 0.5).mean(), (real_target[kind] > 0.5).mean())
        accuracy[kind] = float(np.mean(right))
    return PairResponse(
        source=source.name,
        target=target.name,
        num_bars=len(source.bars),
        num_songs=len(source.draws.songs),
        levels=levels,
        shares=shares,
        spearman=spearman,
        accuracy=accuracy,
        content=_content(source, versions),
        soundness=_soundness(source, target, versions),
        style={
            role: {name: style_fit(bars, target.bars, role) for name, bars in {REAL: source.bars, **versions}.items()}
            for role in STYLED
        },
        by_third={name: float((~np.isin(names, (source.name, target.name))).mean()) for name, names in taken.items()},
    )


def _judged(
    judge: PairJudge, source: _Real, target: _Real, versions: Mapping[str, Bars]
) -> tuple[dict[str, dict[str, np.ndarray]], Mapping[str, np.ndarray]]:
    """Return the target's probability for each bar (N,): by version, REAL included, and kind; then for target bars."""
    every = {REAL: source.bars, **versions}
    heard, song_ids = hear(Bars.concatenate(list(every.values()))), np.tile(source.song_ids, len(every))
    together = judge.towards(target.name, heard, song_ids)  # all together: each judge is asked once
    by_version = {
        name: {kind: values.reshape(len(every), -1)[number] for kind, values in together.items()}
        for number, name in enumerate(every)
    }
    return by_version, judge.towards(target.name, target.heard, target.song_ids)


def _levels_and_shares(
    source: _Real, target: _Real, judged: Mapping[str, np.ndarray], real_target: np.ndarray
) -> tuple[dict[str, Estimate], dict[str, Estimate]]:
    """Return the mean probability of each version, and its share of the way between the two real levels."""
    means = source.drawn(judged)
    low, high = means[REAL], target.drawn({"": real_target})[""]
    levels = {name: estimate(drawn) for name, drawn in {**means, f"real {target.name}": high}.items()}
    shares = {
        name: estimate((drawn - low) / np.maximum(high - low, 1e-3)) for name, drawn in means.items() if name != REAL
    }
    return levels, shares


def _content(source: _Real, versions: Mapping[str, Bars]) -> dict[str, dict[str, Estimate]]:
    """Return what each version keeps of the source, and what bars of other songs happen to share with it."""
    kept = {name: content_kept(bars, source.bars) for name, bars in versions.items()}
    kept[UNRELATED] = content_kept(source.bars[unrelated(source.song_ids)], source.bars)
    content = {}
    for measure in ("chroma", "groove", "melody"):
        drawn = source.drawn({name: values[measure] for name, values in kept.items()})
        content[measure] = {name: estimate(values) for name, values in drawn.items()}
    return content


def _soundness(source: _Real, target: _Real, versions: Mapping[str, Bars]) -> dict[str, dict[str, float]]:
    sound = {name: soundness(bars) for name, bars in versions.items()}
    return {
        measure: {
            REAL: source.soundness[measure],
            f"real {target.name}": target.soundness[measure],
            **{name: float(np.nanmean(values[measure])) for name, values in sound.items()},
        }
        for measure in source.soundness
    }


def unrelated(song_ids: np.ndarray) -> np.ndarray:
    """Return for each bar the index of a bar of another song, (N,): half the bars away, where that is another song."""
    count = len(song_ids)
    index = (np.arange(count) + count // 2) % count
    for bar in np.flatnonzero(song_ids[index] == song_ids):
        others = np.flatnonzero(song_ids != song_ids[bar])
        index[bar] = others[bar % len(others)] if len(others) else index[bar]
    return index


def rank_correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Return Spearman's rank correlation, with ties at their mean rank; NaN where nothing varies."""
    ranks = [np.array([((a < x).sum() + (a <= x).sum() - 1) / 2 for x in a]) for a in (one, other)]
    first, second = (rank - rank.mean() for rank in ranks)
    norm = np.sqrt((first**2).sum() * (second**2).sum())
    return float((first * second).sum() / norm) if norm > 0 else float("nan")
