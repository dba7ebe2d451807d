"""Reads MIDI files into notes in musical time, with symusic (fast, strict). It knows no bars."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from groovevae.errors import MidiError
from groovevae.midi.score import DEFAULT_TEMPO, NOTE_DTYPE, TEMPO_RANGE, Score, Track

if TYPE_CHECKING:
    import pretty_midi
    import symusic

MAX_FILE_BYTES = 32 * 2**20
MAX_QUARTERS = 100_000.0  # 14 hours at 120: a longer score is a damaged time stamp
_HEADER_BYTES = 14


def load_score(path: str | Path) -> Score:
    """Return the notes of a MIDI file.

    Raises MidiError for a file that cannot be read, is not MIDI, has no notes, or has absurd times. A file can
    still crash or hang the parser: `corpus.reader.read_songs` reads untrusted files in workers that can be killed.
    """
    path = Path(path)
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise MidiError(f"{size / 2**20:.0f} MiB; at most {MAX_FILE_BYTES // 2**20} MiB are read", path=str(path))
        data = path.read_bytes()
    except OSError as error:
        raise MidiError(error.strerror or str(error), path=str(path)) from None
    try:
        return midi_to_score(data)
    except MidiError as error:
        raise MidiError(error.reason, path=str(path)) from None


def midi_to_score(data: bytes) -> Score:
    """Return the notes in the bytes of a MIDI file. Raises MidiError like `load_score`, without a path."""
    import symusic

    if not data:
        raise MidiError("empty file")
    if data[:4] == b"RIFF":  # an .rmi file wraps the same bytes
        data = data[max(data.find(b"MThd"), 0) :]
    if data[:4] != b"MThd":
        raise MidiError("not a MIDI file (it does not start with MThd)")
    if len(data) < _HEADER_BYTES:
        raise MidiError("damaged MIDI file (cut off within its header)")
    if data[12] & 0x80:
        raise MidiError("SMPTE time codes; only files timed in quarter notes are read")
    try:
        score = symusic.Score.from_midi(data)
    except (RuntimeError, ValueError) as error:
        reason = str(error).replace("MiniMidi: ", "").replace(": iostream error", "").splitlines()[0]
        raise MidiError(f"damaged MIDI file ({reason.rstrip('!. ')})") from None
    if score.ticks_per_quarter <= 0:
        raise MidiError("damaged MIDI file (0 ticks per quarter note)")
    return _score_to_piece(score)


def _score_to_piece(score: symusic.Score) -> Score:
    ticks = float(score.ticks_per_quarter)
    tracks, columns = [], []
    for track in score.tracks:
        if len(track.notes):
            columns.append(track.notes.numpy())
            tracks.append(Track(name=track.name.strip(), program=int(track.program), is_drum=bool(track.is_drum)))
    if not tracks:
        raise MidiError("no notes")
    time, duration, pitch, velocity = (
        np.concatenate([column[name] for column in columns]) for name in ("time", "duration", "pitch", "velocity")
    )
    if time.min() < 0 or (time.astype(np.int64) + duration).max() > MAX_QUARTERS * ticks:
        raise MidiError(f"damaged MIDI file (notes beyond {MAX_QUARTERS:.0f} quarter notes)")
    order = np.argsort(time, kind="stable")
    notes = np.empty(len(time), NOTE_DTYPE)
    notes["onset"] = time[order] / ticks
    notes["duration"] = np.maximum(duration[order], 1) / ticks
    notes["pitch"], notes["velocity"] = pitch[order], velocity[order]
    notes["track"] = np.repeat(np.arange(len(columns)), [len(column["time"]) for column in columns])[order]
    if velocity.min() < 1 or velocity.max() > 127 or pitch.max() > 127:
        notes = notes[(notes["velocity"] >= 1) & (notes["velocity"] <= 127) & (notes["pitch"] <= 127)]
        if not len(notes):
            raise MidiError("no notes")
    has_metre = len(score.time_signatures) > 0
    return Score(notes, tuple(tracks), _tempo_map(score, ticks), _metre_map(score, ticks), has_metre=has_metre)


def _tempo_map(score: symusic.Score, ticks: float) -> np.ndarray:
    table = score.tempos.numpy()
    if not len(table["time"]):
        return np.array([[0.0, DEFAULT_TEMPO]])
    if (table["mspq"] <= 0).any():
        raise MidiError("absurd tempo (0 microseconds per quarter note)")
    tempos = np.stack([table["time"] / ticks, 60e6 / table["mspq"]], axis=1)  # (K, 2)
    low, high = TEMPO_RANGE
    outside = tempos[(tempos[:, 1] < low) | (tempos[:, 1] > high), 1]
    if len(outside):
        raise MidiError(f"absurd tempo ({outside[0]:.4g} quarter notes per minute; {low:g} to {high:g} are read)")
    return _from_start(_last_of_each_time(tempos), first=DEFAULT_TEMPO)


def _metre_map(score: symusic.Score, ticks: float) -> np.ndarray:
    table = score.time_signatures.numpy()
    metres = np.stack([table["time"] / ticks, table["numerator"], table["denominator"]], axis=1)  # (M, 3)
    metres = metres[(metres[:, 1] > 0) & (metres[:, 2] > 0)]
    return _from_start(_last_of_each_time(metres), first=(4, 4))


def _last_of_each_time(events: np.ndarray) -> np.ndarray:
    """Sort events by time and keep the last of those at one time: a file may repeat them in each track."""
    events = events[np.argsort(events[:, 0], kind="stable")]
    return events[np.append(np.diff(events[:, 0]) > 0, True)[: len(events)]]


def _from_start(events: np.ndarray, *, first: float | tuple[int, int]) -> np.ndarray:
    """Make sure that there is an event at time 0: MIDI's default holds until a file says otherwise."""
    if len(events) and events[0, 0] <= 0:
        return events
    return np.vstack([np.hstack([0.0, first]), events.reshape(-1, 1 + np.size(first))])


def pretty_midi_to_score(pm: pretty_midi.PrettyMIDI) -> Score:
    """Return the notes of a `pretty_midi.PrettyMIDI` in memory. Raises MidiError like `load_score`."""
    buffer = io.BytesIO()
    pm.write(buffer)
    return midi_to_score(buffer.getvalue())
