"""Puts a piece together from a user's file: what is new in the tracks where it belongs, everything else as it was."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groovevae.bars import Song
from groovevae.bars.constants import DRUMS, STEPS_PER_QUARTER
from groovevae.bars.key import key_name
from groovevae.midi.drum_switches import with_drums_on
from groovevae.midi.events import EVENT_DTYPE, EventTrack, MidiFile
from groovevae.midi.messages import KEY, METRE, NOTE_OFF, NOTE_ON, TEMPO, TEXT, TRACK_NAME, is_meta
from groovevae.midi.metas import Meta, key_meta, with_metas
from groovevae.midi.score import DRUM_CHANNEL, TICKS_PER_QUARTER
from groovevae.tracks.conductor import metre_metas, tempo_metas
from groovevae.tracks.excerpts import Stretch, carried_over
from groovevae.tracks.feel import with_feel
from groovevae.tracks.original import NOWHERE, Original
from groovevae.tracks.played import new_notes, own_notes, played_again, shortened, untangled
from groovevae.tracks.playing import settled
from groovevae.tracks.seats import Seat, doubled, places_of, seated, seats_of
from groovevae.tracks.timeline import Timeline, timeline_of

OUR_TEXT = b"groovevae "  # our own text begins so: a later one takes its place


@dataclass(frozen=True)
class Rewriting:
    """What of a user's file is written anew in a piece of N bars."""

    original: Original
    bars: np.ndarray  # (N,) the bar of the original's song that each bar stands for, NOWHERE for one that is added
    fresh: np.ndarray  # (N, 4) bool: whether drums, bass, chords and lead are new there
    like: np.ndarray | None = None  # (N,) the bar of the piece on whose tracks each goes on, where some are added
    is_feel: bool = False  # the original's own notes stay, with the velocities and micro-timing of the piece


def composed(rewriting: Rewriting, song: Song, *, text: str = "") -> MidiFile:
    """Return the original with its fresh bars as `song` plays them, N bars.

    All notes that no fresh bar stands for stay as they were, in the key and at the tempos of `song`, and so do
    controllers, lyrics and markers. A piece that has all bars of its file keeps the time of each of them.
    """
    original, bars, fresh = rewriting.original, rewriting.bars, rewriting.fresh
    ticks = original.file.ticks_per_quarter * -(-TICKS_PER_QUARTER // original.file.ticks_per_quarter)
    timeline = timeline_of(original, bars, song.bars)
    semitones = original.reading.song.transpose - song.transpose
    own = own_notes(original, timeline, ticks=ticks, semitones=semitones)
    if rewriting.is_feel:
        own = with_feel(original, own, song.bars, ticks=ticks)
    is_replaced = own["carried"] & (own["bar"] != NOWHERE) & fresh[own["bar"], own["role"]]
    again = own[:0] if rewriting.like is None else played_again(own, rewriting.like, timeline, ticks=ticks)
    gone, own = own[is_replaced], shortened(own[~is_replaced], fresh, timeline, ticks=ticks)
    new = new_notes(song, fresh, timeline, ticks=ticks)
    seats = seats_of(original, song, own, new)
    before = np.concatenate([gone, again])
    new = seated(original, new, before, seats, near=ticks // STEPS_PER_QUARTER)
    new = untangled(np.concatenate([new, doubled(new, before)]), own)
    tracks = _frame(original, timeline, seats, ticks=ticks)
    for role, seat in places_of(new, seats):
        spans = _fresh_spans(fresh[:, role], timeline, ticks=ticks)
        tracks[seat.chunk] = settled(tracks[seat.chunk], seat, spans, own[own["chunk"] == seat.chunk])
        if role == DRUMS and seat.name and seat.channel != DRUM_CHANNEL:
            tracks[seat.chunk] = with_drums_on(tracks[seat.chunk], seat.channel)
    metas = {
        TEMPO: tempo_metas(original, song, timeline, ticks=ticks),
        METRE: metre_metas(original, song, timeline, ticks=ticks),
        KEY: [key_meta(0, key_name(song.transpose, song.is_minor))] if semitones else None,
        TEXT: [Meta(0, TEXT, text.encode())] if text else None,
    }
    tracks = _conducted(tracks, metas)
    notes = np.concatenate([own, new])
    tracks = [_with_notes(track, notes[notes["chunk"] == index]) for index, track in enumerate(tracks)]
    end = max(round(timeline.end * ticks), *(int(track.events["tick"].max(initial=0)) for track in tracks))
    if timeline.is_whole:
        end = max(end, *(track.end for track in tracks))
    return MidiFile(1, ticks, tuple(EventTrack(track.events, track.payloads, end) for track in tracks), {})


def _frame(original: Original, timeline: Timeline, seats: dict[int, Seat], *, ticks: int) -> list[EventTrack]:
    """Return the tracks of the file and the new ones, without notes."""
    quarter = original.file.ticks_per_quarter
    stretches = [
        Stretch(
            begin=round(run.begin * quarter),
            end=None if np.isinf(run.end) else round(run.end * quarter),
            at=round(run.at * quarter),
        )
        for run in timeline.runs
    ]
    tracks = []
    for track in original.file.tracks:
        events = carried_over(track, stretches)
        events["tick"] *= ticks // quarter
        tracks.append(EventTrack(events, track.payloads, track.end * ticks // quarter))
    empty = EventTrack(np.zeros(0, EVENT_DTYPE), (), 0)
    names = [seat.name for seat in seats.values() if seat.name]
    return [*tracks, *(with_metas(empty, [Meta(0, TRACK_NAME, name.encode())]) for name in names)]


def _fresh_spans(fresh: np.ndarray, timeline: Timeline, *, ticks: int) -> list[tuple[int, int]]:
    """Return the ticks from which and up to which bars in a row are fresh (N,)."""
    starts = np.rint(np.append(timeline.start, timeline.end) * ticks).astype(np.int64)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], fresh, [False]]))).reshape(-1, 2)
    return [(int(starts[first]), int(starts[stop])) for first, stop in edges]


def _conducted(tracks: list[EventTrack], metas: dict[int, list[Meta] | None]) -> list[EventTrack]:
    """Write tempo, metre, key and text into the first track, in the place of those of all tracks; None: as they are."""
    changed = {kind: found for kind, found in metas.items() if found is not None}
    out = []
    for track in tracks:
        events = track.events
        is_old = is_meta(events, *(kind for kind in changed if kind != TEXT))
        if TEXT in changed:
            is_old |= _is_ours(track)
        out.append(EventTrack(events[~is_old], track.payloads, track.end))
    return [with_metas(out[0], [meta for found in changed.values() for meta in found]), *out[1:]]


def _is_ours(track: EventTrack) -> np.ndarray:
    """Tell which events are texts that an earlier piece left, (E,) bool."""
    out = is_meta(track.events, TEXT)
    for index in np.flatnonzero(out):
        out[index] = track.payloads[track.events["payload"][index]].startswith(OUR_TEXT)
    return out


def _with_notes(track: EventTrack, notes: np.ndarray) -> EventTrack:
    """Return a track with notes (M,) PLAYED_DTYPE. At one tick, notes end, then all else happens, then notes begin."""
    is_empty = notes["off"] <= notes["on"]  # it ends after it begins, at the same tick
    parts = [track.events]
    for status, tick, value in ((NOTE_OFF, notes["off"], notes["release"]), (NOTE_ON, notes["on"], notes["velocity"])):
        events = np.zeros(len(notes), EVENT_DTYPE)
        events["tick"], events["status"], events["payload"] = tick, status | notes["channel"], -1
        events["data1"], events["data2"] = notes["pitch"], value
        parts.append(events)
    rank = np.concatenate([np.full(len(track.events), 1), np.where(is_empty, 3, 0), np.full(len(notes), 2)])
    events = np.concatenate(parts)
    return EventTrack(events[np.lexsort([rank, events["tick"]])], track.payloads, track.end)
