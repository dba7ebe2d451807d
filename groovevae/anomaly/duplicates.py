"""Files that play nearly the same bars as another one, whatever they are called and whatever key they are in."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from groovevae.bars import Bars
from groovevae.phrases import role_digests

ALIKE = 0.8  # of the distinct bars of both songs together
MIN_BARS = 4  # distinct bars with notes: of fewer, sharing all says little
MAX_SONGS = 50  # that share a bar: a bar that more have says nothing


def near_duplicates(songs: Sequence[Bars], genre: Sequence[str]) -> dict[int, int]:
    """For each song (by index) that nearly repeats an earlier one of its genre, the one it shares most with.

    Two songs are alike by the share of their distinct bars that both have, strike for strike (Jaccard's index).
    Velocities, lengths and micro-timing do not count; songs are compared in C major or A minor.
    """
    bars_of = [distinct_bars(bars) for bars in songs]
    songs_with: dict[int, list[int]] = defaultdict(list)
    found = {}
    for song, own in enumerate(bars_of):
        if len(own) < MIN_BARS:
            continue
        shared: Counter[int] = Counter()
        for bar in own:
            earlier = songs_with[bar]
            if len(earlier) < MAX_SONGS:
                shared.update(other for other in earlier if genre[other] == genre[song])
                earlier.append(song)
        likeness = {other: count / (len(own) + len(bars_of[other]) - count) for other, count in shared.items()}
        best = max(likeness, key=lambda other: (likeness[other], -other), default=None)
        if best is not None and likeness[best] >= ALIKE:
            found[song] = best
    return found


def distinct_bars(bars: Bars) -> set[int]:
    """A number for each distinct bar with a strike."""
    digests = role_digests(bars)  # (N, 4) uint64
    struck = digests.any(1)
    mixed = (digests[struck] * np.array([1, 3, 5, 7], np.uint64)).sum(1, dtype=np.uint64)
    return set(mixed.tolist())
