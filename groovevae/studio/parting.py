"""Writes a MIDI file with a track for each role, so that roles that share a track can be heard and taken apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from groovevae.midi.events import EVENT_DTYPE, EventTrack, MidiFile
from groovevae.midi.messages import NOTE_OFF, NOTE_ON, SYSEX, TRACK_NAME, is_meta, kind_of
from groovevae.midi.metas import Meta, with_metas
from groovevae.midi.reading import file_to_score


def parted(file: MidiFile, roles: Sequence[str]) -> tuple[MidiFile, tuple[str, ...]]:
    """Return a file with its notes in tracks of one role each, and the role of each track, "" for the first.

    `roles` are those of the notes as `file_to_score` counts them. The first track holds what belongs to no channel:
    tempos, metres, texts. All others have the controllers and programs of the track that their notes come from.
    """
    score = file_to_score(file)
    assert score.origin is not None
    role, origin = np.array(roles, dtype=object), score.origin
    tracks, names = [EventTrack(*_conductor(file), max(track.end for track in file.tracks))], [""]
    for chunk, track in enumerate(file.tracks):
        here = origin["chunk"] == chunk
        for name in dict.fromkeys(role[here].tolist()):
            notes = origin[here & (role == name)]
            own = EventTrack(_of_notes(track.events, notes), (), track.end)
            tracks.append(with_metas(own, [Meta(0, TRACK_NAME, name.encode())]))
            names.append(name)
    return MidiFile(1, file.ticks_per_quarter, tuple(tracks)), tuple(names)


def _conductor(file: MidiFile) -> tuple[np.ndarray, tuple[bytes, ...]]:
    """Return the events that belong to no channel, names of tracks left out, in order of time."""
    found = sorted(_loose(file), key=lambda pair: int(pair[0]["tick"][0]))
    events = np.concatenate([np.zeros(0, EVENT_DTYPE), *(event for event, _ in found)])
    events["payload"] = np.arange(len(events))
    return events, tuple(payload for _, payload in found)


def _loose(file: MidiFile) -> Iterator[tuple[np.ndarray, bytes]]:
    for track in file.tracks:
        for index in np.flatnonzero((track.events["status"] >= SYSEX) & ~is_meta(track.events, TRACK_NAME)):
            event = track.events[index : index + 1]
            yield event.copy(), track.payloads[event["payload"][0]]


def _of_notes(events: np.ndarray, notes: np.ndarray) -> np.ndarray:
    """Return the events of channels but for notes other than these (M,) ORIGIN_DTYPE."""
    is_note = np.isin(kind_of(events), (NOTE_OFF, NOTE_ON))
    wanted = np.isin(np.arange(len(events)), np.concatenate([notes["on"], notes["off"]]))
    return events[(events["status"] < SYSEX) & (~is_note | wanted)]
