"""Lays a hand-played take under a band: looped and filled on bar lines, with its feel given to bass and chords."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from corpus_making.takes import BAR, EARLY, KICKS, Take

CRASH, KICK = 49, 36
REACH = 0.12  # quarter notes: a note so near to a hit is played together with it
KEPT = 0.25  # of a note's distance to the hit that it goes to
ACCENT = 0.3  # how much of a drummer's accents the others share, as a power


def lay(
    take: Take,
    fills: Sequence[Take],
    *,
    num_bars: int,
    filled: Sequence[int],
    rng: np.random.Generator,
    beats: int = BAR,
) -> np.ndarray:
    """Return hits (N, 3) for so many bars: a take in a loop, with fills of others in some bars.

    Where a bar has three `beats`, it is the first three of a take's, or the last three of a fill's.
    """
    start = int(rng.integers(0, max(take.num_bars - num_bars, 0) // 4 + 1)) * 4
    parts = []
    for bar in range(num_bars):
        source, number = take, (start + bar) % take.num_bars
        if bar in filled and fills and rng.random() < 0.7:
            source, number = fills[int(rng.integers(len(fills)))], 0
        hits = bar_of(source, number, beats=beats, skip=BAR - beats if source is not take else 0)
        if source is not take:
            hits[:, 2] = np.clip(hits[:, 2] * _loudness(take) / _loudness(source), 1, 127)
            if _is_partial(hits):  # a fill that begins later in the bar follows the groove
                before = bar_of(take, (start + bar) % take.num_bars, beats=beats)
                hits = np.concatenate([before[before[:, 0] < hits[:, 0].min() - 0.1], hits])
        hits[:, 0] += bar * beats
        parts.append(hits)
    hits = np.concatenate(parts)
    return hits[np.argsort(hits[:, 0], kind="stable")]


def bar_of(take: Take, number: int, *, beats: int = BAR, skip: int = 0) -> np.ndarray:
    """Return a copy of the hits of a bar (N, 3), from its bar line; those a little early are before 0.

    Of a bar, `beats` are taken after the first `skip`.
    """
    start = number * BAR + skip
    place = take.hits[:, 0] - start
    hits = take.hits[(place >= -EARLY) & (place < beats - EARLY)].copy()
    hits[:, 0] -= start
    return hits


def _is_partial(hits: np.ndarray) -> bool:
    return len(hits) > 0 and bool(hits[:, 0].min() > 0.4)


def _loudness(take: Take) -> float:
    return float(np.median(take.hits[:, 2]))


def ended(hits: np.ndarray, at: float) -> np.ndarray:
    """Return the hits with an ending: nothing but crash and kick from the last stroke on, at a quarter note."""
    loud = float(np.percentile(hits[:, 2], 90))
    kept = hits[hits[:, 0] < at - 0.1]
    return np.concatenate([kept, [[at, CRASH, loud], [at, KICK, loud]]])


def with_feel(notes: np.ndarray, hits: np.ndarray, *, kicks_first: bool = False, beats: int = BAR) -> np.ndarray:
    """Return notes played together with the drums: they go to the nearest hit, and share its accent.

    Notes far from any hit are moved as hits on the same sixteenth of a bar are on average. A chord moves as one.
    """
    if not len(notes) or not len(hits):
        return notes
    out = notes.copy()
    average = _average_offsets(hits[:, 0], beats)
    kicks = hits[np.isin(hits[:, 1], KICKS)]
    usual = float(np.median(hits[:, 2]))
    for onset in np.unique(notes["onset"].round(2)):
        struck = np.abs(notes["onset"] - onset) <= 0.006
        near = _nearest(kicks, onset) if kicks_first else None
        near = _nearest(hits, onset) if near is None else near
        if near is None:
            out["onset"][struck] += average[round(onset * 4) % len(average)]
            continue
        out["onset"][struck] += (1 - KEPT) * (near[0] - onset)
        louder = float(np.clip((near[2] / usual) ** ACCENT, 0.8, 1.2))
        out["velocity"][struck] = np.clip(notes["velocity"][struck] * louder, 1, 127)
    return out


def _nearest(hits: np.ndarray, onset: float) -> np.ndarray | None:
    """Return the hit nearest to a position, the loudest of those at one time, if there is one within reach."""
    near = hits[np.abs(hits[:, 0] - onset) < REACH]
    if not len(near):
        return None
    return near[np.lexsort([-near[:, 2], np.abs(near[:, 0] - onset).round(2)])[0]]


def _average_offsets(onsets: np.ndarray, beats: int) -> np.ndarray:
    """Return how late hits are on average at each sixteenth of a bar (4 for each of its `beats`), in quarter notes.

    It is 0 where hardly any fall.
    """
    step = np.rint(onsets * 4)
    late = onsets - step / 4
    size = 4 * beats
    which = step.astype(int) % size
    count = np.bincount(which, minlength=size)
    total = np.bincount(which, weights=late, minlength=size)
    return np.where(count >= 3, total / np.maximum(count, 1), 0.0)


def kick_bass(
    chords: Sequence[Sequence[tuple[float, str]]],
    roots: Sequence[Sequence[int]],
    hits: np.ndarray,
    rng: np.random.Generator,
    *,
    beats: int = BAR,
) -> list[tuple[float, float, int, int]]:
    """Return a bass (onset, duration, pitch, velocity) that is struck with the kick: roots, fifths and octaves.

    `roots` has the pitch class of each of the `chords`. A bar without a kick has its root on the first beat.
    """
    notes: list[tuple[float, float, int, int]] = []
    kicks = hits[np.isin(hits[:, 1], KICKS)]
    for bar, (spelled, classes) in enumerate(zip(chords, roots, strict=True)):
        line, end_of_bar = bar * beats, (bar + 1) * beats
        inside = kicks[(kicks[:, 0] >= line - EARLY) & (kicks[:, 0] < end_of_bar - EARLY)]
        struck = [hit for number, hit in enumerate(inside) if not number or hit[0] - inside[number - 1][0] > 0.2]
        struck = struck or [np.array([line, KICK, 85.0])]
        ends = [hit[0] for hit in struck[1:]] + [end_of_bar]
        for number, (hit, end) in enumerate(zip(struck, ends, strict=True)):
            now = max((index for index, (beat, _) in enumerate(spelled) if line + beat - 1 <= hit[0] + 0.3), default=0)
            root = 28 + (classes[now] - 4) % 12  # from the low E of a bass on
            step = int(rng.choice([0, 7, 12], p=(0.75, 0.15, 0.1))) if number else 0
            length = max(min(end - hit[0], 1.5) * 0.85, 0.1)
            notes.append((float(hit[0]), float(length), root + step, int(np.clip(hit[2] * 0.6 + 45, 60, 118))))
    return notes
