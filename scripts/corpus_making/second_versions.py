"""Makes second versions of real pieces in which a person plays the drums: takes in place of what was programmed.

A piece and its second version share a song id and the group of the take.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from corpus_making import hands
from corpus_making.real import is_bass, is_drum
from corpus_making.rendering import GMD
from corpus_making.rows import Row
from corpus_making.takes import BAR, EARLY, GROUPS, Take, Wanted, choose, fills_for, group_of, swings
from corpus_making.tunes import number_of
from groovevae.midi.reading import load_score
from groovevae.midi.score import NOTE_DTYPE, Score, Track
from groovevae.midi.writing import score_to_midi

GENRES = ("rock", "metal")
TAKES = r"rock|punk"
PHRASE = 8  # bars: a fill may end each
FEW = 8  # hits of a piece whose drums hardly play
LENGTH = 0.12  # of a hit, in quarter notes


def second_versions(rows: Sequence[Row], takes: Mapping[int, Sequence[Take]], out: Path) -> Iterator[Row]:
    """Write a second version of each real piece that a take suits, and yield its row; both rows get a group."""
    for row in rows:
        if row["genre"] not in GENRES:
            continue
        score = load_score(out / row["path"])
        drummer = drummer_for(score, row["song_id"], takes) if is_in_four(score) else None
        if drummer is None:
            continue
        path = Path(row["path"])
        path = path.parent.with_name(f"{path.parent.name}_hands") / path.name
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(number_of(f"hands {row['song_id']}"))
        (out / path).write_bytes(score_to_midi(with_hands(score, drummer.take, drummer.fills, rng)))
        row["group"] = f"#{drummer.group}"
        yield row | _about(row, path, drummer.take)


def _about(row: Row, path: Path, take: Take) -> Row:
    """Return what is different in the row of a second version."""
    return {
        "path": path.as_posix(),
        "source": f"{row['source']}, drums by hand",
        "licence": f"{row['licence']}, drums CC-BY-4.0",
        "rests_on": "hands",
        "take": take.path,
        "attribution": f"{row['attribution']}; {GMD}",
    }


def is_in_four(score: Score) -> bool:
    """Say whether a piece has drums, and nothing but whole bars of 4/4."""
    metres = np.asarray(score.metres)
    fours = (metres[:, 1:] == 4).all() and (metres[:, 0] % BAR == 0).all()
    return bool(fours) and int(is_drum(score).sum()) > FEW


class Drummer(NamedTuple):
    """A take that suits a piece, its group, and fills of its kind and tempo."""

    group: int
    take: Take
    fills: list[Take]


def drummer_for(score: Score, song_id: str, takes: Mapping[int, Sequence[Take]]) -> Drummer | None:
    """Return who can play a piece: of the song's own group, or of the next that has one, if there is one.

    A fast piece may be played in half time, with a take of half its tempo and without fills.
    """
    wanted = Wanted(TAKES, swings(score.notes["onset"][is_drum(score)]), *[usual_tempo(score)] * 2)
    rng = np.random.default_rng(number_of(f"take {song_id}"))
    bass = score.notes["onset"][is_bass(score)]
    for step in range(GROUPS):
        group = (group_of(song_id) + step) % GROUPS
        members = takes.get(group, ())
        take = choose(members, wanted, bass, rng)
        if take is not None:
            return Drummer(group, take, fills_for(take, members))
        take = choose(map(in_half_time, members), wanted, bass, rng)
        if take is not None:
            return Drummer(group, take, [])
    return None


def usual_tempo(score: Score) -> float:
    """Return the tempo that most of a piece has, in beats a minute."""
    lasts = np.diff(np.append(score.tempos[:, 0], score.end))
    return float(score.tempos[np.argmax(lasts), 1])


def in_half_time(take: Take) -> Take:
    """Return a take at twice its tempo that sounds as it did: each of its bars fills two."""
    return replace(take, hits=take.hits * (2.0, 1.0, 1.0), tempo=2 * take.tempo, num_bars=2 * take.num_bars)


def with_hands(score: Score, take: Take, fills: Sequence[Take], rng: np.random.Generator) -> Score:
    """Return a piece with a take for its drums, in the bars where they play; the others are played together with it."""
    drums_play, num_bars = is_drum(score), int(-(-score.end // BAR))
    hits = hands.lay(take, fills, num_bars=num_bars, filled=range(PHRASE - 1, num_bars, PHRASE), rng=rng)
    playing = np.unique(score.notes["onset"][drums_play] // BAR)
    hits = hits[np.isin((hits[:, 0] + EARLY) // BAR, playing) & (hits[:, 0] < score.end)]
    hits[:, 0] = np.maximum(hits[:, 0], 0.0)
    drums = np.zeros(len(hits), NOTE_DTYPE)
    drums["onset"], drums["pitch"], drums["velocity"] = hits.T
    drums["duration"], drums["track"] = LENGTH, len(score.tracks)
    bass, others = (score.notes[part & ~drums_play] for part in (is_bass(score), ~is_bass(score)))
    parts = [hands.with_feel(bass, hits, kicks_first=True), hands.with_feel(others, hits), drums]
    return _only_used(score, np.sort(np.concatenate(parts), order=["onset", "pitch"]))


def _only_used(score: Score, notes: np.ndarray) -> Score:
    """Return the score with these notes, the last track of which is for drums, and without tracks that have none."""
    used, notes["track"] = np.unique(notes["track"], return_inverse=True)
    notes["onset"] = np.maximum(notes["onset"], 0.0)
    tracks = [*score.tracks, Track("Drums", 0, True)]
    kept = tuple(tracks[index] for index in used)
    return Score(notes, kept, score.tempos, score.metres, score.end, key_signature=score.key_signature, text=score.text)
