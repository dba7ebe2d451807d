"""Compares sampled phrases with real held-out ones: do their bars belong together, are they new, are they of the genre?

    python scripts/sample_quality.py CORPUS MODEL --count 32 > docs/appendix/samples.md

The judges of genre are trained on the held-out songs, which the model never saw; each real bar is judged by a judge
that has not heard its song. There are two controls: points drawn one by one from the genre's Gaussian in the metres of
the same forms (no sequence), and phrases of real bars that each come from a different song.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np

from groovevae.bars import Bars
from groovevae.corpus import Corpus, CorpusSong, load_corpus, split_songs
from groovevae.generation.groove import Groove
from groovevae.generation.requests import SampleRequest
from groovevae.measures.judges import MIN_SONGS, Judges, fit_judges
from groovevae.measures.novelty import bar_keys, copied_bars, longest_runs
from groovevae.measures.phrases import measure_phrase
from groovevae.model.file import load_model_file

SAMPLED, DRAWN, SHUFFLED, REAL = "sampled", "bars drawn one by one", "real bars, shuffled between songs", "real"
RANGE = (5, 95)  # percentiles of real phrases that a mean should lie between

Phrases = dict[str, list[tuple[Bars, str]]]  # genre -> phrases with the ids of their songs


def real_phrases(songs: Sequence[CorpusSong], genres: Sequence[str], *, num_bars: int, count: int) -> Phrases:
    """Up to `count` phrases of one metre a genre, one after another within each song, spread over all songs."""
    out: Phrases = {}
    for genre in genres:
        found = []
        for song in songs:
            if song.entry.genre == genre:
                bars = song.song.bars
                sounding = np.flatnonzero(bars.has_notes)
                for start in range(int(sounding[0]), int(sounding[-1]) + 2 - num_bars, num_bars):
                    phrase = bars[start : start + num_bars]
                    if (phrase.metre == phrase.metre[0]).all() and phrase.has_notes.any():
                        found.append((phrase, song.entry.song_id))
        out[genre] = [found[i] for i in np.unique(np.linspace(0, len(found) - 1, count).astype(int))] if found else []
    return out


def shuffled(phrases: Phrases, seed: int) -> Phrases:
    """Phrases of as many bars, each bar from a phrase of another song of the genre where there are enough."""
    rng = np.random.default_rng(seed)
    out: Phrases = {}
    for genre, own in phrases.items():
        num_bars = len(own[0][0])
        mixed = [rng.permutation(len(own))[np.arange(num_bars) % len(own)] for _ in own]
        out[genre] = [
            (Bars.concatenate([own[i][0][bar : bar + 1] for bar, i in enumerate(index)]), "") for index in mixed
        ]
    return out


def sampled(groove: Groove, genres: Sequence[str], *, num_bars: int, count: int, temperature: float) -> Phrases:
    return {
        genre: [
            (piece.song.bars, "")
            for piece in groove.sample(SampleRequest(genre, bars=num_bars, count=count, temperature=temperature))
        ]
        for genre in genres
    }


def drawn(groove: Groove, like: Phrases, *, temperature: float) -> Phrases:
    """Points of the genre's Gaussian, each bar by itself, in the metres and tempos of the sampled phrases."""
    out: Phrases = {}
    for genre, phrases in like.items():
        rng = np.random.default_rng(len(genre))
        known = groove.model.genres[genre]
        bars = Bars.concatenate([phrase for phrase, _ in phrases])
        z = rng.multivariate_normal(known.mean, known.covariance, len(bars), method="eigh").astype(np.float32)
        new = groove.decode(z, bars, temperature=temperature)
        size = len(phrases[0][0])
        out[genre] = [(new[start : start + size], "") for start in range(0, len(new), size)]
    return out


def measured(phrases: Sequence[tuple[Bars, str]]) -> dict[str, np.ndarray]:
    rows = [measure_phrase(bars).values() for bars, _ in phrases]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def judged(judges: Judges, phrases: Sequence[tuple[Bars, str]], genre: str) -> dict[str, float]:
    """By kind of judge, the share of sounding bars that are taken for the genre."""
    bars = Bars.concatenate([bars for bars, _ in phrases])
    ids = [song_id for bars, song_id in phrases for _ in range(len(bars))]
    by_kind = judges.of_songs(bars, ids) if ids[0] else judges.of_new(bars)
    sounds = bars.has_notes
    own = judges.genres.index(genre)
    return {kind: float((values[sounds].argmax(1) == own).mean()) for kind, values in by_kind.items()}


def heading(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n|---" + "|---:" * (len(cells) - 1) + "|"


def print_together(sources: dict[str, Phrases], genres: Sequence[str]) -> None:
    """For each measure: real percentiles and each source's mean by genre, bold where it lies inside."""
    tables = {source: {genre: measured(phrases[genre]) for genre in genres} for source, phrases in sources.items()}
    inside = {source: np.zeros(2, int) for source in sources if source != REAL}
    for name in next(iter(tables[REAL].values())):
        print(f"\n### {name.replace('_', ' ')}\n")
        print(heading("genre", "real: 5%", "mean", "95%", *inside))
        for genre in genres:
            real = tables[REAL][genre][name]
            if np.isnan(real).all():
                continue
            low, high = np.nanpercentile(real, RANGE)
            cells = [f"{low:.2f}", f"{np.nanmean(real):.2f}", f"{high:.2f}"]
            for source, count in inside.items():
                values = tables[source][genre][name]
                mean = float("nan") if np.isnan(values).all() else float(np.nanmean(values))
                fits = low - 5e-3 <= mean <= high + 5e-3  # as far as the table shows
                count += [fits, 1]
                cells.append(f"**{mean:.2f}**" if fits else f"{mean:.2f}")
            print(f"| {genre} | {' | '.join(cells)} |")
    print("\nMeans inside the 5th to 95th percentile of real phrases (bold above):", end=" ")
    print("; ".join(f"{source}: {count[0]} of {count[1]}" for source, count in inside.items()))


def print_new(sources: dict[str, Phrases], genres: Sequence[str], train: Sequence[CorpusSong]) -> None:
    """Longest shared runs and copied bars, by source, and by genre for sampled and real phrases."""
    songs = [song.song.bars for song in train]
    known = {key for bars in songs for key in bar_keys(bars)}
    flat = [bars for phrases in sources.values() for genre in genres for bars, _ in phrases[genre]]
    runs = longest_runs(flat, songs)
    where = [(source, genre) for source, phrases in sources.items() for genre in genres for _ in phrases[genre]]
    copied = [copied_bars(bars, known) for bars in flat]
    print("\n## New\n\nLongest run of notes shared with any training song in any key: mean, and 95th percentile of")
    print("phrases; and the share of sounding bars that strike exactly what some training bar strikes.\n")
    print(heading("", "lead", "95%", "bass", "95%", "chords", "95%", "copied bars"))
    for source in sources:
        for genre in (None, *genres) if source in (SAMPLED, REAL) else (None,):
            index = [i for i, place in enumerate(where) if place[0] == source and genre in (None, place[1])]
            cells = []
            for role in ("lead", "bass", "chords"):
                values = runs[role][index]
                values = values[values > 0]
                cells += [f"{values.mean():.1f}", f"{np.percentile(values, 95):.0f}"] if len(values) else ["–", "–"]
            cells.append(f"{np.concatenate([copied[i] for i in index]).mean():.3f}")
            print(f"| {f'{genre}, {source}' if genre else f'**all, {source}**'} | {' | '.join(cells)} |")


def print_judged(sources: dict[str, Phrases], genres: Sequence[str], judges: Judges) -> None:
    kinds = list(judges.fitted)
    print("\n## The genre\n\nShare of sounding bars that the judges take for the genre they are of.\n")
    print(heading("genre", *(f"{source}: {kind}" for kind in kinds for source in (REAL, SAMPLED, DRAWN))))
    rows = {
        genre: {source: judged(judges, sources[source][genre], genre) for source in (REAL, SAMPLED, DRAWN)}
        for genre in genres
    }
    for genre, row in rows.items():
        cells = (f"{row[source][kind]:.2f}" for kind in kinds for source in (REAL, SAMPLED, DRAWN))
        print(f"| {genre} | {' | '.join(cells)} |")
    mean = (
        np.mean([row[source][kind] for row in rows.values()]) for kind in kinds for source in (REAL, SAMPLED, DRAWN)
    )
    print(f"| **mean** | {' | '.join(f'{value:.2f}' for value in mean)} |")


def judges_of(corpus: Corpus, held: Sequence[int], *, seed: int) -> Judges:
    songs = [corpus.songs[i] for i in held]
    lengths = [len(song.song.bars) for song in songs]
    genre = np.repeat([song.entry.genre for song in songs], lengths).tolist()
    ids = np.repeat([song.entry.song_id for song in songs], lengths).tolist()
    return fit_judges(Bars.concatenate([song.song.bars for song in songs]), genre, ids, seed=seed)


@click.command()
@click.argument("corpus_folder", metavar="CORPUS")
@click.argument("model_path", metavar="[MODEL]", required=False)
@click.option("--bars", "num_bars", default=8, show_default=True, help="Bars in each phrase.")
@click.option("--count", default=48, show_default=True, help="Phrases for each genre and source.")
@click.option("--temperature", default=0.5, show_default=True)
@click.option("--seed", default=0, show_default=True, help="The seed of the model's training: it splits the songs.")
def main(corpus_folder: str, model_path: str | None, num_bars: int, count: int, temperature: float, seed: int) -> None:
    """Print tables of sampled, real and control phrases in Markdown."""
    groove = Groove(load_model_file(Path(model_path) if model_path else None))
    corpus = load_corpus(corpus_folder)
    train, held = split_songs(corpus, seed=seed)
    judges = judges_of(corpus, held, seed=seed)
    genres = [name for name in judges.genres if name in groove.model.genres]
    held_songs = [corpus.songs[i] for i in held]
    real = real_phrases(held_songs, genres, num_bars=num_bars, count=count)
    new = sampled(groove, genres, num_bars=num_bars, count=count, temperature=temperature)
    sources = {
        REAL: real,
        SAMPLED: new,
        DRAWN: drawn(groove, new, temperature=temperature),
        SHUFFLED: shuffled(real, seed),
    }
    print("# Sampled phrases: every table\n")
    print(f"Phrases of {num_bars} bars, temperature {temperature:g}, {count} of each genre; the real ones are of")
    print("held-out songs, of which there are: ", end="")
    songs = {genre: len({s.entry.song_id for s in held_songs if s.entry.genre == genre}) for genre in genres}
    print(", ".join(f"{genre} {songs[genre]} ({len(real[genre])} phrases)" for genre in genres) + ".")
    if left_out := sorted(set(groove.model.genres) - set(genres)):
        print(f"Fewer than {MIN_SONGS} songs held out, so not judged: {', '.join(left_out)}.")
    print("\n## Bars that belong together")
    print_together(sources, genres)
    print_new(sources, genres, [corpus.songs[i] for i in train])
    print_judged(sources, genres, judges)


if __name__ == "__main__":
    main()
