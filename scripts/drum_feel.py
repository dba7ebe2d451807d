"""Compares the feel of new drums with that of hand-played ones: velocity and micro-timing, never which drum is struck.

    python scripts/drum_feel.py CORPUS PROGRAMMED [MODEL]

CORPUS is what the model learned from; songs whose drums were played by hand are marked `hands` in its manifest. Those
that were held out are the truth. PROGRAMMED is another corpus, whose drums no hand played. A forest learns to tell
hand-played bars of training songs from half of the programmed ones, and is then asked about bars that it never saw.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np

from groovevae.bars import Bars
from groovevae.bars.constants import OFFSET_UNITS
from groovevae.corpus import CorpusSong, load_corpus, split_songs
from groovevae.generation.groove import Groove
from groovevae.generation.requests import BlendRequest, SampleRequest
from groovevae.measures.forests import Forest
from groovevae.model.file import load_model_file
from groovevae.network.decoding import decode, encode
from groovevae.reports.table import Table

HANDS = "hands"
SOURCE = "classical"  # what is blended: it has no drums of its own
FEW = 4  # hits: a bar with fewer has no feel to speak of
MOST_BARS = 1500  # of a kind and genre
FEATURES = (
    "early or late",
    "distance from the grid",
    "spread in time",
    "spread in loudness",
    "softest",
    "loudest",
    "on one velocity",
)


def features(bars: Bars) -> np.ndarray:
    """Return the feel of each bar with enough hits, (N, 7): timing in sixteenths, velocities from 1 to 127."""
    rows = []
    for bar in range(len(bars)):
        struck = bars.drums[bar] > 0
        if struck.sum() >= FEW:
            late = bars.drums_offset[bar][struck] / OFFSET_UNITS
            loud = bars.drums[bar][struck].astype(float)
            usual = np.unique(loud, return_counts=True)[1].max() / len(loud)
            rows.append((late.mean(), np.abs(late).mean(), late.std(), loud.std(), loud.min(), loud.max(), usual))
    return np.array(rows).reshape(-1, len(FEATURES))


def bars_of(songs: Sequence[CorpusSong], genre: str) -> Bars:
    """Return up to MOST_BARS bars of a genre's songs, in turn from all of them."""
    own = [song.song.bars for song in songs if song.entry.genre == genre]
    each = max(MOST_BARS // max(len(own), 1), FEW)
    return Bars.concatenate([bars[:each] for bars in own]) if own else Bars.empty(0)


def new_bars(groove: Groove, genre: str, count: int) -> dict[str, Bars]:
    """Return bars of sampled pieces, and of blends all the way from SOURCE."""
    sampled = groove.sample(SampleRequest(genre, bars=8, count=count))
    blended = groove.blend(BlendRequest(SOURCE, {genre: 1.0}, bars=8, count=count))
    return {
        "sampled": Bars.concatenate([piece.song.bars for piece in sampled]),
        "blended": Bars.concatenate([piece.song.bars for piece in blended]),
    }


def judge(hands: np.ndarray, programmed: np.ndarray, seed: int) -> Forest:
    """Fit a forest to tell 1, hand-played, from 0; both weigh the same."""
    forest = Forest(200, min_samples_leaf=4, max_features=0.5, class_weight="balanced", random_state=seed, n_jobs=-1)
    values = np.concatenate([hands, programmed])
    return forest.fit(values, np.repeat([1, 0], [len(hands), len(programmed)]))


@click.command()
@click.argument("corpus_folder", metavar="CORPUS")
@click.argument("programmed_folder", metavar="PROGRAMMED")
@click.argument("model_path", metavar="[MODEL]", required=False)
@click.option("--genres", default="rock,jazz,latin,funk,hip-hop", show_default=True)
@click.option("--count", default=24, show_default=True, help="Pieces of 8 bars that are sampled, and blended.")
@click.option("--seed", default=0, show_default=True, help="The seed of the model's training: it splits the songs.")
def main(
    corpus_folder: str, programmed_folder: str, model_path: str | None, genres: str, count: int, seed: int
) -> None:
    """Print tables of the feel of drums, and how often each kind is taken for played by hand."""
    groove = Groove(load_model_file(Path(model_path) if model_path else None))
    corpus = load_corpus(corpus_folder)
    train, held = (
        [song for song in (corpus.songs[i] for i in part) if song.entry.rests_on == HANDS]
        for part in split_songs(corpus, seed=seed)
    )
    other = [song for song in load_corpus(programmed_folder).songs if song.entry.genre in genres.split(",")]
    names = sorted({song.entry.genre for song in other})
    programmed = [features(Bars.concatenate([bars_of(other[half::2], name) for name in names])) for half in (0, 1)]
    wanted = [name for name in genres.split(",") if name in groove.model.genres]
    learned = features(Bars.concatenate([bars_of(train, name) for name in wanted]))
    ear = judge(learned, programmed[0], seed)
    shares, figures = [], []
    for name in wanted:
        true = bars_of(held, name)
        kinds = {
            "played by hand": true,
            "encoded and decoded": decode(groove.network, encode(groove.network, true)[0], true) if len(true) else true,
            **new_bars(groove, name, count),
        }
        felt = {kind: features(bars) for kind, bars in kinds.items()}
        felt["programmed"] = programmed[1]
        shares.append(
            (
                name,
                *(f"{(ear.predict_proba(one)[:, 1] > 0.5).mean():.2f}" if len(one) else "–" for one in felt.values()),
            )
        )
        figures += [
            (f"{name}, {kind}", str(len(one)), *(f"{mean:.2f}" for mean in one.mean(0)))
            for kind, one in felt.items()
            if len(one)
        ]
    tables = (
        Table(("genre", *felt), tuple(shares), title="Share of bars that are taken for played by hand"),
        Table(
            ("", "bars", *FEATURES), tuple(figures), title="Means over bars: time in sixteenths, loudness as velocity"
        ),
    )
    print("\n\n".join(table.to_markdown() for table in tables))


if __name__ == "__main__":
    main()
