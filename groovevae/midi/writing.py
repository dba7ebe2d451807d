"""Writes notes in musical time as MIDI files.

pretty_midi's own writer puts the end of a track one tick past its last event, so its files do not loop on the bar line.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from groovevae.midi.events import EVENT_DTYPE, EventTrack, MidiFile, read_events, write_events
from groovevae.midi.messages import NOTE_OFF, NOTE_ON, NUM_CHANNELS, PROGRAM, TEXT, TRACK_NAME
from groovevae.midi.metas import Meta, key_meta, metre_meta, tempo_meta, with_metas
from groovevae.midi.score import DRUM_CHANNEL, TICKS_PER_QUARTER, Score, Track

if TYPE_CHECKING:
    import pretty_midi


def score_to_midi(score: Score) -> bytes:
    """Return the bytes of a type 1 MIDI file: a track with tempo, metre, key and text, then one for each part.

    Every track ends exactly at `score.end`, so that a file whose length is whole bars loops. Onsets and ends are
    rounded to 1/480 of a quarter note; a note lasts at least one tick, and never overlaps the next of its pitch.
    """
    end = round(score.end * TICKS_PER_QUARTER)
    tracks = [_conductor_track(score, end)]
    channels = itertools.cycle(channel for channel in range(NUM_CHANNELS) if channel != DRUM_CHANNEL)
    for index, track in enumerate(score.tracks):
        channel = DRUM_CHANNEL if track.is_drum else next(channels)
        tracks.append(_note_track(score.notes[score.notes["track"] == index], track, channel=channel, end=end))
    return write_events(MidiFile(1, TICKS_PER_QUARTER, tuple(tracks)))


def with_texts(midi: bytes, change: Callable[[str], str]) -> bytes:
    """Return the bytes of a file that groovevae wrote as it would have written them with its texts changed."""
    file = read_events(midi)
    tracks = (
        replace(track, payloads=tuple(_changed(data, change) for data in track.payloads)) for track in file.tracks
    )
    return write_events(replace(file, tracks=tuple(tracks)))


def _changed(data: bytes, change: Callable[[str], str]) -> bytes:
    """Return the bytes of a text once changed, all other bytes as they are."""
    return change(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _conductor_track(score: Score, end: int) -> EventTrack:
    metas = [Meta(0, TRACK_NAME, b"groovevae")]
    if score.text:
        metas.append(Meta(0, TEXT, score.text.encode()))
    metas += [metre_meta(_tick(quarter), *map(int, metre)) for quarter, *metre in score.metres.tolist()]
    if score.key_signature:
        metas.append(key_meta(0, score.key_signature))
    metas += [tempo_meta(_tick(quarter), tempo) for quarter, tempo in score.tempos.tolist()]
    return with_metas(EventTrack(np.zeros(0, EVENT_DTYPE), (), max(end, *(meta.tick for meta in metas))), metas)


def _note_track(notes: np.ndarray, track: Track, *, channel: int, end: int) -> EventTrack:
    order = np.lexsort([notes["onset"], notes["pitch"]])
    starts = np.rint(notes["onset"][order] * TICKS_PER_QUARTER).astype(int).clip(0, max(end - 1, 0))
    ends = np.rint((notes["onset"] + notes["duration"])[order] * TICKS_PER_QUARTER).astype(int)
    ends = np.minimum(np.maximum(ends, starts + 1), end)
    pitches = notes["pitch"][order].astype(int)
    same = pitches[:-1] == pitches[1:]
    ends[:-1] = np.where(same, np.minimum(ends[:-1], starts[1:]), ends[:-1])
    heard = ends > starts  # a second note of the same pitch at the same tick has nothing left to sound
    starts, ends, pitches, velocities = (part[heard] for part in (starts, ends, pitches, notes["velocity"][order]))
    assert ((pitches >= 0) & (pitches < 128) & (velocities > 0) & (velocities < 128)).all()
    count = len(starts)
    events = np.zeros(1 + 2 * count, EVENT_DTYPE)
    events["payload"] = -1
    events["tick"][1:] = np.concatenate([ends, starts])
    events["status"] = np.repeat([PROGRAM | channel, NOTE_OFF | channel, NOTE_ON | channel], [1, count, count])
    events["data1"] = np.concatenate([[0 if track.is_drum else track.program], pitches, pitches])
    events["data2"][1 + count :] = velocities
    order = np.argsort(events["tick"], kind="stable")  # at one tick, the program comes first, and ends before starts
    name = Meta(0, TRACK_NAME, track.name.encode())
    return with_metas(EventTrack(events[order], (), max(end, int(events["tick"].max()))), [name])


def _tick(quarter: float) -> int:
    return round(float(quarter) * TICKS_PER_QUARTER)


def score_to_pretty_midi(score: Score) -> pretty_midi.PrettyMIDI:
    """Return the same notes as a `pretty_midi.PrettyMIDI`, times in seconds."""
    import pretty_midi

    return pretty_midi.PrettyMIDI(io.BytesIO(score_to_midi(score)))
