"""Moves the events of a file that was played without a click to beats estimated from its notes, at the same seconds."""

from __future__ import annotations

import numpy as np

from groovevae.bars.beat_tracking import retimed
from groovevae.midi.events import EventTrack, MidiFile
from groovevae.midi.messages import METRE, TEMPO, is_meta
from groovevae.midi.metas import Meta, tempo_meta, with_metas
from groovevae.midi.reading import file_to_score
from groovevae.midi.score import Score

TICKS = 960  # of a beat: half a millisecond at 120
COUNTS_BEATS = bytes([1, 2, 24, 8])  # 1/4: bars are found from the notes


def in_beats(file: MidiFile) -> MidiFile:
    """Return a file whose quarter notes are the beats of its notes, with a tempo map that keeps the seconds."""
    before = file_to_score(file)
    after = retimed(before)
    if after is before:
        return file
    tracks = []
    for track in file.tracks:
        events = track.events[~is_meta(track.events, TEMPO, METRE)]
        events["tick"] = _moved(events["tick"], file, before, after)
        end = int(_moved(np.array([track.end]), file, before, after)[0])
        tracks.append(EventTrack(events, track.payloads, end))
    tempos = [tempo_meta(round(quarter * TICKS), tempo) for quarter, tempo in after.tempos]
    tracks[0] = with_metas(tracks[0], [Meta(0, METRE, COUNTS_BEATS), *tempos])
    return MidiFile(file.format, TICKS, tuple(tracks), file.mended)


def _moved(ticks: np.ndarray, file: MidiFile, before: Score, after: Score) -> np.ndarray:
    seconds = before.seconds(ticks / file.ticks_per_quarter)
    beats = np.arange(int(after.tempos[-1, 0]) + 2)
    quarters = np.interp(seconds, after.seconds(beats), beats)
    return np.rint(quarters * TICKS).astype(np.int64)
