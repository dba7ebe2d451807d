"""Shares new notes out among several tracks that played a role together, so that each goes on with its own part.

It knows no files and makes no notes.
"""

from __future__ import annotations

import numpy as np

from groovevae.midi.messages import NUM_CHANNELS

NOBODY = -1
REGISTER = 6.0  # semitones from a track's mean pitch that count as much as a note half or twice as long as usual
STAYS = 4.0  # what counts for the track that played a note of this pitch there before: as much as 17 semitones


def shared_out(new: np.ndarray, before: np.ndarray, same: np.ndarray) -> np.ndarray:
    """Return for each new note (M,) an old one, an index into `before`, on whose track and channel it is to go.

    In each bar a track gets as large a share of the new notes as it had of the old ones, and those that are nearest to
    what it played there in register and length. `same` (M,) is the old note of the same pitch that began near each new
    one: where it can, a note stays on its track. NOBODY stands for none: where no such note was, and where nobody
    played in the bar.
    """
    place = before["chunk"].astype(np.int64) * NUM_CHANNELS + before["channel"]
    place_before = np.where(same == NOBODY, NOBODY, place[same])
    out = np.full(len(new), NOBODY)
    for bar in np.unique(new["bar"]):
        here, old = np.flatnonzero(new["bar"] == bar), np.flatnonzero(before["bar"] == bar)
        places, first = np.unique(place[old], return_index=True)
        if len(places):
            parts = [before[old[place[old] == one]] for one in places]
            cost = np.stack([_strangeness(new[here], part) for part in parts], axis=1)  # (n, K)
            cost -= STAYS * (place_before[here][:, None] == places)
            out[here] = old[first[_dealt(cost, np.array([len(part) for part in parts]))]]
    return out


def _strangeness(notes: np.ndarray, part: np.ndarray) -> np.ndarray:
    """Return how unlike the notes of a part each of n notes is in pitch and length, (n,): half a squared distance."""
    register = (notes["pitch"] - part["pitch"].mean()) / REGISTER
    length = _octaves_of_length(notes) - _octaves_of_length(part).mean()
    return (register**2 + length**2) / 2


def _octaves_of_length(notes: np.ndarray) -> np.ndarray:
    return np.log2(np.maximum(notes["off"] - notes["on"], 1))


def _dealt(cost: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Deal n notes out among K tracks in proportion to `counts` (K,), at low cost (n, K): return their tracks (n,).

    Of two tracks, both get a note if there are two. The cost is the lowest that there is for two tracks.
    """
    num_notes, num_tracks = cost.shape
    edges = np.rint(np.cumsum(counts) / counts.sum() * num_notes).astype(int)
    if num_notes >= num_tracks:
        edges = np.clip(edges, np.arange(num_tracks) + 1, num_notes - np.arange(num_tracks)[::-1])
    out, left = np.full(num_notes, num_tracks - 1), np.arange(num_notes)
    for track, quota in enumerate(np.diff(edges, prepend=0)[:-1].tolist()):
        gain = cost[left, track] - cost[left, track + 1 :].min(1)
        order = left[np.argsort(gain, kind="stable")]
        out[order[:quota]] = track
        left = np.sort(order[quota:])
    return out
