"""Measures which detectors find what does not belong, by AUROC and average precision.

    python scripts/anomaly.py CORPUS --autoencoder AUTOENCODER > docs/appendix/anomaly.md

Normal songs are those that the model was trained on; the songs to be judged are those that training held out. These are
dealt into two halves by song: the settings were chosen on one (--half 0), and the figures are from the other.
"""

from __future__ import annotations

import dataclasses
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np

from degradations import FAMILIES, degrade
from groovevae.anomaly.belonging import BELONGING, NEIGHBOURS_AND_GENRE, fit_belonging, fitted, unseen_scores
from groovevae.anomaly.detectors import DETECTORS, MIN_SONGS, Known, Scorer
from groovevae.anomaly.faults import FAULTS, inject
from groovevae.anomaly.measurements import describe
from groovevae.anomaly.outliers import with_copies
from groovevae.bars import Bars
from groovevae.bars.grid import score_to_song
from groovevae.corpus import CorpusSong, load_corpus, split_songs
from groovevae.evaluation.bootstrap import Draws, Estimate, draw_songs, estimate
from groovevae.midi.reading import load_score
from groovevae.model.file import load_model_file
from groovevae.network.forward import Network

STRENGTHS = (1.0, 0.5, 0.25)
AUTOENCODER = "reconstruction error, autoencoder"
NOISE, NOISE_SEEDS = 0.05, 20
DEGRADED = (0.1, 0.25)  # shares of the notes
PARTS = "afbcd"  # other genres, false alarms, faults, label noise, degradations


class Judged(NamedTuple):
    """Songs as the VAE sees them, and as the plain autoencoder does."""

    vae: Known
    autoencoder: Known | None

    def of(self, songs: np.ndarray, genre: str = "") -> Judged:
        """Some of the songs; all told to be of `genre` where one is given."""
        parts = [None if part is None else part.of(songs) for part in self]
        if genre:
            parts = [part and dataclasses.replace(part, genre=np.full(len(songs), genre)) for part in parts]
        return Judged(*parts)  # type: ignore[arg-type]


class Eyes(NamedTuple):
    """The networks that songs are seen with."""

    vae: Network
    autoencoder: Network | None
    draws: int
    with_features: bool

    def see(self, songs: Sequence[CorpusSong], bars: list[Bars]) -> Judged:
        genre, ids = (np.array([getattr(song.entry, name) for song in songs]) for name in ("genre", "song_id"))
        measurements = [
            None
            if network is None
            else Known(describe(network, bars, draws=self.draws, with_features=self.with_features), genre, ids)
            for network in (self.vae, self.autoencoder)
        ]
        return Judged(*measurements)  # type: ignore[arg-type]


def names(judged: Judged) -> list[str]:
    if not judged.vae.measured.features.shape[1]:
        return [BELONGING, NEIGHBOURS_AND_GENRE]
    return [BELONGING, NEIGHBOURS_AND_GENRE, *DETECTORS, *([AUTOENCODER] if judged.autoencoder else [])]


def scorer(name: str, normal: Judged):
    """A detector by name, fitted to the normal songs; it scores `Judged`."""
    if name == AUTOENCODER:
        score: Scorer = fitted("reconstruction", normal.autoencoder)
        return lambda judged: score(judged.autoencoder)
    score = fitted(name, normal.vae)
    return lambda judged: score(judged.vae)


def auroc(low: np.ndarray, high: np.ndarray, low_weight: np.ndarray, high_weight: np.ndarray) -> np.ndarray:
    """The chance that a song of `high` scores above one of `low`, in each draw of songs (D,); weights (D, songs)."""
    above = (high[:, None] > low) + 0.5 * (high[:, None] == low)
    pairs = high_weight.sum(1) * low_weight.sum(1)
    return np.where(pairs > 0, ((high_weight @ above) * low_weight).sum(1) / np.maximum(pairs, 1), np.nan)


def precision(low: np.ndarray, high: np.ndarray, low_weight: np.ndarray, high_weight: np.ndarray) -> np.ndarray:
    """Average precision in each draw (D,), as many songs of either kind counted (a base rate of one half)."""
    low_weight = low_weight / np.maximum(low_weight.sum(1, keepdims=True), 1)
    high_weight = high_weight / np.maximum(high_weight.sum(1, keepdims=True), 1)
    order = np.argsort(-np.concatenate([low, high]), kind="stable")
    found = np.concatenate([np.zeros_like(low_weight), high_weight], axis=1)[:, order]
    seen = np.cumsum(np.concatenate([low_weight, high_weight], axis=1)[:, order], axis=1)
    return (found * np.cumsum(found, axis=1) / np.maximum(seen, 1e-12)).sum(1)


def weights(draws: Draws, ids: np.ndarray) -> np.ndarray:
    return draws.weights[:, np.searchsorted(draws.songs, ids)]


def shown(found: Estimate) -> str:
    return f"{found.value:.3f} ({found.low:.2f}–{found.high:.2f})"


def row(*cells: str) -> None:
    print(f"| {' | '.join(cells)} |", flush=True)


def table(title: str, *header: str) -> None:
    print(f"\n## {title}\n")
    row(*header)
    print("|---" + "|---:" * (len(header) - 1) + "|", flush=True)


def other_genres(normal: Judged, clean: Judged, draws: Draws) -> None:
    """(a): each genre's training songs as normal, its held-out songs against those of each other genre."""
    genre, ids = clean.vae.genre, clean.vae.group
    genres = [name for name in np.unique(genre).tolist() if len(set(ids[genre == name])) >= MIN_SONGS]
    found: dict[str, dict[tuple[str, str], tuple[np.ndarray, np.ndarray]]] = {name: {} for name in names(normal)}
    for one in genres:
        alone = normal.of(np.flatnonzero(normal.vae.genre == one))
        judged = clean.of(np.arange(len(genre)), genre=one)
        for name in found:
            scores = scorer(name, normal if name in (BELONGING, NEIGHBOURS_AND_GENRE) else alone)(judged)
            for other in genres:
                if other != one:
                    low, high = genre == one, genre == other
                    args = (scores[low], scores[high], weights(draws, ids[low]), weights(draws, ids[high]))
                    found[name][one, other] = auroc(*args), precision(*args)
    table(
        f"(a) One genre as normal against each other: mean over {len(genres) * (len(genres) - 1)} pairs",
        "detector",
        "AUROC",
        "average precision",
        "worst pair (AUROC)",
    )
    for name, pairs in found.items():
        both = [estimate(np.nanmean([pair[i] for pair in pairs.values()], axis=0)) for i in (0, 1)]
        worst = min(pairs, key=lambda pair: pairs[pair][0][0])
        last = f"{worst[0]} against {worst[1]} {pairs[worst][0][0]:.2f}"
        row(name, *map(shown, both), last)


def faults(
    normal: Judged,
    clean: Judged,
    songs: Sequence[CorpusSong],
    eyes: Eyes,
    draws: Draws,
    *,
    strengths: Sequence[float],
    seed: int,
) -> None:
    """(b): the held-out songs with faults against themselves without."""
    bars = [song.song.bars for song in songs]
    rng = np.random.default_rng(seed)
    scorers = {name: scorer(name, normal) for name in names(normal)}
    low = {name: score(clean) for name, score in scorers.items()}
    low_weight = weights(draws, clean.vae.group)
    drawn: dict[tuple[str, str, float], tuple[np.ndarray, np.ndarray]] = {}
    for fault in FAULTS:
        for strength in strengths:
            broken = [
                inject(own, fault, strength=strength, other=bars[int(rng.integers(len(bars)))], seed=seed + number)
                for number, own in enumerate(bars)
            ]
            kept = [number for number, one in enumerate(broken) if one is not None]
            judged = eyes.see([songs[number] for number in kept], [one for one in broken if one is not None])
            for name, score in scorers.items():
                args = (low[name], score(judged), low_weight, weights(draws, judged.vae.group))
                drawn[name, fault, strength] = auroc(*args), precision(*args)
            print(f"{fault} {strength}: {len(kept)} songs", file=sys.stderr, flush=True)
    table(f"(b) Faults in {max(strengths):.0%} of the bars, AUROC", "detector", *FAULTS)
    for name in scorers:
        row(name, *(shown(estimate(drawn[name, fault, max(strengths)][0])) for fault in FAULTS))
    for index, what in enumerate(("AUROC", "average precision")):
        table(f"(b) Mean over the faults, {what}", "detector", *(f"{share:.0%} of the bars" for share in strengths))
        for name in scorers:
            row(name, *(shown(estimate(np.mean([drawn[name, f, s][index] for f in FAULTS], 0))) for s in strengths))
    table("(b) The default detector, AUROC", "fault", *(f"{share:.0%} of the bars" for share in strengths))
    for fault in FAULTS:
        row(fault, *(shown(estimate(drawn[BELONGING, fault, strength][0])) for strength in strengths))


def degradations(
    normal: Judged, clean: Judged, songs: Sequence[CorpusSong], eyes: Eyes, draws: Draws, seed: int
) -> None:
    """(d): the held-out songs with the degradations of the MIDI Degradation Toolkit, read anew from changed files."""
    scorers = {name: scorer(name, normal) for name in names(normal)}
    low, low_weight = {name: score(clean) for name, score in scorers.items()}, weights(draws, clean.vae.group)
    drawn: dict[tuple[str, str], np.ndarray] = {}
    columns = {f"{family}, {share:.0%}": (family, share) for family in FAMILIES for share in DEGRADED}
    for column, (family, share) in columns.items():
        broken = [
            score_to_song(degrade(load_score(song.entry.path), family, share=share, seed=seed + number)).bars
            for number, song in enumerate(songs)
        ]
        judged = eyes.see(songs, broken)
        for name, score in scorers.items():
            args = (low[name], score(judged), low_weight, weights(draws, judged.vae.group))
            drawn[name, column] = auroc(*args)
        print(column, file=sys.stderr, flush=True)
    table("(d) Degradations of the MIDI Degradation Toolkit in a share of the notes, AUROC", "detector", *columns)
    for name in scorers:
        row(name, *(shown(estimate(drawn[name, column])) for column in columns))


def some_of_each(songs: Sequence[CorpusSong], most: int) -> list[CorpusSong]:
    """Up to so many songs of each genre, drawn at random."""
    order = np.random.default_rng(0).permutation(len(songs))
    count: Counter[str] = Counter()
    picked = []
    for song in (songs[number] for number in order):
        count[song.entry.genre] += 1
        if count[song.entry.genre] <= most:
            picked.append(song)
    return picked


def moved(genre: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The genres after a share NOISE of the files has gone to a wrong folder, and which did."""
    names, out = np.unique(genre), genre.copy()
    wrong = rng.permutation(len(genre))[: round(NOISE * len(genre))]
    for song in wrong:
        out[song] = rng.choice(names[names != genre[song]])
    return out, wrong


def label_noise(corpora: dict[str, Judged]) -> None:
    """(c): files in wrong folders, the folder itself being all that is known; precision in as many files as moved."""
    for what, judged in corpora.items():
        count = round(NOISE * len(judged.vae.genre))
        table(
            f"(c) {NOISE:.0%} of {len(judged.vae.genre)} files ({what}) in a wrong folder, {NOISE_SEEDS} draws",
            "detector",
            f"precision among the first {count}",
            "2.5 to 97.5% of the draws",
        )
        hits: dict[str, list[float]] = {}
        for seed in range(NOISE_SEEDS):
            genre, wrong = moved(judged.vae.genre, np.random.default_rng(seed))
            told = Judged(*(part and dataclasses.replace(part, genre=genre) for part in judged))
            scores = {name: scorer(name, told)(told) for name in names(judged) if "bars" not in name}
            scores["genre alone"] = fit_belonging(told.vae)(told.vae).misplaced
            for name, values in scores.items():
                first = np.argsort(-values, kind="stable")[:count]
                hits.setdefault(name, []).append(float(np.isin(first, wrong).mean()))
        for name, shares in hits.items():
            low, high = np.percentile(shares, [2.5, 97.5])
            row(name, f"{np.mean(shares):.3f}", f"{low:.2f}–{high:.2f}")


def false_alarms(normals: dict[str, Judged], clean: Judged, draws: Draws) -> None:
    """How many held-out songs score above thresholds that were set on normal songs."""
    weight = weights(draws, clean.vae.group)
    scores = {}
    for what, normal in normals.items():
        scores[what] = unseen_scores(normal.vae), scorer(BELONGING, normal)(clean)
    table("False alarms among held-out songs, by what was normal", "stated", *normals)
    for rate in (0.01, 0.02, 0.05, 0.1):
        above = [held > np.quantile(known, 1 - rate) for known, held in scores.values()]
        row(f"{rate:.0%}", *(shown(estimate((weight * one).sum(1) / weight.sum(1))) for one in above))


@click.command()
@click.argument("corpus_folder", metavar="CORPUS")
@click.option("--model", type=click.Path(path_type=Path), help="Model file.  [default: the bundled one]")
@click.option("--autoencoder", type=click.Path(path_type=Path), help="A model made by groove train --autoencoder.")
@click.option("--draws", default=1, show_default=True, help="Latent points to draw for each bar.")
@click.option("--half", default=1, show_default=True, help="The half of the held-out songs to judge.")
@click.option("--seed", default=1000, show_default=True, help="Seed of the faults.")
@click.option("--default-only", is_flag=True, help="Leave out the baselines, to save time.")
@click.option("--songs", "most", type=int, help="Normal songs of each genre at most.  [default: all]")
@click.option("--strength", "strengths", multiple=True, type=float, default=STRENGTHS, help="Shares of the bars.")
@click.option("--part", "parts", multiple=True, type=click.Choice(PARTS), default=tuple(PARTS), show_default=True)
def main(
    corpus_folder: str,
    model: Path | None,
    autoencoder: Path | None,
    draws: int,
    half: int,
    seed: int,
    default_only: bool,
    most: int | None,
    strengths: tuple[float, ...],
    parts: tuple[str, ...],
) -> None:
    """Print docs/appendix/anomaly.md; this takes about ten minutes on one processor."""
    corpus = load_corpus(corpus_folder)
    train, held = ([corpus.songs[i] for i in part] for part in split_songs(corpus, seed=0))
    train = train if most is None else some_of_each(train, most)
    plain = load_model_file(autoencoder).network() if autoencoder else None
    eyes = Eyes(load_model_file(model).network(), plain, draws, with_features=not default_only)
    ids = np.random.default_rng(0).permutation(sorted({song.entry.song_id for song in held})).tolist()
    half_of = {song_id: number % 2 for number, song_id in enumerate(ids)}
    half_of_held = np.array([half_of[song.entry.song_id] for song in held])
    every = eyes.see(held, [song.song.bars for song in held])
    every = every._replace(vae=with_copies(eyes.vae, every.vae, held))
    clean = every.of(np.flatnonzero(half_of_held == half))
    songs = [song for song, number in zip(held, half_of_held, strict=True) if number == half]
    drawn = draw_songs(clean.vae.group)
    print("# Anomalies: every table\n")
    print(f"{len(train):,} normal songs; {len(songs)} held-out files of {len(drawn.songs)} songs. Seed {seed}.")
    normal = eyes.see(train, [song.song.bars for song in train])
    normal = normal._replace(vae=with_copies(eyes.vae, normal.vae, train))
    print("described", file=sys.stderr, flush=True)
    if "a" in parts:
        other_genres(normal, clean, drawn)
    if "f" in parts:
        other_half = every.of(np.flatnonzero(half_of_held != half))
        false_alarms({"training songs": normal, "the other half": other_half}, clean, drawn)
    if "b" in parts:
        faults(normal, clean, songs, eyes, drawn, strengths=strengths, seed=seed)
    if "d" in parts:
        degradations(normal, clean, songs, eyes, drawn, seed=seed)
    if "c" in parts:
        label_noise({"held out from the model": every})


if __name__ == "__main__":
    main()
