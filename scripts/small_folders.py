"""Measures how often `groove outliers` puts the one broken file of a small folder first.

    python scripts/small_folders.py CORPUS --more REAL --genre lounge --genre pop

A folder is 8 to 12 sound files of one genre and one broken file of the same genre, all of different songs that the
model has not seen: those of CORPUS that training held out, and of REAL the genres that are not in CORPUS. Half of REAL
was used to choose settings and is left out; half of the folders are drawn from either.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import click
import numpy as np

from degradations import FAMILIES, PITCHES, degrade
from groovevae.anomaly.belonging import BELONGING, NEIGHBOURS_AND_GENRE, fitted
from groovevae.anomaly.copies import Copies, break_songs
from groovevae.anomaly.detectors import Known
from groovevae.anomaly.faults import FAULTS, inject
from groovevae.anomaly.measurements import Measurements, describe, whole_names
from groovevae.bars import Bars
from groovevae.bars.grid import score_to_song
from groovevae.corpus import CorpusSong, load_corpus, split_songs
from groovevae.errors import GrooveError
from groovevae.generation.groove import load_model
from groovevae.midi.reading import load_score
from groovevae.midi.score import Score
from groovevae.network.forward import Network

SIZES = (8, 12)  # sound files in a folder
DEGRADED = 0.25  # share of the notes that a family of degradations hits
RANDOM = "every pitch random"
SCALE = whole_names().index("all in scale")
PITCHES_ALONE = "pitches in one scale"
ROWS = (RANDOM, *FAULTS, *FAMILIES)
DETECTORS = (BELONGING, NEIGHBOURS_AND_GENRE, PITCHES_ALONE, "reconstruction", "latent Mahalanobis")


class Folder(NamedTuple):
    """Indices of songs: the sound ones, and the one to break."""

    sound: np.ndarray
    broken: int


def is_for_choosing(song_id: str) -> bool:
    return int(hashlib.sha256(f"o{song_id}".encode()).hexdigest(), 16) / 2**256 < 0.5


def random_pitches(score: Score, seed: int) -> Score:
    """Give every note that is not a drum's a random pitch of a piano."""
    notes = score.notes.copy()
    pitched = ~np.array([track.is_drum for track in score.tracks])[notes["track"]]
    drawn = np.random.default_rng(seed).integers(PITCHES[0], PITCHES[1] + 1, pitched.sum())
    notes["pitch"][pitched] = drawn
    return dataclasses.replace(score, notes=notes)


def broken_bars(song: CorpusSong, fault: str, *, other: Bars, seed: int, length: int | None) -> Bars | None:
    """The bars of a song with a fault; those that hit notes rather than bars are put into the file, which is read anew.

    None where the fault leaves the song as it is.
    """
    if fault in FAULTS:
        return inject(cut(song.song.bars, length), fault, strength=1.0, other=other, seed=seed)
    score = load_score(song.entry.path)
    try:
        score = random_pitches(score, seed) if fault == RANDOM else degrade(score, fault, share=DEGRADED, seed=seed)
        return cut(score_to_song(score).bars, length)
    except GrooveError:
        return None


def cut(bars: Bars, length: int | None) -> Bars:
    """The first so many bars that sound; all bars for None."""
    return bars if length is None else bars[np.flatnonzero(bars.has_notes)[:length]]


def folders(genre: np.ndarray, group: np.ndarray, source: np.ndarray, rng: np.random.Generator) -> Iterator[Folder]:
    """Draw folders without end, from each source in turn, each time of a genre with enough songs there."""
    while True:
        for name in np.unique(source):
            here = np.flatnonzero(source == name)
            genres = [one for one in np.unique(genre[here]) if len(set(group[here[genre[here] == one]])) > SIZES[0]]
            songs = rng.permutation(here[genre[here] == rng.choice(genres)])
            songs = songs[np.sort(np.unique(group[songs], return_index=True)[1])]  # one version of each song
            count = int(rng.integers(SIZES[0], SIZES[1] + 1))
            yield Folder(songs[1 : count + 1], int(songs[0]))


def scores_by_detector(known: Known) -> dict[str, np.ndarray]:
    """Score the files of a folder by each detector; the last file is the broken one."""
    models = {name: fitted(name, known)(known) for name in DETECTORS if name != PITCHES_ALONE}
    return models | {PITCHES_ALONE: -np.nan_to_num(known.measured.whole[:, SCALE], nan=1.0)}


def planned(
    songs: Sequence[CorpusSong], source: np.ndarray, fault: str, *, count: int, length: int | None, seed: int
) -> list[tuple[Folder, Bars]]:
    """Draw so many folders, each with the bars of its broken file."""
    genre, group = (np.array([getattr(song.entry, name) for song in songs]) for name in ("genre", "song_id"))
    rng = np.random.default_rng([seed, *fault.encode()])
    chosen: list[tuple[Folder, Bars]] = []
    for folder in folders(genre, group, source, rng):
        if len(chosen) == count:
            break
        other = songs[int(rng.integers(len(songs)))].song.bars
        bars = broken_bars(songs[folder.broken], fault, other=other, seed=seed + len(chosen), length=length)
        if bars is not None and len(bars):
            chosen.append((folder, bars))
    return chosen


def known(network: Network, bars: Sequence[Bars], songs: Sequence[CorpusSong]) -> Known:
    """Measure songs, given by their bars, with their broken copies."""
    genre, group = (np.array([getattr(song.entry, name) for song in songs]) for name in ("genre", "song_id"))
    copies = break_songs(network, bars, np.arange(len(bars)))
    return Known(describe(network, bars, with_features=False), genre, group, copies)


def joined(one: Known, other: Known) -> Known:
    """Put the songs of two collections together."""
    a, b = one.measured, other.measured
    columns = {
        field.name: np.concatenate([getattr(a, field.name), getattr(b, field.name)])
        for field in dataclasses.fields(Measurements)
        if field.init and field.name not in ("num_songs", "trait_names", "song")
    }
    song = np.concatenate([a.song, b.song + a.num_songs])
    measured = dataclasses.replace(a, song=song, num_songs=a.num_songs + b.num_songs, **columns)
    assert one.copies is not None and other.copies is not None
    parts = zip(dataclasses.astuple(one.copies), dataclasses.astuple(other.copies), (0, a.num_songs, 0), strict=True)
    copies = Copies(*(np.concatenate([own, new + by]) for own, new, by in parts))
    return Known(measured, np.concatenate([one.genre, other.genre]), np.concatenate([one.group, other.group]), copies)


def firsts(every: Known, place: dict[int, int], chosen: Sequence[tuple[Folder, Bars]], broken: Known) -> np.ndarray:
    """Whether each detector puts the broken file of each folder first, (folders, detectors)."""
    rows = []
    for number, (folder, _) in enumerate(chosen):
        sound = every.of(np.array([place[song] for song in folder.sound]))
        scores = scores_by_detector(joined(sound, broken.of(np.array([number]))))
        rows.append([scores[name][-1] > scores[name][:-1].max() for name in DETECTORS])
    return np.array(rows)


@click.command()
@click.argument("corpus_folder", metavar="CORPUS")
@click.option("--more", help="A second folder of genres.")
@click.option("--genre", "genres", multiple=True, help="Genres of --more to use.")
@click.option("--folders", "count", default=100, show_default=True)
@click.option("--bars", "length", type=int, help="Cut every file to its first so many bars.")
@click.option("--fault", "faults", multiple=True, type=click.Choice(ROWS), default=ROWS)
@click.option("--seed", default=1, show_default=True)
def main(
    corpus_folder: str,
    more: str | None,
    genres: tuple[str, ...],
    count: int,
    length: int | None,
    seed: int,
    faults: tuple[str, ...],
) -> None:
    """Print the share of folders in which the broken file comes first, by fault and detector; this takes minutes."""
    corpus = load_corpus(corpus_folder)
    songs = [corpus.songs[number] for number in split_songs(corpus, seed=0)[1]]
    source = ["held out"] * len(songs)
    if more is not None:
        added = [song for song in load_corpus(more).songs if song.entry.genre in genres]
        songs += [song for song in added if not is_for_choosing(song.entry.song_id)]
        source += ["other music"] * (len(songs) - len(source))
    plans = {fault: planned(songs, np.array(source), fault, count=count, length=length, seed=seed) for fault in faults}
    used = np.unique([song for plan in plans.values() for folder, _ in plan for song in folder.sound]).tolist()
    network, place = load_model(None).network, {song: number for number, song in enumerate(used)}
    every = known(network, [cut(songs[song].song.bars, length) for song in used], [songs[song] for song in used])
    print(f"| fault | {' | '.join(DETECTORS)} | the default, by source |\n|---{'|---:' * (len(DETECTORS) + 1)}|")
    for fault, plan in plans.items():
        broken = known(network, [bars for _, bars in plan], [songs[folder.broken] for folder, _ in plan])
        first = firsts(every, place, plan, broken)
        of = np.array([source[folder.broken] for folder, _ in plan])
        parts = " / ".join(f"{first[of == name, 0].mean():.0%}" for name in np.unique(of))
        print(f"| {fault} | {' | '.join(f'{share:.0%}' for share in first.mean(0))} | {parts} |", flush=True)


if __name__ == "__main__":
    main()
