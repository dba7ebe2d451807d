"""Finds the track, channel and program of the new notes of each role: where the original played it, if it can be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groovevae.bars import Song
from groovevae.bars.constants import CHORDS, DRUMS, PITCHED, ROLES
from groovevae.midi.messages import NUM_CHANNELS
from groovevae.midi.score import DRUM_CHANNEL
from groovevae.tracks.original import Original
from groovevae.tracks.sharing import shared_out


@dataclass(frozen=True)
class Seat:
    """Where a role is written."""

    chunk: int  # index of the track of the file; past the file's own for a new one
    channel: int
    program: int | None = None  # to be set there; None: what the track plays already
    name: str = ""  # of a new track; empty: the track is there


def seats_of(original: Original, song: Song, own: np.ndarray, new: np.ndarray) -> dict[int, Seat]:
    """Return the seat of each role that the `new` notes play; `own` are the original's notes that stay."""
    programs = {role: 0 if role == DRUMS else song.programs[PITCHED.index(ROLES[role])] for role in _roles(new)}
    seats: dict[int, Seat] = {}
    for role in sorted(programs, key=lambda role: not _keeps_program(original, role, programs[role])):
        seat = _own_seat(original, role, programs[role], own, seats)
        seats[role] = seat or _new_seat(original, role, programs[role], own, seats)
    return seats


def _roles(notes: np.ndarray) -> list[int]:
    return [int(role) for role in np.unique(notes["role"])]


def _keeps_program(original: Original, role: int, program: int) -> bool:
    index = original.part_of(role)
    return index is not None and (role == DRUMS or original.reading.score.tracks[index].program == program)


def _own_seat(original: Original, role: int, program: int, own: np.ndarray, seats: dict[int, Seat]) -> Seat | None:
    """Return the seat of a role on the track that played it; None where there is none, or where others play on.

    A track that nothing else plays on gets a channel of its own where another track sounds on its old one.
    """
    index = original.part_of(role)
    if index is None:
        return None
    track = original.reading.score.tracks[index]
    if role == DRUMS:
        return Seat(track.chunk, track.channels[0] if track.is_drum else DRUM_CHANNEL)
    channel = track.channels[0]
    if track.program == program:
        return Seat(track.chunk, channel)
    if (
        track.is_drum
        or (own["chunk"] == track.chunk).any()
        or any(seat.chunk == track.chunk for seat in seats.values())
    ):
        return None
    is_shared = (own["channel"] == channel).any() or any(seat.channel == channel for seat in seats.values())
    return Seat(track.chunk, _free_channel(original, own, seats) if is_shared else channel, program)


def _new_seat(original: Original, role: int, program: int, own: np.ndarray, seats: dict[int, Seat]) -> Seat:
    chunk = len(original.file.tracks) + sum(bool(seat.name) for seat in seats.values())
    if role == DRUMS and not _plays_an_instrument(original, own):
        return Seat(chunk, DRUM_CHANNEL, 0, ROLES[role].capitalize())
    return Seat(chunk, _free_channel(original, own, seats), program, ROLES[role].capitalize())


def _plays_an_instrument(original: Original, own: np.ndarray) -> bool:
    """Tell whether the drum channel is an instrument's, by the file's own word or as one of an MPE clip's channels."""
    stays = (own["channel"] == DRUM_CHANNEL).any()
    pitched = [track.channels for track in original.reading.score.tracks if not track.is_drum]
    return any(DRUM_CHANNEL in channels and (len(channels) == 1 or stays) for channels in pitched)


def _free_channel(original: Original, own: np.ndarray, seats: dict[int, Seat]) -> int:
    """Return a channel that no note sounds on, if possible one that the file has never set; the first if all are."""
    taken = {DRUM_CHANNEL, *(seat.channel for seat in seats.values()), *np.unique(own["channel"]).tolist()}
    tracks = original.reading.score.tracks
    known = {channel for track in tracks for channel in track.channels}
    sharing = {  # they will sound again
        channel for index in np.flatnonzero(original.shared_bars.any(axis=1)) for channel in tracks[index].channels
    }
    free = [channel for channel in range(NUM_CHANNELS) if channel not in taken]
    return min(free, key=lambda channel: (channel in sharing, channel in known, channel), default=0)


def seated(original: Original, new: np.ndarray, gone: np.ndarray, seats: dict[int, Seat], *, near: int) -> np.ndarray:
    """Return the `new` notes with track and channel: where the note that was there before was, else on their seat.

    `gone` are the original's notes that they replace, or go on like. A new note takes the track of one of its role and
    pitch that began within `near` ticks; a drum hit that of its key anywhere. Chords and lines are shared out among the
    tracks that played some in their bar. So what several tracks share stays theirs. Drums that were not marked as such
    go to the drum channel.
    """
    out = new.copy()
    drum_channels = [channel for track in original.reading.score.tracks if track.is_drum for channel in track.channels]
    for role, seat in seats.items():
        here = np.flatnonzero(new["role"] == role)
        out["chunk"][here], out["channel"][here] = seat.chunk, seat.channel
        before = gone[(gone["role"] == role) & ~gone["doubles"]]
        if not len(before) or (seat.name and role != CHORDS):
            continue
        if role == DRUMS:
            match = _track_of_key(before)[new["pitch"][here]]
        else:
            match = shared_out(new[here], before, _nearest(new[here], before, near))
        found = match >= 0
        if seat.program is not None:
            found &= ~_is_of_main(original, role, before[match])
        channel = before["channel"][match[found]]
        if role == DRUMS:
            channel = np.where(np.isin(channel, drum_channels), channel, DRUM_CHANNEL)
        out["chunk"][here[found]], out["channel"][here[found]] = before["chunk"][match[found]], channel
    return out


def _is_of_main(original: Original, role: int, notes: np.ndarray) -> np.ndarray:
    """Tell which notes (M,) are of the track that plays most of a role: its seat may lie elsewhere."""
    index = original.part_of(role)
    if index is None:
        return np.zeros(len(notes), bool)
    track = original.reading.score.tracks[index]
    return (notes["chunk"] == track.chunk) & np.isin(notes["channel"], track.channels)


def places_of(new: np.ndarray, seats: dict[int, Seat]) -> list[tuple[int, Seat]]:
    """Return each role with each place where it has `new` notes: its seat, and the tracks that share or double it."""
    places = list(seats.items())
    for role, seat in seats.items():
        own = np.unique(new[new["role"] == role][["chunk", "channel"]]).tolist()
        places += [(role, Seat(*place)) for place in own if place != (seat.chunk, seat.channel)]
    return places


def _track_of_key(hits: np.ndarray) -> np.ndarray:
    """Return for each key (128,) the index of a hit on the track and channel that play it most, -1 for none."""
    place = hits["chunk"].astype(np.int64) * NUM_CHANNELS + hits["channel"]
    keys, index, counts = np.unique(
        np.column_stack([hits["pitch"], place]), axis=0, return_index=True, return_counts=True
    )
    out = np.full(128, -1)
    for row in np.argsort(counts, kind="stable"):
        out[keys[row, 0]] = index[row]
    return out


def _nearest(notes: np.ndarray, others: np.ndarray, near: int) -> np.ndarray:
    """Return for each note (M,) the index of the other of its pitch that begins nearest, -1 where none is `near`."""
    far = int(max(notes["on"].max(initial=0), others["on"].max(initial=0))) + 2 * near + 1
    key, keys = (part["pitch"].astype(np.int64) * far + part["on"] + near for part in (notes, others))
    order = np.argsort(keys, kind="stable")
    after = np.searchsorted(keys[order], key).clip(0, len(keys) - 1)
    before = np.maximum(after - 1, 0)
    gaps = [np.abs(keys[order][index] - key) for index in (before, after)]
    index = order[np.where(gaps[0] <= gaps[1], before, after)]
    return np.where(np.minimum(*gaps) <= near, index, -1)


def doubled(new: np.ndarray, gone: np.ndarray) -> np.ndarray:
    """Return copies of the `new` notes for tracks that did nothing but double others: they go on doubling.

    A track doubles the new notes of the bars and the role in which it doubled the old ones, within its own range.
    """
    before = gone[gone["doubles"]]
    copies = [new[:0]]
    for chunk, channel, role in np.unique(before[["chunk", "channel", "role"]]):
        own = before[(before["chunk"] == chunk) & (before["channel"] == channel) & (before["role"] == role)]
        inside = (new["pitch"] >= own["pitch"].min()) & (new["pitch"] <= own["pitch"].max())
        copy = new[(new["role"] == role) & np.isin(new["bar"], own["bar"]) & inside].copy()
        copy["chunk"], copy["channel"] = chunk, channel
        copies.append(copy)
    return np.concatenate(copies)
