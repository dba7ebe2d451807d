"""Writes notes in musical time as MIDI files, with mido, on which pretty_midi is built.

pretty_midi's own writer puts the end of a track one tick past its last event, so its files do not loop on the bar line.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from groovevae.midi.messages import NUM_CHANNELS
from groovevae.midi.score import DRUM_CHANNEL, TICKS_PER_QUARTER, Score, Track

if TYPE_CHECKING:
    import mido
    import pretty_midi


def score_to_midi(score: Score) -> bytes:
    """Return the bytes of a type 1 MIDI file: a track with tempo, metre, key and text, then one for each part.

    Every track ends exactly at `score.end`, so that a file whose length is whole bars loops. Onsets and ends are
    rounded to 1/480 of a quarter note; a note lasts at least one tick, and never overlaps the next of its pitch.
    """
    import mido

    end = round(score.end * TICKS_PER_QUARTER)
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_QUARTER, charset="utf-8")  # its default raises on "é"
    file.tracks.append(_conductor_track(score, end))
    channels = itertools.cycle(channel for channel in range(NUM_CHANNELS) if channel != DRUM_CHANNEL)
    for index, track in enumerate(score.tracks):
        channel = DRUM_CHANNEL if track.is_drum else next(channels)
        file.tracks.append(_note_track(score.notes[score.notes["track"] == index], track, channel=channel, end=end))
    return _bytes_of(file)


def with_text(midi: bytes, change: Callable[[str], str]) -> bytes:
    """Return the bytes of a file that `score_to_midi` wrote as it would have written them with its text changed."""
    import mido

    file = mido.MidiFile(file=io.BytesIO(midi), charset="utf-8")
    for message in file.tracks[0]:
        if message.type == "text":
            message.text = change(message.text)
    return _bytes_of(file)


def _bytes_of(file: mido.MidiFile) -> bytes:
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def _conductor_track(score: Score, end: int) -> mido.MidiTrack:
    import mido

    events: list[tuple[int, mido.MetaMessage]] = []
    if score.text:
        events.append((0, mido.MetaMessage("text", text=score.text)))
    for quarter, numerator, denominator in score.metres:
        message = mido.MetaMessage("time_signature", numerator=int(numerator), denominator=int(denominator))
        events.append((_tick(quarter), message))
    if score.key_signature:
        events.append((0, mido.MetaMessage("key_signature", key=score.key_signature)))
    for quarter, tempo in score.tempos:
        events.append((_tick(quarter), mido.MetaMessage("set_tempo", tempo=round(60e6 / tempo))))
    out = mido.MidiTrack([mido.MetaMessage("track_name", name="groovevae")])
    now = 0
    for tick, message in sorted(events, key=lambda event: event[0]):
        out.append(message.copy(time=tick - now))
        now = tick
    out.append(mido.MetaMessage("end_of_track", time=max(end - now, 0)))
    return out


def _note_track(notes: np.ndarray, track: Track, *, channel: int, end: int) -> mido.MidiTrack:
    import mido

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
    ticks = np.concatenate([ends, starts])
    is_on = np.repeat([False, True], len(starts))
    in_time = np.lexsort([np.arange(len(ticks)), is_on, ticks])  # at one tick, ends before starts
    waits = np.diff(ticks[in_time], prepend=0).tolist()
    rows = np.stack([is_on, np.tile(pitches, 2), np.concatenate([0 * ends, velocities])], axis=1)[in_time].tolist()
    program = mido.Message("program_change", program=0 if track.is_drum else track.program, channel=channel)
    out = mido.MidiTrack([mido.MetaMessage("track_name", name=track.name), program])
    for wait, (on, pitch, velocity) in zip(waits, rows, strict=True):  # checked above, all at once: ten times faster
        kind = "note_on" if on else "note_off"
        out.append(mido.Message(kind, skip_checks=True, channel=channel, note=pitch, velocity=velocity, time=wait))
    out.append(mido.MetaMessage("end_of_track", time=max(end - int(ticks.max(initial=0)), 0)))
    return out


def _tick(quarter: float) -> int:
    return round(float(quarter) * TICKS_PER_QUARTER)


def score_to_pretty_midi(score: Score) -> pretty_midi.PrettyMIDI:
    """Return the same notes as a `pretty_midi.PrettyMIDI`, times in seconds."""
    import pretty_midi

    return pretty_midi.PrettyMIDI(io.BytesIO(score_to_midi(score)))
